"""What goes on just now, for people who watch: what each transport has in hand, what waits, how fast a request goes."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from gatewayd.core.model import Priority, RequestId
from gatewayd.core.request import Request
from gatewayd.store import requests
from gatewayd.store.instants import from_ms, to_ms


@dataclass(frozen=True, slots=True)
class InHand:
    """The part that a transport submits now; `request` is '' for a mail of our own."""

    request: str
    part: int
    parts: int
    since: datetime


@dataclass(frozen=True, slots=True)
class Happened:
    at: datetime
    request: str
    name: str
    actor: str


def in_hand(conn: sqlite3.Connection) -> dict[str, InHand]:
    """By transport."""
    rows = conn.execute(
        "SELECT a.transport, coalesce(r.number, '') AS number, a.part, d.parts, max(a.began_at) AS began_at FROM deliveries d"
        " JOIN attempts a ON a.delivery = d.id AND a.state = 'submitting' LEFT JOIN requests r ON r.id = d.request"
        " WHERE d.state = 'submitting' GROUP BY a.transport"
    )
    return {r["transport"]: InHand(r["number"], r["part"], r["parts"], from_ms(r["began_at"])) for r in rows}


def queued(conn: sqlite3.Connection) -> dict[Priority, int]:
    """Deliveries that wait for a transport, by priority."""
    rows = conn.execute("SELECT priority, count(*) FROM deliveries WHERE state = 'queued' GROUP BY priority")
    return {Priority(rank): count for rank, count in rows}


def being_sent(conn: sqlite3.Connection, most: int) -> list[Request]:
    """Approved requests that are not settled: first what goes first."""
    rows = conn.execute(
        "SELECT id FROM requests WHERE reported_at IS NULL AND approved_at IS NOT NULL AND settled_at IS NULL"
        " AND closed_as = '' ORDER BY priority, approved_at, id LIMIT ?",
        (most,),
    )
    return [requests.get(conn, RequestId(row["id"])) for row in rows.fetchall()]


def taken_since(conn: sqlite3.Connection, request: RequestId, since: datetime) -> tuple[int, datetime | None]:
    """Messages of the request that the network or the server took over since then, and when the first of them."""
    row = conn.execute(
        "SELECT count(*), min(accepted_at) FROM deliveries WHERE request = ? AND kind = 'message' AND accepted_at >= ?",
        (request, to_ms(since)),
    ).fetchone()
    return int(row[0]), from_ms(row[1])


def last_events(conn: sqlite3.Connection, most: int) -> list[Happened]:
    """The newest first."""
    rows = conn.execute(
        "SELECT e.at, e.name, e.actor, coalesce(r.number, '') AS number FROM events e LEFT JOIN requests r"
        " ON r.id = e.request ORDER BY e.id DESC LIMIT ?",
        (most,),
    )
    return [Happened(from_ms(r["at"]), r["number"], r["name"], r["actor"]) for r in rows]
