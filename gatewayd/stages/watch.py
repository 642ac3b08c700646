"""Watch: the facts of every transport, judged; balances reckoned; gates shut and opened; the staff written to, once.

In: Health from the transports. Out: a row of facts for `status`, an open or shut gate for dispatch, a line in the
journal at every change, and a mail to [gateway] staff when a pause lasts (no credit: as soon as it was read), when an
active period ends, when credit is gone that was not spent, and when it is over (core/resources.py).
Invariants: the last reading of a balance outlives a lost link and a restart; between readings it falls by the tariff
for each part; a reckoned balance below the floor shuts the gate and has a real one asked for.
"""

import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from types import MappingProxyType
from typing import Final

from gatewayd.config import Modem
from gatewayd.core.health import Credit, Health, LinkState
from gatewayd.core.reckoning import carried, misfit_idr, reckoned
from gatewayd.core.resources import (
    CREDIT_DROP,
    NO_CREDIT,
    SET_ASIDE,
    Pause,
    active_period_ends,
    alarms_due,
    modem_pause,
    server_pause,
)
from gatewayd.log import get_logger
from gatewayd.stages.bells import Bell
from gatewayd.stages.context import Context
from gatewayd.stages.gates import Gate
from gatewayd.store import health as store
from gatewayd.store import notices, signals

Refresh = Callable[[], Awaitable[None]]
_ROUND_S: Final = 15.0
#: While parts leave, balances are reckoned at most this often.
_REST_S: Final = 5.0
#: How often the balance is read while there is too little: a top-up is noticed by then.
_AGAIN_S: Final = 900.0


@dataclass(frozen=True, slots=True)
class _Judged:
    """What became of new facts; `is_read` when a new reading of the balance is among them."""

    health: Health
    pause: Pause | None
    is_read: bool = False


class Watch:
    """`gates` has one gate for each transport's name; `refresh` what has its modem measured again."""

    def __init__(
        self, ctx: Context, gates: dict[str, Gate], refresh: Mapping[str, Refresh] = MappingProxyType({})
    ) -> None:
        self._ctx, self._gates, self._refresh = ctx, gates, refresh
        self._modems = {modem.name: modem for modem in ctx.settings.modems}
        self._told: dict[str, Health] = {}
        #: Set aside after refusals in a row: until which monotonic time, and why.
        self._aside: dict[str, tuple[float, str]] = {}
        #: Monotonic time at which each modem was asked for its balance because there is too little.
        self._asked: dict[str, float] = {}

    async def take(self, health: Health) -> None:
        """New facts of a transport: keep them, judge them, move its gate."""
        before = self._told.get(health.name)
        self._told[health.name] = health
        if health.link is LinkState.READY and (before is None or before.link is not LinkState.READY):
            self._ctx.tally.connected(health.name)
        judged = await self._ctx.db.run(self._keep, health, self._ctx.clock.now())
        if judged.is_read:
            self._say_reading(judged.health)
        await self._move(judged)

    async def set_aside(self, name: str, seconds: float, why: str) -> None:
        """Shut the gate of a SIM that refuses one message after another."""
        self._aside[name] = (self._ctx.clock.monotonic() + seconds, why)
        if name in self._told:
            await self.take(self._told[name])

    def _aside_pause(self, name: str) -> Pause | None:
        until, why = self._aside.get(name, (float("-inf"), ""))
        return Pause(SET_ASIDE, why) if self._ctx.clock.monotonic() < until else None

    async def _move(self, judged: _Judged) -> None:
        health, pause = judged.health, judged.pause
        gate = self._gates[health.name]
        changed = (pause.code if pause else "") != (gate.pause.code if gate.pause else "")
        gate.set(pause, health.imsi)
        if changed:
            self._say(health, pause)
            self._ctx.bells.ring(Bell.DISPATCH, Bell.PUBLISH)
        if changed or judged.is_read:
            await self._ctx.db.run(self._alarms, self._ctx.clock.now())
        await self._read_again(health.name, pause)

    async def _read_again(self, name: str, pause: Pause | None) -> None:
        """With too little, the balance is read at once if it was only reckoned, then every now and then."""
        if pause is None or pause.code != NO_CREDIT:
            self._asked.pop(name, None)
            return
        now = self._ctx.clock.monotonic()
        if name in self._refresh and now - self._asked.get(name, -_AGAIN_S) >= _AGAIN_S:
            self._asked[name] = now
            await self._refresh[name]()

    # In one transaction.

    def _keep(self, conn: sqlite3.Connection, health: Health, now: datetime) -> _Judged:
        judged = self._judge(conn, health, now)
        code, why = (judged.pause.code, judged.pause.why) if judged.pause else ("", "")
        kind = "modem" if health.name in self._modems else "smtp"
        store.put(conn, kind, judged.health, code, why, now)
        if kind == "modem" and judged.health.signal_dbm is not None:
            signals.heard(conn, judged.health.name, judged.health.signal_dbm, now)
        return judged

    def _judge(self, conn: sqlite3.Connection, health: Health, now: datetime) -> _Judged:
        modem = self._modems.get(health.name)
        if modem is None:
            return _Judged(health, server_pause(health))
        known = store.credit_of(conn, health.name)
        credit = carried(known, health.credit, health.imsi)
        is_read = credit is not None and credit is health.credit
        if credit is not None:
            credit = _reckoned(conn, modem, known if is_read else None, credit, now)
        health = replace(health, credit=credit)
        pause = modem_pause(health, modem.credit_floor_idr, modem.price_idr) or self._aside_pause(health.name)
        return _Judged(health, pause, is_read)

    # Rounds.

    async def run(self) -> None:
        """Balances that fall and alarms that become due, for ever."""
        wait = self._ctx.bells.listen(Bell.TRACK, rest_s=_REST_S)
        with self._ctx.pulse.stage("watch", limit_s=120.0):
            while True:
                self._ctx.pulse.beat("watch")
                await self.look()
                await wait(_ROUND_S)

    async def look(self) -> None:
        """One round."""
        for judged in await self._ctx.db.run(self._fallen, self._ctx.clock.now()):
            await self._move(judged)
        await self._ctx.db.run(self._alarms, self._ctx.clock.now())

    def _fallen(self, conn: sqlite3.Connection, now: datetime) -> list[_Judged]:
        """Modems whose balance is another one than was kept, by the parts that left meanwhile, or still too low."""
        found: list[_Judged] = []
        for row in store.all_links(conn):
            told = self._told.get(row.health.name)
            if row.kind != "modem" or told is None:
                continue
            judged = self._judge(conn, told, now)
            if judged.health.credit != row.health.credit:
                found.append(self._keep(conn, told, now))
            elif row.paused == NO_CREDIT:
                found.append(judged)
            elif row.paused == SET_ASIDE and judged.pause is None:
                found.append(self._keep(conn, told, now))
        return found

    # What is said.

    def _say(self, health: Health, pause: Pause | None) -> None:
        log = get_logger().bind(modem=health.name)
        if health.link is LinkState.STARTING:
            return
        if pause is None:
            log.info("modem.ready" if health.name in self._modems else "smtp.ready", operator=health.operator)
        else:
            log.warning(pause.code, why=pause.why)

    def _say_reading(self, health: Health) -> None:
        credit = health.credit
        if credit is None or credit.balance_idr is None:
            return
        log = get_logger().bind(modem=health.name, credit_idr=credit.balance_idr)
        if credit.misfit_idr < 0:
            log.warning("modem.credit_drop", missing_idr=-credit.misfit_idr)
        elif credit.misfit_idr > 0:
            log.info("modem.credit_rise", more_idr=credit.misfit_idr)
        else:
            log.info("modem.credit_read")

    def _alarms(self, conn: sqlite3.Connection, now: datetime) -> None:
        """Write to the staff what it has not heard of, and what is over."""
        for row in store.all_links(conn):
            # One mail server behind several connections is one alarm.
            if row.kind == "smtp" and row.health.name != "smtp":
                continue
            lasted_s = (now - row.since).total_seconds()
            due, over = alarms_due(row.health, row.paused, lasted_s, row.alarmed, self._ending(row.health, now))
            if not due and not over:
                continue
            store.alarmed(conn, row.health.name, (row.alarmed | due) - over)
            for code in sorted(due):
                self._mail(conn, code, row, "", now)
            worth = sorted(over - {CREDIT_DROP}, reverse=True)
            if worth and not row.paused:
                self._mail(conn, "recovered", row, worth[0], now)

    def _ending(self, health: Health, now: datetime) -> date | None:
        modem = self._modems.get(health.name)
        return active_period_ends(health, now, modem.active_warning) if modem else None

    def _mail(self, conn: sqlite3.Connection, code: str, row: store.LinkRow, was: str, now: datetime) -> None:
        get_logger().warning("staff.told", code=code, modem=row.health.name)
        params = {
            "code": code,
            "name": row.health.name,
            "why": _missing(row.health.credit) if code == CREDIT_DROP else row.paused_why,
            "since": row.since.isoformat(),
            "was": was,
        }
        for address in self._ctx.settings.gateway.staff:
            notices.ask(conn, "alarm", address, now, params=params)
        self._ctx.bells.ring(Bell.COMPOSE)


def _reckoned(conn: sqlite3.Connection, modem: Modem, before: Credit | None, credit: Credit, now: datetime) -> Credit:
    """`credit` as it is by now; held against the reading `before` it, where it is a new one."""

    def parts(since: datetime, until: datetime) -> int:
        return store.submitted_between(conn, modem.name, credit.sim, since, until)

    if before is not None:
        between = parts(before.at, credit.at)
        off = misfit_idr(before, credit, between, modem.price_idr, modem.credit_tolerance_idr)
        credit = replace(credit, misfit_idr=off)
    return reckoned(credit, parts(credit.at, now), modem.price_idr)


def _missing(credit: Credit | None) -> str:
    return "" if credit is None else f"Rp {-credit.misfit_idr} are gone that no part was sent for"
