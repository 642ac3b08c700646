"""Bugs that are planted in a daemon, by name: a rig that does not find them proves nothing.

Each is a change of one promise of docs/reliability.md in the code that keeps it.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from gatewayd.core.outcome import Deferred, InDoubt, Outcome
from gatewayd.core.states import DeliveryState
from gatewayd.intake.base import JobReceipt
from gatewayd.stages import dispatch
from gatewayd.stages.jobs import JobDesk
from gatewayd.store import database, queue, schema
from gatewayd.wire import payload


def lazy_sync() -> None:
    """synchronous=NORMAL: a commit is acknowledged before it is on the disk."""
    prepare = schema.prepare

    def lazily(conn: sqlite3.Connection, key: bytes = b"") -> None:
        prepare(conn, key)
        conn.execute("PRAGMA synchronous = NORMAL")

    schema.prepare = lazily


def early_ack() -> None:
    """A job is receipted and acknowledged before its commit."""
    accept = JobDesk.accept
    later: set[asyncio.Task[Any]] = set()

    async def accept_later(desk: JobDesk, job: Any) -> JobReceipt:
        task = asyncio.create_task(_after_a_moment(accept, desk, job))
        later.add(task)
        task.add_done_callback(later.discard)
        body = payload.receipt(
            job=str(__import__("json").loads(job.payload)["id"]), result="accepted", request="", faults=(), refused=(),
            recipients=0, parts=0, cost_idr=None, digest=b"", rows_of="to",
        )  # fmt: skip
        return JobReceipt(job.client, body)

    JobDesk.accept = accept_later  # type: ignore[method-assign]


async def _after_a_moment(accept: Any, desk: Any, job: Any) -> None:
    await asyncio.sleep(0.05)
    await accept(desk, job)


def resend_doubt() -> None:
    """What an earlier run left on the air is simply sent again."""
    recover = queue.recover

    def again(conn: sqlite3.Connection, run: int, now: datetime) -> tuple[int, int]:
        counts = recover(conn, run, now)
        conn.execute(
            "UPDATE deliveries SET state = ?, final_at = NULL WHERE state = 'in_doubt' AND cause_code = 'interrupted'",
            (DeliveryState.QUEUED,),
        )
        return counts

    queue.recover = again


def guess_doubt() -> None:
    """What an earlier run left on the air is taken for sent."""
    recover = queue.recover

    def guessed(conn: sqlite3.Connection, run: int, now: datetime) -> tuple[int, int]:
        counts = recover(conn, run, now)
        conn.execute(
            "UPDATE deliveries SET state = 'accepted', accepted_at = 0 WHERE state = 'in_doubt'"
            " AND cause_code = 'interrupted'"
        )
        return counts

    queue.recover = guessed


def hasty() -> None:
    """A stop does not wait for the submission in hand, and takes it for not sent."""
    take = dispatch.Dispatcher._take

    def taken(dispatcher: Any, claimed: Any, outcome: Outcome) -> None:
        is_stopped = isinstance(outcome, InDoubt) and outcome.cause.code == "stopped"
        take(dispatcher, claimed, Deferred(outcome.cause) if is_stopped else outcome)

    dispatch.STOP_WAIT_S = 0.0
    dispatch.Dispatcher._take = taken  # type: ignore[method-assign]


def open_transaction() -> None:
    """A transaction is left open when its caller is cancelled: no shield, a statement at a time."""

    async def run(db: database.Database, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        connection = db._connection
        async with db._lock:
            await connection.execute("BEGIN IMMEDIATE")
            result = await connection._execute(lambda: fn(connection._conn, *args, **kwargs))  # type: ignore[no-untyped-call]
            await connection.execute("COMMIT")
        return result

    database.Database.run = run  # type: ignore[method-assign]


def newer_schema() -> None:
    """No bug: the program of the next version, which has one more migration."""
    schema.migrations = newer_migrations(schema.migrations())


def newer_migrations(known: list[tuple[int, str]]) -> Callable[[], list[tuple[int, str]]]:
    sql = (
        "ALTER TABLE requests ADD COLUMN planted TEXT NOT NULL DEFAULT 'x';\n"
        "CREATE INDEX planted ON deliveries (address, text);\n"
        "UPDATE health SET alarmed = alarmed || 'x';\n"
    )
    return lambda: [*known, (known[-1][0] + 1, sql)]


PLANTS: Final[dict[str, Callable[[], None]]] = {
    plant.__name__: plant
    for plant in (
        lazy_sync, early_ack, resend_doubt, guess_doubt, hasty, open_transaction,
        newer_schema,
    )
}  # fmt: skip
