"""The states of a delivery and the one table that says how they change.

A delivery is one recipient on one channel. Its state is the only stored sending state; the state of a
request is computed from its decisions and its deliveries (core/progress.py).

TRANSITIONS maps (state, event) to the next state. A pair that is missing is a bug and raises
IllegalTransition; events that may rightly come late or twice (a status report after a cancel) have a
row that changes nothing. SQL that changes many rows at once is generated from this table
(store/deliveries.py), so that no second rule exists.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class DeliveryState(StrEnum):
    #: Waits for a person: not yet approved, or put on hold.
    HELD = "held"
    #: May be submitted as soon as `not_before` has passed and a transport is ready.
    QUEUED = "queued"
    #: Written before the first byte leaves; what happens next may already be on the air.
    SUBMITTING = "submitting"
    #: The service centre or the mail server took it over.
    ACCEPTED = "accepted"
    #: A status report says that the recipient has it.
    DELIVERED = "delivered"
    #: Refused for good, by the network, the mail server or a status report.
    FAILED = "failed"
    #: It left and no answer came, or a store in doubt does not know whether it left: it may have been accepted or not.
    IN_DOUBT = "in_doubt"
    #: Its time was over before it could be submitted or delivered.
    EXPIRED = "expired"
    #: A person took it back before it was submitted.
    CANCELLED = "cancelled"
    #: Accepted, but no status report came within the waiting time.
    UNDELIVERED_UNKNOWN = "undelivered_unknown"


class Event(StrEnum):
    #: Approved or released by a person.
    QUEUE = "queue"
    #: Put on hold by a person, or by a fault of ours that needs one.
    HOLD = "hold"
    #: The intent to submit is committed.
    SUBMIT = "submit"
    #: The far side took over.
    ACCEPT = "accept"
    #: A temporary failure; try again later.
    DEFER = "defer"
    #: A permanent refusal.
    REJECT = "reject"
    #: No answer after the text had left; or it may have left for all that the store knows.
    DOUBT = "doubt"
    #: Final status report: the recipient has it.
    DELIVER = "deliver"
    #: Final status report: given up.
    FAIL = "fail"
    #: The waiting time for a status report is over.
    WAIT_OVER = "wait_over"
    #: The request's own time limit is over, or its validity period in the network is.
    EXPIRE = "expire"
    #: A person takes it back.
    CANCEL = "cancel"
    #: A person orders another attempt.
    RESEND = "resend"


class IllegalTransition(Exception):
    """An event for which the table has no row: a bug of ours, never an input fault."""


S = DeliveryState
E = Event

_ROWS: Final[dict[tuple[DeliveryState, Event], DeliveryState]] = {
    (S.HELD, E.QUEUE): S.QUEUED,
    (S.HELD, E.HOLD): S.HELD,
    (S.HELD, E.CANCEL): S.CANCELLED,
    (S.HELD, E.EXPIRE): S.EXPIRED,
    # Word about parts, or about an earlier attempt, comes while the rest waits.
    (S.HELD, E.ACCEPT): S.ACCEPTED,
    (S.HELD, E.DELIVER): S.DELIVERED,
    (S.HELD, E.FAIL): S.FAILED,
    # A store that was put back, or is damaged, does not know what left after it was written.
    (S.HELD, E.DOUBT): S.IN_DOUBT,
    (S.QUEUED, E.DOUBT): S.IN_DOUBT,
    (S.QUEUED, E.QUEUE): S.QUEUED,
    (S.QUEUED, E.HOLD): S.HELD,
    (S.QUEUED, E.SUBMIT): S.SUBMITTING,
    (S.QUEUED, E.REJECT): S.FAILED,
    (S.QUEUED, E.CANCEL): S.CANCELLED,
    (S.QUEUED, E.EXPIRE): S.EXPIRED,
    (S.QUEUED, E.ACCEPT): S.ACCEPTED,
    (S.QUEUED, E.DELIVER): S.DELIVERED,
    (S.QUEUED, E.FAIL): S.FAILED,
    (S.SUBMITTING, E.ACCEPT): S.ACCEPTED,
    (S.SUBMITTING, E.DEFER): S.QUEUED,
    (S.SUBMITTING, E.HOLD): S.HELD,
    (S.SUBMITTING, E.REJECT): S.FAILED,
    (S.SUBMITTING, E.DOUBT): S.IN_DOUBT,
    (S.ACCEPTED, E.DELIVER): S.DELIVERED,
    (S.ACCEPTED, E.FAIL): S.FAILED,
    (S.ACCEPTED, E.EXPIRE): S.EXPIRED,
    (S.ACCEPTED, E.WAIT_OVER): S.UNDELIVERED_UNKNOWN,
    (S.IN_DOUBT, E.ACCEPT): S.ACCEPTED,
    (S.IN_DOUBT, E.DELIVER): S.DELIVERED,
    (S.IN_DOUBT, E.FAIL): S.FAILED,
    (S.IN_DOUBT, E.EXPIRE): S.EXPIRED,
    (S.IN_DOUBT, E.WAIT_OVER): S.IN_DOUBT,
    (S.IN_DOUBT, E.RESEND): S.QUEUED,
    (S.UNDELIVERED_UNKNOWN, E.DELIVER): S.DELIVERED,
    (S.UNDELIVERED_UNKNOWN, E.FAIL): S.FAILED,
    (S.UNDELIVERED_UNKNOWN, E.EXPIRE): S.EXPIRED,
    (S.UNDELIVERED_UNKNOWN, E.WAIT_OVER): S.UNDELIVERED_UNKNOWN,
    (S.FAILED, E.DELIVER): S.DELIVERED,
    (S.FAILED, E.FAIL): S.FAILED,
    (S.FAILED, E.EXPIRE): S.FAILED,
    (S.FAILED, E.RESEND): S.QUEUED,
    (S.EXPIRED, E.DELIVER): S.DELIVERED,
    (S.EXPIRED, E.FAIL): S.EXPIRED,
    (S.EXPIRED, E.EXPIRE): S.EXPIRED,
    (S.EXPIRED, E.RESEND): S.QUEUED,
    (S.DELIVERED, E.DELIVER): S.DELIVERED,
    (S.DELIVERED, E.FAIL): S.DELIVERED,
    (S.DELIVERED, E.EXPIRE): S.DELIVERED,
    (S.CANCELLED, E.CANCEL): S.CANCELLED,
    (S.CANCELLED, E.DELIVER): S.CANCELLED,
    (S.CANCELLED, E.FAIL): S.CANCELLED,
    (S.CANCELLED, E.EXPIRE): S.CANCELLED,
}
TRANSITIONS: Final[Mapping[tuple[DeliveryState, Event], DeliveryState]] = MappingProxyType(_ROWS)

#: Nothing of ours or of the network is still to come (a late status report may still correct it).
FINAL: Final = frozenset(
    {S.DELIVERED, S.FAILED, S.IN_DOUBT, S.EXPIRED, S.CANCELLED, S.UNDELIVERED_UNKNOWN},
)


def step(state: DeliveryState, event: Event) -> DeliveryState:
    """The state after `event`. Raises IllegalTransition for a pair the table does not have."""
    try:
        return TRANSITIONS[state, event]
    except KeyError:
        raise IllegalTransition(f"no transition from {state} on {event}") from None


def sources(event: Event) -> Mapping[DeliveryState, DeliveryState]:
    """Every state in which `event` may come, with the state it leads to."""
    return {state: after for (state, ev), after in TRANSITIONS.items() if ev is event}
