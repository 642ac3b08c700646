"""How far, how fast: the figures of a request that is being sent."""

from datetime import UTC, datetime, timedelta

import pytest

from gatewayd.core.progress import RequestState
from gatewayd.core.states import DeliveryState
from gatewayd.core.underway import rate, underway

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


def test_what_left_or_never_will_is_handled_and_what_is_bad_is_told() -> None:
    counts = dict.fromkeys(DeliveryState, 1)
    one = underway("UPSI-2026-000001", "BAA", "sms", RequestState.SENDING, counts, None, None)
    waiting = {DeliveryState.HELD, DeliveryState.QUEUED, DeliveryState.SUBMITTING}
    assert (one.total, one.handled) == (len(DeliveryState), len(DeliveryState) - len(waiting))
    assert (one.delivered, one.failed, one.in_doubt) == (1, 3, 1)


@pytest.mark.parametrize(
    ("taken", "seconds", "wanted"),
    [(0, None, None), (1, 60, None), (2, 4.9, None), (2, 60, 1.0), (61, 60, 60.0), (11, 300, 2.0), (5, -10, None)],
)
def test_the_rate_is_of_the_last_minutes_and_none_is_better_than_a_wild_one(
    taken: int, seconds: float | None, wanted: float | None
) -> None:
    first = None if seconds is None else NOW - timedelta(seconds=seconds)
    assert rate(taken, first, NOW) == wanted
