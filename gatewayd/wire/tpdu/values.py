"""What a TPDU says, as values: one class per message type, and Defect for octets that say nothing valid.

Times are aware UTC. Numbers are "+…" if the TPDU calls them international, else the digits as they stand
(national form, short code); an alphanumeric sender is its text. Source: TS 23.040 §9.2.2.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from gatewayd.core.model import Concat, Encoding
from gatewayd.wire.tpdu.coding import Alphabet


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
    `message_class` 0 is a flash message."""

    recipient: str
    text: str
    encoding: Encoding
    concat: Concat | None = None
    status_report: bool = True
    validity_s: int | None = None
    message_class: int | None = None


@dataclass(frozen=True, slots=True)
class SubmitPdu:
    """A SUBMIT read back. `data` are the text's septets or octets behind the header."""

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


@dataclass(frozen=True, slots=True)
class Deliver:
    """An incoming SMS, or one part of it. `text` is '' for 8-bit data; `data` holds the septets (GSM 7 bit)
    or octets behind the header, for joining parts whose sender cut a character. `reference_bits` (8 or 16,
    0 without `concat`) is part of the key by which parts are joined. `ports` are (destination, source)."""

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
    sender_is_name: bool = False
    service_centre: str = ""

    @property
    def replaces(self) -> int:
        """1–7 if this replaces an earlier message of that type from the same sender, else 0."""
        return self.protocol - 0x40 if 0x41 <= self.protocol <= 0x47 else 0


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


Decoded: TypeAlias = Deliver | StatusReportPdu | SubmitPdu | Defect
