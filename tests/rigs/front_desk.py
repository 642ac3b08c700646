"""The front desk without servers: real mails in, the real stages, an SQLite store in memory; everything at once.

What the desk asks by mail is handed to the test with its code, as composing does it; what a person answers comes in
as the bytes of a mail. `fail_in` makes the store fail, as a crash would, in the so-manyth transaction from now.
"""

import asyncio
import io
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar, cast

from gatewayd.clock import Clock
from gatewayd.config import Settings
from gatewayd.core.approval import Verdict
from gatewayd.core.model import RequestId
from gatewayd.core.request import Request
from gatewayd.errors import StoreError
from gatewayd.intake.base import Disposition, IncomingMail
from gatewayd.stages import approve, compose, decide
from gatewayd.stages.accept import MailDesk
from gatewayd.stages.bells import Bells
from gatewayd.stages.context import Context
from gatewayd.stages.pulse import Pulse
from gatewayd.store import database, notices, queue, requests, schema
from gatewayd.store.database import Database
from gatewayd.wire import reading

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that was mailed: to whom, with which code, about what."""

    request: RequestId
    number: str
    person: str
    step: int
    digest: bytes
    token: str
    message_id: str


class _Store:
    """The store's `run`, done at once. `fail_in` counts down; the transaction that meets 0 is rolled back."""

    def __init__(self) -> None:
        self.conn = sqlite3.connect(":memory:", isolation_level=None, cached_statements=256, check_same_thread=False)
        schema.prepare(self.conn)
        database._transaction(self.conn, schema.migrate)
        self.fail_in = -1

    async def run(self, fn: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        return database._transaction(self.conn, lambda conn: self._or_fail(fn(conn, *args, **kwargs)))

    def _or_fail(self, result: T) -> T:
        failing, self.fail_in = self.fail_in == 0, max(-1, self.fail_in - 1)
        if failing:
            raise StoreError("the power is gone")
        return result


async def _read(payload: bytes) -> bytes:
    return reading.read_mail(payload)


class FrontDesk:
    def __init__(self, settings: Settings, now: datetime) -> None:
        self.now, self._uid = now, 0
        self._store, self._loop = _Store(), asyncio.new_event_loop()
        self.conn = self._store.conn
        clock = Clock(now=self._wall, monotonic=self._seconds)
        run = queue.start_run(self.conn, "boot", "0", now)
        self.ctx = Context(settings, cast(Database, self._store), clock, Bells(), Pulse(clock), run)

    def _wall(self) -> datetime:
        return self.now

    def _seconds(self) -> float:
        return self.now.timestamp()

    def change(self, settings: Settings) -> None:
        self.ctx = replace(self.ctx, settings=settings)

    def receive(self, raw: bytes, *, fail_in: int = -1) -> None:
        """Offer a mail twice: the second time it is known, or what a crash undid is done."""
        self._uid += 1
        self._store.fail_in = fail_in
        mail = IncomingMail("INBOX", 1, self._uid, len(raw), raw)
        with suppress(StoreError):
            self._accept(mail)
        self._store.fail_in = -1
        self._accept(mail)

    def _accept(self, mail: IncomingMail) -> Disposition:
        return self._loop.run_until_complete(MailDesk(self.ctx, _read).accept(mail))

    def round(self, *, fail_in: int = -1) -> None:
        """One round of the approve stage."""
        self._store.fail_in = fail_in
        for request in approve._waiting(self.conn):
            with suppress(StoreError):
                self._loop.run_until_complete(self._store.run(approve._move, self.ctx, request.id, self.now))
        self._store.fail_in = -1

    def compose(self, most: int = 100) -> list[Asked]:
        """Compose what waits; the questions among it."""
        asked: list[Asked] = []
        for notice in notices.uncomposed(self.conn, self.now, most):
            job = compose._job(self.ctx, notice)
            self._loop.run_until_complete(
                self._store.run(compose._keep, self.ctx, [job], io.BytesIO(b"mail"), [4], self.now)
            )
            if job.token and notice.request is not None:
                params = notice.params
                asked.append(
                    Asked(
                        notice.request, self.request(notice.request).number, str(params["person"]),
                        int(str(params["step"])), bytes.fromhex(str(params["digest"])), job.token, job.message_id,
                    )
                )  # fmt: skip
        return asked

    def operate(self, request: RequestId, verdict: Verdict, os_user: str) -> bool:
        """A decision at the command line; whether it counted."""
        args = (self.ctx, self.request(request), verdict, "", os_user, self.now)
        return isinstance(self._loop.run_until_complete(self._store.run(decide.by_operator, *args)), decide.Decided)

    def request(self, request: RequestId) -> Request:
        return requests.get(self.conn, request)

    def requests(self) -> list[Request]:
        return requests.all_numbers(self.conn, 1000)

    def close(self) -> None:
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()
        self.conn.close()

    def pass_time(self, time: timedelta) -> None:
        self.now += time
