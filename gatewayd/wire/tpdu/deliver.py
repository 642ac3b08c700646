"""SMS-DELIVER: an incoming message. Source: TS 23.040 §9.2.2.1."""

from datetime import datetime
from typing import Final

from gatewayd.core.model import Concat, Encoding
from gatewayd.wire import gsm7
from gatewayd.wire.tpdu import address, coding, timestamp, userdata
from gatewayd.wire.tpdu.octets import Octets
from gatewayd.wire.tpdu.values import Deliver

_NO_MORE_MESSAGES: Final = 0x04
_HEADER: Final = 0x40
_NO_PROTOCOL: Final = 0


def encode(sender: str, text: str, sent_at: datetime, concat: Concat | None) -> bytes:
    """The TPDU as a network sends it, in GSM 7 bit if the text fits, else UCS-2. Raises ValueError."""
    encoding = Encoding.UCS2 if gsm7.first_outside(text) else Encoding.GSM7
    first_octet = _NO_MORE_MESSAGES | (_HEADER if concat is not None else 0)
    return (
        bytes([first_octet])
        + address.encode_sender(sender)
        + bytes([_NO_PROTOCOL, coding.encode(encoding, None)])
        + timestamp.encode(sent_at)
        + userdata.encode(text, encoding, concat)
    )


def decode(first_octet: int, octets: Octets, service_centre: str) -> Deliver:
    """The DELIVER whose first octet has been read. Raises Malformed."""
    sender = address.decode(octets, "originating address")
    protocol = octets.octet("protocol identifier")
    how = coding.decode(octets.octet("data coding scheme"))
    sent_at = timestamp.decode(octets.take(timestamp.LENGTH, "time stamp"))
    data = userdata.decode(octets, how.alphabet, bool(first_octet & _HEADER))
    return Deliver(
        sender=sender.text,
        text=data.text,
        sent_at=sent_at,
        concat=data.header.concat,
        reference_bits=data.header.reference_bits,
        alphabet=how.alphabet,
        data=data.data,
        message_class=how.message_class,
        protocol=protocol,
        ports=data.header.ports,
        sender_kind=sender.kind,
        service_centre=service_centre,
        shift=data.header.shift,
        elements=data.header.elements,
    )
