"""When something may leave: windows of the day, holidays, hourly and daily caps, pauses. Every function takes `now`.

Two judge by it: stages/pacing.py while parts leave, core/forecast.py before anybody has approved them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from gatewayd.core.model import Priority

_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
#: How far ahead an opening is looked for; past it the settings allow no sending at all.
_HORIZON_DAYS: Final = 400
HOUR: Final = timedelta(hours=1)
DAY: Final = timedelta(days=1)
ALWAYS: Final = (Priority.NOTICE,)
ANY_TIME: Final = (Priority.NOTICE, Priority.URGENT)
ALL: Final = (Priority.NOTICE, Priority.URGENT, Priority.NORMAL, Priority.BULK)


@dataclass(frozen=True, slots=True)
class OpenHours:
    """Local hours in which messages may leave, on the days named ("mon" … "sun")."""

    start: time
    end: time
    days: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Pace:
    """A SIM's or an account's settings: pause in seconds (least, most), parts an hour and a day (None: no cap)."""

    pause: tuple[float, float] = (0.0, 0.0)
    per_hour: int | None = None
    per_day: int | None = None

    def capped_until(self, begun: Sequence[datetime]) -> datetime | None:
        """When another part fits under both caps after the parts `begun` (oldest first); None: at any time."""
        ends = (cap_end(begun, self.per_hour, HOUR), cap_end(begun, self.per_day, DAY))
        return max((end for end in ends if end is not None), default=None)


@dataclass(frozen=True, slots=True)
class Hours:
    """The windows of the settings, and who keeps to them."""

    windows: tuple[OpenHours, ...]
    holidays: tuple[date, ...]
    zone: ZoneInfo
    urgent_any_time: bool

    def priorities(self, now: datetime) -> tuple[Priority, ...]:
        """Which priorities may leave at `now`."""
        if self.opening(now) == now:
            return ALL
        return self.at_any_time

    @property
    def at_any_time(self) -> tuple[Priority, ...]:
        return ANY_TIME if self.urgent_any_time else ALWAYS

    def opening(self, now: datetime) -> datetime | None:
        return next_opening(now, self.windows, self.holidays, self.zone)

    def opening_for(self, priority: Priority, now: datetime) -> datetime | None:
        """When a message of `priority` may leave, `now` at the earliest; None: never."""
        return now if priority in self.at_any_time else self.opening(now)


def next_opening(
    now: datetime, hours: Sequence[OpenHours], holidays: Sequence[date], zone: ZoneInfo
) -> datetime | None:
    """`now` itself while a window is open, else the start of the next one (UTC); None if there is none at all."""
    local = now.astimezone(zone)
    for ahead in range(_HORIZON_DAYS):
        day = local.date() + timedelta(days=ahead)
        if day in holidays:
            continue
        starts = [start for start in (_opening(local, day, span, zone) for span in hours) if start is not None]
        if starts:
            return min(starts).astimezone(now.tzinfo)
    return None


def _opening(local: datetime, day: date, span: OpenHours, zone: ZoneInfo) -> datetime | None:
    if _DAYS[day.weekday()] not in span.days:
        return None
    start, end = datetime.combine(day, span.start, zone), datetime.combine(day, span.end, zone)
    if local >= end:
        return None
    return max(start, local)


def cap_end(begun: Sequence[datetime], cap: int | None, span: timedelta) -> datetime | None:
    """When another part fits under `cap` parts in any `span`; `begun` holds the past ones, oldest first. None: any
    time. A moment that is over means the same."""
    return None if cap is None or len(begun) < cap else begun[len(begun) - cap] + span
