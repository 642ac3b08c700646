"""Messages that somebody sent to one of our SIMs: stored once, published once, never acted on."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from gatewayd.core.health import IncomingSms
from gatewayd.store.instants import from_ms, to_ms


@dataclass(frozen=True, slots=True)
class InboxRow:
    id: int
    modem: str
    sender: str
    text: str
    sent_at: datetime | None
    received_at: datetime


def store(conn: sqlite3.Connection, message: IncomingSms, digest: bytes, now: datetime) -> bool:
    """Keep an incoming message; False if it is here already."""
    cursor = conn.execute(
        "INSERT INTO incoming_sms (digest, modem, sim, sender, text, sent_at, received_at) VALUES (?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (digest) DO NOTHING",
        (digest, message.modem, message.sim, message.sender, message.text, to_ms(message.sent_at), to_ms(now)),
    )
    return cursor.rowcount == 1


def unpublished(conn: sqlite3.Connection, limit: int) -> list[InboxRow]:
    rows = conn.execute("SELECT * FROM incoming_sms WHERE published = 0 ORDER BY id LIMIT ?", (limit,))
    return [
        InboxRow(r["id"], r["modem"], r["sender"], r["text"], from_ms(r["sent_at"]), from_ms(r["received_at"]))
        for r in rows
    ]


def published(conn: sqlite3.Connection, message: int) -> None:
    conn.execute("UPDATE incoming_sms SET published = 1 WHERE id = ?", (message,))
