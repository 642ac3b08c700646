"""After a submission: which event happens to the delivery, and when it may be tried again. Pure.

Errors are temporary unless known to be permanent; tries are bounded. A fault of the network or the device
says little about the message, so it may be tried three times as often as a fault of the destination.
An outcome in doubt is kept in doubt, unless the settings allow a second copy (`resend`); our own mails
(kind notice) always are: the same Message-ID lets the reader's system fold them. A message that the network calls
malformed is our fault, and the next attempt would be too: it is held for a person.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never

from gatewayd.core.outcome import Accepted, Blame, Cause, Deferred, InDoubt, Outcome, Rejected
from gatewayd.core.states import Event


@dataclass(frozen=True, slots=True)
class Move:
    """`event` for the delivery; `not_before` where it goes back to the queue; `cause` where something failed."""

    event: Event
    not_before: datetime | None = None
    cause: Cause | None = None


def after(
    outcome: Outcome, *, tries: int, ladder: Sequence[float], now: datetime, resend_doubt: bool, may_hold: bool = False
) -> Move:
    """What follows from `outcome` after `tries` earlier temporary failures; `ladder` holds waits in seconds.
    `may_hold`: a message that is refused for what it is waits for a person."""
    match outcome:
        case Accepted():
            return Move(Event.ACCEPT)
        case Rejected(cause) if may_hold and cause.blame is Blame.MESSAGE:
            return Move(Event.HOLD, cause=cause)
        case Rejected(cause) if transport_pause(cause.blame, 1) > 0:
            # For good, but of us, not of this message: the next one would meet the same.
            return _deferred(cause, None, tries, ladder, now)
        case Rejected(cause):
            return Move(Event.REJECT, cause=cause)
        case Deferred(cause, retry_after_s):
            return _deferred(cause, retry_after_s, tries, ladder, now)
        case InDoubt(cause):
            if not resend_doubt:
                return Move(Event.DOUBT, cause=cause)
            return _deferred(cause, None, tries, ladder, now)
        case _:
            assert_never(outcome)


def _deferred(cause: Cause, retry_after_s: float | None, tries: int, ladder: Sequence[float], now: datetime) -> Move:
    allowed = len(ladder) * (1 if cause.blame in (Blame.DESTINATION, Blame.MESSAGE) else 3)
    if tries >= allowed:
        return Move(Event.REJECT, cause=cause)
    wait = ladder[min(tries, len(ladder) - 1)] if retry_after_s is None else retry_after_s
    return Move(Event.DEFER, now + timedelta(seconds=wait), cause)


def transport_pause(blame: Blame, failures: int) -> float:
    """Seconds a transport rests after its `failures`-th failure in a row that the next message would meet too."""
    match blame:
        case Blame.DESTINATION | Blame.MESSAGE:
            return 0.0
        case Blame.NETWORK | Blame.DEVICE:
            return min(10.0 * float(2 ** min(failures - 1, 10)), 900.0)
        case Blame.ACCOUNT | Blame.SIM:
            return 600.0
        case _:
            assert_never(blame)
