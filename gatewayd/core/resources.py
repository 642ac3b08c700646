"""Whether a transport's facts allow sending, and whether the credit is enough. Facts in, a reason out.

Unknown is not zero: a balance that was never read does not pause a SIM, and a signal of 99 is only unknown.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from gatewayd.core.health import Health, LinkState, Registration


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
    balance = health.credit.balance_idr if health.credit else None
    need = max(floor_idr, price_idr)
    if balance is not None and balance < need:
        return Pause("modem.no_credit", f"credit Rp {balance} is below Rp {need}")
    return None


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


def credit_suffices(healths: Sequence[Health], need_idr: int | None) -> bool | None:
    """Whether the balances together cover `need_idr`; None while any of it is unknown."""
    balances = [health.credit.balance_idr if health.credit else None for health in healths]
    if need_idr is None or not balances or any(balance is None for balance in balances):
        return None
    return sum(balance or 0 for balance in balances) >= need_idr
