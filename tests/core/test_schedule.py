"""Windows, holidays and caps, in local time and across their edges."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from gatewayd.core.schedule import OpenHours, cap_wait, next_opening

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
    assert cap_wait(now, begun, 2, timedelta(hours=1)) == pytest.approx(600)
    assert cap_wait(now, begun, 3, timedelta(hours=1)) == 0
    assert cap_wait(now, begun, None, timedelta(hours=1)) == 0


def test_cap_counts_the_newest_when_too_many_are_there() -> None:
    now = wib(23, 9)
    begun = [now - timedelta(minutes=minutes) for minutes in (55, 40, 20)]
    assert cap_wait(now, begun, 2, timedelta(hours=1)) == pytest.approx(20 * 60)
