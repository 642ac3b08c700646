"""TP-UDL and TP-UD: the header and the text behind it.

The length octet counts septets for GSM 7 bit (the header's septets and fill bits with them) and octets for
all others. `room` is what a header leaves for the text; wire/segment.py cuts by it, `encode` insists on it.
Source: TS 23.040 §9.2.3.16, §9.2.3.24.
"""

from dataclasses import dataclass
from typing import Final, assert_never

from gatewayd.core.model import Concat, Encoding
from gatewayd.wire import gsm7, ucs2
from gatewayd.wire.gsm7_tables import NO_SHIFT, Shift
from gatewayd.wire.tpdu import header
from gatewayd.wire.tpdu.coding import Alphabet
from gatewayd.wire.tpdu.header import Header
from gatewayd.wire.tpdu.octets import Malformed, Octets

_MOST_SEPTETS: Final = 160
_MOST_OCTETS: Final = 140


@dataclass(frozen=True, slots=True)
class UserData:
    """`data` are the septets or octets of the text; `text` is '' for 8-bit data."""

    header: Header
    data: bytes
    text: str


def room(encoding: Encoding, header_octets: int) -> int:
    """Septets (GSM 7 bit) or UTF-16 units (UCS-2) of text that one part holds behind a header of that size."""
    match encoding:
        case Encoding.GSM7:
            return _MOST_SEPTETS - _septets_of(header_octets)
        case Encoding.UCS2:
            return (_MOST_OCTETS - header_octets) // 2
        case _:
            assert_never(encoding)


def encode(text: str, encoding: Encoding, concat: Concat | None, shift: Shift = NO_SHIFT) -> bytes:
    """Length octet and user data; `shift` is for GSM 7 bit and says which tables the text is in. Raises
    ValueError for a text that does not fit the alphabet or one part: wire/segment.py makes parts that do."""
    match encoding:
        case Encoding.GSM7:
            return _encode_gsm7(header.encode(concat, shift), text, shift)
        case Encoding.UCS2:
            return _encode_ucs2(header.encode(concat), text)
        case _:
            assert_never(encoding)


def decode(octets: Octets, alphabet: Alphabet, has_header: bool) -> UserData:
    """The user data at the cursor. Raises Malformed if lengths contradict each other or the octets."""
    length = octets.octet("user data length")
    if alphabet is not Alphabet.GSM7:
        body = octets.take(length, "user data")
        head, head_size = _split_header(body, has_header)
        data = body[head_size:]
        return UserData(head, data, text_of(alphabet, data))
    body = octets.take((7 * length + 7) // 8, "user data")
    head, head_size = _split_header(body, has_header)
    skipped = _septets_of(head_size)
    if skipped > length:
        raise Malformed("user data: the header is longer than the data")
    septets = gsm7.unpack(body[head_size:], length - skipped, _fill_bits(head_size))
    return UserData(head, septets, text_of(alphabet, septets, head.shift))


def text_of(alphabet: Alphabet, data: bytes, shift: Shift = NO_SHIFT) -> str:
    """The text of `data` (septets or octets); '' for 8-bit data. `shift` is for septets. Never raises."""
    match alphabet:
        case Alphabet.GSM7:
            return gsm7.decode(data, shift)
        case Alphabet.UCS2:
            return ucs2.decode(data)
        case Alphabet.OCTETS:
            return ""
        case _:
            assert_never(alphabet)


def _encode_gsm7(head: bytes, text: str, shift: Shift) -> bytes:
    septets = gsm7.encode(text, shift)
    if septets is None:
        raise ValueError("the text does not fit the GSM 7 bit alphabet")
    if len(septets) > room(Encoding.GSM7, len(head)):
        raise ValueError(f"{len(septets)} septets do not fit one part")
    length = _septets_of(len(head)) + len(septets)
    return bytes([length]) + head + gsm7.pack(septets, _fill_bits(len(head)))


def _encode_ucs2(head: bytes, text: str) -> bytes:
    octets = ucs2.encode(text)
    if len(octets) // 2 > room(Encoding.UCS2, len(head)):
        raise ValueError(f"{len(octets)} octets do not fit one part")
    return bytes([len(head) + len(octets)]) + head + octets


def _split_header(body: bytes, has_header: bool) -> tuple[Header, int]:
    """The header and the octets it takes, its length octet counted."""
    if not has_header:
        return header.EMPTY, 0
    if not body or body[0] + 1 > len(body):
        raise Malformed("user data header: longer than the data")
    size = body[0] + 1
    return header.decode(body[1:size]), size


def _septets_of(header_octets: int) -> int:
    return (8 * header_octets + 6) // 7


def _fill_bits(header_octets: int) -> int:
    """Zero bits between the header and the first septet, so that it starts on a septet boundary."""
    return -8 * header_octets % 7
