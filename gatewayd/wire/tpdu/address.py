"""TP-DA, TP-OA, TP-RA and the service centre field: numbers and alphanumeric senders.

The two kinds of field differ in what their length octet counts: digits of the number (TP fields; for a
name the semi-octets that its septets fill), or octets behind it (service centre field).
Source: TS 23.040 §9.1.2.5; TS 24.011 §8.2.5.1.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from gatewayd.wire import gsm7
from gatewayd.wire.tpdu import semioctet
from gatewayd.wire.tpdu.octets import Malformed, Octets


class Kind(StrEnum):
    """The type of number."""

    INTERNATIONAL = "international"
    #: As dialled within the country, mostly with its leading zero.
    NATIONAL = "national"
    #: Abbreviated, or of the service centre's own plan: a service's code.
    SHORT = "short"
    #: Alphanumeric: a name.
    NAME = "name"
    #: Not said: may be any of the others but a name.
    UNKNOWN = "unknown"


#: By bits 6–4 of the type of address. Network specific, subscriber and reserved say no more than UNKNOWN.
_KINDS: Final = (
    Kind.UNKNOWN,
    Kind.INTERNATIONAL,
    Kind.NATIONAL,
    Kind.UNKNOWN,
    Kind.UNKNOWN,
    Kind.NAME,
    Kind.SHORT,
    Kind.UNKNOWN,
)
#: Unknown type in one of the service centre's own numbering plans: how short codes arrive.
_CENTRE_PLANS: Final = frozenset({0x05, 0x06})
_INTERNATIONAL: Final = 0x91
_UNKNOWN: Final = 0x81
_ALPHANUMERIC: Final = 0xD0
_MOST_DIGITS: Final = 20


@dataclass(frozen=True, slots=True)
class Address:
    """`text` is "+…" for an international number, else digits; a name has up to 11 characters."""

    text: str
    kind: Kind = Kind.UNKNOWN


def encode(text: str) -> bytes:
    """A TP address field of a number: international with a "+", else of unknown type, which networks read as
    people dial (national form, short code). Raises ValueError unless `text` is "+" and digits, or digits."""
    digits = text.removeprefix("+")
    if not 1 <= len(digits) <= _MOST_DIGITS or any(digit not in semioctet.DIGITS for digit in digits):
        raise ValueError("not a number that an address field can hold")
    return bytes([len(digits), _type_of(text)]) + semioctet.encode(digits)


def encode_sender(text: str) -> bytes:
    """A TP-OA: as `encode` for a number, alphanumeric for anything else that fits 11 septets."""
    if text.removeprefix("+").isdecimal():
        return encode(text)
    septets = gsm7.encode(text)
    if not septets or len(septets) > 11:
        raise ValueError("not a sender that an address field can hold")
    used_semi_octets = (7 * len(septets) + 3) // 4
    return bytes([used_semi_octets, _ALPHANUMERIC]) + gsm7.pack(septets)


def decode(octets: Octets, field: str) -> Address:
    """The next TP address field. Raises Malformed if it is longer than the format allows or cut off."""
    length = octets.octet(field)
    type_of_address = octets.octet(field)
    if length > _MOST_DIGITS:
        raise Malformed(f"{field}: {length} digits")
    value = octets.take((length + 1) // 2, field)
    kind = _kind_of(type_of_address)
    if kind is Kind.NAME:
        return Address(gsm7.decode(gsm7.unpack(value, length * 4 // 7)), kind)
    return Address(_number(kind, semioctet.decode(value, length)), kind)


def encode_service_centre(text: str) -> bytes:
    """The field before a TPDU; '' is the one zero octet that means "as the SIM says"."""
    if not text:
        return b"\x00"
    digits = semioctet.encode(text.removeprefix("+"))
    return bytes([len(digits) + 1, _type_of(text)]) + digits


def decode_service_centre(octets: Octets) -> str:
    """The service centre before a TPDU, '' if none is given. Raises Malformed if it is cut off."""
    length = octets.octet("service centre")
    if length == 0:
        return ""
    kind = _kind_of(octets.octet("service centre"))
    value = octets.take(length - 1, "service centre")
    return _number(kind, semioctet.decode(value, 2 * len(value)))


def _type_of(text: str) -> int:
    return _INTERNATIONAL if text.startswith("+") else _UNKNOWN


def _kind_of(type_of_address: int) -> Kind:
    if type_of_address & 0x7F in _CENTRE_PLANS:
        return Kind.SHORT
    return _KINDS[type_of_address >> 4 & 0x07]


def _number(kind: Kind, digits: str) -> str:
    return f"+{digits}" if kind is Kind.INTERNATIONAL and digits else digits
