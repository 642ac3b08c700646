"""Every mail of the request mailbox, stored before it is understood; once each, by the digest of its bytes."""

import hashlib
import sqlite3
from dataclasses import dataclass
from datetime import datetime

from gatewayd.store.instants import to_ms


@dataclass(frozen=True, slots=True)
class StoredMail:
    id: int
    state: str
    attempts: int


def store(
    conn: sqlite3.Connection, *, folder: str, uidvalidity: int, uid: int, size: int, raw: bytes, now: datetime
) -> StoredMail:
    """Keep a mail and count this attempt to understand it; a mail already known gives its row."""
    digest = hashlib.sha256(raw + size.to_bytes(8, "big")).digest()
    row = conn.execute(
        "INSERT INTO incoming_mails (digest, folder, uidvalidity, uid, size, raw, received_at, attempts)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, 1) ON CONFLICT (digest) DO UPDATE SET"
        " attempts = attempts + (state = 'stored') RETURNING id, state, attempts",
        (digest, folder, uidvalidity, uid, size, raw, to_ms(now)),
    ).fetchone()
    return StoredMail(row["id"], row["state"], row["attempts"])


def done(conn: sqlite3.Connection, mail: int, result: str, *, sender: str = "", auth: str = "") -> None:
    """The mail is understood and its effects are in this same transaction."""
    conn.execute(
        "UPDATE incoming_mails SET state = 'done', result = ?, sender = ?, auth = ? WHERE id = ?",
        (result, sender, auth, mail),
    )


def quarantine(conn: sqlite3.Connection, mail: int, why: str) -> None:
    conn.execute("UPDATE incoming_mails SET state = 'quarantined', result = ? WHERE id = ?", (why, mail))
