"""The balance between two readings: reckoned from the last one by tariff and parts, and held against the next one.

In: readings (core/health.Credit), parts submitted since, prices and floors in Rp. Out: readings with what should be
left, what does not fit, and what is still enough for. Invariants: unknown stays unknown, so without a tariff nothing
is reckoned once a part has left; a good reading outlives an answer that was not understood; a reading of another SIM
counts for nothing.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final

from gatewayd.core.health import Credit

#: Parts that may still be on their way into the store while the balance is read.
_UNCOUNTED: Final = 2
#: Share of what was spent that may be missing: other networks cost more, and a tariff is never quite true.
_INEXACT: Final = 10
#: The store keeps milliseconds: what is no further apart is the same answer.
_SAME: Final = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Forecast:
    """How long it lasts: parts down to the floor, whole days of the active period (negative: it is over). None where it
    is not known."""

    parts: int | None = None
    days: int | None = None


def carried(known: Credit | None, told: Credit | None, sim: str) -> Credit | None:
    """The reading that holds now: what the modem `told`, or what was `known` before where that says more. `sim` is the
    IMSI in the modem, '' while it is not known."""
    if known is not None and sim and known.sim not in ("", sim):
        known = None
    if known is None or told is None:
        return told or known
    if _same(told.at, known.at) or _same(told.at, known.unread_at):
        return known
    if told.balance_idr is not None or known.balance_idr is None or told.is_in_grace:
        return told
    return replace(known, unread=told.raw, unread_at=told.at)


def reckoned(credit: Credit, parts: int, price_idr: int) -> Credit:
    """`credit` with what should be left after `parts` since it was read; as it was read while none has left."""
    if credit.balance_idr is None or not parts or not price_idr:
        return replace(credit, parts_since=parts, reckoned_idr=None)
    return replace(credit, parts_since=parts, reckoned_idr=max(0, credit.balance_idr - parts * price_idr))


def misfit_idr(before: Credit, after: Credit, parts: int, price_idr: int, tolerance_idr: int) -> int:
    """By how much the reading `after` is off what `before` and the `parts` between them let expect: negative, more is
    gone than was sent; positive, there is more (a top-up, a bonus, a lower tariff). 0: it fits, or cannot be told."""
    is_comparable = before.sim == after.sim and before.at < after.at
    if before.balance_idr is None or after.balance_idr is None or not is_comparable:
        return 0
    raised = after.balance_idr - before.balance_idr
    if parts and not price_idr:
        return raised if raised > tolerance_idr else 0
    spent = parts * price_idr
    difference = raised + spent
    allowed = tolerance_idr + (_UNCOUNTED * price_idr if parts else 0) + spent // _INEXACT
    return difference if abs(difference) > allowed or raised > tolerance_idr else 0


def forecast(credit: Credit | None, price_idr: int, floor_idr: int, today: date) -> Forecast:
    """What is left is enough for so many parts, for so many days."""
    left = credit.left_idr if credit else None
    parts = None if left is None or not price_idr else max(0, left - floor_idr) // price_idr
    days = (credit.active_until - today).days if credit and credit.active_until else None
    return Forecast(parts, days)


def _same(at: datetime, other: datetime | None) -> bool:
    """Equal, not later: a clock that was set right must not hide what is read from then on."""
    return other is not None and abs(at - other) < _SAME
