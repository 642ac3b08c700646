"""The summary: what Ka. UPSI and Ka. BPSI are told once a day or week. When it is due, and the facts it holds. Pure.

A summary covers everything since the one before, however long that was: after a month switched off there is one, not
thirty. Times are aware UTC; the hour is local.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final, Literal
from zoneinfo import ZoneInfo

from gatewayd.core.health import Health
from gatewayd.core.model import Channel
from gatewayd.core.progress import RequestState
from gatewayd.core.reckoning import Forecast
from gatewayd.core.resources import Pause

Every = Literal["daily", "weekly"]
_WEEK: Final = 7


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Each day, or each `weekday` (0 = Monday), at the local time `at`."""

    every: Every
    at: time
    weekday: int
    zone: ZoneInfo

    def latest(self, now: datetime) -> datetime:
        """The last moment of the rhythm that is not later than `now`."""
        day = now.astimezone(self.zone).date()
        moment = self._on(day)
        while moment > now or (self.every == "weekly" and day.weekday() != self.weekday):
            day -= timedelta(days=1)
            moment = self._on(day)
        return moment

    def _on(self, day: date) -> datetime:
        return datetime.combine(day, self.at, self.zone)


def due(rhythm: Rhythm, told_until: datetime | None, now: datetime) -> tuple[datetime, datetime] | None:
    """The time that a summary should cover now: from what was told to the last moment of the rhythm; None: not yet.

    Nothing is due before the first moment after `told_until`; one that lies in the future came from a wrong clock."""
    until = rhythm.latest(now)
    if told_until is None or told_until > now or until <= told_until:
        return None
    return told_until, until


def starts_anew(told_until: datetime | None, now: datetime) -> bool:
    """Whether the time covered begins at `now`: the very first time, and after a clock that ran ahead."""
    return told_until is None or told_until > now


def ended_month(since: datetime, until: datetime, zone: ZoneInfo) -> date | None:
    """The first day of the last month that ended between the two; None: none did."""
    first = until.astimezone(zone).date().replace(day=1)
    if datetime.combine(first, time(0), zone) <= since:
        return None
    return (first - timedelta(days=1)).replace(day=1)


@dataclass(frozen=True, slots=True)
class UnitSum:
    """What left for one unit by one channel. `parts` and `cost_idr` count what was accepted or is in doubt; None: a
    price is not known."""

    unit: str
    channel: Channel
    requests: int
    messages: int
    delivered: int
    failed: int
    in_doubt: int
    parts: int
    cost_idr: int | None


@dataclass(frozen=True, slots=True)
class SimFacts:
    """A modem as it is; `signal` holds dBm in equal steps of the time covered, None where it was not heard."""

    health: Health
    pause: Pause | None
    lasts: Forecast
    signal: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Incident:
    """What the staff was alarmed of, or mails set aside (code "mail.quarantined"): how often, and when last."""

    code: str
    name: str
    count: int
    last: datetime


@dataclass(frozen=True, slots=True)
class Waiting:
    """A request that waits for somebody: for the people of its steps, or, `for_whom` empty, for its unit."""

    number: str
    unit: str
    since: datetime
    for_whom: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SummaryFacts:
    """`states`: the requests that came in that time or are open, by what they are now."""

    since: datetime
    until: datetime
    states: Mapping[RequestState, int]
    units: tuple[UnitSum, ...]
    sims: tuple[SimFacts, ...]
    incidents: tuple[Incident, ...]
    waiting: tuple[Waiting, ...]
    month: date | None = None
    month_sums: tuple[UnitSum, ...] = ()

    @property
    def in_doubt(self) -> int:
        return sum(unit.in_doubt for unit in self.units)

    @property
    def needs_somebody(self) -> bool:
        """Whether anything in it wants a person."""
        return bool(self.incidents or self.waiting or self.in_doubt or any(sim.pause for sim in self.sims))


def in_steps(heard: Mapping[int, int], first: int, last: int, steps: int) -> tuple[int | None, ...]:
    """The hours `first` … `last` (hours since 1970) with their dBm as at most `steps` equal steps: the weakest of each
    step counts, since that is when messages wait."""
    hours = max(1, last - first)
    size = -(-hours // steps)
    return tuple(
        min((heard[hour] for hour in range(begin, min(begin + size, last)) if hour in heard), default=None)
        for begin in range(first, last, size)
    )
