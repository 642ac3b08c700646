"""Boxes and ticks as fonts of symbols write them → the signs that wire/formboxes.py reads.

In: the name of a font and a character of it, bare ("þ") or in the private use area (U+F0FE). Out: ☑, ☐, another sign
or ''.
Source: the character charts of Wingdings, Wingdings 2, Webdings and Symbol.
"""

from collections.abc import Mapping
from typing import Final

TICKED: Final = "☑"
BLANK: Final = "☐"
_PRIVATE: Final = 0xF000
_WINGDINGS: Final = {
    TICKED: (0xFB, 0xFC, 0xFD, 0xFE, 0x78, 0x6E), BLANK: (0xA8, 0x6F, 0x71, 0x72, 0xA1),
    "•": (0x6C, 0x9F, 0xA7, 0xD8, 0xE0, 0xA4, 0x76),
}  # fmt: skip
_WINGDINGS_2: Final = {TICKED: (0x4F, 0x50, 0x51, 0x52, 0x53, 0x54, 0x56, 0xA2), BLANK: (0xA3, 0x2A, 0x35)}
_WEBDINGS: Final = {TICKED: (0x61, 0x67, 0x72), BLANK: (0x63,)}
_SYMBOL: Final = {TICKED: (0xD6,), "•": (0xB7,), "-": (0x2D,)}


def _by_code(signs: Mapping[str, tuple[int, ...]]) -> dict[int, str]:
    return {code: sign for sign, codes in signs.items() for code in codes}


_FONTS: Final[Mapping[str, Mapping[int, str]]] = {
    "wingdings": _by_code(_WINGDINGS), "wingdings 2": _by_code(_WINGDINGS_2), "webdings": _by_code(_WEBDINGS),
    "symbol": _by_code(_SYMBOL),
}  # fmt: skip


def is_symbol_font(font: str) -> bool:
    return font.strip().lower() in _FONTS


def sign_of(font: str, code: int) -> str:
    """The sign that `code` of `font` shows; '' for one that says nothing here."""
    signs = _FONTS.get(font.strip().lower(), _FONTS["wingdings"])
    return signs.get(code - _PRIVATE if code >= _PRIVATE else code, "")


def in_font(font: str, text: str) -> str:
    """`text` as it shows in a font of symbols; characters that such a font has no place for are what they are."""
    return "".join(sign_of(font, ord(char)) if "!" <= char <= "\xff" or _is_private(char) else char for char in text)


def without_private(text: str) -> str:
    """`text` with signs in place of the private use area, where programs keep symbols whose font is not told."""
    if text.isascii():
        return text
    return "".join(sign_of("", ord(char)) if _is_private(char) else char for char in text)


def _is_private(char: str) -> bool:
    return 0x20 <= ord(char) - _PRIVATE <= 0xFF
