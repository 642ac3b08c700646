"""Quotas: how many parts a client or a unit may ask for within a window of time, and when there is room again.

In: what was booked within the window, oldest first, and what is asked for now. Out: `Shortfall`, or None where it
fits. The window slides: no midnight, month end or time zone at which two quotas meet.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Booking:
    """Parts of one request, and since when they count."""

    at: datetime
    parts: int


@dataclass(frozen=True, slots=True)
class Shortfall:
    """Why it does not fit. `frees_at` is None where it never will: more is asked for than the whole quota."""

    used: int
    asked: int
    allowed: int
    frees_at: datetime | None


def shortfall(
    used: int, oldest_first: Iterable[Booking], asked: int, allowed: int, window: timedelta
) -> Shortfall | None:
    """What keeps `asked` more parts from fitting into `allowed` a `window`, of which `used` are booked. Of the bookings
    only as many are looked at as must leave the window."""
    over = used + asked - allowed
    if over <= 0:
        return None
    if asked > allowed:
        return Shortfall(used, asked, allowed, None)
    for booking in oldest_first:
        over -= booking.parts
        if over <= 0:
            return Shortfall(used, asked, allowed, booking.at + window)
    raise AssertionError("the bookings are fewer than what is used")
