"""Dates, times, money and numbers as people in Indonesia write them, and in English."""

from datetime import UTC, date, datetime, timedelta

import pytest

from gatewayd.render.locale import Locale

AT = datetime(2026, 11, 23, 2, 5, tzinfo=UTC)
ID = Locale("id", "Asia/Jakarta")
EN = Locale("en", "Asia/Jakarta")


@pytest.mark.parametrize(
    ("zone", "shown"),
    [
        ("Asia/Jakarta", "23 November 2026 pukul 09.05 WIB"),
        ("Asia/Makassar", "23 November 2026 pukul 10.05 WITA"),
        ("Asia/Jayapura", "23 November 2026 pukul 11.05 WIT"),
        ("Asia/Singapore", "23 November 2026 pukul 10.05 UTC+08"),
        ("UTC", "23 November 2026 pukul 02.05 UTC"),
    ],
)
def test_moments_name_their_zone(zone: str, shown: str) -> None:
    assert Locale("id", zone).moment(AT) == shown


def test_english_counterparts() -> None:
    assert EN.moment(AT) == "23 November 2026 at 09:05 WIB"
    assert EN.number(1234.5) == "1,234.5"
    assert EN.percent(1, 3) == "33.3%"
    assert EN.age(AT, AT + timedelta(minutes=12)) == "12 minutes ago"


def test_the_day_is_the_local_one() -> None:
    late = datetime(2026, 12, 31, 20, 0, tzinfo=UTC)
    assert ID.day(late) == "1 Januari 2027"
    assert ID.day(date(2021, 7, 27)) == "27 Juli 2021"


@pytest.mark.parametrize(
    ("minutes", "shown"),
    [
        (0, "23 November 2026 pukul 09.05 WIB"),
        (67, "23 November 2026 pukul 09.05–10.12 WIB"),
        (1440, "23 November 2026 pukul 09.05 WIB – 24 November 2026 pukul 09.05 WIB"),
    ],
)
def test_spans_say_no_more_than_needed(minutes: int, shown: str) -> None:
    assert ID.span(AT, AT + timedelta(minutes=minutes)) == shown


@pytest.mark.parametrize(
    ("amount", "shown"), [(0, "Rp 0"), (12_500, "Rp 12.500"), (1_000_000, "Rp 1.000.000"), (-1_500, "-Rp 1.500")]
)
def test_rupiah(amount: int, shown: str) -> None:
    assert ID.rupiah(amount) == shown


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [
        (0, 412, "0 %"), (412, 412, "100 %"), (390, 412, "94,7 %"), (1, 20_000, "0,1 %"), (19_999, 20_000, "99,9 %"),
        (0, 0, "–"),
    ],
)  # fmt: skip
def test_something_is_never_nothing_and_almost_is_never_all(part: int, whole: int, shown: str) -> None:
    assert ID.percent(part, whole) == shown


def test_ages_and_short_forms() -> None:
    assert ID.age(AT, AT + timedelta(hours=3)) == "3 jam yang lalu"
    assert ID.age(AT, AT - timedelta(hours=3)) == "1 detik yang lalu"
    assert ID.brief(AT) == "23 Nov 09.05"
    assert ID.sortable(AT) == "2026-11-23 09:05:00"
    assert ID.number(1234.5) == "1.234,5"
