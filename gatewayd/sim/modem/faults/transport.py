"""The port and the cable: unplugging, and bytes that come otherwise than sent."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from gatewayd.sim.modem.atline import Command
from gatewayd.sim.modem.faults.sending import taken
from gatewayd.sim.modem.hooks import Given, Hook, Kind
from gatewayd.sim.modem.values import SILENCE, Answer, Chunks, PullOut, Verdict


def _pull_out(given: Given) -> PullOut:
    back_s = given.number(5)
    return PullOut(back_s=back_s or None)


def _unplugged(given: Given, _: Command) -> Answer:
    return replace(SILENCE, then=(_pull_out(given),))


def _taken_and_unplugged(given: Given, verdict: Verdict) -> Verdict | None:
    return taken(verdict, replace(SILENCE, then=(_pull_out(given),)))


def _bytewise(given: Given, data: bytes) -> Chunks:
    return Chunks(tuple(data[at : at + 1] for at in range(len(data))), gap_s=given.number(1) / 1000)


#: Name → what it does and where. The number in brackets is what an argument left out means.
FAULTS: Final[Mapping[str, Kind]] = MappingProxyType({
    "unplug_eio": Kind(
        "unplugged in place of an answer, back after this time (0: never)",
        Hook(command=_unplugged, verdict=_taken_and_unplugged), "seconds [5]"),
    "rx_chunk_1byte": Kind("what the modem says comes byte by byte", Hook(line=_bytewise), "gap in ms [1]"),
})  # fmt: skip
