"""TP-SCTS, TP-DT and the absolute validity period: seven swapped octets with a time zone.

Source: TS 23.040 §9.2.3.11. The zone counts quarter hours; the sign is the high bit of its tens digit.
"""

from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from gatewayd.wire.tpdu import semioctet

LENGTH: Final = 7
_ZONE_SIGN: Final = 0x08
_QUARTER: Final = timedelta(minutes=15)


def encode(moment: datetime) -> bytes:
    """Seven octets in the zone of `moment`, or in UTC where its offset is no whole number of quarters.
    Fractions of a second are dropped. Raises ValueError for a naive time."""
    offset = moment.utcoffset()
    if offset is None:
        raise ValueError("a time stamp needs a time zone")
    if offset % _QUARTER:
        return encode(moment.astimezone(UTC))
    quarters = abs(offset // _QUARTER)
    clock = (moment.year % 100, moment.month, moment.day, moment.hour, moment.minute, moment.second)
    zone = semioctet.swap(quarters) | (_ZONE_SIGN if offset < timedelta() else 0)
    return bytes([*map(semioctet.swap, clock), zone])


def decode(octets: bytes) -> datetime | None:
    """The moment in UTC; None if the seven octets are no time (a centre without a clock sends zeros)."""
    parts = [semioctet.swapped(octet) for octet in (*octets[:6], octets[6] & ~_ZONE_SIGN)]
    year, month, day, hour, minute, second, quarters = (-1 if part is None else part for part in parts)
    offset = _QUARTER * (-quarters if octets[6] & _ZONE_SIGN else quarters)
    try:
        local = datetime(_century(year) + year, month, day, hour, minute, second, tzinfo=timezone(offset))
    except ValueError:
        return None
    return local.astimezone(UTC)


def _century(year: int) -> int:
    return 1900 if year >= 90 else 2000
