"""The national alphabets of South Asia: one locking and one single-shift table for each of ten languages.

The scripts that go back to ISCII share one layout: TS 23.038 puts the signs of each Unicode block in the
order of the block, so a table here is the block, the layout, the places the script leaves empty, and six
signs at the end. Urdu has a layout of its own. Tables are built as those of gsm7_tables.py: 128 characters,
EMPTY where nothing stands; single-shift tables map the septet behind ESC.

Source: TS 23.038 annex A.2.4–A.2.13 (single shift), A.3.4–A.3.13 (locking shift).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

#: Stands where a table has no character.
EMPTY: Final = "\ufffd"

#: Rows of sixteen. Two hexadecimal digits are the place in the block, T1–T6 the signs at the end.
_LAYOUT: Final = """
    01 02 03 05 06 07 08 09 0A 0B LF 0C 0D CR 0E 0F
    10 11 12 13 14 15 16 17 18 19 1A ESC 1B 1C 1D 1E
    SP ! 1F 20 21 22 23 24 ) ( 25 26 , 27 . 28
    0 1 2 3 4 5 6 7 8 9 : ; 29 2A 2B ?
    2C 2D 2E 2F 30 31 32 33 34 35 36 37 38 39 3C 3D
    3E 3F 40 41 42 43 44 45 46 47 48 49 4A 4B 4C 4D
    T1 a b c d e f g h i j k l m n o
    p q r s t u v w x y z T2 T3 T4 T5 T6
"""
_URDU_LAYOUT: Final = """
    27 22 28 7B 80 7E A6 2A C2 7F LF 79 7D CR 7A 7C
    2B 2C 81 84 83 85 86 87 2D 2E 2F ESC 8C 88 89 8A
    SP ! 8F 8D 30 31 91 93 ) ( 99 32 , 96 . 98
    0 1 2 3 4 5 6 7 8 9 : ; 9A 33 34 ?
    35 36 37 38 39 41 42 A9 AA AB AF B3 B1 44 45 46
    BA BB BC 48 C4 D5 C1 BE 21 CC D0 D2 4D 50 4F 57
    54 a b c d e f g h i j k l m n o
    p q r s t u v w x y z 55 51 53 56 70
"""
_CONTROLS: Final = {"LF": "\n", "CR": "\r", "SP": " ", "ESC": "\x1b"}

#: What the single-shift tables of all ten have in common, and where their own signs stand.
_COMMON_SINGLE: Final = MappingProxyType(
    {septet: sign for septet, sign in enumerate("@£$¥¿\"¤%&'\f*+\r-/<=>¡^¡_#*") if sign != "\r"}
    | {0x28: "{", 0x29: "}", 0x2F: "\\", 0x3C: "[", 0x3D: "~", 0x3E: "]", 0x40: "|", 0x65: "€"}
    | {septet: chr(septet) for septet in range(ord("A"), ord("Z") + 1)}
)
_SINGLE_PLACES: Final = (0x19, 0x1A, *range(0x1C, 0x28), *range(0x2A, 0x2F), *range(0x30, 0x3C), 0x3F)

_DIGITS: Final = bytes(range(0x66, 0x70))
#: The full stops that most scripts borrow from Devanagari.
_DANDAS: Final = "\u0964\u0965"


@dataclass(frozen=True, slots=True)
class _Script:
    """`block` is the first code point, the rest are places in the block: `empty` those the locking table leaves
    out, `tail` the six at its end, `single` those behind ESC. `opening` stands before `single`."""

    block: int
    empty: bytes
    tail: bytes
    single: bytes
    opening: str = _DANDAS
    layout: str = _LAYOUT


def _places(text: str) -> bytes:
    return bytes.fromhex(text)


_SCRIPTS: Final[Mapping[int, _Script]] = MappingProxyType(
    {
        # Bengali
        4: _Script(
            0x0980,
            _places("0D 0E 11 12 29 31 33 34 35 45 46 49 4A"),
            _places("4E 57 5C 5D 70 71"),
            _DIGITS + _places("5F 60 61 62 63 72 73 74 75 76 77 78 79 7A"),
            opening="",
        ),
        # Gujarati
        5: _Script(0x0A80, _places("0E 12 29 31 34 46 4A"), _places("50 60 61 62 63 71"), _DIGITS),
        # Hindi
        6: _Script(
            0x0900,
            b"",
            _places("50 72 7B 7C 7E 7F"),
            _DIGITS + _places("51 52 53 54 58 59 5A 5B 5C 5D 5E 5F 60 61 62 63 70 71"),
        ),
        # Kannada
        7: _Script(
            0x0C80, _places("01 0D 11 29 34 45 49"), _places("55 56 60 61 62 63"), _DIGITS + _places("5E 71 72")
        ),
        # Malayalam
        8: _Script(
            0x0D00,
            _places("01 0D 11 29 3C 45 49"),
            _places("57 60 61 62 63 79"),
            _DIGITS + _places("70 71 72 73 74 75 7A 7B 7C 7D 7E 7F"),
        ),
        # Oriya
        9: _Script(
            0x0B00,
            _places("0D 0E 11 12 29 31 34 45 46 49 4A"),
            _places("56 57 60 61 62 63"),
            _DIGITS + _places("5C 5D 5F 70 71"),
        ),
        # Punjabi
        10: _Script(
            0x0A00,
            _places("0B 0C 0D 0E 11 12 29 31 34 37 3D 43 44 45 46 49 4A"),
            _places("51 70 71 72 73 74"),
            _DIGITS + _places("59 5A 5B 5C 5E 75"),
        ),
        # Tamil
        11: _Script(
            0x0B80,
            _places("01 0B 0C 0D 11 16 17 18 1B 1D 20 21 22 25 26 27 2B 2C 2D 3C 3D 43 44 45 49"),
            _places("50 57 70 71 72 79"),
            _DIGITS + _places("73 74 75 76 77 78 7A"),
        ),
        # Telugu
        12: _Script(
            0x0C00,
            _places("0D 11 29 34 3C 45 49"),
            _places("55 56 60 61 62 63"),
            _DIGITS + _places("58 59 78 79 7A 7B 7C 7D 7E 7F"),
            opening=EMPTY * 2,
        ),
        # Urdu
        13: _Script(
            0x0600,
            b"",
            b"",
            _places("F0 F1 F2 F3 F4 F5 F6 F7 F8 F9 0C 0D 0E 0F 10 11 12 13 14 1B 1F 40 52 58 6B 6C 72 73 CD D4"),
            opening="\u0600\u0601",
            layout=_URDU_LAYOUT,
        ),
    }
)


def _locking(script: _Script) -> str:
    return "".join(_sign(token, script) for token in script.layout.split())


def _sign(token: str, script: _Script) -> str:
    if token in _CONTROLS:
        return _CONTROLS[token]
    if len(token) == 1:
        return token
    place = script.tail[int(token[1]) - 1] if token.startswith("T") else int(token, 16)
    return EMPTY if place in script.empty else chr(script.block + place)


def _single(script: _Script) -> Mapping[int, str]:
    own = script.opening + "".join(chr(script.block + place) for place in script.single)
    placed = {septet: sign for septet, sign in zip(_SINGLE_PLACES, own, strict=False) if sign != EMPTY}
    return MappingProxyType({**_COMMON_SINGLE, **placed})


#: Language number → locking table.
LOCKING: Final[Mapping[int, str]] = MappingProxyType({number: _locking(script) for number, script in _SCRIPTS.items()})
#: Language number → single-shift table.
SINGLE: Final[Mapping[int, Mapping[int, str]]] = MappingProxyType(
    {number: _single(script) for number, script in _SCRIPTS.items()}
)
