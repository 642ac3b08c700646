"""The user data header: elements before the text that place a part, shift the alphabet or name ports.

In: the octets of the header without its length. Out: the elements we know. A header whose elements do
not fill it exactly is ignored as a whole, an element with an impossible value is ignored by itself, and
of an element that stands twice the last one counts. Source: TS 23.040 §9.2.3.24.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from gatewayd.core.model import Concat

_CONCAT_8: Final = 0x00
_PORTS_8: Final = 0x04
_PORTS_16: Final = 0x05
_CONCAT_16: Final = 0x08
_SINGLE_SHIFT: Final = 0x24
_LOCKING_SHIFT: Final = 0x25


@dataclass(frozen=True, slots=True)
class Header:
    """`reference_bits` is 8 or 16 with a `concat`, else 0; shifts are language numbers, 0 for none;
    `ports` are (destination, source)."""

    concat: Concat | None = None
    reference_bits: int = 0
    ports: tuple[int, int] | None = None
    single_shift: int = 0
    locking_shift: int = 0


EMPTY: Final = Header()


def encode(concat: Concat | None) -> bytes:
    """The header with its length octet, b"" if there is nothing to say. A reference above 255 takes the
    16-bit form. Raises ValueError for a place that cannot be numbered."""
    if concat is None:
        return b""
    if not (1 <= concat.number <= concat.total <= 255 and 0 <= concat.reference <= 0xFFFF):
        raise ValueError("not a place in a long message")
    place = bytes([concat.total, concat.number])
    if concat.reference <= 0xFF:
        return bytes([5, _CONCAT_8, 3, concat.reference]) + place
    return bytes([6, _CONCAT_16, 4]) + concat.reference.to_bytes(2) + place


def decode(octets: bytes) -> Header:
    """The elements in `octets` (without the length octet). Never raises."""
    elements = dict(_elements(octets))
    concat, bits = _concat(elements)
    return Header(
        concat=concat,
        reference_bits=bits,
        ports=_ports(elements),
        single_shift=_language(elements.get(_SINGLE_SHIFT, b"")),
        locking_shift=_language(elements.get(_LOCKING_SHIFT, b"")),
    )


def _elements(octets: bytes) -> Iterator[tuple[int, bytes]]:
    """Identifier and value of each element; none at all if they do not fill the header exactly."""
    found: list[tuple[int, bytes]] = []
    at = 0
    while at + 2 <= len(octets):
        end = at + 2 + octets[at + 1]
        found.append((octets[at], octets[at + 2 : end]))
        at = end
    return iter(found if at == len(octets) else ())


def _concat(elements: dict[int, bytes]) -> tuple[Concat | None, int]:
    for identifier, width in ((_CONCAT_8, 1), (_CONCAT_16, 2)):
        value = elements.get(identifier, b"")
        if len(value) == width + 2 and 1 <= value[-1] <= value[-2]:
            return Concat(int.from_bytes(value[:width]), value[-2], value[-1]), 8 * width
    return None, 0


def _ports(elements: dict[int, bytes]) -> tuple[int, int] | None:
    for identifier, width in ((_PORTS_16, 2), (_PORTS_8, 1)):
        value = elements.get(identifier, b"")
        if len(value) == 2 * width:
            return int.from_bytes(value[:width]), int.from_bytes(value[width:])
    return None


def _language(value: bytes) -> int:
    return value[0] if len(value) == 1 else 0
