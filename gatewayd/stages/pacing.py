"""How fast one transport may go: pause between parts, hourly and daily caps, windows of the day.

The state is rebuilt from the store at start (`remember`), so a restart earns no second allowance.
"""

import random
from collections import deque
from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from gatewayd.config import Modem, Settings
from gatewayd.core.schedule import DAY, Hours, OpenHours, Pace


def hours_of(settings: Settings) -> Hours:
    """The windows of the settings."""
    sending = settings.sending
    windows = tuple(OpenHours(window.start, window.end, window.days) for window in sending.windows)
    return Hours(windows, sending.holidays, ZoneInfo(settings.gateway.timezone), sending.urgent_any_time)


def pace_of(modem: Modem) -> Pace:
    return Pace(modem.pause, modem.parts_per_hour, modem.parts_per_day)


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
            while self._begun and self._begun[0] <= now - DAY:
                self._begun.popleft()

    def ended(self, now: datetime) -> None:
        least, most = self._pace.pause
        self._free_at = now + timedelta(seconds=self._random.uniform(least, most)) if most > 0 else None

    def wait(self, now: datetime) -> float:
        """Seconds until another part may begin."""
        pause = max(0.0, (self._free_at - now).total_seconds()) if self._free_at else 0.0
        return max(pause, self._cap_wait(now))

    def is_capped(self, now: datetime) -> bool:
        """Whether the hour's or the day's cap is reached."""
        return self._cap_wait(now) > 0

    def _cap_wait(self, now: datetime) -> float:
        end = self._pace.capped_until(self._begun)
        return max(0.0, (end - now).total_seconds()) if end else 0.0

    @property
    def free_running(self) -> bool:
        """No pause is set: the next part may be claimed together with the outcome of the last one."""
        return self._pace.pause[1] <= 0
