"""Quotas of clients and units, looked at in the transaction that stores a request.

In: a request about to be stored. Out: the same, with a fault for each quota that it does not fit into, or a warning
for the approvers where the unit's quota is nearly used up. Quotas count parts; an e-mail is one part.
"""

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from gatewayd.config import Settings
from gatewayd.core.model import Fault, RequestId
from gatewayd.core.quota import Shortfall, shortfall
from gatewayd.log import get_logger
from gatewayd.stages.context import Context
from gatewayd.stages.people import person_by_id
from gatewayd.stages.rules import deciding
from gatewayd.store import notices, quotas
from gatewayd.store.quotas import Owner
from gatewayd.store.requests import NewRequest

_DAY: Final = timedelta(days=1)
_MONTH: Final = timedelta(days=30)
#: From this share on the approvers see how much of a unit's quota is used.
_NEARLY: Final = 0.8


@dataclass(frozen=True, slots=True)
class _Quota:
    """`code` is the code of its fault, such as "quota.unit_month"."""

    owner: Owner
    name: str
    allowed: int
    window: timedelta
    code: str


def admit(
    conn: sqlite3.Connection, ctx: Context, new: NewRequest, now: datetime, corrects: RequestId | None = None
) -> NewRequest:
    """`new` with what its quotas say of it. A request that has other faults asks for nothing yet."""
    if new.faults:
        return new
    for quota in _quotas(ctx.settings, new):
        used, lacking = _measure(conn, quota, new.total_parts, now, corrects)
        if lacking is not None:
            new = replace(new, faults=(*new.faults, _fault(ctx, quota, lacking)))
            get_logger().warning("quota.exceeded", **{quota.owner: quota.name}, used=used, allowed=quota.allowed)
        elif quota.owner == "unit" and used + new.total_parts >= quota.allowed * _NEARLY:
            note = Fault("recipients", "quota.nearly", f"{used + new.total_parts} / {quota.allowed}")
            new = replace(new, warnings=(*new.warnings, note))
    return new


def _measure(
    conn: sqlite3.Connection, quota: _Quota, asked: int, now: datetime, corrects: RequestId | None
) -> tuple[int, Shortfall | None]:
    """Parts in use, and what keeps `asked` more from fitting."""
    owner, name, since = quota.owner, quota.name, now - quota.window
    quotas.heal(conn, owner, name, now)
    used = quotas.used(conn, owner, name, since, corrects)
    if used + asked <= quota.allowed:
        return used, None
    quotas.give_back(conn, owner, name, since)
    used = quotas.used(conn, owner, name, since, corrects)
    booked = quotas.bookings(conn, owner, name, since, corrects)
    return used, shortfall(used, booked, asked, quota.allowed, quota.window)


def tell_deciders(conn: sqlite3.Connection, ctx: Context, new: NewRequest, number: str, now: datetime) -> None:
    """Who would decide on a form hears that its unit is over its quota, once a day and unit."""
    over = [fault for fault in new.faults if fault.code.startswith("quota.")]
    unit = new.applicant.unit
    told = notices.since(conn, "alarm", now - _DAY)
    if not over or any(params.get("code") == "quota.exceeded" and params.get("unit") == unit for params in told):
        return
    why = f"{number}: {over[0].typed}"
    params = {"code": "quota.exceeded", "name": unit, "unit": unit, "why": why, "since": now.isoformat(), "was": ""}
    for id_ in deciding(ctx.settings, len(new.messages), now):
        person = person_by_id(ctx.settings, id_)
        if person is not None:
            notices.ask(conn, "alarm", person.addresses[0], now, to_name=person.name, params=params)


def _quotas(settings: Settings, new: NewRequest) -> Iterator[_Quota]:
    """Every quota that a request counts against."""
    for client in settings.mqtt.clients if settings.mqtt else ():
        if new.client == client.name:
            yield from _windows("client", client.name, client.parts_per_day, client.parts_per_month)
    for unit in settings.units:
        if new.applicant.unit == unit.name:
            yield from _windows("unit", unit.name, unit.parts_per_day, unit.parts_per_month)


def _windows(owner: Owner, name: str, day: int | None, month: int | None) -> Iterator[_Quota]:
    if day is not None:
        yield _Quota(owner, name, day, _DAY, f"quota.{owner}_day")
    if month is not None:
        yield _Quota(owner, name, month, _MONTH, f"quota.{owner}_month")


def _fault(ctx: Context, quota: _Quota, lacking: Shortfall) -> Fault:
    """ "980 + 40 > 1000 (2026-11-24 09:00 WIB)": used, asked for, allowed, and when there is room again."""
    measure = f"{lacking.used} + {lacking.asked} > {lacking.allowed}"
    if lacking.frees_at is not None:
        # A minute that has begun is over when the clock of whoever reads this shows the next one.
        local = (lacking.frees_at + timedelta(seconds=59)).astimezone(ctx.zone)
        measure += f" ({local:%Y-%m-%d %H:%M %Z})"
    return Fault("recipients", quota.code, measure)
