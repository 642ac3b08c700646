"""Status reports on their way back."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from gatewayd.sim.modem.hooks import Given, Hook, Kind
from gatewayd.sim.modem.values import Report


def _never(_: Given, __: tuple[Report, ...]) -> tuple[Report, ...]:
    return ()


def _before_answer(_: Given, reports: tuple[Report, ...]) -> tuple[Report, ...]:
    return tuple(replace(report, is_early=True) for report in reports)


def _twice(_: Given, reports: tuple[Report, ...]) -> tuple[Report, ...]:
    return tuple(report for report in reports for _ in range(2))


#: Name → what it does and where. The number in brackets is what an argument left out means.
FAULTS: Final[Mapping[str, Kind]] = MappingProxyType({
    "sr_never": Kind("no status report comes", Hook(reports=_never)),
    "sr_before_cmgs_ok": Kind("status reports come before +CMGS", Hook(reports=_before_answer)),
    "sr_duplicate": Kind("each status report comes twice", Hook(reports=_twice)),
})  # fmt: skip
