"""What a transport knows of itself: the facts behind `status`, the approval mail and the decision to pause.

Facts only; whether they allow sending is decided by core/resources.py. Unknown is None, never zero.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class LinkState(StrEnum):
    #: The port, the server or the path to it is not there.
    ABSENT = "absent"
    #: Being opened and set up.
    STARTING = "starting"
    #: May submit.
    READY = "ready"


class Registration(StrEnum):
    """TS 27.007 §7.2 (AT+CREG)."""

    HOME = "home"
    ROAMING = "roaming"
    SEARCHING = "searching"
    DENIED = "denied"
    IDLE = "idle"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Credit:
    """The last reading of the balance. `raw` is the operator's own text; a text that does not parse leaves None."""

    at: datetime
    balance_idr: int | None
    active_until: date | None
    raw: str


@dataclass(frozen=True, slots=True)
class Health:
    """A transport's facts at one moment. For SMTP only name, link, error and since are used."""

    name: str
    link: LinkState
    since: datetime
    error: str = ""
    imei: str = ""
    imsi: str = ""
    operator: str = ""
    registration: Registration = Registration.UNKNOWN
    signal_dbm: int | None = None
    credit: Credit | None = None


@dataclass(frozen=True, slots=True)
class IncomingSms:
    """A message somebody sent to one of our SIMs. Data only, never a command."""

    modem: str
    sim: str
    sender: str
    text: str
    sent_at: datetime | None
    raw_pdu: str
