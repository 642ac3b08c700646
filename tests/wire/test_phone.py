"""Telephone numbers as people, spreadsheets and chat programs write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewayd.wire.faultcodes import CODES
from gatewayd.wire.phone import PhoneFault, normalise

ONE = "+6281200000101"


@pytest.mark.parametrize(
    "typed",
    [
        "0812-0000-0101", "0812.0000.0101", "0812 0000 0101", "081200000101", "(0812) 0000-0101", "+62 812 0000 0101",
        "+6281200000101", "62812 0000 0101", "006281200000101", "0062 812 0000 0101", "81200000101", "81200000101.0",
        "'081200000101", "’081200000101", "\u200e0812\u00a00000\u20110101", "\u202a+62 812-0000-0101\u202c",
        "0812–0000–0101", "0812-0000-0101 (WA)", "0812-0000-0101 (rumah)", "WA: 0812 0000 0101", "HP/WA 081200000101",
        "No. HP 081200000101", "081200000101 WA", "+62 (0) 812 0000 0101", "+62 0812 0000 0101", "tel:+6281200000101",
        " 081200000101 ;", "081200000101,", "=081200000101",
    ],
)  # fmt: skip
def test_a_mobile_number_in_any_usual_writing_is_taken(typed: str) -> None:
    assert normalise(typed) == ONE


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "row.empty"),
        (" - ", "row.empty"),
        ("\u200e\u00a0", "row.empty"),
        ("8.12E+10", "row.scientific"),
        ("8,12E+10", "row.scientific"),
        ("8.12000001e10", "row.scientific"),
        ("081200000101 / 081200000102", "row.two_numbers"),
        ("081200000101, 081200000102", "row.two_numbers"),
        ("081200000101 081200000102", "row.two_numbers"),
        ("0812 0000 0101 atau 0812 0000 0102", "row.two_numbers"),
        ("081200000101\n081200000102", "row.two_numbers"),
        ("O81200000101", "row.letters"),
        ("0812000O0101", "row.letters"),
        ("Budi", "row.letters"),
        ("812000001.5", "row.letters"),
        ("81200000101,25", "row.letters"),
        ("0812x0000x0101", "row.letters"),
        ("0812#0000#0101", "row.letters"),
        ("٠٨١٢٠٠٠٠٠١٠١", "row.letters"),
        ("０８１２００００", "row.letters"),
        ("0812+00000101", "row.letters"),
        ("112", "row.too_short"),
        ("0812345", "row.too_short"),
        ("08120000", "row.too_short"),
        ("08120000010199", "row.too_long"),
        ("0" * 300, "row.too_long"),
        ("061-4567890", "row.landline"),
        ("+62 61 4567890", "row.landline"),
        ("021 4567890", "row.landline"),
        ("0841 0000 0101", "row.not_mobile"),
        ("0800 1234567", "row.not_mobile"),
        ("0809 1234567", "row.not_mobile"),
        ("2110010001", "row.not_mobile"),
        ("1500123", "row.not_mobile"),
        ("+61 491 570 156", "row.foreign"),
        ("0061491570156", "row.foreign"),
        ("+1 202 555 0143", "row.foreign"),
    ],
)
def test_anything_else_is_refused_with_its_reason(typed: str, code: str) -> None:
    assert normalise(typed) == PhoneFault(code)


@pytest.mark.parametrize(
    ("typed", "result"),
    [
        ("+61 491 570 156", "+61491570156"),
        ("0061 491 570 156", "+61491570156"),
        (ONE, ONE),
        ("0812-0000-0101", ONE),
        ("+44 20 7946 0958", PhoneFault("row.landline")),
        ("+999 123 456 789", PhoneFault("row.not_mobile")),
        ("+44 1", PhoneFault("row.not_mobile")),
        ("+44" + "1" * 14, PhoneFault("row.too_long")),
        ("061-4567890", PhoneFault("row.landline")),
    ],
)
def test_foreign_mobile_numbers_are_taken_where_they_are_allowed(typed: str, result: str | PhoneFault) -> None:
    assert normalise(typed, foreign=True) == result


def test_another_home_country_is_read_by_its_own_plan() -> None:
    assert normalise("0491 570 156", country="AU") == "+61491570156"
    assert normalise("+6281200000101", country="AU") == PhoneFault("row.foreign")


@given(st.text(max_size=60) | st.text("0123456789+-() ./eE,;WA", max_size=40))
def test_every_cell_gives_a_number_or_a_known_code(typed: str) -> None:
    found = normalise(typed)
    if isinstance(found, PhoneFault):
        assert found.code in CODES
    else:
        assert found.startswith("+628")
        assert found[1:].isdecimal()
        assert found.isascii()
        assert 12 <= len(found) <= 15


@given(st.from_regex(r"\A8[1-35-9][0-9]{7,10}\Z"), st.sampled_from(["0", "+62", "62", "0062", ""]))
def test_the_writing_of_the_prefix_makes_no_difference(national: str, prefix: str) -> None:
    assert normalise(prefix + national) == "+62" + national
