"""SMS-SUBMIT: what goes to the network. Source: TS 23.040 §9.2.2.2."""

from typing import Final

from gatewayd.core.model import Encoding
from gatewayd.wire.gsm7_tables import NO_SHIFT
from gatewayd.wire.tpdu import address, coding, userdata, validity
from gatewayd.wire.tpdu.octets import Octets
from gatewayd.wire.tpdu.values import REPLACE_TYPE_0, Submit, SubmitPdu

_TYPE: Final = 0x01
_REJECT_DUPLICATES: Final = 0x04
_STATUS_REPORT: Final = 0x20
_HEADER: Final = 0x40
#: The modem puts its own reference here, whatever we write.
_NO_REFERENCE: Final = 0
_NO_PROTOCOL: Final = 0


def encode(submit: Submit) -> bytes:
    """The TPDU. Raises ValueError for what cannot be expressed; see address, coding, userdata."""
    period = b"" if submit.validity_s is None else bytes([validity.encode(submit.validity_s)])
    return (
        bytes([_first_octet(submit), _NO_REFERENCE])
        + address.encode(submit.recipient)
        + bytes([_protocol(submit.replaces), coding.encode(submit.encoding, submit.message_class)])
        + period
        + userdata.encode(submit.text, submit.encoding, submit.concat, submit.shift)
    )


def decode(first_octet: int, octets: Octets) -> SubmitPdu:
    """The SUBMIT whose first octet has been read. Raises Malformed."""
    reference = octets.octet("message reference")
    recipient = address.decode(octets, "destination address")
    protocol = octets.octet("protocol identifier")
    how = coding.decode(octets.octet("data coding scheme"))
    period = validity.decode(octets, first_octet)
    data = userdata.decode(octets, how.alphabet, bool(first_octet & _HEADER))
    return SubmitPdu(
        reference=reference,
        recipient=recipient.text,
        text=data.text,
        alphabet=how.alphabet,
        concat=data.header.concat,
        status_report=bool(first_octet & _STATUS_REPORT),
        validity_s=period.seconds,
        valid_until=period.until,
        message_class=how.message_class,
        protocol=protocol,
        reject_duplicates=bool(first_octet & _REJECT_DUPLICATES),
        data=data.data,
        recipient_kind=recipient.kind,
        shift=data.header.shift,
        elements=data.header.elements,
    )


def _first_octet(submit: Submit) -> int:
    octet = _TYPE
    if submit.validity_s is not None:
        octet |= validity.RELATIVE
    if submit.status_report:
        octet |= _STATUS_REPORT
    if submit.concat is not None or (submit.encoding is Encoding.GSM7 and submit.shift != NO_SHIFT):
        octet |= _HEADER
    return octet


def _protocol(replaces: int) -> int:
    if not 0 <= replaces <= 7:
        raise ValueError("a replace type is 1 to 7")
    return REPLACE_TYPE_0 + replaces if replaces else _NO_PROTOCOL
