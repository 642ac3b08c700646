"""The state of a request, computed from its row, its decisions and the counts of its deliveries' states.

The word is never stored. A request is done once it is settled (`settled_at`): every delivery is final, or the
waiting time for status reports is over (stages/track.py).
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from gatewayd.core.request import Request
from gatewayd.core.states import DeliveryState


class RequestState(StrEnum):
    RECEIVED = "received"
    NEEDS_CORRECTION = "needs_correction"
    AWAITING_APPROVAL = "awaiting_approval"
    APPROVED = "approved"
    SENDING = "sending"
    ON_HOLD = "on_hold"
    DONE = "done"
    REJECTED = "rejected"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


Counts = Mapping[DeliveryState, int]
ENDED: Final = frozenset({RequestState.DONE, RequestState.REJECTED, RequestState.CANCELLED, RequestState.EXPIRED})


def request_state(request: Request, counts: Counts) -> RequestState:
    """The one word for where `request` stands."""
    if request.closed_as:
        return RequestState(request.closed_as)
    if request.faults:
        return RequestState.NEEDS_CORRECTION
    if request.approved_at is None:
        return RequestState.AWAITING_APPROVAL
    if request.settled_at is not None:
        return RequestState.DONE
    if counts.get(DeliveryState.HELD, 0) and not counts.get(DeliveryState.QUEUED, 0):
        return RequestState.ON_HOLD
    untouched = counts.get(DeliveryState.QUEUED, 0) + counts.get(DeliveryState.CANCELLED, 0)
    return RequestState.APPROVED if untouched == sum(counts.values()) else RequestState.SENDING
