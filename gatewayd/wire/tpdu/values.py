"""What a TPDU says, as values: one class per message type, and Defect for octets that say nothing valid.

Times are aware UTC. Numbers are "+…" if the TPDU calls them international, else the digits as they stand
(national form, short code); an alphanumeric sender is its text. Source: TS 23.040 §9.2.2.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias

from gatewayd.core.model import Concat, Encoding
from gatewayd.wire.gsm7_tables import NO_SHIFT, Shift
from gatewayd.wire.tpdu.address import Kind
from gatewayd.wire.tpdu.coding import Alphabet
from gatewayd.wire.tpdu.header import Element

#: Replace type n has this TP-PID plus n (TS 23.040 §9.2.3.9).
REPLACE_TYPE_0: Final = 0x40


@dataclass(frozen=True, slots=True)
class Pdu:
    """A TPDU for the modem: `hex` with its service centre field, `length` in octets without that field
    (the argument of AT+CMGS)."""

    hex: str
    length: int


@dataclass(frozen=True, slots=True)
class Submit:
    """What we ask the network to send: one part. `recipient` is E.164, or digits for a short code.
    `validity_s` is rounded up to the next step that the field has; None leaves it to the network.
    `message_class` 0 is a flash message. `shift` are the national tables that a GSM 7 bit text is in.
    `replaces` 1–7 puts the message in place of an earlier one of that type, 0 in the place of none."""

    recipient: str
    text: str
    encoding: Encoding
    concat: Concat | None = None
    status_report: bool = True
    validity_s: int | None = None
    message_class: int | None = None
    shift: Shift = NO_SHIFT
    replaces: int = 0


@dataclass(frozen=True, slots=True)
class SubmitPdu:
    """A SUBMIT read back. `data` are the text's septets or octets behind the header, `elements` what stands in it."""

    reference: int
    recipient: str
    text: str
    alphabet: Alphabet
    concat: Concat | None
    status_report: bool
    validity_s: int | None
    valid_until: datetime | None
    message_class: int | None
    protocol: int
    reject_duplicates: bool
    data: bytes
    recipient_kind: Kind = Kind.UNKNOWN
    shift: Shift = NO_SHIFT
    elements: tuple[Element, ...] = ()

    @property
    def replaces(self) -> int:
        """1–7 if this replaces an earlier message of that type to the same recipient, else 0."""
        return replaced_type(self.protocol)


@dataclass(frozen=True, slots=True)
class Deliver:
    """An incoming SMS, or one part of it. `text` is '' for 8-bit data; `data` holds the septets (GSM 7 bit)
    or octets behind the header, for joining parts whose sender cut a character; `shift` are the tables that
    septets are in. `reference_bits` (8 or 16, 0 without `concat`) is part of the key by which parts are joined.
    `ports` are (destination, source), `elements` all that stands in the header."""

    sender: str
    text: str
    sent_at: datetime | None
    concat: Concat | None = None
    reference_bits: int = 0
    alphabet: Alphabet = Alphabet.GSM7
    data: bytes = b""
    message_class: int | None = None
    protocol: int = 0
    ports: tuple[int, int] | None = None
    sender_kind: Kind = Kind.UNKNOWN
    service_centre: str = ""
    shift: Shift = NO_SHIFT
    elements: tuple[Element, ...] = ()

    @property
    def replaces(self) -> int:
        """1–7 if this replaces an earlier message of that type from the same sender, else 0."""
        return replaced_type(self.protocol)


@dataclass(frozen=True, slots=True)
class StatusReportPdu:
    """The service centre's word on one SUBMIT. `submitted_at` is when the centre took it over; a time that
    is not a time is None."""

    reference: int
    recipient: str
    submitted_at: datetime | None
    discharged_at: datetime | None
    tp_status: int


@dataclass(frozen=True, slots=True)
class Defect:
    """A PDU that cannot be read: why, and what came, to be set aside."""

    reason: str
    raw: str


def replaced_type(protocol: int) -> int:
    """The type 1–7 that a TP-PID replaces, 0 for none."""
    return protocol - REPLACE_TYPE_0 if 1 <= protocol - REPLACE_TYPE_0 <= 7 else 0


Decoded: TypeAlias = Deliver | StatusReportPdu | SubmitPdu | Defect
