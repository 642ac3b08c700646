"""TP-UDL and TP-UD: the header and the text behind it.

The length octet counts septets for the default alphabet (the header's septets and fill bits with them)
and octets for all others. Source: TS 23.040 §9.2.3.16, §9.2.3.24.
"""

from dataclasses import dataclass
from typing import Final, assert_never

from gatewayd.core.model import Concat, Encoding
from gatewayd.wire import gsm7, ucs2
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


def encode(text: str, encoding: Encoding, concat: Concat | None) -> bytes:
    """Length octet and user data. Raises ValueError for a text that does not fit the alphabet or one part:
    wire/segment.py makes parts that do."""
    head = header.encode(concat)
    match encoding:
        case Encoding.GSM7:
            return _encode_gsm7(head, text)
        case Encoding.UCS2:
            body = head + ucs2.encode(text)
            if len(body) > _MOST_OCTETS:
                raise ValueError(f"{len(body)} octets do not fit one part")
            return bytes([len(body)]) + body
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
    text = gsm7.decode(septets, locking=head.locking_shift, single=head.single_shift)
    return UserData(head, septets, text)


def text_of(alphabet: Alphabet, data: bytes) -> str:
    """The text of `data` (septets or octets) in the plain tables; '' for 8-bit data. Never raises."""
    match alphabet:
        case Alphabet.GSM7:
            return gsm7.decode(data)
        case Alphabet.UCS2:
            return ucs2.decode(data)
        case Alphabet.OCTETS:
            return ""
        case _:
            assert_never(alphabet)


def _encode_gsm7(head: bytes, text: str) -> bytes:
    septets = gsm7.encode(text)
    if septets is None:
        raise ValueError("the text does not fit the GSM 7 bit alphabet")
    length = _septets_of(len(head)) + len(septets)
    if length > _MOST_SEPTETS:
        raise ValueError(f"{length} septets do not fit one part")
    return bytes([length]) + head + gsm7.pack(septets, _fill_bits(len(head)))


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
