"""Every mail of the request mailbox, stored before it is understood; once each, by the digest of its bytes."""

import hashlib
import sqlite3
from dataclasses import dataclass
from datetime import datetime

from gatewayd.store.instants import from_ms, to_ms


@dataclass(frozen=True, slots=True)
class StoredMail:
    id: int
    state: str
    attempts: int


def store(
    conn: sqlite3.Connection, *, folder: str, uidvalidity: int, uid: int, size: int, raw: bytes, now: datetime
) -> StoredMail:
    """Keep a mail and count this attempt to understand it; a mail already known gives its row. One whose sender could
    not be proven is taken up again when it comes again: the settings may have been mended."""
    digest = hashlib.sha256(raw + size.to_bytes(8, "big")).digest()
    row = conn.execute(
        "INSERT INTO incoming_mails (digest, folder, uidvalidity, uid, size, raw, received_at, attempts)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, 1) ON CONFLICT (digest) DO UPDATE SET"
        " attempts = CASE state WHEN 'stored' THEN attempts + 1 WHEN 'unproven' THEN 1 ELSE attempts END,"
        " state = CASE state WHEN 'unproven' THEN 'stored' ELSE state END RETURNING id, state, attempts",
        (digest, folder, uidvalidity, uid, size, raw, to_ms(now)),
    ).fetchone()
    return StoredMail(row["id"], row["state"], row["attempts"])


@dataclass(frozen=True, slots=True)
class Original:
    """A stored mail as it came; `raw` may be over by its retention."""

    raw: bytes
    size: int
    received_at: datetime


def original(conn: sqlite3.Connection, mail: int) -> Original:
    row = conn.execute("SELECT raw, size, received_at FROM incoming_mails WHERE id = ?", (mail,)).fetchone()
    return Original(bytes(row["raw"]), row["size"], from_ms(row["received_at"]))


def done(conn: sqlite3.Connection, mail: int, result: str, *, sender: str, auth: str, content: bytes) -> None:
    """The mail is understood and its effects are in this same transaction."""
    conn.execute(
        "UPDATE incoming_mails SET state = 'done', result = ?, sender = ?, auth = ?, content = ? WHERE id = ?",
        (result, sender, auth, content, mail),
    )


def content_digest(message_id: str, sender: str, raw: bytes) -> bytes:
    """What stays the same when a mail is delivered twice with other trace headers; empty without a Message-ID."""
    if not message_id:
        return b""
    body = raw.replace(b"\r\n", b"\n").partition(b"\n\n")[2]
    return hashlib.sha256(f"{message_id}\n{sender}\n".encode("utf-8", "replace") + body).digest()


def is_known(conn: sqlite3.Connection, content: bytes) -> bool:
    """Whether a mail with this content had its effect already."""
    row = conn.execute("SELECT 1 FROM incoming_mails WHERE content = ? AND state = 'done'", (content,)).fetchone()
    return bool(content) and row is not None


def unproven(conn: sqlite3.Connection, mail: int, *, sender: str, auth: str) -> None:
    """The mail had no effect: nobody knows who sent it."""
    conn.execute(
        "UPDATE incoming_mails SET state = 'unproven', result = 'ignored.unproven', sender = ?, auth = ? WHERE id = ?",
        (sender, auth, mail),
    )


def quarantine(conn: sqlite3.Connection, mail: int, why: str) -> None:
    conn.execute("UPDATE incoming_mails SET state = 'quarantined', result = ? WHERE id = ?", (why, mail))
