"""The outer layer: hex with a service centre field, as AT+CMGS, +CMT, +CDS and AT+CMGR carry it.

`decode` takes any string and never raises: what cannot be read comes back as a Defect with the string,
so that the reader can set it aside and free the slot. Octets behind the message (FF padding of some
SIMs), white space and an odd last nibble are tolerated. Source: TS 27.005 §3.1, §4; TS 23.040 §9.2.3.1.
"""

from datetime import datetime
from typing import Final

from gatewayd.core.model import Concat
from gatewayd.wire.tpdu import address, deliver, status_report, submit
from gatewayd.wire.tpdu.octets import Malformed, Octets
from gatewayd.wire.tpdu.values import Decoded, Defect, Deliver, Pdu, StatusReportPdu, Submit, SubmitPdu

_TYPE_BITS: Final = 0x03
_STATUS_REPORT: Final = 0x02
_SUBMIT: Final = 0x01
_TYPES_IN: Final = ("DELIVER", "SUBMIT-REPORT", "STATUS-REPORT", "reserved")
_TYPES_OUT: Final = ("DELIVER-REPORT", "SUBMIT", "COMMAND", "reserved")


def encode_submit(message: Submit) -> Pdu:
    """One part for AT+CMGS, with the SIM's own service centre. Raises ValueError for a recipient, a text
    or a place that the fields cannot hold; parts of wire/segment.py always fit."""
    return _wrap(submit.encode(message))


def encode_deliver(
    sender: str, text: str, sent_at: datetime, concat: Concat | None = None, service_centre: str = ""
) -> Pdu:
    """An incoming message as a network would send it. Raises ValueError as `encode_submit` does."""
    return _wrap(deliver.encode(sender, text, sent_at, concat), service_centre)


def encode_status_report(
    reference: int,
    recipient: str,
    submitted_at: datetime | None,
    discharged_at: datetime | None,
    tp_status: int,
    service_centre: str = "",
) -> Pdu:
    """A status report as a network would send it. Raises ValueError for values that do not fit."""
    report = StatusReportPdu(reference, recipient, submitted_at, discharged_at, tp_status)
    return _wrap(status_report.encode(report), service_centre)


def decode(hex: str, incoming: bool = True) -> Decoded:
    """The message in `hex`. `incoming` is from network to modem; False reads what a modem was asked to
    send. Never raises."""
    try:
        octets = Octets(_octets_of(hex))
        service_centre = address.decode_service_centre(octets)
        first_octet = octets.octet("first octet")
        if incoming:
            return _decode_incoming(first_octet, octets, service_centre)
        return _decode_outgoing(first_octet, octets)
    except Malformed as fault:
        return Defect(str(fault), hex)


def tpdu_length(hex: str) -> int | None:
    """Octets of `hex` behind its service centre field, as AT+CMGS counts them; None if it is not hex or
    shorter than that field says."""
    try:
        octets = Octets(_octets_of(hex))
        address.decode_service_centre(octets)
    except Malformed:
        return None
    return octets.left


def _wrap(tpdu: bytes, service_centre: str = "") -> Pdu:
    head = address.encode_service_centre(service_centre)
    return Pdu((head + tpdu).hex().upper(), len(tpdu))


def _octets_of(text: str) -> bytes:
    digits = "".join(text.split())
    try:
        return bytes.fromhex(digits[: len(digits) & ~1])
    except ValueError:
        raise Malformed("not hex") from None


def _decode_incoming(first_octet: int, octets: Octets, service_centre: str) -> Deliver | StatusReportPdu:
    kind = first_octet & _TYPE_BITS
    if kind == _STATUS_REPORT:
        return status_report.decode(octets)
    if kind == _SUBMIT:
        raise Malformed(f"{_TYPES_IN[kind]} is not read")
    # The reserved type is to be taken for a DELIVER (TS 23.040 §9.2.3.1).
    return deliver.decode(first_octet, octets, service_centre)


def _decode_outgoing(first_octet: int, octets: Octets) -> SubmitPdu:
    kind = first_octet & _TYPE_BITS
    if kind != _SUBMIT:
        raise Malformed(f"{_TYPES_OUT[kind]} is not read")
    return submit.decode(first_octet, octets)
