"""Segmentation: limits, pairs that must stay together (V35–V38), and the laws of rejoining."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewayd.core.model import Encoding
from gatewayd.wire import gsm7, ucs2
from gatewayd.wire.gsm7_tables import ENCODE
from gatewayd.wire.segment import Segmentation, limits, segment

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
        ("a" * 158 + "€", [160]),
        ("a" * 159 + "€", [153, 8]),
        ("a" * 152 + "€" + "b" * 20, [152, 22]),
        ("д" * 70, [70]),
        ("д" * 71, [67, 4]),
        ("\U0001f631" * 36, [66, 6]),
        ("д" * 66 + "😁" + "д" * 10, [66, 12]),
        ("д" * 66 + "е\u0301" + "д" * 10, [66, 12]),
    ],
    ids=[
        "empty",
        "one full part",
        "one septet too many",
        "two full parts",
        "three parts",
        "V37 escape pair fits",
        "V37 escape pair does not fit",
        "V36 escape pair is not cut",
        "one full part of UCS-2",
        "one unit too many",
        "V35 surrogate pairs are not cut",
        "V38 surrogate pair moves on",
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
