"""Parts become messages in any order; a command is short and comes first."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewayd.core.inbound import Part, command_of, in_order, is_complete, sets_of, with_gaps


def parts(*found: tuple[int, str], total: int = 2) -> list[Part]:
    return [Part(id, number, total, text) for id, (number, text) in enumerate(found, start=1)]


def ids(sets: Sequence[Sequence[Part]]) -> list[list[int]]:
    return [[part.id for part in found] for found in sets]


def test_parts_of_one_message_are_one_set_in_any_order() -> None:
    (found,) = sets_of(parts((2, "b"), (1, "a")))
    assert is_complete(found)
    assert [part and part.text for part in in_order(found)] == ["a", "b"]


def test_a_repeated_part_goes_with_the_first() -> None:
    assert ids(sets_of(parts((1, "a"), (1, "a"), (2, "b")))) == [[1, 2, 3]]


def test_a_reference_used_again_is_another_message() -> None:
    assert ids(sets_of(parts((1, "a"), (1, "c"), (2, "d")))) == [[1, 3], [2]]


def test_what_is_missing_leaves_a_mark() -> None:
    found = parts((1, "a"), (3, "c"), total=3)
    assert not is_complete(found)
    assert with_gaps([part and part.text for part in in_order(found)]) == "a[…]c"


@given(st.permutations(list(range(1, 9))), st.lists(st.integers(1, 8), max_size=5))
def test_any_order_and_any_repetition_gives_the_message_once(order: list[int], again: list[int]) -> None:
    came = [(number, f"t{number}") for number in (*order, *again)]
    (found,) = sets_of(parts(*came, total=8))
    assert [part and part.number for part in in_order(found)] == list(range(1, 9))


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("BERHENTI", "stop"), ("berhenti.", "stop"), (" Stop ", "stop"), ("UNREG UPSI", "stop"),
        ("STOP sms ini", "stop"),
        ("mulai", "start"), ("REG UPSI", "start"),
        ("", ""), ("Terima kasih", ""), ("Berhenti kuliah bagaimana caranya?", ""), ("berhenti?", ""),
        ("Kapan mulai", ""), ("Mohon berhenti mengirim", ""),
    ],
)  # fmt: skip
def test_a_command_is_short_and_comes_first(text: str, command: str) -> None:
    assert command_of(text) == command
