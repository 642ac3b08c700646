"""Messages that somebody sent to one of our SIMs: every part stored once, put together, published and handled once.

A part is a row of incoming_parts as soon as it is heard; the message is a row of incoming_sms once it is whole, or
once the rest is given up. Invariants: a part belongs to one message at most; open parts are bounded in number and time.
"""

import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from gatewayd.core.health import IncomingSms
from gatewayd.core.inbound import Part, in_order, is_complete, sets_of
from gatewayd.store.instants import from_ms, to_ms

#: How long the parts of a message are waited for.
PATIENCE: Final = timedelta(hours=24)
#: Open parts together; beyond, the oldest message is given up.
_MOST_OPEN: Final = 1000
#: `total` of what is kept only as it came.
_UNREADABLE: Final = 0

#: The texts or raw PDUs of a message's parts in order (None: missing) → its text.
Join = Callable[[Sequence[str | None], Sequence[str | None]], str]


@dataclass(frozen=True, slots=True)
class InboxRow:
    """`missing` counts parts that did not come."""

    id: int
    modem: str
    sim: str
    sender: str
    text: str
    missing: int
    sent_at: datetime | None
    received_at: datetime


def store(conn: sqlite3.Connection, message: IncomingSms, digest: bytes, now: datetime, join: Join) -> bool:
    """Keep what came; False if it is here already: from the same modem, or from the same SIM in another one (a SIM that
    cannot be read just now is still the same). A message that it completes is put together at once."""
    concat = message.concat
    reference, total, number = (concat.reference, concat.total, concat.number) if concat else (0, 1, 1)
    if not message.sender and not message.text:
        total = _UNREADABLE
    known = conn.execute(
        "SELECT 1 FROM incoming_parts WHERE digest = ? AND (modem = ? OR (sim = ? AND sim <> ''))",
        (digest, message.modem, message.sim),
    ).fetchone()
    if known is not None:
        return False
    conn.execute(
        "INSERT INTO incoming_parts (digest, modem, sim, sender, reference, total, number, text, raw, sent_at, received_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            digest, message.modem, message.sim, message.sender, reference, total, number, message.text,
            message.raw_pdu, to_ms(message.sent_at), to_ms(now),
        ),
    )  # fmt: skip
    if total == _UNREADABLE:
        return True
    rows = conn.execute(
        "SELECT * FROM incoming_parts WHERE message IS NULL AND sim = ? AND sender = ? AND reference = ? AND total = ?"
        " ORDER BY id",
        (message.sim, message.sender, reference, total),
    ).fetchall()
    for found in sets_of([_part(row) for row in rows]):
        if is_complete(found):
            _assemble(conn, found, join)
    return True


def give_up(conn: sqlite3.Connection, before: datetime, join: Join) -> int:
    """Put together what is there of messages whose first part came before `before`, or that are too many."""
    rows = conn.execute("SELECT * FROM incoming_parts WHERE message IS NULL AND total > 0 ORDER BY id").fetchall()
    sets: dict[tuple[Any, ...], list[Any]] = {}
    for row in rows:
        sets.setdefault((row["sim"], row["sender"], row["reference"], row["total"]), []).append(row)
    excess = len(rows) - _MOST_OPEN
    given_up = 0
    for own in sets.values():
        received = {row["id"]: row["received_at"] for row in own}
        for found in sets_of([_part(row) for row in own]):
            if received[found[0].id] < (to_ms(before) or 0) or excess > 0:
                _assemble(conn, found, join)
                excess -= len(found)
                given_up += 1
    return given_up


def _part(row: Any) -> Part:
    return Part(row["id"], row["number"], row["total"], row["text"])


def _assemble(conn: sqlite3.Connection, found: Sequence[Part], join: Join) -> None:
    ordered = in_order(found)
    rows = {
        row["id"]: row
        for row in conn.execute(
            f"SELECT * FROM incoming_parts WHERE id IN ({', '.join('?' * len(found))})", [part.id for part in found]
        )
    }
    present = [None if part is None else rows[part.id] for part in ordered]
    text = join([row and row["text"] for row in present], [row and row["raw"] for row in present])
    first = rows[found[0].id]
    cursor = conn.execute(
        "INSERT INTO incoming_sms (modem, sim, sender, text, missing, sent_at, received_at) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            first["modem"], first["sim"], first["sender"], text, ordered.count(None), first["sent_at"],
            max(row["received_at"] for row in rows.values()),
        ),
    )  # fmt: skip
    conn.executemany(
        "UPDATE incoming_parts SET message = ? WHERE id = ?", [(cursor.lastrowid, part.id) for part in found]
    )


def unpublished(conn: sqlite3.Connection, limit: int) -> list[InboxRow]:
    return _rows(conn.execute("SELECT * FROM incoming_sms WHERE published = 0 ORDER BY id LIMIT ?", (limit,)))


def published(conn: sqlite3.Connection, message: int) -> None:
    conn.execute("UPDATE incoming_sms SET published = 1 WHERE id = ?", (message,))


def unhandled(conn: sqlite3.Connection, limit: int) -> list[InboxRow]:
    """Messages whose command was not carried out and that were not forwarded yet."""
    return _rows(conn.execute("SELECT * FROM incoming_sms WHERE handled = 0 ORDER BY id LIMIT ?", (limit,)))


def handled(conn: sqlite3.Connection, message: int) -> None:
    conn.execute("UPDATE incoming_sms SET handled = 1 WHERE id = ?", (message,))


def get(conn: sqlite3.Connection, message: int) -> InboxRow:
    return _rows(conn.execute("SELECT * FROM incoming_sms WHERE id = ?", (message,)))[0]


def _rows(cursor: sqlite3.Cursor) -> list[InboxRow]:
    return [
        InboxRow(
            r["id"], r["modem"], r["sim"], r["sender"], r["text"], r["missing"], from_ms(r["sent_at"]),
            from_ms(r["received_at"]),
        )
        for r in cursor
    ]  # fmt: skip
