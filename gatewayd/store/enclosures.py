"""The files that go out with every e-mail of a request, in order, with their bytes."""

import hashlib
import sqlite3
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from gatewayd.core.model import Enclosure, RequestId

#: No bytes came along.
NOTHING: Final[Mapping[str, bytes]] = MappingProxyType({})


def keep(
    conn: sqlite3.Connection, request: RequestId, enclosed: Sequence[Enclosure], arrived: Mapping[str, bytes]
) -> None:
    """Exactly these from now on: bytes that did not arrive with this mail are there since an earlier one."""
    kept = {row["sha256"]: row["content"] for row in _rows(conn, request)}
    conn.execute("DELETE FROM enclosures WHERE request = ?", (request,))
    conn.executemany(
        "INSERT INTO enclosures (request, position, name, kind, sha256, content) VALUES (?, ?, ?, ?, ?, ?)",
        [
            (request, position, one.name, one.kind, one.sha256, arrived.get(one.sha256) or kept[one.sha256])
            for position, one in enumerate(enclosed, 1)
        ],
    )


def of_request(conn: sqlite3.Connection, request: RequestId) -> list[tuple[Enclosure, bytes]]:
    """In order. The SHA-256 is that of the bytes as they are now."""
    return [
        (
            Enclosure(0, row["name"], row["kind"], len(row["content"]), hashlib.sha256(row["content"]).hexdigest()),
            row["content"],
        )
        for row in _rows(conn, request)
    ]


def of_number(conn: sqlite3.Connection, number: str) -> list[tuple[Enclosure, bytes]]:
    row = conn.execute("SELECT id FROM requests WHERE number = ?", (number,)).fetchone()
    return of_request(conn, RequestId(row["id"]))


def shown(conn: sqlite3.Connection, request: RequestId) -> tuple[tuple[str, int], ...]:
    """Name and size of each, for mails."""
    rows = conn.execute(
        "SELECT name, length(content) AS size FROM enclosures WHERE request = ? ORDER BY position", (request,)
    )
    return tuple((row["name"], row["size"]) for row in rows)


def _rows(conn: sqlite3.Connection, request: RequestId) -> list[sqlite3.Row]:
    return conn.execute("SELECT * FROM enclosures WHERE request = ? ORDER BY position", (request,)).fetchall()
