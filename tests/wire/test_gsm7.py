"""GSM 7 bit: vectors V13, V14, V34, V39–V41 of the catalogue, and the laws of packing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewayd.wire import gsm7, ucs2
from gatewayd.wire.gsm7_tables import DEFAULT, ENCODE, LOCKING, SINGLE

TEXTS = st.text(st.sampled_from(sorted(ENCODE)), max_size=200)
SEPTETS = st.binary(max_size=200).map(lambda octets: bytes(octet & 0x7F for octet in octets))


@pytest.mark.parametrize(
    ("text", "packed"),
    [
        ("123", "31D90C"),
        ("12345678", "31D98C56B3DD70"),
        ("Hello World!", "C8329BFD065DDF72363904"),
        ("[{abc}]~", "1BDE0615168F37A98D6FD303"),
        ("a[]{}€", "E10D6FE3DBA036A94D19"),
        ("{åΦΓΛΩΠΨΣΘ€}", "1BD44332A1542C174C6653DEA400"),
        ("\f^ {}\\[~]|€", "1BC58602DAA036A9CD6BC3DBF436BE0D705306"),
        ("message", "EDF27C1E3E9701"),
        ("1234567", "31D98C56B3DD00"),
        ("1234567@", "31D98C56B3DD00"),
    ],
)
def test_text_packs_as_others_pack_it(text: str, packed: str) -> None:
    septets = gsm7.encode(text)
    assert septets is not None
    assert gsm7.pack(septets).hex().upper() == packed
    assert gsm7.decode(gsm7.unpack(bytes.fromhex(packed), len(septets))) == text


def test_text_behind_a_header_starts_on_a_septet_boundary() -> None:
    assert gsm7.pack(b"This", fill_bits=1).hex().upper() == "A8E8F41C"
    assert gsm7.unpack(bytes.fromhex("A8E8F41C"), 4, fill_bits=1) == b"This"


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
    assert len(gsm7.decode(septets, locking=locking, single=single)) <= len(septets)


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
        (b"\x1d", 99, 99, "æ"),
    ],
    ids=["Turkish single", "Turkish locking", "Spanish", "Portuguese single", "Portuguese locking", "both", "unknown"],
)
def test_national_shifts_change_the_tables(septets: bytes, locking: int, single: int, text: str) -> None:
    assert gsm7.decode(septets, locking=locking, single=single) == text


def test_every_table_is_whole() -> None:
    assert [len(table) for table in (DEFAULT, *LOCKING.values())] == [128] * 3
    assert all(len(set(table)) == 128 for table in (DEFAULT, *LOCKING.values()))
    assert all(table[0x1B] == "\x1b" for table in (DEFAULT, *LOCKING.values()))
    assert all(0 <= septet < 0x80 for table in SINGLE.values() for septet in table)


@pytest.mark.parametrize(
    ("text", "octets"), [("あ叶葉", "304253F68449"), ("😁", "D83DDE01")], ids=["Japanese", "emoji"]
)
def test_ucs2_is_utf16_big_end_first(text: str, octets: str) -> None:
    assert ucs2.encode(text).hex().upper() == octets
    assert ucs2.decode(bytes.fromhex(octets)) == text


@given(st.text(max_size=100))
def test_every_text_comes_back_from_ucs2(text: str) -> None:
    assert ucs2.decode(ucs2.encode(text)) == text
    assert ucs2.units(text) * 2 == len(ucs2.encode(text))


@given(st.binary(max_size=100))
def test_any_octets_of_ucs2_give_a_text_that_can_be_stored(octets: bytes) -> None:
    ucs2.decode(octets).encode("utf-8")


def test_a_lone_surrogate_and_an_odd_octet_do_not_hide_the_rest() -> None:
    assert ucs2.decode(bytes.fromhex("0041D83D004200")) == "A\ufffdB"
