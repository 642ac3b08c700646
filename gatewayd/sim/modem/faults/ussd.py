"""What the network says to a USSD code."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from gatewayd.sim.modem.hooks import Given, Hook, Kind
from gatewayd.sim.modem.values import UssdTurn

_MENU: Final = "Menu\n1 Cek pulsa\n2 Beli paket\n3 Transfer pulsa"


def _menu(_: Given, turn: UssdTurn) -> UssdTurn:
    return replace(turn, replies=((1, _MENU),))


def _unsupported(_: Given, turn: UssdTurn) -> UssdTurn:
    return replace(turn, replies=((4, None),))


#: Name → what it does and where. The number in brackets is what an argument left out means.
FAULTS: Final[Mapping[str, Kind]] = MappingProxyType({
    "ussd_menu": Kind("a menu that wants a choice comes for every USSD code", Hook(ussd=_menu)),
    "ussd_4": Kind("+CUSD: 4 (not supported) comes for every USSD code", Hook(ussd=_unsupported)),
})  # fmt: skip
