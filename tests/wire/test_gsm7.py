"""GSM 7 bit: the tables, national ones too, and the laws of packing. Vectors: test_vectors.py."""

import unicodedata
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewayd.wire import gsm7, ucs2
from gatewayd.wire.gsm7_tables import DEFAULT, ENCODE, EXTENSION, LOCKING, SINGLE, Language, Shift, encoding, shifts_of

TEXTS = st.text(st.sampled_from(sorted(ENCODE)), max_size=200)
SEPTETS = st.binary(max_size=200).map(lambda octets: bytes(octet & 0x7F for octet in octets))


@given(TEXTS)
def test_every_text_of_the_alphabet_comes_back(text: str) -> None:
    septets = gsm7.encode(text)
    assert septets is not None
    assert gsm7.decode(septets) == text
    assert len(septets) == sum(map(gsm7.cost, text))
    assert gsm7.first_outside(text) == ""


@given(SEPTETS, st.integers(0, 6))
def test_packing_and_unpacking_agree_for_every_fill(septets: bytes, fill_bits: int) -> None:
    packed = gsm7.pack(septets, fill_bits)
    assert len(packed) == (fill_bits + 7 * len(septets) + 7) // 8
    assert gsm7.unpack(packed, len(septets), fill_bits) == septets


@given(st.binary(max_size=200), st.integers(0, 300), st.integers(0, 6), st.integers(0, 20), st.integers(0, 20))
def test_any_octets_decode_to_some_text(octets: bytes, count: int, fill_bits: int, locking: int, single: int) -> None:
    septets = gsm7.unpack(octets, count, fill_bits)
    assert len(septets) <= count
    assert len(gsm7.decode(septets, Shift(locking, single))) <= len(septets)


@given(st.text(max_size=50))
def test_a_text_encodes_or_names_its_first_outsider(text: str) -> None:
    outsider = gsm7.first_outside(text)
    if outsider:
        assert gsm7.encode(text) is None
        assert gsm7.encode(text[: text.index(outsider)]) is not None
        assert gsm7.cost(outsider) == 0
    else:
        assert gsm7.encode(text) is not None


def test_a_septet_of_eight_bits_is_refused() -> None:
    with pytest.raises(ValueError, match="seven bits"):
        gsm7.pack(b"\x80")


@pytest.mark.parametrize(
    ("septets", "text"),
    [(b"\x1bA", "A"), (b"\x1b\x1b", " "), (b"a\x1b", "a "), (b"\x1be", "€"), (b"\x1b\x00", "@")],
    ids=["unknown partner", "doubled escape", "lone escape", "euro", "at sign"],
)
def test_an_escape_that_cannot_be_resolved_is_read_kindly(septets: bytes, text: str) -> None:
    assert gsm7.decode(septets) == text


@pytest.mark.parametrize(
    ("septets", "locking", "single", "text"),
    [
        (b"\x1bs", 0, 1, "ş"),
        (b"\x1d", 1, 0, "ş"),
        (b"\x1bA", 0, 2, "Á"),
        (b"\x1ba\x1b|", 0, 3, "Âõ"),
        (b"[\\\x15", 3, 0, "ÃÕ∞"),
        (b"\x1b(\x1be", 1, 3, "{€"),
        (b"=\x03>\x50", Language.HINDI, 0, "पअफा"),
        (b"\x1b\x1c\x1bA\x03", 0, Language.HINDI, "०A¥"),
        (b"J\x45?", Language.PUNJABI, 0, "\u0a36\ufffd?"),
        (b"\x00X0a", Language.URDU, Language.URDU, "اء0a"),
        (b"\x1d", 99, 99, "æ"),
    ],
    ids=[
        "Turkish single",
        "Turkish locking",
        "Spanish",
        "Portuguese single",
        "Portuguese locking",
        "both",
        "Hindi locking",
        "Hindi single",
        "a place that is empty",
        "Urdu",
        "unknown",
    ],
)
def test_national_shifts_change_the_tables(septets: bytes, locking: int, single: int, text: str) -> None:
    assert gsm7.decode(septets, Shift(locking, single)) == text


@pytest.mark.parametrize("table", [DEFAULT, *LOCKING.values()])
def test_every_table_is_whole(table: str) -> None:
    signs = table.replace("\ufffd", "")
    assert len(table) == 128
    assert len(signs) == len(set(signs)) >= 100
    assert (table[0x0A], table[0x0D], table[0x1B], table[0x20]) == ("\n", "\r", "\x1b", " ")


@pytest.mark.parametrize("table", SINGLE.values())
def test_every_single_shift_table_keeps_the_plain_extension(table: Mapping[int, str]) -> None:
    assert EXTENSION.items() <= table.items()
    assert all(0 <= septet < 0x80 and septet not in (0x0D, 0x1B) for septet in table)
    assert not {"\ufffd", "\x1b"} & set(table.values())


def test_every_language_has_its_tables() -> None:
    assert set(SINGLE) == set(Language)
    assert set(LOCKING) == set(Language) - {Language.SPANISH}


@pytest.mark.parametrize(
    ("language", "septet", "name"),
    [
        (Language.BENGALI, 0x60, "BENGALI LETTER KHANDA TA"),
        (Language.BENGALI, 0x4A, "BENGALI LETTER SHA"),
        (Language.GUJARATI, 0x0C, "GUJARATI VOWEL CANDRA E"),
        (Language.GUJARATI, 0x7F, "GUJARATI RUPEE SIGN"),
        (Language.HINDI, 0x00, "DEVANAGARI SIGN CANDRABINDU"),
        (Language.HINDI, 0x3C, "DEVANAGARI LETTER NNNA"),
        (Language.HINDI, 0x60, "DEVANAGARI OM"),
        (Language.KANNADA, 0x3D, "KANNADA LETTER PA"),
        (Language.KANNADA, 0x5F, "KANNADA SIGN VIRAMA"),
        (Language.MALAYALAM, 0x48, "MALAYALAM LETTER LLLA"),
        (Language.MALAYALAM, 0x7F, "MALAYALAM DATE MARK"),
        (Language.ORIYA, 0x1A, "ORIYA LETTER CA"),
        (Language.ORIYA, 0x60, "ORIYA AI LENGTH MARK"),
        (Language.PUNJABI, 0x4E, "GURMUKHI SIGN NUKTA"),
        (Language.PUNJABI, 0x7F, "GURMUKHI EK ONKAR"),
        (Language.TAMIL, 0x3C, "TAMIL LETTER NNNA"),
        (Language.TAMIL, 0x60, "TAMIL OM"),
        (Language.TELUGU, 0x45, "TELUGU LETTER RRA"),
        (Language.TELUGU, 0x7B, "TELUGU AI LENGTH MARK"),
        (Language.URDU, 0x08, "ARABIC LETTER HEH GOAL WITH HAMZA ABOVE"),
        (Language.URDU, 0x7F, "ARABIC LETTER SUPERSCRIPT ALEF"),
    ],
)
def test_a_locking_table_has_its_sign(language: Language, septet: int, name: str) -> None:
    assert unicodedata.name(LOCKING[language][septet]) == name


@pytest.mark.parametrize(
    ("language", "septet", "name"),
    [
        (Language.BENGALI, 0x19, "BENGALI DIGIT ZERO"),
        (Language.BENGALI, 0x34, "BENGALI ISSHAR"),
        (Language.GUJARATI, 0x1A, "DEVANAGARI DOUBLE DANDA"),
        (Language.HINDI, 0x2C, "DEVANAGARI LETTER QA"),
        (Language.HINDI, 0x3A, "DEVANAGARI SIGN HIGH SPACING DOT"),
        (Language.KANNADA, 0x26, "KANNADA LETTER FA"),
        (Language.MALAYALAM, 0x34, "MALAYALAM LETTER CHILLU K"),
        (Language.ORIYA, 0x2C, "ORIYA LETTER WA"),
        (Language.PUNJABI, 0x2D, "GURMUKHI SIGN YAKASH"),
        (Language.TAMIL, 0x2E, "TAMIL NUMBER SIGN"),
        (Language.TELUGU, 0x1C, "TELUGU DIGIT ZERO"),
        (Language.TELUGU, 0x32, "TELUGU SIGN TUUMU"),
        (Language.URDU, 0x3F, "ARABIC FULL STOP"),
        (Language.URDU, 0x35, "ARABIC SUKUN"),
    ],
)
def test_a_single_shift_table_has_its_sign(language: Language, septet: int, name: str) -> None:
    assert unicodedata.name(SINGLE[language][septet]) == name


SHIFTS = [shift for language in Language for shift in shifts_of(language)]


@pytest.mark.parametrize("shift", SHIFTS)
def test_every_sign_of_national_tables_comes_back(shift: Shift) -> None:
    text = "".join(encoding(shift))
    septets = gsm7.encode(text, shift)
    assert septets is not None
    assert gsm7.decode(septets, shift) == text
    assert len(septets) == sum(gsm7.cost(char, shift) for char in text)


def test_the_shorter_of_two_ways_is_taken() -> None:
    assert gsm7.encode("^", Shift(single=Language.PORTUGUESE)) == b"\x1b\x14"
    assert gsm7.encode("^", Shift(Language.PORTUGUESE, Language.PORTUGUESE)) == b"\x16"
    assert gsm7.encode("¡*", Shift(Language.HINDI, Language.HINDI)) == b"\x1b\x13\x1b\x0b"
    assert gsm7.encode("A", Shift(locking=Language.HINDI)) is None


@given(st.text(max_size=100))
def test_every_text_comes_back_from_ucs2(text: str) -> None:
    assert ucs2.decode(ucs2.encode(text)) == text
    assert ucs2.units(text) * 2 == len(ucs2.encode(text))


@given(st.binary(max_size=100))
def test_any_octets_of_ucs2_give_a_text_that_can_be_stored(octets: bytes) -> None:
    ucs2.decode(octets).encode("utf-8")


def test_a_lone_surrogate_and_an_odd_octet_do_not_hide_the_rest() -> None:
    assert ucs2.decode(bytes.fromhex("0041D83D004200")) == "A\ufffdB"
