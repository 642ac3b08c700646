"""What waits in the store just now, for the metrics: counts and ages, never who or what."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from gatewayd.core.model import Channel, Priority
from gatewayd.store.instants import from_ms, to_ms


@dataclass(frozen=True, slots=True)
class Waiting:
    """Queued deliveries of one channel and priority; `since` when the first of them might have left, None where none may
    yet."""

    channel: Channel
    priority: Priority
    count: int
    since: datetime | None


def waiting(conn: sqlite3.Connection, now: datetime) -> list[Waiting]:
    """Reads the partial index of the claim only, and one row each."""
    rows = conn.execute(
        "SELECT channel, priority, count(*) AS n, min(CASE WHEN not_before <= ? THEN id END) AS first FROM deliveries"
        " WHERE state = 'queued' GROUP BY channel, priority",
        (to_ms(now),),
    ).fetchall()
    return [Waiting(Channel(r["channel"]), Priority(r["priority"]), r["n"], _since(conn, r["first"])) for r in rows]


def _since(conn: sqlite3.Connection, delivery: int | None) -> datetime | None:
    """When it was approved or asked for, or when it became ready after that."""
    row = conn.execute(
        "SELECT max(d.not_before, coalesce(r.approved_at, n.created_at, 0)) FROM deliveries d"
        " LEFT JOIN requests r ON r.id = d.request LEFT JOIN notices n ON n.id = d.notice WHERE d.id = ?",
        (delivery,),
    ).fetchone()
    return from_ms(row[0]) if row is not None and row[0] else None


def undecided(conn: sqlite3.Connection) -> tuple[int, datetime | None]:
    """Requests that wait for a decision, and since when the oldest."""
    row = conn.execute(
        "SELECT count(*), min(created_at) FROM requests WHERE reported_at IS NULL AND approved_at IS NULL"
        " AND closed_as = '' AND faults = '[]'"
    ).fetchone()
    return int(row[0]), from_ms(row[1])


def uncomposed(conn: sqlite3.Connection) -> int:
    """Mails of our own that are still to be written."""
    return int(conn.execute("SELECT count(*) FROM notices WHERE message_id IS NULL").fetchone()[0])
