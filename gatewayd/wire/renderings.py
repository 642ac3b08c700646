"""What stands in GSM 7 bit for characters that no Unicode decomposition leads there.

Three kinds: signs that word processors and phones put in by themselves, letters whose stroke is part of the
letter, and signs that cannot be seen. Renderings hold characters of the default alphabet and its extension only.
Source: the Unicode code charts for the names; the choices follow the habits of Indonesian and English typing.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

#: Every character of the key becomes the value.
_ALIKE: Final = {
    # Apostrophes and single quotes, primes, and the modifier letters of Arabic and Hawaiian romanisation.
    "'": "`´‘’‚‛‹›′‵ʹʻʼʽʾʿˈ՚＇\u055a\u07f4\u07f5\u201b",
    '"': "“”„‟«»″‶ʺ˝¨〝〞〟❝❞",
    "-": "‐‑‒–—―⁃−─━ˉ¯➖\u2e3a\u2e3b",
    "*": "★☆✦✱∗⋆",
    ".": "·․‧∙",
    ",": "¸،、，",
    ":": "∶：",
    "/": "⁄∕÷",
    "|": "¦│┃∣",
    "~": "˜∼≈",
    "^": "ˆ",
    "<": "⟨〈",
    ">": "⟩〉",
    "o": "˚",
    "v": "✓✔☑",
    "x": "×✕✖✗✘",
    "\n": "\u2028\u2029\x0b\x85",
    " ": "\t",
}
# The last three are those of the Symbol and Wingdings fonts, from their private use area.
_BULLETS: Final = "•‣◦▪▫●○■□◆◇➢➤►▶▸∎\uf0b7\uf0a7\uf0d8"

_WORDS: Final = {
    "©": "(c)",
    "®": "(R)",
    "°": " deg",
    "±": "+/-",
    "≤": "<=",
    "≥": ">=",
    "≠": "!=",
    "←": "<-",
    "→": "->",
    "↔": "<->",
    "⇐": "<=",
    "⇒": "=>",
    "➔": "->",
    "➜": "->",
    "‰": "o/oo",
    "¢": "c",
    "µ": "u",
    "μ": "u",
    # Honorifics behind the name of the Prophet and of God, as Indonesian abbreviates them.
    "\ufdfa": "SAW",
    "\ufdfb": "SWT",
    # A keycap behind a digit makes the number of a list.
    "\u20e3": ")",
}
_LETTERS: Final = {
    "ı": "i",
    "ȷ": "j",
    "ĸ": "k",
    "ł": "l",
    "Ł": "L",
    "đ": "d",
    "Đ": "D",
    "ð": "d",
    "Ð": "D",
    "ħ": "h",
    "Ħ": "H",
    "ŧ": "t",
    "Ŧ": "T",
    "ŋ": "ng",
    "Ŋ": "NG",
    "þ": "th",
    "Þ": "Th",
    "œ": "oe",
    "Œ": "OE",
    "ẞ": "SS",
    "ƒ": "f",
    "ə": "e",
    "Ə": "E",
    "ɓ": "b",
    "ɗ": "d",
    "ƙ": "k",
    "ƴ": "y",
}
#: What cannot be seen: controls, byte order and direction marks, soft hyphens, and variation selectors, which
#: only say whether a sign is text or picture.
INVISIBLE: Final = frozenset(
    chr(point)
    for point in (
        *(point for point in range(0x20) if chr(point) not in "\t\n\x0b\f\r"),
        0x7F,
        0xAD,
        0x034F,
        0x061C,
        0x180E,
        *range(0x200B, 0x2010),
        *range(0x202A, 0x202F),
        *range(0x2060, 0x2070),
        *range(0xFE00, 0xFE10),
        0xFEFF,
    )
)

#: Character → its rendering.
RENDERINGS: Final[Mapping[str, str]] = MappingProxyType(
    {char: rendering for rendering, chars in _ALIKE.items() for char in chars}
    | dict.fromkeys(_BULLETS, "-")
    | _WORDS
    | _LETTERS
)
