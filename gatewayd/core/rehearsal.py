"""The queue played through in time, part by part, by the rules that dispatch keeps. Pure.

In: the parts of one request, what is queued before them, each transport with its tariff, pace and past parts, the
hours. Out: which transport takes how much of what, and when the request's first part begins and its last one ends.
Invariants: a transport begins one part at a time, only what it claims (core/routing.py), by priority, queued parts
before the request's; nothing begins outside its hours, over a cap, or at `until` and later. A random pause counts with
its mean, and nothing fails.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from heapq import heappop, heappush

from gatewayd.core.model import Priority
from gatewayd.core.routing import Tariff, routes_for
from gatewayd.core.schedule import Hours, Pace


@dataclass(frozen=True, slots=True)
class Carrier:
    """A modem or a mail server as it is now. `seconds`: of one submission; `begun`: parts of the last day, oldest
    first; `free_at`: it rests until then; `credit_idr`: what is left (None: not known), `floor_idr` of it must stay."""

    name: str
    tariff: Tariff
    pace: Pace = field(default_factory=Pace)
    seconds: float = 0.0
    begun: tuple[datetime, ...] = ()
    free_at: datetime | None = None
    is_able: bool = True
    credit_idr: int | None = None
    floor_idr: int = 0

    def carries(self, route: str) -> bool:
        return route in self.tariff.carries


@dataclass(frozen=True, slots=True)
class Load:
    """Queued parts of one priority and route, ready to leave at `ready`."""

    priority: Priority
    route: str
    parts: int
    ready: datetime


@dataclass(frozen=True, slots=True)
class Work:
    """The request: its parts by route ('' for e-mail); what has not begun at `until` expires."""

    parts: Mapping[str, int]
    priority: Priority
    send_after: datetime | None
    until: datetime


@dataclass(slots=True)
class Course:
    """How it went. `own` and `queued` count parts by (transport, route); `ahead` are the queued ones that begin
    before the first own part."""

    own: Counter[tuple[str, str]] = field(default_factory=Counter)
    queued: Counter[tuple[str, str]] = field(default_factory=Counter)
    ahead: int = 0
    start: datetime | None = None
    end: datetime | None = None
    waited_for_hours: bool = False
    waited_for_cap: bool = False


@dataclass(slots=True)
class _Class:
    """Parts that are alike to a transport."""

    priority: Priority
    is_own: bool
    route: str
    left: int
    total: int
    ready: datetime

    @property
    def rank(self) -> tuple[int, bool, float]:
        """The least goes first; of one rank those that are least advanced, so that routes go on side by side."""
        return self.priority, self.is_own, -self.left / self.total


@dataclass(slots=True)
class _Lane:
    """A transport on its way; `due` is when it is looked at next (None: when another one cannot go on)."""

    carrier: Carrier
    begun: list[datetime]
    rests_until: datetime
    capped_until: datetime
    due: datetime | None = None
    is_idle: bool = False
    after_cap: bool = False

    def is_able(self, at: datetime) -> bool:
        return at >= self.rests_until and at >= self.capped_until


class _Rehearsal:
    def __init__(
        self, work: Work, ahead: Sequence[Load], carriers: Sequence[Carrier], hours: Hours, now: datetime
    ) -> None:
        self.course = Course()
        self._work, self._hours = work, hours
        ready = max(now, work.send_after or now)
        own = [_Class(work.priority, True, route, parts, parts, ready) for route, parts in work.parts.items()]
        before = [_Class(load.priority, False, load.route, load.parts, load.parts, load.ready) for load in ahead]
        self._classes = [one for one in (*before, *own) if one.left > 0]
        self._own_left = sum(one.left for one in self._classes if one.is_own)
        self._lanes = [_lane(carrier, now) for carrier in carriers]
        self._tariffs = {carrier.name: carrier.tariff for carrier in carriers}
        self._claims: dict[tuple[str, tuple[bool, ...]], frozenset[str]] = {}
        self._agenda: list[tuple[datetime, int]] = []
        for place, lane in enumerate(self._lanes):
            self._look_again(place, max(now, lane.rests_until, lane.capped_until))
            lane.after_cap = lane.capped_until > max(now, lane.rests_until)

    def run(self) -> Course:
        while self._agenda and self._own_left:
            at, place = heappop(self._agenda)
            if at >= self._work.until:
                break
            if self._lanes[place].due == at:
                self._turn(place, at)
        return self.course

    def _turn(self, place: int, at: datetime) -> None:
        """One transport takes a part, or waits."""
        lane = self._lanes[place]
        found = self._next(lane, at)
        lane.is_idle = found is None
        if found is None:
            self._look_again(place, self._wakes(lane, at))
            return
        self._take(lane, found, at)
        free_at = at + timedelta(seconds=lane.carrier.seconds + sum(lane.carrier.pace.pause) / 2)
        lane.after_cap = lane.capped_until > free_at
        self._look_again(place, max(free_at, lane.capped_until))
        if not lane.is_able(free_at):
            self._wake_idle(at)

    def _look_again(self, place: int, at: datetime | None) -> None:
        self._lanes[place].due = at
        if at is not None:
            heappush(self._agenda, (at, place))

    def _wake_idle(self, at: datetime) -> None:
        """A transport reached its cap: others may carry what was its own until now."""
        for place, lane in enumerate(self._lanes):
            if lane.is_idle and lane.is_able(at):
                self._look_again(place, at)

    def _claimed(self, lane: _Lane, at: datetime) -> frozenset[str]:
        able = tuple(one.is_able(at) for one in self._lanes)
        key = lane.carrier.name, able
        if key not in self._claims:
            names = {one.carrier.name: can for one, can in zip(self._lanes, able, strict=True)}
            self._claims[key] = frozenset(("", *routes_for(lane.carrier.name, self._tariffs, names)))
        return self._claims[key]

    def _next(self, lane: _Lane, at: datetime) -> _Class | None:
        claimed = self._claimed(lane, at)
        open_now = self._hours.priorities(at)
        ready = [one for one in self._classes if one.route in claimed and one.ready <= at and one.priority in open_now]
        return min(ready, key=lambda one: one.rank, default=None)

    def _wakes(self, lane: _Lane, at: datetime) -> datetime | None:
        """When there may be something to take again by itself."""
        moments: list[datetime] = []
        for one in self._classes:
            if one.route and not lane.carrier.carries(one.route):
                continue
            ready = max(at, one.ready)
            opens = self._hours.opening_for(one.priority, ready)
            if opens is not None and opens > at:
                moments.append(opens)
                self.course.waited_for_hours |= one.is_own and opens > ready
        return min(moments, default=None)

    def _take(self, lane: _Lane, found: _Class, at: datetime) -> None:
        course, key = self.course, (lane.carrier.name, found.route)
        found.left -= 1
        if not found.left:
            self._classes.remove(found)
        if found.is_own:
            self._own_left -= 1
            if course.start is None:
                course.start, course.ahead = at, course.queued.total()
            course.own[key] += 1
            ended = at + timedelta(seconds=lane.carrier.seconds)
            course.end = max(course.end or ended, ended)
            course.waited_for_cap |= lane.after_cap
        else:
            course.queued[key] += 1
        lane.begun.append(at)
        lane.capped_until = lane.carrier.pace.capped_until(lane.begun) or at


def _lane(carrier: Carrier, now: datetime) -> _Lane:
    begun = list(carrier.begun)
    return _Lane(carrier, begun, carrier.free_at or now, carrier.pace.capped_until(begun) or now)


def rehearse(work: Work, ahead: Sequence[Load], carriers: Sequence[Carrier], hours: Hours, now: datetime) -> Course:
    """Play the queue through until the request is sent, or would expire. Every transport counts as able to send."""
    return _Rehearsal(work, ahead, carriers, hours, now).run()
