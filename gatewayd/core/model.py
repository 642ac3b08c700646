"""The values that pass between the stages. All frozen; times are aware UTC; addresses are normalised.

Draft → (stored) → Request → Deliveries → Submission. A Draft is what an intake understood; it has no
number yet. `Fault` and `RefusedRow` carry codes, not sentences: people read them through render/.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import NewType

RequestId = NewType("RequestId", int)
DeliveryId = NewType("DeliveryId", int)


class Channel(StrEnum):
    SMS = "sms"
    EMAIL = "email"


class Source(StrEnum):
    """How a request came in."""

    MAIL = "mail"
    MQTT = "mqtt"
    CLI = "cli"


class Priority(IntEnum):
    """Lower goes first. NOTICE is our own mail to people and to the requesters."""

    NOTICE = 0
    URGENT = 1
    NORMAL = 2
    BULK = 3


class Kind(StrEnum):
    """What a delivery carries."""

    #: The message of a request, to one of its recipients.
    MESSAGE = "message"
    #: A mail of our own: receipt, question, approval, decision, report, alarm. Never reported on.
    NOTICE = "notice"


class Encoding(StrEnum):
    """Alphabet of an SMS (TS 23.038 §4)."""

    GSM7 = "gsm7"
    UCS2 = "ucs2"


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a form, a job or a decision. `path` names the field ("keterangan", "to[3]"), `code` is
    stable and known to the catalogues, `typed` quotes the input (cut to 200 characters by whoever makes it)."""

    path: str
    code: str
    typed: str = ""


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A recipient that will not be sent to, with the row it stood in (1-based, as a person counts)."""

    row: int
    typed: str
    code: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Recipient:
    """One address that may be sent to: E.164 ("+628…") for SMS, an addr-spec for e-mail."""

    row: int
    address: str
    name: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RecipientList:
    """What became of a list: who may be sent to, who is refused and why, how many were named twice."""

    recipients: tuple[Recipient, ...] = ()
    refused: tuple[RefusedRow, ...] = ()
    duplicates: tuple[RefusedRow, ...] = ()


@dataclass(frozen=True, slots=True)
class Applicant:
    """Who asks. `person` is the id in [[people]] if he is one of them, else ''."""

    unit: str
    name: str
    address: str
    phone: str = ""
    id_number: str = ""
    person: str = ""


@dataclass(frozen=True, slots=True)
class Enclosure:
    """A file that goes out with every e-mail of a request: type, bytes, and its place in the mail that it came with."""

    place: int
    name: str
    kind: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Draft:
    """A request as an intake understood it, before it is stored."""

    source: Source
    applicant: Applicant
    channel: Channel
    text: str
    recipients: RecipientList
    subject: str = ""
    groups: tuple[str, ...] = ()
    priority: Priority = Priority.NORMAL
    purpose: str = ""
    send_after: datetime | None = None
    expires_at: datetime | None = None
    wanted_by: str = ""
    #: Keep an SMS in the short alphabet where characters can be replaced.
    plain_letters: bool = False
    enclosures: tuple[Enclosure, ...] = ()
    faults: tuple[Fault, ...] = ()
    warnings: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class Concat:
    """Place of a part in a long message (TS 23.040 §9.2.3.24.1): 8-bit reference, total, 1-based number."""

    reference: int
    total: int
    number: int


@dataclass(frozen=True, slots=True)
class SmsBody:
    """One part, ready for a SUBMIT. `text` is this part's text only."""

    text: str
    encoding: Encoding
    concat: Concat | None = None


@dataclass(frozen=True, slots=True)
class MailBody:
    """One mail as it goes out: RFC 5322 octets with CRLF line ends, its envelope sender ('' = null), and its envelope
    id ('': nothing is asked of the servers on its way, RFC 3461)."""

    raw: bytes
    envelope_sender: str
    envelope_id: str = ""


@dataclass(frozen=True, slots=True)
class AttemptKey:
    """One attempt at one part of one delivery."""

    delivery: DeliveryId
    part: int
    attempt: int


@dataclass(frozen=True, slots=True)
class Submission:
    """One part of one delivery on its way to a transport. Committed as `submitting` before it is handed over."""

    delivery: DeliveryId
    request: str
    kind: Kind
    address: str
    part: int
    parts: int
    attempt: int
    body: SmsBody | MailBody
    #: Nobody is to get it later than this; None where nobody said so.
    expires_at: datetime | None = None

    @property
    def key(self) -> AttemptKey:
        return AttemptKey(self.delivery, self.part, self.attempt)
