"""When a fault strikes, and what it has to go by: the text behind its name → numbers and trigger.

Written NUMBER,after=N,times=N,p=0.1,from=S,for=S,match=TEXT in any order, each at will: leave the first N
opportunities alone; strike N times; strike by chance, from the seed; strike only within so many seconds, counted
from the moment the fault was put in force; strike only while the last command begins with TEXT (its "AT" left out,
and without commas). What lies outside the time or the command is no opportunity.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Given:
    """What a hook may use besides the value: the numbers behind the fault's name, chance (`draw`, 0 to 1, another
    one each time), and the bits a second at which the client's side of the port runs (0: not known)."""

    numbers: tuple[float, ...] = ()
    draw: float = 0.0
    speed: int = 0

    def number(self, default: float) -> float:
        return self.numbers[0] if self.numbers else default


@dataclass(frozen=True, slots=True)
class Trigger:
    after: int = 0
    times: int | None = None
    p: float = 1.0
    from_s: float = 0.0
    for_s: float = math.inf
    match: str = ""

    def is_open(self, elapsed_s: float, command: str) -> bool:
        """Whether it is the time, and the command, for it."""
        is_time = self.from_s <= elapsed_s < self.from_s + self.for_s
        return is_time and command.upper().startswith(self.match)


#: What holds where nothing is said.
ALWAYS: Final = Trigger()

#: The words of a trigger, the field of each, and how its value is read.
_WORDS: Final[dict[str, tuple[str, Callable[[str], float]]]] = {
    "after": ("after", int),
    "times": ("times", int),
    "p": ("p", float),
    "from": ("from_s", float),
    "for": ("for_s", float),
}
_MATCH: Final = "match"


def read(text: str, arguments: str, usual: Trigger, *, takes_number: bool) -> tuple[Given, Trigger]:
    """Numbers and trigger in `arguments`; `text` is the whole, for messages. Raises ValueError, for a person."""
    numbers: list[float] = []
    words: dict[str, str] = {}
    for item in filter(None, arguments.split(",")):
        key, equals, value = item.partition("=")
        if not equals:
            numbers.append(_number(text, item, float))
        elif key in _WORDS or key == _MATCH:
            words[key] = value
        else:
            raise ValueError(f"{text}: {key!r} is none of {', '.join((*_WORDS, _MATCH))}")
    if len(numbers) > takes_number:
        raise ValueError(f"{text}: it takes {'one number' if takes_number else 'no number'}")
    return Given(tuple(numbers)), _trigger(text, words, usual)


def _trigger(text: str, words: dict[str, str], usual: Trigger) -> Trigger:
    def word(key: str, otherwise: float) -> float:
        return _number(text, words[key], _WORDS[key][1]) if key in words else otherwise

    times = int(word("times", 0)) if "times" in words else usual.times
    match = words.get(_MATCH, usual.match).upper().removeprefix("AT")
    return Trigger(
        int(word("after", usual.after)), times, word("p", usual.p), word("from", usual.from_s),
        word("for", usual.for_s), match,
    )  # fmt: skip


def _number(text: str, item: str, kind: Callable[[str], float]) -> float:
    try:
        value = kind(item)
    except ValueError:
        raise ValueError(f"{text}: {item!r} is no {'whole ' if kind is int else ''}number") from None
    if not 0 <= value < 1e9:
        raise ValueError(f"{text}: {item!r} is out of range")
    return value
