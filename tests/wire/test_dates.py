"""Dates as Indonesians type them: day first, always."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewayd.wire.dates import DateFault, parse


@pytest.mark.parametrize(
    "typed",
    [
        "23-11-2026", "23/11/2026", "23.11.2026", "23 - 11 - 2026", "23/11/26", "23-11-26", "2026-11-23", "2026/11/23",
        "23 November 2026", "23 Nopember 2026", "23 Nov 2026", "23 Nop 26", "23Nov2026", "23-Nov-2026",
        "Senin, 23 November 2026", "Senin, 23 November 2026 pukul 09.05 WIB", "Medan, 23 November 2026",
        "tgl 23 november 2026", "23 NOVEMBER 2026",
    ],
)  # fmt: skip
def test_all_usual_spellings_are_read(typed: str) -> None:
    assert parse(typed) == date(2026, 11, 23)


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("1/2/2026", date(2026, 2, 1)),
        ("Jum'at, 27 Nov 2026", date(2026, 11, 27)),
        ("5 Agustus 2026", date(2026, 8, 5)),
        ("5 Agt 2026", date(2026, 8, 5)),
        ("31 Des 2026", date(2026, 12, 31)),
        ("7 Pebruari 2027", date(2027, 2, 7)),
        ("29-02-2028", date(2028, 2, 29)),
    ],
)
def test_the_day_comes_first_and_months_are_indonesian(typed: str, day: date) -> None:
    assert parse(typed) == day


@pytest.mark.parametrize(
    "typed", ["31-11-2026", "30 Februari 2026", "11/23/2026", "2026-13-01", "0/1/2026", "29-02-2026"]
)
def test_a_day_that_does_not_exist_is_impossible(typed: str) -> None:
    assert parse(typed) == DateFault("date.impossible")


@pytest.mark.parametrize(
    "typed", ["", "secepatnya", "minggu depan", "23 November", "11 2026", "1/2-2026", "0812-0000-0101"]
)
def test_a_text_without_a_date_is_unreadable(typed: str) -> None:
    assert parse(typed) == DateFault("date.unreadable")


@given(
    st.dates(date(2000, 1, 1), date(2099, 12, 31)), st.sampled_from(["%d-%m-%Y", "%d/%m/%y", "%Y-%m-%d", "%d.%m.%Y"])
)
def test_every_written_date_is_read_back(day: date, form: str) -> None:
    assert parse(day.strftime(form)) == day


@given(st.text(max_size=100) | st.text("0123456789-/. novdes", max_size=40))
def test_no_text_breaks_the_reader(text: str) -> None:
    assert isinstance(parse(text), date | DateFault)
