"""Menus of an operator: which number stands for the line that a recipe names.

In: the text of a USSD reply and the recipe's answer. Out: what to send, or '' where the menu has no such line, or more
than one: then nobody answers. Digits are sent as they stand. Never raises, never guesses.
"""

import re
from typing import Final

#: Longer texts are no menus.
_MOST_CHARACTERS: Final = 1000
#: "1.Cek Pulsa", "2) Paket SMS", "3 Info" at the start of a line; "4.Info" behind other choices in the same line.
_CHOICE: Final = re.compile(
    r"(?:^[ \t]*|(?<=\s))(?P<number>\d{1,2})[.)][ \t]*(?=\S)|^[ \t]*(?P<bare>\d{1,2})[ \t]+", re.MULTILINE | re.ASCII
)
_WORD: Final = re.compile(r"[^\W_]+")


def choice(menu: str, wanted: str) -> str:
    """The answer to `menu` that `wanted` names; '' = none."""
    if not wanted.strip("0123456789*#"):
        return wanted
    words = _plain(wanted)
    if not words.strip():
        return ""
    fitting = {number for number, label in _choices(menu[:_MOST_CHARACTERS]) if words in _plain(label)}
    return fitting.pop() if len(fitting) == 1 else ""


def _choices(menu: str) -> list[tuple[str, str]]:
    """(number, label) of each choice."""
    found = list(_CHOICE.finditer(menu))
    ends = (*(each.start() for each in found), len(menu))[1:]
    return [
        (each["number"] or each["bare"], menu[each.end() : end].partition("\n")[0])
        for each, end in zip(found, ends, strict=False)
    ]


def _plain(text: str) -> str:
    """Only the words, in small letters, with a space around each."""
    return f" {' '.join(_WORD.findall(text.casefold()))} "
