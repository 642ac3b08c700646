"""SMS-STATUS-REPORT: the service centre's word on a SUBMIT. Source: TS 23.040 §9.2.2.3."""

from datetime import datetime
from typing import Final

from gatewayd.wire.tpdu import address, timestamp
from gatewayd.wire.tpdu.octets import Octets
from gatewayd.wire.tpdu.values import StatusReportPdu

_TYPE: Final = 0x02
_NO_MORE_MESSAGES: Final = 0x04


def encode(report: StatusReportPdu) -> bytes:
    """The TPDU. A time that is None goes out as zeros, as centres without a clock do. Raises ValueError
    for values that do not fit their octet."""
    return (
        bytes([_TYPE | _NO_MORE_MESSAGES, report.reference])
        + address.encode(report.recipient)
        + _time(report.submitted_at)
        + _time(report.discharged_at)
        + bytes([report.tp_status])
    )


def decode(octets: Octets) -> StatusReportPdu:
    """The report whose first octet has been read; what follows TP-Status is not looked at. Raises Malformed."""
    return StatusReportPdu(
        reference=octets.octet("message reference"),
        recipient=address.decode(octets, "recipient address").text,
        submitted_at=timestamp.decode(octets.take(timestamp.LENGTH, "time stamp")),
        discharged_at=timestamp.decode(octets.take(timestamp.LENGTH, "discharge time")),
        tp_status=octets.octet("status"),
    )


def _time(moment: datetime | None) -> bytes:
    return bytes(timestamp.LENGTH) if moment is None else timestamp.encode(moment)
