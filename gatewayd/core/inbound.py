"""Incoming short messages: parts put together, and the one command that a recipient has. Pure.

A long message comes in parts, in any order, some twice, some never, and the sender's phone may use its reference
again. In: the open parts of one sender, SIM, reference and total, in the order in which they came. Out: sets, each
with at most one part a number. Sources: TS 23.040 §9.2.3.24.1; docs/architecture.md "Incoming messages".
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

#: A question that begins with such a word ("berhenti kuliah bagaimana caranya?") is longer.
_LONGEST_COMMAND: Final = 3
_STOP: Final = frozenset({"berhenti", "stop", "unreg", "unsubscribe"})
_START: Final = frozenset({"mulai", "start", "reg"})
_GAP: Final = "[…]"


@dataclass(frozen=True, slots=True)
class Part:
    """One stored part. `number` counts from 1; `text` is only compared."""

    id: int
    number: int
    total: int
    text: str


def sets_of(parts: Sequence[Part]) -> list[list[Part]]:
    """The parts sorted into messages. A number that comes again with another text begins a new message; with the same
    text it is the network's repetition and goes with the first."""
    sets: list[list[Part]] = []
    for part in parts:
        home = next((found for found in sets if _belongs(part, found)), None)
        if home is None:
            sets.append([part])
        else:
            home.append(part)
    return sets


def _belongs(part: Part, found: Sequence[Part]) -> bool:
    same = [other for other in found if other.number == part.number]
    return not same or same[0].text == part.text


def is_complete(found: Sequence[Part]) -> bool:
    return {part.number for part in found} >= set(range(1, found[0].total + 1))


def in_order(found: Sequence[Part]) -> list[Part | None]:
    """One part a number, None where it is missing."""
    by_number = {part.number: part for part in reversed(found)}
    return [by_number.get(number) for number in range(1, found[0].total + 1)]


def with_gaps(texts: Sequence[str | None]) -> str:
    """What is there of a message whose rest did not come."""
    return "".join(_GAP if text is None else text for text in texts)


def command_of(text: str) -> Literal["stop", "start", ""]:
    """BERHENTI, STOP or UNREG (or MULAI, START, REG), alone or with a word or two behind it."""
    words = re.findall(r"\w+", text.lower())
    if not 1 <= len(words) <= _LONGEST_COMMAND or "?" in text:
        return ""
    if words[0] in _STOP:
        return "stop"
    return "start" if words[0] in _START else ""
