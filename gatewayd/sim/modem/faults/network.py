"""Registration, signal, SIM and power."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from gatewayd.sim.modem.hooks import Given, Hook, Kind
from gatewayd.sim.modem.values import Answer, Radio

_SEARCHING: Final = 2


def _searching(_: Given, radio: Radio) -> Radio:
    return replace(radio, registration=_SEARCHING)


def _unknown_signal(_: Given, name: str, answer: Answer) -> Answer | None:
    return replace(answer, info=("+CSQ: 99,99",)) if name == "+CSQ" else None


#: Name → what it does and where. The number in brackets is what an argument left out means.
FAULTS: Final[Mapping[str, Kind]] = MappingProxyType({
    "creg_searching": Kind("the modem looks for a network; every look is an opportunity", Hook(radio=_searching)),
    "csq_99": Kind("the signal is unknown", Hook(answer=_unknown_signal)),
})  # fmt: skip
