"""What came of one submission, in three outcomes and a fourth.

Accepted: the far side took it over. Deferred: it did not, and trying again later makes sense (OK,
TEMPFAIL, PERMFAIL of Postfix). Rejected: it never will. InDoubt: it left, and no answer came; such a
part is never sent again by itself.

`blame` says whose fault a failure is; the dispatcher pauses a transport only for faults that the next
message would meet too.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TypeAlias


class Blame(StrEnum):
    #: This recipient; the next one may go at once.
    DESTINATION = "destination"
    #: This message (our PDU, our mail): a person must look at it.
    MESSAGE = "message"
    #: The network or the peer server: back off.
    NETWORK = "network"
    #: The subscription: credit, barring. Pause this SIM or account.
    ACCOUNT = "account"
    #: The SIM card itself.
    SIM = "sim"
    #: The modem or the link to it.
    DEVICE = "device"


@dataclass(frozen=True, slots=True)
class Cause:
    """Why a submission failed. `code` is stable ("cms-38", "smtp-550-5.1.1", "timeout"); `text` is for people."""

    code: str
    text: str
    blame: Blame


@dataclass(frozen=True, slots=True)
class Accepted:
    """Taken over by the far side. `reference` is the TP-MR of an SMS, None where the peer gives none."""

    reference: int | None = None


@dataclass(frozen=True, slots=True)
class Deferred:
    """Provably not sent; may be tried again after `retry_after_s` seconds (None: by the retry ladder)."""

    cause: Cause
    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True)
class Rejected:
    """Provably not sent, and never will be."""

    cause: Cause


@dataclass(frozen=True, slots=True)
class InDoubt:
    """It left, and no answer came."""

    cause: Cause


Outcome: TypeAlias = Accepted | Deferred | Rejected | InDoubt


class ReportedStatus(StrEnum):
    """What a status report says (TS 23.040 §9.2.3.15, by table in wire/causes.py)."""

    DELIVERED = "delivered"
    #: The service centre is still trying.
    PENDING = "pending"
    FAILED = "failed"
    EXPIRED = "expired"
    #: A reserved value: kept, never guessed.
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class StatusReport:
    """The network's word on one part. `sim` is the IMSI ('' if unknown); times are aware UTC."""

    modem: str
    sim: str
    reference: int
    recipient: str
    submitted_at: datetime | None
    discharged_at: datetime | None
    status: ReportedStatus
    tp_status: int
