"""What waits, and how fast it goes: what the forecast of a request is reckoned from (core/forecast.py)."""

import sqlite3
from datetime import datetime

from gatewayd.core.model import Channel, Priority, RequestId
from gatewayd.store.instants import from_ms, to_ms


def parts_left(conn: sqlite3.Connection, request: RequestId) -> dict[str, int]:
    """Parts of the request's messages that are still to be sent, by route."""
    rows = conn.execute(
        "SELECT route, sum(parts) FROM deliveries WHERE request = ? AND kind = 'message'"
        " AND state IN ('held', 'queued', 'submitting') GROUP BY route",
        (request,),
    )
    return dict(rows.fetchall())


def ahead_of(
    conn: sqlite3.Connection, request: RequestId, channel: Channel, priority: Priority, now: datetime
) -> list[tuple[Priority, str, int, datetime]]:
    """What is queued and goes before a request's messages: parts by priority, route and the hour in which they become
    ready, with the first moment of it. The claim goes by priority, then by readiness, then by age."""
    first = conn.execute(
        "SELECT not_before, min(id) FROM deliveries WHERE request = ? AND kind = 'message' GROUP BY not_before"
        " ORDER BY not_before LIMIT 1",
        (request,),
    ).fetchone()
    rows = conn.execute(
        "SELECT priority, route, sum(parts), max(min(not_before), ?1) FROM deliveries WHERE state = 'queued'"
        " AND channel = ?2 AND kind = 'message' AND request <> ?3 AND (expires_at IS NULL OR expires_at > ?1)"
        " AND (priority < ?4 OR (priority = ?4 AND (not_before, id) < (?5, ?6)))"
        " GROUP BY priority, route, max(not_before, ?1) / 3600000",
        (to_ms(now), channel, request, int(priority), *(first or (0, 0))),
    )
    return [(Priority(rank), route, parts, from_ms(ready)) for rank, route, parts, ready in rows]


def seconds_a_part(conn: sqlite3.Connection, transport: str) -> float | None:
    """Mean time of the last submissions that were accepted on `transport`; None: there was none."""
    row = conn.execute(
        "SELECT avg(ended_at - began_at) FROM (SELECT began_at, ended_at FROM attempts WHERE transport = ?"
        " AND state = 'accepted' AND ended_at IS NOT NULL ORDER BY began_at DESC LIMIT 50)",
        (transport,),
    ).fetchone()
    return None if row[0] is None else max(0.0, float(row[0]) / 1000)
