"""The dialogue of commands and answers: echoes, indications in the way, silence."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from gatewayd.sim.modem.atline import Command
from gatewayd.sim.modem.hooks import Given, Hook, Kind
from gatewayd.sim.modem.values import SILENCE, Answer, Deafen


def _hangs(given: Given, _: Command) -> Answer:
    return replace(SILENCE, then=(Deafen(given.number(0) or None),))


def _echo_stays(_: Given, command: Command) -> Answer | None:
    return Answer() if command == Command("E", value="0") else None


def _ring_inside(_: Given, __: str, answer: Answer) -> Answer | None:
    return replace(answer, info=(answer.info[0], "RING", *answer.info[1:])) if answer.info else None


def _glued(_: Given, __: str, answer: Answer) -> Answer | None:
    return replace(answer, glued=('+CMTI: "SM",1',)) if answer.final == "OK" else None


#: Name → what it does and where. The number in brackets is what an argument left out means.
FAULTS: Final[Mapping[str, Kind]] = MappingProxyType({
    "hang_total": Kind(
        "no answer to anything for this time (0: until restarted)", Hook(command=_hangs), "seconds [0]"),
    "urc_mid_response": Kind("RING stands inside an answer", Hook(answer=_ring_inside)),
    "urc_glued_after_ok": Kind("+CMTI follows OK in the same bytes", Hook(answer=_glued)),
    "echo_on": Kind("ATE0 is answered OK, and the echo stays", Hook(command=_echo_stays)),
})  # fmt: skip
