"""Watch: the facts of every transport, judged; gates shut and opened; the staff written to, once.

In: Health from the transports. Out: a row of facts for `status`, an open or shut gate for dispatch, a line in
the journal at every change, and a mail to [gateway] staff when a pause lasts (ALARM_AFTER_S; no credit at
once), then one when it is over.
"""

import asyncio
import sqlite3
from datetime import datetime, timedelta
from typing import Final

from gatewayd.config import Modem
from gatewayd.core.health import Health
from gatewayd.core.resources import Pause, active_period_ends, modem_pause, server_pause
from gatewayd.log import get_logger
from gatewayd.stages.bells import Bell
from gatewayd.stages.context import Context
from gatewayd.stages.gates import Gate
from gatewayd.store import health as store
from gatewayd.store import notices

ALARM_AFTER_S: Final = 120.0
_AT_ONCE: Final = frozenset({"modem.no_credit", "modem.sim"})
_ROUND_S: Final = 15.0


class Watch:
    """`gates` has one gate for each transport's name."""

    def __init__(self, ctx: Context, gates: dict[str, Gate]) -> None:
        self._ctx, self._gates = ctx, gates
        self._modems = {modem.name: modem for modem in ctx.settings.modems}

    async def take(self, health: Health) -> None:
        """New facts of a transport: keep them, judge them, move its gate."""
        gate = self._gates[health.name]
        pause = self._judge(health)
        changed = (pause.code if pause else "") != (gate.pause.code if gate.pause else "")
        code, why = (pause.code, pause.why) if pause else ("", "")
        kind = "modem" if health.name in self._modems else "smtp"
        await self._ctx.db.run(store.put, kind, health, code, why, self._ctx.clock.now())
        gate.set(pause, health.imsi)
        if changed:
            self._say(health, pause)
            self._ctx.bells.ring(Bell.DISPATCH, Bell.PUBLISH)
            await self._ctx.db.run(self._alarms, self._ctx.clock.now())

    def _judge(self, health: Health) -> Pause | None:
        modem = self._modems.get(health.name)
        if modem is None:
            return server_pause(health)
        return modem_pause(health, modem.credit_floor_idr, modem.price_idr)

    def _say(self, health: Health, pause: Pause | None) -> None:
        log = get_logger().bind(modem=health.name)
        if pause is None:
            log.info("modem.ready" if health.name in self._modems else "smtp.ready", operator=health.operator)
        else:
            log.warning(pause.code, why=pause.why)

    async def run(self) -> None:
        """Alarms that become due, for ever."""
        with self._ctx.pulse.stage("watch", limit_s=120.0):
            while True:
                self._ctx.pulse.beat("watch")
                await self._ctx.db.run(self._alarms, self._ctx.clock.now())
                await asyncio.sleep(_ROUND_S)

    def _alarms(self, conn: sqlite3.Connection, now: datetime) -> None:
        """Write to the staff what is new since the last alarm."""
        for row in store.all_links(conn):
            due = self._due(row, now)
            if due == row.alarmed or (row.paused and not due):
                continue
            store.alarmed(conn, row.health.name, due)
            if row.alarmed and not due:
                self._mail(conn, "recovered", row, row.alarmed, now)
            elif due:
                self._mail(conn, due, row, "", now)

    def _due(self, row: store.LinkRow, now: datetime) -> str:
        """The alarm that `row` deserves now: its pause once it lasted, a running out active period, or nothing."""
        if row.paused in _AT_ONCE or (row.paused and now - row.since >= timedelta(seconds=ALARM_AFTER_S)):
            return row.paused
        modem: Modem | None = self._modems.get(row.health.name)
        if not row.paused and modem is not None and active_period_ends(row.health, now, modem.active_warning):
            return "active_period"
        return ""

    def _mail(self, conn: sqlite3.Connection, code: str, row: store.LinkRow, was: str, now: datetime) -> None:
        get_logger().warning("staff.told", code=code, modem=row.health.name)
        params = {
            "code": code,
            "name": row.health.name,
            "why": row.paused_why,
            "since": row.since.isoformat(),
            "was": was,
        }
        for address in self._ctx.settings.gateway.staff:
            notices.ask(conn, "alarm", address, now, params=params)
        self._ctx.bells.ring(Bell.COMPOSE)
