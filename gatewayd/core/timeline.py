"""When the messages of a request left: slots of equal length, for a small chart.

In: rows of a delivery log, a zone (slots begin at round local times). Out: slots without gaps, or none where a chart
would say no more than the two times do. Pure.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Final

from gatewayd.core.report import ReportRow, Result

#: Lengths in minutes that people count in.
_STEPS: Final = (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440)
#: Fewer messages than that are seen at once in the rows.
_LEAST: Final = 10


@dataclass(frozen=True, slots=True)
class Slot:
    """Messages that began to leave from `start` on, by what became of them."""

    start: datetime
    counts: Mapping[Result, int]

    @property
    def total(self) -> int:
        return sum(self.counts.values())


def timeline(rows: Sequence[ReportRow], zone: tzinfo, most: int) -> tuple[Slot, ...]:
    """At most `most` slots; none for few messages, or where all left in one slot."""
    sent = [(row.submitted_at.astimezone(zone), row.result) for row in rows if row.submitted_at is not None]
    if len(sent) < _LEAST:
        return ()
    first, last = min(at for at, _ in sent), max(at for at, _ in sent)
    minutes = next((step for step in _STEPS if _slots(first, last, step) <= most), 0)
    if not minutes:
        minutes = 1440 * (1 + (last - first) // timedelta(days=most))
    start, step = _floor(first, minutes), timedelta(minutes=minutes)
    counted: list[Counter[Result]] = [Counter() for _ in range(_slots(first, last, minutes))]
    for at, result in sent:
        counted[(at - start) // step][result] += 1
    if len(counted) < 2:
        return ()
    return tuple(Slot((start + index * step).astimezone(UTC), _in_order(one)) for index, one in enumerate(counted))


def _in_order(counted: Mapping[Result, int]) -> Mapping[Result, int]:
    return {result: counted[result] for result in Result if counted[result]}


def _floor(at: datetime, minutes: int) -> datetime:
    """The beginning of the slot of `at`: a whole number of steps after midnight."""
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + (at - midnight) // timedelta(minutes=minutes) * timedelta(minutes=minutes)


def _slots(first: datetime, last: datetime, minutes: int) -> int:
    return (last - _floor(first, minutes)) // timedelta(minutes=minutes) + 1
