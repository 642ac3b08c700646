"""What a transport knows of itself: the facts behind `status`, the approval mail and the decision to pause.

Facts only; whether they allow sending is decided by core/resources.py. Unknown is None, never zero.
"""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from gatewayd.core.model import Concat


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
    """The last reading of the balance. `raw` is the operator's own text; a text that does not parse leaves None.

    What stands behind `sim` (IMSI) is what happened since: `parts_since` parts were submitted, which leaves
    `reckoned_idr` (None: as read, or no tariff); a later answer was not understood (`unread`). `misfit_idr` is by how
    much this reading was off what the one before let expect."""

    at: datetime
    balance_idr: int | None
    active_until: date | None
    raw: str
    grace_until: date | None = None
    sms_left: int | None = None
    sim: str = ""
    parts_since: int = 0
    reckoned_idr: int | None = None
    unread: str = ""
    unread_at: datetime | None = None
    misfit_idr: int = 0

    @property
    def left_idr(self) -> int | None:
        """What should be left now."""
        return self.balance_idr if self.reckoned_idr is None else self.reckoned_idr

    @property
    def is_in_grace(self) -> bool:
        """The operator says that the active period is over: the SIM receives and does not send."""
        return self.grace_until is not None and self.active_until is None


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
    """A message somebody sent to one of our SIMs, or one part of it. Data only, never a command to the gateway itself.
    What could not be read has no sender and no text."""

    modem: str
    sim: str
    sender: str
    text: str
    sent_at: datetime | None
    raw_pdu: str
    concat: Concat | None = None
