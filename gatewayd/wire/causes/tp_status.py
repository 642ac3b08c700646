"""What the status of a status report means, by a table of all 256 values.

Tests of single bits go wrong in the reserved ranges, so there are none. A temporary error with which
the centre has given up (0x60–0x7F) is a failure like a permanent one: only we could try again.
Source: TS 23.040 §9.2.3.15.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from gatewayd.core.outcome import ReportedStatus

#: First and last value of a range, what it reports, and what it is called unless TEXTS says it better.
_RANGES: Final = (
    (0x00, 0x02, ReportedStatus.DELIVERED, "delivered"),
    (0x03, 0x0F, ReportedStatus.DELIVERED, "delivered (reserved value)"),
    (0x10, 0x1F, ReportedStatus.DELIVERED, "delivered (value of the service centre's own)"),
    (0x20, 0x25, ReportedStatus.PENDING, "still trying"),
    (0x26, 0x2F, ReportedStatus.PENDING, "still trying (reserved value)"),
    (0x30, 0x3F, ReportedStatus.PENDING, "still trying (value of the service centre's own)"),
    (0x40, 0x45, ReportedStatus.FAILED, "failed"),
    (0x46, 0x46, ReportedStatus.EXPIRED, "expired"),
    (0x47, 0x49, ReportedStatus.FAILED, "failed"),
    (0x4A, 0x4F, ReportedStatus.FAILED, "failed (reserved value)"),
    (0x50, 0x5F, ReportedStatus.FAILED, "failed (value of the service centre's own)"),
    (0x60, 0x65, ReportedStatus.FAILED, "given up"),
    (0x66, 0x6F, ReportedStatus.FAILED, "given up (reserved value)"),
    (0x70, 0x7F, ReportedStatus.FAILED, "given up (value of the service centre's own)"),
    (0x80, 0xFF, ReportedStatus.UNKNOWN, "reserved value"),
)
_TROUBLES: Final = (
    "congestion",
    "recipient busy",
    "no response from the recipient",
    "service rejected",
    "quality of service not available",
    "error in the recipient's device",
)
TEXTS: Final[Mapping[int, str]] = MappingProxyType(
    {
        0x00: "received by the recipient",
        0x01: "forwarded, receipt not confirmed",
        0x02: "replaced by the service centre",
        0x40: "remote procedure error",
        0x41: "incompatible destination",
        0x42: "rejected by the recipient's device",
        0x43: "not obtainable",
        0x44: "quality of service not available",
        0x45: "no interworking available",
        0x46: "validity period expired",
        0x47: "deleted by the sender",
        0x48: "deleted by the service centre",
        0x49: "message does not exist",
        **{0x20 + at: f"still trying: {trouble}" for at, trouble in enumerate(_TROUBLES)},
        **{0x60 + at: f"given up: {trouble}" for at, trouble in enumerate(_TROUBLES)},
    }
)
_TABLE: Final = tuple((status, text) for first, last, status, text in _RANGES for _ in range(first, last + 1))


def reported_status(tp_status: int) -> ReportedStatus:
    """What a TP-Status means for the part; UNKNOWN for anything reserved or outside 0–255."""
    return _TABLE[tp_status][0] if 0 <= tp_status <= 0xFF else ReportedStatus.UNKNOWN


def describe_status(tp_status: int) -> str:
    """The status in a few English words, for logs and for an operator."""
    if not 0 <= tp_status <= 0xFF:
        return "not a status"
    return TEXTS.get(tp_status, _TABLE[tp_status][1])
