"""What each mail to a person is made from: one frozen view a kind of notice, and the look they share.

A view holds facts and codes, never sentences; compose.py turns it into a mail in the language of `Look`.
Every view starts with its Head. Times are aware UTC, amounts whole rupiah, None = not known.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal, TypeAlias

from gatewayd.core.forecast import Plan
from gatewayd.core.health import Health
from gatewayd.core.model import Channel, Fault, RefusedRow
from gatewayd.core.progress import RequestState
from gatewayd.core.reckoning import Forecast
from gatewayd.core.report import DecisionLine, DeliveryLog, Result
from gatewayd.core.resources import Pause
from gatewayd.core.summary import SummaryFacts
from gatewayd.core.underway import Underway

Language = Literal["id", "en"]


@dataclass(frozen=True, slots=True)
class Look:
    """How the gateway signs and speaks. `timezone` is an IANA name; `picture_rows` bounds rows in
    picture and page."""

    language: Language
    timezone: str
    organisation: str
    gateway_name: str
    sender: str
    sender_name: str
    reply_to: str = ""
    picture_rows: int = 40
    #: Files that go with a report ("csv", "pdf", "xlsx"), and how many bytes the whole mail may have.
    attach: tuple[str, ...] = ("csv", "pdf")
    report_bytes: int = 10_000_000


@dataclass(frozen=True, slots=True)
class Head:
    """To whom, about what, in answer to what. `number` is '' for a mail that is about no request."""

    to_address: str
    message_id: str
    date: datetime
    to_name: str = ""
    number: str = ""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Understood:
    """What was understood of a request. `recipients` counts those that will be sent to."""

    unit: str
    applicant: str
    channel: Channel
    text: str
    recipients: int
    subject: str = ""
    groups: tuple[str, ...] = ()
    purpose: str = ""
    send_after: datetime | None = None
    wanted_by: str = ""
    #: Files that go out with each e-mail: name and bytes.
    enclosures: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Size:
    """How big the message is. `parts` of one message (the longest), `encoding` '' for e-mail, `forced_by` the
    characters that make an SMS leave the 7-bit alphabet, each once, the first few."""

    characters: int
    encoding: str
    parts: int
    total_parts: int
    cost_idr: int | None
    forced_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Merged:
    """The text as one recipient gets it, and its parts."""

    address: str
    name: str
    text: str
    parts: int
    is_longest: bool = False


@dataclass(frozen=True, slots=True)
class Receipt:
    """The request is taken. `waits_for` names the steps still to come (none: it needs no approval)."""

    head: Head
    what: Understood
    size: Size
    waits_for: tuple[str, ...] = ()
    refused: tuple[RefusedRow, ...] = ()
    duplicates: int = 0
    #: Services of the form that another desk gives ("AKUN BARU"), and to whom the mail was passed on for them.
    other_services: tuple[str, ...] = ()
    forwarded: tuple[str, ...] = ()
    warnings: tuple[Fault, ...] = ()
    #: It takes the place of a request that was in order and had this number.
    replaces: bool = False
    #: An example and the longest, where each recipient gets a text of his own.
    merged: tuple[Merged, ...] = ()
    #: Parts a message takes once its characters are replaced by the SMS alphabet's; 0 = that saves nothing.
    plain_parts: int = 0
    plan: Plan | None = None


@dataclass(frozen=True, slots=True)
class Correction:
    """The form has faults; all of them at once."""

    head: Head
    faults: tuple[Fault, ...]
    what: Understood
    refused: tuple[RefusedRow, ...] = ()
    duplicates: int = 0
    other_services: tuple[str, ...] = ()
    forwarded: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Sample:
    """One recipient, as an example."""

    address: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class ModemFacts:
    """A modem as it is now; `pause` says why it may not send, None if it may; `lasts` how long its credit does."""

    health: Health
    pause: Pause | None = None
    lasts: Forecast = field(default_factory=Forecast)


@dataclass(frozen=True, slots=True)
class ApprovalQuestion:
    """Asks one person to decide one step. `token` is 32 characters of base32."""

    head: Head
    what: Understood
    size: Size
    step: str
    token: str
    expires_at: datetime
    sample: tuple[Sample, ...] = ()
    modems: tuple[ModemFacts, ...] = ()
    plan: Plan | None = None
    decisions: tuple[DecisionLine, ...] = ()
    warnings: tuple[Fault, ...] = ()
    refused: int = 0
    duplicates: int = 0
    reminder: bool = False
    #: The content was changed since an earlier question.
    replaces: bool = False
    #: An example and the longest, where each recipient gets a text of his own.
    merged: tuple[Merged, ...] = ()
    #: The files themselves, to be looked at: name, type, bytes.
    files: tuple[tuple[str, str, bytes], ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """Somebody decided. `waits_for` names the steps still to come; none after an approval = it will be sent."""

    head: Head
    decision: DecisionLine
    what: Understood
    waits_for: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unclear:
    """The reply is neither SETUJU nor TOLAK; `quoted` is what was read in it."""

    head: Head
    quoted: str = ""


@dataclass(frozen=True, slots=True)
class TokenProblem:
    """A decision that does not count; `problem` is a code such as "token.used"."""

    head: Head
    problem: str


@dataclass(frozen=True, slots=True)
class Help:
    """The mail was understood as nothing; says what to write, with a form to fill."""

    head: Head
    about: str = ""


@dataclass(frozen=True, slots=True)
class FormMail:
    """The blank form."""

    head: Head


@dataclass(frozen=True, slots=True)
class WrongDesk:
    """The form asks for what other desks give: `services`. `forwarded`: to whom the mail was passed on."""

    head: Head
    services: tuple[str, ...]
    forwarded: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Forward:
    """For the staff: a mail for another desk. `original` is that mail, b'' where it is too big to be attached
    (`size` in bytes) or not kept any more: then it lies in `folder` of the mailbox."""

    head: Head
    services: tuple[str, ...]
    sender: str
    received_at: datetime
    size: int
    folder: str
    original: bytes = b""


@dataclass(frozen=True, slots=True)
class UnknownSender:
    """The sender is proven but belongs to no unit of the settings."""

    head: Head


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Nothing in the mail can be read; `files` name each attached file that cannot, and why (none of them for the mail
    itself). `limit_mb` is the greatest size of a mail."""

    head: Head
    files: tuple[Fault, ...]
    limit_mb: int = 10


@dataclass(frozen=True, slots=True)
class StatusAnswer:
    """Where the request stands."""

    head: Head
    state: RequestState
    totals: Mapping[Result, int]
    what: Understood
    decisions: tuple[DecisionLine, ...] = ()
    waits_for: tuple[str, ...] = ()
    reason: str = ""
    #: The reader had the report passed on to the applicant.
    forwarded: bool = False
    #: While it is sent: how far it is, and once something left, what its picture is drawn from.
    progress: Underway | None = None
    log: DeliveryLog | None = None


@dataclass(frozen=True, slots=True)
class Cancelled:
    """Taken back by `person`; `stopped` messages were stopped, `sent` had left before."""

    head: Head
    person: str
    reason: str
    stopped: int
    sent: int = 0


@dataclass(frozen=True, slots=True)
class Expired:
    """Nobody decided or corrected in time."""

    head: Head
    asked_at: datetime
    waits_for: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Alarm:
    """For the staff: `code` what, `name` which (modem, request, mail), `why` the technical words, `was` the code
    that is over (for "recovered"), `until` the end of an active period."""

    head: Head
    code: str
    name: str
    since: datetime
    why: str = ""
    was: str = ""
    until: date | None = None


@dataclass(frozen=True, slots=True)
class IncomingSms:
    """An SMS to one of our SIMs. `missing` counts its parts that did not come."""

    head: Head
    modem: str
    sender: str
    text: str
    received_at: datetime
    sent_at: datetime | None = None
    missing: int = 0


@dataclass(frozen=True, slots=True)
class Report:
    """The delivery log. `full_numbers` only for whoever the settings allow; pictures and pages are always masked."""

    head: Head
    log: DeliveryLog
    full_numbers: bool = False
    #: The reader may have it passed on to the applicant by TERUSKAN.
    may_forward: bool = False
    #: How far the audit was, as "COUNT:HASH": a copy of it outside the machine.
    audit_head: str = ""


@dataclass(frozen=True, slots=True)
class Summary:
    """How it went since the summary before."""

    head: Head
    facts: SummaryFacts


View: TypeAlias = (
    Receipt
    | Summary
    | Correction
    | ApprovalQuestion
    | Decision
    | Unclear
    | TokenProblem
    | Help
    | FormMail
    | WrongDesk
    | Forward
    | UnknownSender
    | Unreadable
    | StatusAnswer
    | Cancelled
    | Expired
    | Alarm
    | IncomingSms
    | Report
)
