"""Our own mails: asked for in the transaction that is their reason, composed later, sent as deliveries.

A notice without a Message-ID is not composed yet. Composing stores the mail and queues its delivery in one
transaction, so a crash composes it again and sends it once.
"""

import hashlib
import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, BinaryIO, Final

from gatewayd.core.model import Kind, Priority, RequestId
from gatewayd.core.states import DeliveryState
from gatewayd.store.instants import to_ms

Params = Mapping[str, object]
#: Kinds whose mail and Message-ID hold a secret: the mail is wiped from the store once the mail server has taken it, of
#: the Message-ID only the hash is kept.
_SECRET: Final = ("approval",)
_SECRET_KINDS: Final = "('approval')"
_PIECE: Final = 1 << 16
#: All of a notice but the mail that was made of it: that may be megabytes.
_COLUMNS: Final = "n.id, n.request, n.kind, n.to_address, n.to_name, n.params, n.in_reply_to, n.tries"
#: Kinds that are sent as an SMS.
SMS_KINDS: Final = frozenset({"done_sms"})


@dataclass(frozen=True, slots=True)
class Notice:
    id: int
    request: RequestId | None
    kind: str
    to_address: str
    to_name: str
    params: Params
    in_reply_to: str
    tries: int


def ask(
    conn: sqlite3.Connection, kind: str, to_address: str, now: datetime, *, request: RequestId | None = None,
    to_name: str = "", params: Params | None = None, in_reply_to: str = "",
) -> int:  # fmt: skip
    """Ask for a mail of `kind` to `to_address`. `params` is JSON for the composer."""
    cursor = conn.execute(
        "INSERT INTO notices (request, kind, to_address, to_name, params, in_reply_to, created_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (request, kind, to_address, to_name, json.dumps(params or {}, ensure_ascii=False), in_reply_to, to_ms(now)),
    )
    return int(cursor.lastrowid or 0)


def uncomposed(conn: sqlite3.Connection, now: datetime, limit: int) -> list[Notice]:
    rows = conn.execute(
        f"SELECT {_COLUMNS} FROM notices n WHERE message_id IS NULL AND not_before <= ? ORDER BY id LIMIT ?",
        (to_ms(now), limit),
    )
    return [_notice(row) for row in rows]


def _notice(row: Any) -> Notice:
    return Notice(
        row["id"], row["request"], row["kind"], row["to_address"], row["to_name"], json.loads(row["params"]),
        row["in_reply_to"], row["tries"],
    )  # fmt: skip


def get(conn: sqlite3.Connection, notice: int) -> Notice:
    return _notice(conn.execute(f"SELECT {_COLUMNS} FROM notices n WHERE id = ?", (notice,)).fetchone())


def composed(conn: sqlite3.Connection, notice: Notice, message_id: str, mail: BinaryIO, size: int) -> None:
    """Keep the mail, the next `size` octets of `mail`, and queue its delivery. It is copied in pieces: it may be big."""
    kept = _hashed(message_id) if notice.kind in _SECRET else message_id
    conn.execute("UPDATE notices SET message_id = ?, raw = zeroblob(?) WHERE id = ?", (kept, size, notice.id))
    with conn.blobopen("notices", "raw", notice.id) as blob:
        while size > 0:
            piece = mail.read(min(size, _PIECE))
            blob.write(piece)
            size -= len(piece) or size
    conn.execute(
        "INSERT INTO deliveries (request, notice, kind, channel, address, name, priority, state)"
        " VALUES (?, ?, ?, 'email', ?, ?, ?, ?)",
        (
            notice.request, notice.id, Kind.NOTICE, notice.to_address, notice.to_name, int(Priority.NOTICE),
            DeliveryState.QUEUED,
        ),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class OwnSms:
    """A short message of our own that keeps to the hours of sending."""

    text: str
    parts: int
    route: str
    expires_at: datetime


def composed_sms(conn: sqlite3.Connection, notice: Notice, message_id: str, sms: OwnSms) -> None:
    """The same for a notice that is an SMS."""
    conn.execute("UPDATE notices SET message_id = ?, raw = ? WHERE id = ?", (message_id, sms.text.encode(), notice.id))
    conn.execute(
        "INSERT INTO deliveries (request, notice, kind, channel, address, name, text, parts, priority, route, expires_at,"
        " state) VALUES (?, ?, ?, 'sms', ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            notice.request, notice.id, Kind.NOTICE, notice.to_address, notice.to_name, sms.text, sms.parts,
            int(Priority.NORMAL), sms.route, to_ms(sms.expires_at), DeliveryState.QUEUED,
        ),
    )  # fmt: skip


def _hashed(message_id: str) -> str:
    return f"sha256:{hashlib.sha256(message_id.encode('utf-8', 'replace')).hexdigest()}"


def not_composed(conn: sqlite3.Connection, notice: int, not_before: datetime) -> None:
    """Composing failed: try again later."""
    conn.execute("UPDATE notices SET tries = tries + 1, not_before = ? WHERE id = ?", (to_ms(not_before), notice))


def raw(conn: sqlite3.Connection, notice: int) -> bytes:
    """The mail; b'' where it was wiped."""
    if conn.execute("SELECT raw IS NULL FROM notices WHERE id = ?", (notice,)).fetchone()[0]:
        return b""
    with conn.blobopen("notices", "raw", notice, readonly=True) as blob:
        return blob.read()


def wipe_secret(conn: sqlite3.Connection, notice: int) -> None:
    """A mail with a token in it was taken over by the mail server: our copy goes."""
    conn.execute(f"UPDATE notices SET raw = x'' WHERE id = ? AND kind IN {_SECRET_KINDS}", (notice,))


def wipe_secrets(conn: sqlite3.Connection) -> None:
    """The same for every such mail: a copy of the store has none."""
    conn.execute(f"UPDATE notices SET raw = x'' WHERE kind IN {_SECRET_KINDS} AND raw <> x''")


def doubt_uncomposed(conn: sqlite3.Connection, now: datetime) -> int:
    """What was asked for and not composed may have left, as far as a store in doubt knows: it does not leave again."""
    conn.execute(
        "INSERT INTO deliveries (request, notice, kind, channel, address, name, priority, state, cause_code, final_at)"
        " SELECT request, id, ?, 'email', to_address, to_name, ?, ?, 'store-doubt', ? FROM notices WHERE message_id IS NULL",
        (Kind.NOTICE, int(Priority.NOTICE), DeliveryState.IN_DOUBT, to_ms(now)),
    )
    cursor = conn.execute("UPDATE notices SET message_id = 'doubt:' || id, raw = x'' WHERE message_id IS NULL")
    return cursor.rowcount


def request_of_message_id(conn: sqlite3.Connection, message_ids: tuple[str, ...]) -> RequestId | None:
    """The request that one of these Message-IDs of ours is about, the newest first."""
    for message_id in reversed(message_ids):
        row = conn.execute(
            "SELECT request FROM notices WHERE message_id IN (?, ?) AND request IS NOT NULL",
            (message_id, _hashed(message_id)),
        ).fetchone()
        if row is not None:
            return RequestId(row["request"])
    return None


def message_id_of(conn: sqlite3.Connection, request: RequestId, kind: str, address: str) -> str:
    """The Message-ID of the first mail of `kind` about `request` to `address`; '' if there is none yet."""
    row = conn.execute(
        "SELECT message_id FROM notices WHERE request = ? AND kind = ? AND to_address = ? AND message_id IS NOT NULL"
        " ORDER BY id LIMIT 1",
        (request, kind, address),
    ).fetchone()
    return str(row[0]) if row else ""


def since(conn: sqlite3.Connection, kind: str, at: datetime, address: str = "") -> list[Params]:
    """The parameters of the mails of a kind asked for since `at`, to one address if it is given."""
    rows = conn.execute(
        "SELECT params FROM notices WHERE kind = ? AND created_at > ? AND (? = '' OR to_address = ?)",
        (kind, to_ms(at), address, address),
    )
    return [json.loads(row["params"]) for row in rows]


def count_to(conn: sqlite3.Connection, address: str, kinds: tuple[str, ...], since: datetime) -> int:
    """How many mails of these kinds went to `address` since then: the brake on answers."""
    marks = ", ".join("?" * len(kinds))
    row = conn.execute(
        f"SELECT count(*) FROM notices WHERE to_address = ? AND kind IN ({marks}) AND created_at > ?",
        (address, *kinds, to_ms(since)),
    ).fetchone()
    return int(row[0])


def states(conn: sqlite3.Connection, request: RequestId, kind: str) -> list[tuple[Notice, str]]:
    """The notices of `kind` about `request` with their delivery's state ('' while not composed)."""
    rows = conn.execute(
        f"SELECT {_COLUMNS}, coalesce(d.state, '') AS delivery_state FROM notices n LEFT JOIN deliveries d ON d.notice = n.id"
        " WHERE n.request = ? AND n.kind = ? ORDER BY n.id",
        (request, kind),
    )
    return [(_notice(row), row["delivery_state"]) for row in rows]
