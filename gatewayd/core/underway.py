"""How far a request is that is being sent: how many of how many, how fast, until when. Pure.

The rate is what was taken over in the last minutes; the end is the forecast's (core/forecast.py), which knows the
hours, the caps and what goes first.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from gatewayd.core.progress import RequestState
from gatewayd.core.states import DeliveryState

#: The rate is taken over so long, and not told before so much of it is over.
WINDOW: Final = timedelta(minutes=5)
_LEAST: Final = timedelta(seconds=5)
_WAITING: Final = frozenset({DeliveryState.HELD, DeliveryState.QUEUED, DeliveryState.SUBMITTING})
_BAD: Final = frozenset({DeliveryState.FAILED, DeliveryState.EXPIRED, DeliveryState.CANCELLED})


@dataclass(frozen=True, slots=True)
class Underway:
    """One request. `handled` of `total` messages have left or never will; `failed` and `in_doubt` of them are bad;
    `per_minute` is None while nothing was taken over lately, `ends_at` where nobody knows."""

    number: str
    unit: str
    channel: str
    state: RequestState
    total: int
    handled: int
    delivered: int
    failed: int
    in_doubt: int
    per_minute: float | None
    ends_at: datetime | None


def underway(
    number: str, unit: str, channel: str, state: RequestState, counts: Mapping[DeliveryState, int],
    per_minute: float | None, ends_at: datetime | None,
) -> Underway:  # fmt: skip
    """From the counts of the deliveries' states."""
    total = sum(counts.values())
    waiting = sum(counts.get(state, 0) for state in _WAITING)
    return Underway(
        number, unit, channel, state, total, total - waiting, counts.get(DeliveryState.DELIVERED, 0),
        sum(counts.get(state, 0) for state in _BAD), counts.get(DeliveryState.IN_DOUBT, 0), per_minute, ends_at,
    )  # fmt: skip


def rate(taken: int, first: datetime | None, now: datetime) -> float | None:
    """Messages a minute: `taken` since `first`, which lies within the window. One alone tells nothing."""
    if first is None or taken < 2 or now - first < _LEAST:
        return None
    return (taken - 1) / ((now - first).total_seconds() / 60)
