"""TP-VP: how long the service centre keeps trying. We send the relative format; all three are read.

Source: TS 23.040 §9.2.3.12 (relative, absolute, enhanced), §9.2.3.3 (TP-VPF).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from gatewayd.wire.tpdu import semioctet, timestamp
from gatewayd.wire.tpdu.octets import Octets

#: TP-VPF in its place in the first octet.
FORMAT_BITS: Final = 0x18
RELATIVE: Final = 0x10
_ENHANCED: Final = 0x08
_ABSOLUTE: Final = 0x18

_MINUTE: Final = 60
_HOUR: Final = 60 * _MINUTE
_DAY: Final = 24 * _HOUR
_WEEK: Final = 7 * _DAY


@dataclass(frozen=True, slots=True)
class Validity:
    """How long, in seconds, or until when; neither if the field leaves it open."""

    seconds: int | None = None
    until: datetime | None = None


def seconds_of(value: int) -> int:
    """The seconds that a relative TP-VP (0–255) means."""
    if value <= 143:
        return (value + 1) * 5 * _MINUTE
    if value <= 167:
        return 12 * _HOUR + (value - 143) * 30 * _MINUTE
    if value <= 196:
        return (value - 166) * _DAY
    return (value - 192) * _WEEK


_STEPS: Final = tuple(map(seconds_of, range(256)))


def encode(seconds: int) -> int:
    """The smallest relative TP-VP that is at least `seconds`; 255 (63 weeks) for anything longer."""
    return next((value for value, step in enumerate(_STEPS) if step >= seconds), 255)


def decode(octets: Octets, first_octet: int) -> Validity:
    """The field that `first_octet` announces, which may be none. Raises Malformed if it is cut off."""
    given = first_octet & FORMAT_BITS
    if given == RELATIVE:
        return Validity(seconds=seconds_of(octets.octet("validity period")))
    if given == _ABSOLUTE:
        return Validity(until=timestamp.decode(octets.take(timestamp.LENGTH, "validity period")))
    if given == _ENHANCED:
        return Validity(seconds=_enhanced(octets.take(timestamp.LENGTH, "validity period")))
    return Validity()


def _enhanced(field: bytes) -> int | None:
    """Seconds of the enhanced format; None if it gives no period or one that is reserved."""
    at = 0
    while field[at] & 0x80 and at < len(field) - 1:
        at += 1
    indicator, value = field[0] & 0x07, field[at + 1 :]
    if indicator == 1 and value:
        return seconds_of(value[0])
    if indicator == 2 and value:
        return value[0]
    if indicator == 3 and len(value) >= 3:
        hours, minutes, seconds = (semioctet.swapped(octet) for octet in value[:3])
        if hours is not None and minutes is not None and seconds is not None:
            return hours * _HOUR + minutes * _MINUTE + seconds
    return None
