"""Segmentation: limits, national tables, and the laws of rejoining. Vectors: test_vectors.py."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewayd.core.model import Encoding
from gatewayd.wire import gsm7, ucs2
from gatewayd.wire.gsm7_tables import ENCODE, NO_SHIFT, Language, Shift
from gatewayd.wire.segment import ReferenceBits, Segmentation, limits, segment

MIXED = st.one_of(
    st.text(max_size=700),
    st.text(st.sampled_from(sorted(ENCODE)), max_size=700),
    st.text(st.sampled_from("ae😁\u0301\u200dд€"), max_size=700),
)


def sizes(found: Segmentation) -> list[int]:
    if found.encoding is Encoding.UCS2:
        return [ucs2.units(part) for part in found.parts]
    return [sum(gsm7.cost(char, found.shift) for char in part) for part in found.parts]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", [0]),
        ("a" * 160, [160]),
        ("a" * 161, [153, 8]),
        ("a" * 306, [153, 153]),
        ("a" * 307, [153, 153, 1]),
        ("д" * 70, [70]),
        ("д" * 71, [67, 4]),
        ("д" * 66 + "е\u0301" + "д" * 10, [66, 12]),
    ],
    ids=[
        "empty",
        "one full part",
        "one septet too many",
        "two full parts",
        "three parts",
        "one full part of UCS-2",
        "one unit too many",
        "combining mark moves with its base",
    ],
)
def test_parts_are_filled_up_to_the_limit(text: str, expected: list[int]) -> None:
    found = segment(text)
    assert sizes(found) == expected
    assert found.units == sum(expected)
    assert found.characters == len(text)


def test_the_first_character_that_forces_ucs2_is_named() -> None:
    assert segment("Rapat pukul 9 – hadir “tepat”").forced_by == "–"
    assert segment("Rapat pukul 9 - hadir [tepat]").forced_by == ""


def test_a_sixteen_bit_reference_takes_one_septet_more() -> None:
    assert sizes(segment("a" * 161, reference_bits=16)) == [152, 9]
    assert sizes(segment("д" * 71, reference_bits=16)) == [66, 5]


def test_a_cluster_longer_than_a_part_is_cut_all_the_same() -> None:
    text = "e" + "\u0301" * 200
    found = segment(text)
    assert max(sizes(found)) <= 67
    assert "".join(found.parts) == text


@given(MIXED, st.sampled_from([8, 16]))
def test_parts_rejoin_and_fit(text: str, bits: int) -> None:
    found = segment(text, 8 if bits == 8 else 16)
    assert "".join(found.parts) == text
    alone, part = limits(found.encoding, 8 if bits == 8 else 16)
    assert max(sizes(found)) <= (alone if len(found.parts) == 1 else part)
    assert sum(sizes(found)) == found.units
    assert all(found.parts) or text == ""


@given(MIXED)
def test_each_part_encodes_by_itself(text: str) -> None:
    found = segment(text)
    for part in found.parts:
        if found.encoding is Encoding.GSM7:
            assert gsm7.encode(part) is not None
        else:
            assert ucs2.decode(ucs2.encode(part)) == part


@given(MIXED)
def test_a_short_text_is_never_cut(text: str) -> None:
    found = segment(text)
    assert (len(found.parts) == 1) == (found.units <= limits(found.encoding)[0])


def test_a_pair_that_came_as_two_code_points_is_not_cut() -> None:
    found = segment("д" * 66 + "\ud83d\ude01" + "д" * 10)
    assert [len(part) for part in found.parts] == [66, 12]


TURKISH = st.text(st.sampled_from("abcçğıöşüİŞĞ€{ "), max_size=400)


@pytest.mark.parametrize(
    ("alphabet", "bits", "shift", "expected"),
    [
        (Encoding.GSM7, 8, NO_SHIFT, (160, 153)),
        (Encoding.GSM7, 16, NO_SHIFT, (160, 152)),
        (Encoding.GSM7, 8, Shift(single=1), (155, 149)),
        (Encoding.GSM7, 8, Shift(locking=1), (155, 149)),
        (Encoding.GSM7, 8, Shift(1, 1), (152, 146)),
        (Encoding.GSM7, 16, Shift(1, 1), (152, 145)),
        (Encoding.UCS2, 8, NO_SHIFT, (70, 67)),
        (Encoding.UCS2, 16, NO_SHIFT, (70, 66)),
    ],
    ids=["plain", "16 bits", "single", "locking", "both", "both and 16 bits", "UCS-2", "UCS-2 and 16 bits"],
)
def test_each_element_of_the_header_costs_its_room(
    alphabet: Encoding, bits: ReferenceBits, shift: Shift, expected: tuple[int, int]
) -> None:
    assert limits(alphabet, bits, shift) == expected


@pytest.mark.parametrize(
    ("text", "languages", "expected"),
    [
        ("Duyuru: sınav", (), (Encoding.UCS2, NO_SHIFT, 1)),
        ("Duyuru: sınav", (Language.TURKISH,), (Encoding.UCS2, NO_SHIFT, 1)),
        ("ş" + "a" * 150, (Language.TURKISH,), (Encoding.GSM7, Shift(single=1), 1)),
        ("ş" * 150, (Language.TURKISH,), (Encoding.GSM7, Shift(locking=1), 1)),
        ("a" * 150 + "ş", (Language.SPANISH, Language.TURKISH), (Encoding.GSM7, Shift(single=1), 1)),
        ("á" * 70 + "b", (Language.SPANISH, Language.PORTUGUESE), (Encoding.GSM7, Shift(single=2), 1)),
        ("á" * 80 + "b", (Language.SPANISH, Language.PORTUGUESE), (Encoding.GSM7, Shift(locking=3), 1)),
        ("नमस्ते " * 20, (Language.HINDI,), (Encoding.GSM7, Shift(locking=6), 1)),
        ("नमस्ते A" * 18, (Language.HINDI,), (Encoding.GSM7, Shift(6, 6), 2)),
        ("д" * 100, tuple(Language), (Encoding.UCS2, NO_SHIFT, 2)),
        ("a" * 161, tuple(Language), (Encoding.GSM7, NO_SHIFT, 2)),
    ],
    ids=[
        "not asked for",
        "saves nothing",
        "single shift saves a part",
        "locking shift saves a part",
        "only one of the languages fits",
        "short header first",
        "another language is shorter",
        "Hindi",
        "Hindi with capitals",
        "no table has it",
        "plain comes first",
    ],
)
def test_national_tables_are_used_where_they_save_a_part(
    text: str, languages: tuple[Language, ...], expected: tuple[Encoding, Shift, int]
) -> None:
    found = segment(text, languages=languages)
    assert (found.encoding, found.shift, len(found.parts)) == expected
    assert "".join(found.parts) == text


@given(TURKISH, st.sampled_from([8, 16]))
def test_shifted_parts_rejoin_fit_and_encode(text: str, bits: int) -> None:
    width: ReferenceBits = 8 if bits == 8 else 16
    found = segment(text, width, tuple(Language))
    alone, part = limits(found.encoding, width, found.shift)
    assert "".join(found.parts) == text
    assert max(sizes(found)) <= (alone if len(found.parts) == 1 else part)
    assert len(found.parts) <= len(segment(text, width).parts)
    if found.encoding is Encoding.GSM7:
        assert [gsm7.decode(gsm7.encode(part, found.shift) or b"", found.shift) for part in found.parts] == [
            *found.parts
        ]
