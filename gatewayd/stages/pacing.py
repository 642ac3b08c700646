"""How fast one transport may go: pause between parts, hourly and daily caps, windows of the day.

The state is rebuilt from the store at start (`remember`), so a restart earns no second allowance.
"""

import random
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from gatewayd.core.model import Priority
from gatewayd.core.schedule import OpenHours, cap_wait, next_opening

_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
ALWAYS = (Priority.NOTICE,)
ANY_TIME = (Priority.NOTICE, Priority.URGENT)
ALL = (Priority.NOTICE, Priority.URGENT, Priority.NORMAL, Priority.BULK)


@dataclass(frozen=True, slots=True)
class Pace:
    """A SIM's or an account's settings: pause in seconds (least, most), parts an hour and a day (None: no cap)."""

    pause: tuple[float, float] = (0.0, 0.0)
    per_hour: int | None = None
    per_day: int | None = None


@dataclass(frozen=True, slots=True)
class Hours:
    windows: tuple[OpenHours, ...]
    holidays: tuple[date, ...]
    zone: ZoneInfo
    urgent_any_time: bool

    def priorities(self, now: datetime) -> tuple[Priority, ...]:
        """Which priorities may leave at `now`."""
        if next_opening(now, self.windows, self.holidays, self.zone) == now:
            return ALL
        return ANY_TIME if self.urgent_any_time else ALWAYS

    def opening(self, now: datetime) -> datetime | None:
        return next_opening(now, self.windows, self.holidays, self.zone)


class Pacer:
    """Remembers when parts were begun on one transport."""

    def __init__(self, pace: Pace, seed: int | None = None) -> None:
        self._pace = pace
        self._random = random.Random(seed)
        self._begun: deque[datetime] = deque()
        self._free_at: datetime | None = None

    def remember(self, begun: Sequence[datetime]) -> None:
        self._begun = deque(begun)

    def began(self, now: datetime) -> None:
        """A part was begun: the next one waits a random part of the pause."""
        if self._pace.per_hour is not None or self._pace.per_day is not None:
            self._begun.append(now)
            while self._begun and self._begun[0] <= now - _DAY:
                self._begun.popleft()

    def ended(self, now: datetime) -> None:
        least, most = self._pace.pause
        self._free_at = now + timedelta(seconds=self._random.uniform(least, most)) if most > 0 else None

    def wait(self, now: datetime) -> float:
        """Seconds until another part may begin."""
        pause = max(0.0, (self._free_at - now).total_seconds()) if self._free_at else 0.0
        return max(
            pause,
            cap_wait(now, self._begun, self._pace.per_hour, _HOUR),
            cap_wait(now, self._begun, self._pace.per_day, _DAY),
        )

    def is_capped(self, now: datetime) -> bool:
        """Whether the hour's or the day's cap is reached."""
        return (
            cap_wait(now, self._begun, self._pace.per_hour, _HOUR) > 0
            or cap_wait(now, self._begun, self._pace.per_day, _DAY) > 0
        )

    @property
    def free_running(self) -> bool:
        """No pause is set: the next part may be claimed together with the outcome of the last one."""
        return self._pace.pause[1] <= 0
