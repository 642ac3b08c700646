"""When a summary is due: once for each time, whatever the clock and the breaks."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewayd.core.summary import Every, Rhythm, due, ended_month, in_steps, starts_anew

JAKARTA = ZoneInfo("Asia/Jakarta")
DAILY = Rhythm("daily", time(7, 0), 0, JAKARTA)
MONDAYS = Rhythm("weekly", time(7, 0), 0, JAKARTA)
MOMENTS = st.integers(0, 730 * 24 * 60).map(lambda minute: at("2026-01-01 00:00") + timedelta(minutes=minute))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=JAKARTA)


@pytest.mark.parametrize(
    ("rhythm", "now", "latest"),
    [
        (DAILY, "2026-11-24 07:00", "2026-11-24 07:00"),
        (DAILY, "2026-11-24 06:59", "2026-11-23 07:00"),
        (MONDAYS, "2026-11-24 12:00", "2026-11-23 07:00"),
        (MONDAYS, "2026-11-23 06:59", "2026-11-16 07:00"),
    ],
)
def test_the_last_moment_of_the_rhythm(rhythm: Rhythm, now: str, latest: str) -> None:
    assert rhythm.latest(at(now)) == at(latest)


@given(now=MOMENTS, every=st.sampled_from(["daily", "weekly"]), hour=st.integers(0, 23), weekday=st.integers(0, 6))
def test_it_is_never_later_than_now_and_never_a_whole_round_before(
    now: datetime, every: Every, hour: int, weekday: int
) -> None:
    latest = Rhythm(every, time(hour, 30), weekday, JAKARTA).latest(now)
    assert timedelta(0) <= now - latest < timedelta(days=1 if every == "daily" else 7)


@given(st.lists(st.timedeltas(timedelta(0), timedelta(days=20)), max_size=30), st.sampled_from([DAILY, MONDAYS]))
def test_however_it_is_asked_each_time_is_covered_once_without_a_gap(steps: list[timedelta], rhythm: Rhythm) -> None:
    now = told = at("2026-11-23 09:00")
    for step in steps:
        now += step
        if (span := due(rhythm, told, now)) is not None:
            assert span[0] == told
            assert told < span[1] <= now
            told = span[1]
        assert due(rhythm, told, now) is None
        assert told >= rhythm.latest(now) or told == at("2026-11-23 09:00")


def test_the_first_time_and_after_a_clock_that_ran_ahead_it_begins_anew() -> None:
    now = at("2026-11-24 09:00")
    assert (starts_anew(None, now), due(DAILY, None, now)) == (True, None)
    assert (starts_anew(at("2070-01-01 00:00"), now), due(DAILY, at("2070-01-01 00:00"), now)) == (True, None)


@pytest.mark.parametrize(
    ("since", "until", "month"),
    [
        ("2026-11-30 07:00", "2026-12-01 07:00", date(2026, 11, 1)),
        ("2026-12-01 07:00", "2026-12-02 07:00", None),
        ("2026-12-31 07:00", "2027-01-01 07:00", date(2026, 12, 1)),
        ("2026-09-15 07:00", "2026-12-05 07:00", date(2026, 11, 1)),
    ],
)
def test_the_month_that_ended_in_it(since: str, until: str, month: date | None) -> None:
    assert ended_month(at(since), at(until), JAKARTA) == month


def test_the_weakest_signal_of_each_step_counts_and_silence_is_seen() -> None:
    assert in_steps({100: -71, 101: -95, 104: -60}, 100, 106, 3) == (-95, None, -60)
    assert len(in_steps({}, 0, 24 * 31, 28)) <= 28
