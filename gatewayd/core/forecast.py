"""What would become of a request approved now: who carries it, what it costs, whether the credit is enough, when it
starts and ends, and why not sooner.

In: the values of core/rehearsal.py, as they are now. Out: a Plan. Invariants: the parts of the shares are the parts of
the request; unknown stays unknown; what only SIMs carry that cannot send now is reckoned as if they could, and said so.
It is advice: who really sends is decided part by part while sending.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from gatewayd.core.rehearsal import Carrier, Course, Load, Work, rehearse
from gatewayd.core.routing import Tariff, cost_idr
from gatewayd.core.schedule import Hours


class Delay(StrEnum):
    """Why it does not start at once, or rests on its way."""

    #: Only transports that cannot send now carry some of it: start and end are the earliest ones.
    PAUSED = "paused"
    SEND_AFTER = "send_after"
    HOURS = "hours"
    QUEUE = "queue"
    CAP = "cap"


@dataclass(frozen=True, slots=True)
class Share:
    """The parts to one operator: for how much (None: not known), carried by whom, the most first (nobody: empty)."""

    route: str
    parts: int
    price_idr: int | None
    carriers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Budget:
    """The credit of one SIM: what its parts need, and what those need that are queued before them."""

    name: str
    parts: int
    need_idr: int | None
    queued_idr: int | None
    have_idr: int | None
    floor_idr: int

    @property
    def after_idr(self) -> int | None:
        """What is left when all of it is sent; negative: it does not come to that. None: not known."""
        if self.have_idr is None or self.need_idr is None or self.queued_idr is None:
            return None
        return self.have_idr - self.queued_idr - self.need_idr

    @property
    def short_idr(self) -> int | None:
        """What has to be topped up, so that the floor stays. None: not known."""
        return None if self.after_idr is None else max(0, self.floor_idr - self.after_idr)


@dataclass(frozen=True, slots=True)
class Plan:
    """The forecast. `start`: the first part begins; `end`: the last one is taken over by the far side; None: it
    does not come to that. `ahead` queued parts go first, `late` parts would expire unsent."""

    shares: tuple[Share, ...]
    budgets: tuple[Budget, ...]
    start: datetime | None
    end: datetime | None
    ahead: int = 0
    late: int = 0
    delays: tuple[Delay, ...] = ()
    #: Transports that count as able to send and are not, since nobody else carries what they do.
    paused: tuple[str, ...] = ()

    @property
    def price_idr(self) -> int | None:
        """Rp for all parts; None while a price is not known."""
        prices = [share.price_idr for share in self.shares]
        return None if None in prices else sum(price or 0 for price in prices)

    @property
    def short_idr(self) -> int | None:
        """Rp that are missing on the SIMs that would send; 0: the credit is enough. None: not known."""
        missing = [budget.short_idr for budget in self.budgets]
        short = sum(amount or 0 for amount in missing)
        return None if not short and (None in missing or not missing) else short

    @property
    def uncarried(self) -> int:
        """Parts that no transport of the settings carries."""
        return sum(share.parts for share in self.shares if not share.carriers)


def plan(work: Work, ahead: Sequence[Load], carriers: Sequence[Carrier], hours: Hours, now: datetime) -> Plan:
    """The forecast of `work`, if it were approved now."""
    playing, paused = _playing(work, carriers)
    carried = {route: parts for route, parts in work.parts.items() if any(one.carries(route) for one in playing)}
    course = rehearse(Work(carried, work.priority, work.send_after, work.until), ahead, playing, hours, now)
    late = sum(carried.values()) - course.own.total()
    return Plan(
        shares=tuple(_share(route, parts, playing, course) for route, parts in _most_first(Counter(work.parts))),
        budgets=tuple(budget for one in playing if (budget := _budget(one, course)) is not None),
        start=course.start, end=None if late else course.end, ahead=course.ahead, late=late,
        delays=_delays(work, course, now, paused), paused=paused,
    )  # fmt: skip


def _playing(work: Work, carriers: Sequence[Carrier]) -> tuple[list[Carrier], tuple[str, ...]]:
    """The transports that can send, and those that cannot where nobody else carries a route, and their names."""
    able = [one for one in carriers if one.is_able]
    alone = {route for route in work.parts if not any(one.carries(route) for one in able)}
    needed = [one for one in carriers if not one.is_able and any(one.carries(route) for route in alone)]
    return [one for one in carriers if one in able or one in needed], tuple(one.name for one in needed)


def _most_first(parts: Counter[str]) -> list[tuple[str, int]]:
    return [(key, count) for key, count in parts.most_common() if count]


def _share(route: str, parts: int, playing: Sequence[Carrier], course: Course) -> Share:
    """What would expire is priced, too: the applicant asked for it."""
    by = Counter({name: count for (name, to), count in course.own.items() if to == route})
    tariffs = {one.name: one.tariff for one in playing}
    names = tuple(name for name, _ in _most_first(by)) or tuple(one.name for one in playing if one.carries(route))
    costs = [_price(tariffs[name], {route: count}) for name, count in by.items()]
    if parts > by.total():
        costs.append(0 if not route else cost_idr({route: parts - by.total()}, tariffs))
    return Share(route, parts, _total(costs), names)


def _price(tariff: Tariff, parts: dict[str, int]) -> int | None:
    """Rp for parts by route; e-mail costs nothing."""
    return cost_idr({route: count for route, count in parts.items() if route}, {"": tariff})


def _total(amounts: Sequence[int | None]) -> int | None:
    return None if None in amounts else sum(amount or 0 for amount in amounts)


def _budget(carrier: Carrier, course: Course) -> Budget | None:
    """None for a transport that carries nothing of the request, or needs no credit."""
    own = {route: count for (name, route), count in course.own.items() if name == carrier.name and route}
    queued = {route: count for (name, route), count in course.queued.items() if name == carrier.name and route}
    if not own:
        return None
    return Budget(
        carrier.name, sum(own.values()), _price(carrier.tariff, own), _price(carrier.tariff, queued),
        carrier.credit_idr, carrier.floor_idr,
    )  # fmt: skip


def _delays(work: Work, course: Course, now: datetime, paused: tuple[str, ...]) -> tuple[Delay, ...]:
    found = {
        Delay.PAUSED: bool(paused),
        Delay.SEND_AFTER: work.send_after is not None and work.send_after > now,
        Delay.HOURS: course.waited_for_hours,
        Delay.QUEUE: course.ahead > 0,
        Delay.CAP: course.waited_for_cap,
    }
    return tuple(delay for delay, holds in found.items() if holds)
