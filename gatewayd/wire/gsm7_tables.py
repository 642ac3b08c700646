"""The GSM 7 bit alphabets: which character stands at which septet.

`DEFAULT` and the locking tables are strings of 128 characters, index = septet; the escape position holds
ESC itself, EMPTY a place without a character. Extension and single-shift tables map a septet behind ESC
to its character. National tables are keyed by the language number of the header elements 0x24 (single)
and 0x25 (locking); those of South Asia are in gsm7_indic.py.

Source: TS 23.038 §6.2.1, §6.2.1.2.4 (language numbers) and annex A.2 (single shift), A.3 (locking shift).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from types import MappingProxyType
from typing import Final

from gatewayd.wire import gsm7_indic
from gatewayd.wire.gsm7_indic import EMPTY

ESCAPE: Final = 0x1B

DEFAULT: Final = (
    "@£$¥èéùìòÇ\nØø\rÅå"
    "Δ_ΦΓΛΩΠΨΣΘΞ\x1bÆæßÉ"
    " !\"#¤%&'()*+,-./"
    "0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNO"
    "PQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmno"
    "pqrstuvwxyzäöñüà"
)

_TURKISH_LOCKING = (
    "@£$¥€éùıòÇ\nĞğ\rÅå"
    "Δ_ΦΓΛΩΠΨΣΘΞ\x1bŞşßÉ"
    " !\"#¤%&'()*+,-./"
    "0123456789:;<=>?"
    "İABCDEFGHIJKLMNO"
    "PQRSTUVWXYZÄÖÑÜ§"
    "çabcdefghijklmno"
    "pqrstuvwxyzäöñüà"
)
_PORTUGUESE_LOCKING = (
    "@£$¥êéúíóç\nÔô\rÁá"
    "Δ_ªÇÀ∞^\\€Ó|\x1bÂâÊÉ"
    " !\"#º%&'()*+,-./"
    "0123456789:;<=>?"
    "ÍABCDEFGHIJKLMNO"
    "PQRSTUVWXYZÃÕÚÜ§"
    "~abcdefghijklmno"
    "pqrstuvwxyzãõ`üà"
)

EXTENSION: Final[Mapping[int, str]] = MappingProxyType(
    {
        0x0A: "\f",
        0x14: "^",
        0x28: "{",
        0x29: "}",
        0x2F: "\\",
        0x3C: "[",
        0x3D: "~",
        0x3E: "]",
        0x40: "|",
        0x65: "€",
    }
)

_TURKISH_SINGLE = {0x47: "Ğ", 0x49: "İ", 0x53: "Ş", 0x63: "ç", 0x67: "ğ", 0x69: "ı", 0x73: "ş"}
_SPANISH_SINGLE = {
    0x09: "ç",
    **{0x41: "Á", 0x49: "Í", 0x4F: "Ó", 0x55: "Ú"},
    **{0x61: "á", 0x69: "í", 0x6F: "ó", 0x75: "ú"},
}
_PORTUGUESE_SINGLE = {
    **{0x05: "ê", 0x09: "ç", 0x0B: "Ô", 0x0C: "ô", 0x0E: "Á", 0x0F: "á"},
    **{0x12: "Φ", 0x13: "Γ", 0x15: "Ω", 0x16: "Π", 0x17: "Ψ", 0x18: "Σ", 0x19: "Θ", 0x1F: "Ê"},
    **{0x41: "À", 0x49: "Í", 0x4F: "Ó", 0x55: "Ú", 0x5B: "Ã", 0x5C: "Õ"},
    **{0x61: "Â", 0x69: "í", 0x6F: "ó", 0x75: "ú", 0x7B: "ã", 0x7C: "õ", 0x7F: "â"},
}


class Language(IntEnum):
    """The languages that have national tables."""

    TURKISH = 1
    #: Has no locking table: its number there means the default alphabet.
    SPANISH = 2
    PORTUGUESE = 3
    BENGALI = 4
    GUJARATI = 5
    HINDI = 6
    KANNADA = 7
    MALAYALAM = 8
    ORIYA = 9
    PUNJABI = 10
    TAMIL = 11
    TELUGU = 12
    URDU = 13


@dataclass(frozen=True, slots=True)
class Shift:
    """Which national tables a text is in: language numbers, 0 for the default alphabet and its extension."""

    locking: int = 0
    single: int = 0


NO_SHIFT: Final = Shift()

#: Language → locking table.
LOCKING: Final[Mapping[int, str]] = MappingProxyType(
    {Language.TURKISH: _TURKISH_LOCKING, Language.PORTUGUESE: _PORTUGUESE_LOCKING, **gsm7_indic.LOCKING}
)
#: Language → single-shift table; each holds the signs of the plain extension table too.
SINGLE: Final[Mapping[int, Mapping[int, str]]] = MappingProxyType(
    {
        Language.TURKISH: MappingProxyType({**EXTENSION, **_TURKISH_SINGLE}),
        Language.SPANISH: MappingProxyType({**EXTENSION, **_SPANISH_SINGLE}),
        Language.PORTUGUESE: MappingProxyType({**EXTENSION, **_PORTUGUESE_SINGLE}),
        **gsm7_indic.SINGLE,
    }
)


def shifts_of(language: Language) -> tuple[Shift, ...]:
    """The ways to write that language, the shortest headers first."""
    single = Shift(single=language)
    if language not in LOCKING:
        return (single,)
    return single, Shift(locking=language), Shift(language, language)


@cache
def encoding(shift: Shift = NO_SHIFT) -> Mapping[str, bytes]:
    """Character → its one or two septets. A language without tables means the default ones."""
    table = LOCKING.get(shift.locking, DEFAULT)
    behind_escape = SINGLE.get(shift.single, EXTENSION)
    # Some signs stand in a table twice, so the first place is written last.
    doubles = {behind_escape[septet]: bytes([ESCAPE, septet]) for septet in sorted(behind_escape, reverse=True)}
    plain = {table[septet]: bytes([septet]) for septet in reversed(range(len(table)))}
    return MappingProxyType(
        {char: code for char, code in (doubles | plain).items() if char not in (chr(ESCAPE), EMPTY)}
    )


#: Character → its one or two septets in the default alphabet.
ENCODE: Final[Mapping[str, bytes]] = encoding()
