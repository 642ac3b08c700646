"""TP-DCS: the alphabet and the class of a message. Source: TS 23.038 §4."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, assert_never

from gatewayd.core.model import Encoding


class Alphabet(StrEnum):
    """What the user data are made of."""

    GSM7 = "gsm7"
    #: 8-bit data without a meaning of its own, and compressed text, which nobody sends.
    OCTETS = "octets"
    UCS2 = "ucs2"


@dataclass(frozen=True, slots=True)
class Coding:
    """`message_class` 0 flash, 1 phone, 2 SIM, 3 terminal; None if none is given."""

    alphabet: Alphabet
    message_class: int | None = None


#: Bits 3–2 of the general groups; the fourth value is reserved and read as the default alphabet.
_ALPHABETS: Final = (Alphabet.GSM7, Alphabet.OCTETS, Alphabet.UCS2, Alphabet.GSM7)
_CLASS_GIVEN: Final = 0x10
_COMPRESSED: Final = 0x20


def encode(encoding: Encoding, message_class: int | None) -> int:
    """The octet for our texts. Raises ValueError for a class outside 0–3."""
    if message_class is None:
        marked = 0
    elif 0 <= message_class <= 3:
        marked = _CLASS_GIVEN | message_class
    else:
        raise ValueError("a message class is 0 to 3")
    match encoding:
        case Encoding.GSM7:
            return marked
        case Encoding.UCS2:
            return marked | 0x08
        case _:
            assert_never(encoding)


def decode(octet: int) -> Coding:
    """What `octet` says; reserved groups are read as the default alphabet, as the standard asks."""
    group = octet >> 4
    message_class = octet & 0x03
    if group <= 0x7:
        alphabet = Alphabet.OCTETS if octet & _COMPRESSED else _ALPHABETS[octet >> 2 & 0x03]
        return Coding(alphabet, message_class if octet & _CLASS_GIVEN else None)
    if group == 0xE:
        return Coding(Alphabet.UCS2)
    if group == 0xF:
        return Coding(Alphabet.OCTETS if octet & 0x04 else Alphabet.GSM7, message_class)
    return Coding(Alphabet.GSM7)
