"""The GSM 7 bit alphabets: which character stands at which septet.

`DEFAULT` and the locking tables are strings of 128 characters, index = septet; the escape position holds
ESC itself. Extension and single-shift tables map a septet behind ESC to its character. National tables
are keyed by the language number of the header elements 0x24 (single) and 0x25 (locking).

Source: TS 23.038 §6.2.1 and annex A.2 (single shift), A.3 (locking shift).
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

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

TURKISH: Final = 1
SPANISH: Final = 2
PORTUGUESE: Final = 3

#: Language → locking table. Spanish has none: its locking number means the default alphabet.
LOCKING: Final[Mapping[int, str]] = MappingProxyType({TURKISH: _TURKISH_LOCKING, PORTUGUESE: _PORTUGUESE_LOCKING})
#: Language → single-shift table; each holds the signs of the plain extension table too.
SINGLE: Final[Mapping[int, Mapping[int, str]]] = MappingProxyType(
    {
        TURKISH: MappingProxyType({**EXTENSION, **_TURKISH_SINGLE}),
        SPANISH: MappingProxyType({**EXTENSION, **_SPANISH_SINGLE}),
        PORTUGUESE: MappingProxyType({**EXTENSION, **_PORTUGUESE_SINGLE}),
    }
)


def _encodings() -> dict[str, bytes]:
    plain = {char: bytes([septet]) for septet, char in enumerate(DEFAULT) if septet != ESCAPE}
    return plain | {char: bytes([ESCAPE, septet]) for septet, char in EXTENSION.items()}


#: Character → its one or two septets in the default alphabet.
ENCODE: Final[Mapping[str, bytes]] = MappingProxyType(_encodings())
