"""Publish: what other systems read on MQTT. Status of their jobs, our modems, incoming messages.

In: requests of MQTT clients whose status differs from the last published one; facts of modems; incoming
messages. Out: publishes, remembered in the store after the broker took them. A lost link loses nothing: the
next round compares again.
"""

import json
import sqlite3
from collections.abc import Mapping
from datetime import UTC, datetime, time
from typing import Final, Protocol

from gatewayd.core.progress import ENDED, request_state
from gatewayd.core.request import Request
from gatewayd.stages.bells import Bell
from gatewayd.stages.context import Context
from gatewayd.store import deliveries, health, inbox, requests
from gatewayd.store.inbox import InboxRow
from gatewayd.wire import payload

#: While sending, a job's status goes out at most this often.
_REST_S: Final = 2.0
_ROUND_S: Final = 60.0
_INBOX_BATCH: Final = 50


class Publisher(Protocol):
    """The broker link, as this stage needs it."""

    @property
    def connected(self) -> bool: ...

    async def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> bool: ...


class Publish:
    def __init__(self, ctx: Context, link: Publisher, prefix: str) -> None:
        self._ctx, self._link, self._prefix = ctx, link, prefix
        self._modems: dict[str, bytes] = {}

    async def run(self) -> None:
        """For ever."""
        wait = self._ctx.bells.listen(Bell.PUBLISH, rest_s=_REST_S)
        with self._ctx.pulse.stage("publish", limit_s=240.0):
            while True:
                self._ctx.pulse.beat("publish")
                if self._link.connected:
                    await self._status()
                    await self._health()
                    await self._inbox()
                else:
                    self._modems.clear()
                await wait(_ROUND_S)

    async def _status(self) -> None:
        for request, state, totals in await self._ctx.db.run(_news):
            body = payload.status(
                job=request.job, request=request.number, state=state, totals=totals, at=self._ctx.clock.now()
            )
            topic = f"{self._prefix}/status/{request.client}/{request.job}"
            if not await self._link.publish(topic, body):
                return
            await self._ctx.db.run(requests.published, request.id, _remembered(request, state, totals))

    async def _health(self) -> None:
        for row, sent in await self._ctx.db.run(_modems, self._ctx):
            body = payload.modem_state(row.health, state=row.paused or "ready", why=row.paused_why, sent_today=sent)
            if self._modems.get(row.health.name) == body:
                continue
            if not await self._link.publish(f"{self._prefix}/modems/{row.health.name}", body, retain=True):
                return
            self._modems[row.health.name] = body

    async def _inbox(self) -> None:
        while messages := await self._ctx.db.run(inbox.unpublished, _INBOX_BATCH):
            self._ctx.pulse.beat("publish")
            for message in messages:
                if not await self._tell_of(message):
                    return

    async def _tell_of(self, message: InboxRow) -> bool:
        body = payload.inbox(
            modem=message.modem, sender=message.sender, text=message.text, sent_at=message.sent_at,
            received_at=message.received_at,
        )  # fmt: skip
        if not await self._link.publish(f"{self._prefix}/inbox/{message.modem}", body):
            return False
        await self._ctx.db.run(inbox.published, message.id)
        return True


def _news(conn: sqlite3.Connection) -> list[tuple[Request, str, Mapping[str, int]]]:
    """Requests whose status differs from what was published last."""
    found: list[tuple[Request, str, Mapping[str, int]]] = []
    for request, last in requests.unpublished(conn):
        counts = deliveries.counts(conn, request.id)
        state = request_state(request, counts)
        totals = {str(key): count for key, count in sorted(counts.items())}
        if _remembered(request, state, totals) != last:
            found.append((request, state, totals))
    return found


def _remembered(request: Request, state: str, totals: Mapping[str, int]) -> str:
    """What is kept of a publish; `final` takes the request off the list of those that may have news."""
    final = state in ENDED and request.reported_at is not None
    return json.dumps({"state": state, "totals": dict(totals), "final": final})


def _modems(conn: sqlite3.Connection, ctx: Context) -> list[tuple[health.LinkRow, int]]:
    midnight = _midnight(ctx)
    rows = [row for row in health.all_links(conn) if row.kind == "modem"]
    return [(row, health.sent_since(conn, row.health.name, midnight)) for row in rows]


def _midnight(ctx: Context) -> datetime:
    local = ctx.clock.now().astimezone(ctx.zone)
    return datetime.combine(local.date(), time(), ctx.zone).astimezone(UTC)
