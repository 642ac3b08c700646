"""The user data header: elements before the text that place a part, shift the alphabet or name ports.

In: the octets of the header without its length. Out: what the elements we know say, and every element as
it came. A header whose elements do not fill it exactly is ignored as a whole, an element with an impossible
value says nothing, and of an element that stands twice the last one counts. Source: TS 23.040 §9.2.3.24.
"""

from dataclasses import dataclass
from typing import Final

from gatewayd.core.model import Concat
from gatewayd.wire.gsm7_tables import NO_SHIFT, Shift

_CONCAT_8: Final = 0x00
_PORTS_8: Final = 0x04
_PORTS_16: Final = 0x05
_CONCAT_16: Final = 0x08
_SINGLE_SHIFT: Final = 0x24
_LOCKING_SHIFT: Final = 0x25


@dataclass(frozen=True, slots=True)
class Element:
    """One information element; `value` without identifier and length."""

    identifier: int
    value: bytes


@dataclass(frozen=True, slots=True)
class Header:
    """`reference_bits` is 8 or 16 with a `concat`, else 0; `ports` are (destination, source); `elements` are all
    of them in their order, those that we know too."""

    concat: Concat | None = None
    reference_bits: int = 0
    ports: tuple[int, int] | None = None
    shift: Shift = NO_SHIFT
    elements: tuple[Element, ...] = ()


EMPTY: Final = Header()


def encode(concat: Concat | None, shift: Shift = NO_SHIFT) -> bytes:
    """The header with its length octet, b"" if there is nothing to say. A reference above 255 takes the
    16-bit form. Raises ValueError for a place that cannot be numbered or a language above 255."""
    octets = b"".join(
        bytes([element.identifier, len(element.value)]) + element.value
        for element in (*_placing(concat), *_shifting(shift))
    )
    return bytes([len(octets)]) + octets if octets else b""


def size(reference_bits: int, shift: Shift = NO_SHIFT) -> int:
    """Octets of the header that `encode` makes, its length octet counted; `reference_bits` is 0 for a message
    that stands alone."""
    placing = {0: 0, 8: 5, 16: 6}[reference_bits]
    shifting = 3 * len(_shifting(shift))
    return placing + shifting + 1 if placing or shifting else 0


def decode(octets: bytes) -> Header:
    """The elements in `octets` (without the length octet). Never raises."""
    elements = _elements(octets)
    known = {element.identifier: element.value for element in elements}
    concat, bits = _concat(known)
    return Header(
        concat=concat,
        reference_bits=bits,
        ports=_ports(known),
        shift=Shift(locking=_language(known.get(_LOCKING_SHIFT, b"")), single=_language(known.get(_SINGLE_SHIFT, b""))),
        elements=elements,
    )


def _placing(concat: Concat | None) -> tuple[Element, ...]:
    if concat is None:
        return ()
    if not (1 <= concat.number <= concat.total <= 255 and 0 <= concat.reference <= 0xFFFF):
        raise ValueError("not a place in a long message")
    place = bytes([concat.total, concat.number])
    if concat.reference <= 0xFF:
        return (Element(_CONCAT_8, bytes([concat.reference]) + place),)
    return (Element(_CONCAT_16, concat.reference.to_bytes(2) + place),)


def _shifting(shift: Shift) -> tuple[Element, ...]:
    given = ((_SINGLE_SHIFT, shift.single), (_LOCKING_SHIFT, shift.locking))
    return tuple(Element(identifier, bytes([language])) for identifier, language in given if language)


def _elements(octets: bytes) -> tuple[Element, ...]:
    """Each element; none at all if they do not fill the header exactly."""
    found: list[Element] = []
    at = 0
    while at + 2 <= len(octets):
        end = at + 2 + octets[at + 1]
        found.append(Element(octets[at], octets[at + 2 : end]))
        at = end
    return tuple(found) if at == len(octets) else ()


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
