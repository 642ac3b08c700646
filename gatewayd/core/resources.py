"""Whether a transport's facts allow sending, and what the staff has to hear of.

Facts in, a reason out. Unknown is not zero: a balance that was never read does not pause a SIM, and a signal of 99 is
only unknown. A warning is given once: it is due again only after its reason was known to be over.
"""

from collections.abc import Set
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from gatewayd.core.health import Credit, Health, LinkState, Registration

NO_CREDIT: Final = "modem.no_credit"
ACTIVE_PERIOD: Final = "active_period"
CREDIT_DROP: Final = "modem.credit_drop"
#: Seconds that a pause lasts before the staff hears of it; of these at once.
ALARM_AFTER_S: Final = 120.0
SET_ASIDE: Final = "modem.set_aside"
_AT_ONCE: Final = frozenset({NO_CREDIT, SET_ASIDE, "modem.sim", "broker.open", "disk.low"})
#: Pauses in the order in which `modem_pause` looks for them: one says nothing of those behind it.
_ORDER: Final = ("modem.lost", "modem.not_registered", NO_CREDIT)


@dataclass(frozen=True, slots=True)
class Pause:
    """Why a transport may not send: a stable code and words for `status` and the journal."""

    code: str
    why: str


def modem_pause(health: Health, floor_idr: int, price_idr: int) -> Pause | None:
    """What keeps a modem from sending, or None. The balance must cover the floor and one more part."""
    if health.link is not LinkState.READY:
        return Pause("modem.lost", health.error or f"the modem is {health.link}")
    if health.registration in (Registration.DENIED, Registration.SEARCHING, Registration.IDLE):
        return Pause("modem.not_registered", f"network registration: {health.registration}")
    return _credit_pause(health.credit, max(floor_idr, price_idr)) if health.credit else None


def _credit_pause(credit: Credit, need_idr: int) -> Pause | None:
    if credit.is_in_grace:
        return Pause("modem.no_credit", f"the SIM only receives: grace period until {credit.grace_until}")
    left = credit.left_idr
    if left is None or left >= need_idr:
        return None
    if credit.reckoned_idr is None:
        return Pause("modem.no_credit", f"credit Rp {left} is below Rp {need_idr}")
    since = f"Rp {credit.balance_idr} less {credit.parts_since} parts"
    return Pause("modem.no_credit", f"credit Rp {left} as reckoned ({since}) is below Rp {need_idr}")


def server_pause(health: Health) -> Pause | None:
    """What keeps a mail server connection from sending."""
    if health.link is not LinkState.READY:
        return Pause("smtp.lost", health.error or f"the connection is {health.link}")
    return None


def active_period_ends(health: Health, now: datetime, warning_s: float) -> date | None:
    """The end of the SIM's active period if it lies within `warning_s` seconds."""
    until = health.credit.active_until if health.credit else None
    if until is not None and until <= (now + timedelta(seconds=warning_s)).date():
        return until
    return None


def alarms_due(
    health: Health, paused: str, lasted_s: float, told: Set[str], ending: date | None
) -> tuple[frozenset[str], frozenset[str]]:
    """(what the staff has not heard of, what it was told and is over). `paused` is the code of a pause that lasted so
    long, `told` the codes it was written to about, `ending` the end of an active period to be warned of."""
    stands = _standing(health, paused, lasted_s, ending)
    over = {code for code in told if code not in stands and _is_over(code, health.credit, paused)}
    return frozenset(stands - told), frozenset(over)


def _standing(health: Health, paused: str, lasted_s: float, ending: date | None) -> set[str]:
    stands: set[str] = set()
    # What is only reckoned is about to be read: the reading decides.
    is_sure = paused != NO_CREDIT or (health.credit is not None and health.credit.reckoned_idr is None)
    if paused and (lasted_s >= ALARM_AFTER_S or (paused in _AT_ONCE and is_sure)):
        stands.add(paused)
    if ending is not None:
        stands.add(ACTIVE_PERIOD)
    if health.credit is not None and health.credit.misfit_idr < 0:
        stands.add(CREDIT_DROP)
    return stands


def _is_over(code: str, credit: Credit | None, paused: str) -> bool:
    """Whether the reason for `code` is known to be gone; that of another pause may only be out of sight."""
    if code == ACTIVE_PERIOD:
        return credit is not None and credit.active_until is not None
    if code == CREDIT_DROP:
        return credit is not None
    if code in _ORDER and paused in _ORDER:
        return _ORDER.index(code) < _ORDER.index(paused)
    return paused != code
