"""Text from outside made harmless before it stands in a mail, a page, a picture or a cell.

In: anything somebody typed. Out: the same, with control, bidi and hidden format characters shown as what they
are (␛, [U+202E]) instead of doing what they do. What a person may really mean stays: letters, emoji, joiners.
"""

import unicodedata
from typing import Final

from gatewayd.log import mask

#: Format characters that scripts and emoji need: zero width (non-)joiner.
_JOINERS: Final = frozenset("\u200c\u200d")
_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Zl", "Zp"})
_LEAST_DIGITS: Final = 8


def block(value: str) -> str:
    """`value` over several lines: line ends become LF, tabs spaces, everything hidden visible."""
    text = value.replace("\r\n", "\n").replace("\r", "\n").replace("\t", "    ")
    return "\n".join(_visible(line) for line in text.split("\n"))


def line(value: str) -> str:
    """`value` in one line: every run of white space is one space."""
    return _visible(" ".join(value.split()))


def name_of(char: str) -> str:
    """One character for a person: itself and its number, so that look-alikes can be told apart. What was made
    visible before ("[U+200B]") stays as it is."""
    if len(char) != 1:
        return shorten(char, 20)
    return f"U+{ord(char):04X}" if char.isspace() else f"{char} (U+{ord(char):04X})"


def typed(value: str) -> str:
    """What somebody typed as a recipient, for pages that many people read: addresses and long numbers are masked."""
    digits = "".join(char for char in value if char.isdigit())
    if "@" in value:
        return line(mask(value))
    return mask(digits) if len(digits) >= _LEAST_DIGITS else line(value)


def shorten(value: str, longest: int) -> str:
    """`value` in at most `longest` characters."""
    return value if len(value) <= longest else value[: longest - 1].rstrip() + "…"


def _visible(text: str) -> str:
    if text.isprintable():
        return text
    return "".join(_shown(char) for char in text)


def _shown(char: str) -> str:
    if char in _JOINERS or unicodedata.category(char) not in _HIDDEN:
        return char
    number = ord(char)
    if number < 0x20:
        return chr(0x2400 + number)
    return "␡" if number == 0x7F else f"[U+{number:04X}]"
