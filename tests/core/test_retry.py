"""What follows from an outcome: temporary unless known to be permanent, bounded, and doubt stays doubt."""

from datetime import UTC, datetime, timedelta

import pytest

from gatewayd.core.outcome import Accepted, Blame, Cause, Deferred, InDoubt, Outcome, Rejected
from gatewayd.core.retry import Move, after, transport_pause
from gatewayd.core.states import Event

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
LADDER = (30.0, 120.0)
DEST, NET = Cause("cms-27", "out of order", Blame.DESTINATION), Cause("cms-38", "network", Blame.NETWORK)


def follow(outcome: Outcome, tries: int = 0, *, resend: bool = False) -> Move:
    return after(outcome, tries=tries, ladder=LADDER, now=NOW, resend_doubt=resend)


def test_accepted() -> None:
    assert follow(Accepted(7)) == Move(Event.ACCEPT)


def test_rejected_for_good() -> None:
    assert follow(Rejected(DEST)) == Move(Event.REJECT, cause=DEST)


@pytest.mark.parametrize(("tries", "wait"), [(0, 30), (1, 120)])
def test_waits_grow(tries: int, wait: int) -> None:
    assert follow(Deferred(DEST), tries) == Move(Event.DEFER, NOW + timedelta(seconds=wait), DEST)


def test_tries_are_bounded() -> None:
    assert follow(Deferred(DEST), 2) == Move(Event.REJECT, cause=DEST)


def test_a_network_fault_may_be_tried_longer() -> None:
    assert follow(Deferred(NET), 5).event is Event.DEFER
    assert follow(Deferred(NET), 6).event is Event.REJECT


def test_the_far_side_may_name_the_wait() -> None:
    assert follow(Deferred(DEST, 5.0)).not_before == NOW + timedelta(seconds=5)


def test_doubt_is_kept() -> None:
    assert follow(InDoubt(NET)) == Move(Event.DOUBT, cause=NET)


def test_doubt_is_sent_again_only_where_the_settings_allow_it() -> None:
    assert follow(InDoubt(NET), resend=True).event is Event.DEFER


def test_only_faults_that_the_next_message_would_meet_rest_the_transport() -> None:
    assert transport_pause(Blame.DESTINATION, 1) == transport_pause(Blame.MESSAGE, 9) == 0
    assert [transport_pause(Blame.NETWORK, n) for n in (1, 2, 3, 99)] == [10, 20, 40, 900]
    assert transport_pause(Blame.ACCOUNT, 1) == 600
