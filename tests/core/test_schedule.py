"""Windows, holidays and caps, in local time and across their edges."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from gatewayd.core.schedule import OpenHours, Pace, cap_end, next_opening

WIB = ZoneInfo("Asia/Jakarta")
DAILY = (OpenHours(time(8), time(20), ("mon", "tue", "wed", "thu", "fri", "sat", "sun")),)
FRIDAY_PAUSE = (
    OpenHours(time(8), time(20), ("mon", "tue", "wed", "thu", "sat", "sun")),
    OpenHours(time(8), time(12), ("fri",)),
    OpenHours(time(13, 30), time(20), ("fri",)),
)


def wib(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=WIB).astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "windows", "opens"),
    [
        pytest.param(wib(23, 9), DAILY, wib(23, 9), id="open now"),
        pytest.param(wib(23, 8), DAILY, wib(23, 8), id="at the first minute"),
        pytest.param(wib(23, 20), DAILY, wib(24, 8), id="closed at the last"),
        pytest.param(wib(23, 3), DAILY, wib(23, 8), id="before dawn"),
        pytest.param(wib(27, 12, 30), FRIDAY_PAUSE, wib(27, 13, 30), id="Friday pause"),
        pytest.param(wib(24, 21), DAILY, wib(26, 8), id="the 25th is a holiday"),
    ],
)
def test_next_opening(now: datetime, windows: tuple[OpenHours, ...], opens: datetime) -> None:
    assert next_opening(now, windows, (date(2026, 11, 25),), WIB) == opens


def test_no_window_at_all_never_opens() -> None:
    assert next_opening(wib(23, 9), (), (), WIB) is None


def test_cap_lets_the_next_part_go_when_the_oldest_leaves_the_span() -> None:
    now = wib(23, 9)
    begun = [now - timedelta(minutes=50), now - timedelta(minutes=10)]
    assert cap_end(begun, 2, timedelta(hours=1)) == now + timedelta(minutes=10)
    assert cap_end(begun, 3, timedelta(hours=1)) is None
    assert cap_end(begun, None, timedelta(hours=1)) is None


def test_cap_counts_the_newest_when_too_many_are_there() -> None:
    now = wib(23, 9)
    begun = [now - timedelta(minutes=minutes) for minutes in (55, 40, 20)]
    assert cap_end(begun, 2, timedelta(hours=1)) == now + timedelta(minutes=20)


def test_the_later_of_two_caps_holds() -> None:
    now = wib(23, 9)
    begun = [now - timedelta(hours=5), now - timedelta(minutes=10)]
    assert Pace(per_hour=1, per_day=2).capped_until(begun) == now + timedelta(hours=19)
    assert Pace(per_hour=1, per_day=3).capped_until(begun) == now + timedelta(minutes=50)
