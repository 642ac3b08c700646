"""What the summary counts (core/summary.py), and until when it has been told."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from gatewayd.core.model import Channel, RequestId
from gatewayd.core.request import Request
from gatewayd.core.summary import Incident
from gatewayd.store import requests
from gatewayd.store.instants import from_ms, to_ms

_TOLD: Final = "summary_until"


@dataclass(frozen=True, slots=True)
class SentMessages:
    """Of one unit and channel: how many requests and messages, and what became of these."""

    unit: str
    channel: Channel
    requests: int
    messages: int
    delivered: int
    failed: int
    in_doubt: int


@dataclass(frozen=True, slots=True)
class UnitParts:
    """Parts of one unit that left by one transport to one operator."""

    unit: str
    transport: str
    route: str
    parts: int


def told_until(conn: sqlite3.Connection) -> datetime | None:
    row = conn.execute("SELECT value FROM meta WHERE key = ?", (_TOLD,)).fetchone()
    return None if row is None else from_ms(int(row["value"]))


def told(conn: sqlite3.Connection, until: datetime) -> None:
    conn.execute("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", (_TOLD, str(to_ms(until))))


def touched(conn: sqlite3.Connection, since: datetime, until: datetime) -> list[Request]:
    """Requests that came in that time, and older ones that are open."""
    rows = conn.execute(
        "SELECT id FROM requests WHERE created_at < ?2 AND (created_at >= ?1 OR (reported_at IS NULL AND closed_as = ''))"
        " ORDER BY id",
        (to_ms(since), to_ms(until)),
    )
    return [requests.get(conn, RequestId(row["id"])) for row in rows.fetchall()]


def sent_by_unit(conn: sqlite3.Connection, since: datetime, until: datetime) -> list[SentMessages]:
    """What was first submitted in that time, by unit and channel, with what it is now."""
    rows = conn.execute(
        "SELECT r.unit, d.channel, count(DISTINCT r.id) AS requests, count(*) AS messages,"
        " sum(d.state = 'delivered') AS delivered, sum(d.state IN ('failed', 'expired')) AS failed,"
        " sum(d.state = 'in_doubt') AS in_doubt FROM deliveries d JOIN requests r ON r.id = d.request"
        " WHERE d.kind = 'message' AND d.submitted_at >= ? AND d.submitted_at < ?"
        " GROUP BY r.unit, d.channel ORDER BY messages DESC, r.unit, d.channel",
        (to_ms(since), to_ms(until)),
    )
    return [
        SentMessages(
            r["unit"], Channel(r["channel"]), r["requests"], r["messages"], r["delivered"], r["failed"], r["in_doubt"]
        )
        for r in rows
    ]


def parts_by_unit(conn: sqlite3.Connection, since: datetime, until: datetime) -> list[UnitParts]:
    """Parts of SMS of the same messages that were accepted or are in doubt."""
    rows = conn.execute(
        "SELECT r.unit, a.transport, d.route, count(*) AS parts FROM deliveries d JOIN requests r ON r.id = d.request"
        " JOIN attempts a ON a.delivery = d.id AND a.state IN ('accepted', 'in_doubt')"
        " WHERE d.kind = 'message' AND d.channel = 'sms' AND d.submitted_at >= ? AND d.submitted_at < ?"
        " GROUP BY r.unit, a.transport, d.route",
        (to_ms(since), to_ms(until)),
    )
    return [UnitParts(r["unit"], r["transport"], r["route"], r["parts"]) for r in rows]


def incidents(conn: sqlite3.Connection, since: datetime, until: datetime) -> list[Incident]:
    """What the staff was alarmed of, each event once however many were written to; and mails that were set aside."""
    rows = conn.execute(
        "SELECT json_extract(params, '$.code') AS code, json_extract(params, '$.name') AS name,"
        " count(DISTINCT json_extract(params, '$.since')) AS count, max(created_at) AS last FROM notices"
        " WHERE kind = 'alarm' AND created_at >= ?1 AND created_at < ?2 AND json_extract(params, '$.code') <> 'recovered'"
        " GROUP BY code, name UNION ALL"
        " SELECT 'mail.quarantined', '', count(*), max(received_at) FROM incoming_mails"
        " WHERE state = 'quarantined' AND received_at >= ?1 AND received_at < ?2 HAVING count(*) > 0 ORDER BY last DESC",
        (to_ms(since), to_ms(until)),
    )
    return [Incident(str(r["code"]), str(r["name"]), r["count"], from_ms(r["last"])) for r in rows]
