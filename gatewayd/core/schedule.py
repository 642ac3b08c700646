"""When something may leave: windows of the day, holidays, hourly and daily caps, pauses. Every function takes `now`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
#: How far ahead an opening is looked for; past it the settings allow no sending at all.
_HORIZON_DAYS: Final = 400


@dataclass(frozen=True, slots=True)
class OpenHours:
    """Local hours in which messages may leave, on the days named ("mon" … "sun")."""

    start: time
    end: time
    days: tuple[str, ...]


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


def cap_wait(now: datetime, begun: Sequence[datetime], cap: int | None, span: timedelta) -> float:
    """Seconds until another part fits under `cap` parts in any `span`; `begun` holds the past ones, oldest first."""
    if cap is None:
        return 0.0
    recent = [at for at in begun if at > now - span]
    if len(recent) < cap:
        return 0.0
    return max(0.0, (recent[len(recent) - cap] + span - now).total_seconds())
