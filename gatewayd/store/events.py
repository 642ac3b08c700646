"""What happened, in order: one row for each thing that a person may later ask about."""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from gatewayd.core.model import RequestId
from gatewayd.store.instants import from_ms, to_ms


@dataclass(frozen=True, slots=True)
class HappenedRow:
    at: datetime
    name: str
    actor: str
    detail: Mapping[str, str | int]


def record(
    conn: sqlite3.Connection, at: datetime, name: str, request: RequestId | None = None, *, actor: str = "",
    detail: Mapping[str, str | int] | None = None,
) -> None:  # fmt: skip
    """Add one event. `detail` holds ids, counts and codes; never message text, numbers or secrets."""
    conn.execute(
        "INSERT INTO events (at, request, name, actor, detail) VALUES (?, ?, ?, ?, ?)",
        (to_ms(at), request, name, actor, json.dumps(detail or {}, ensure_ascii=False)),
    )


def of_request(conn: sqlite3.Connection, request: RequestId) -> list[HappenedRow]:
    rows = conn.execute("SELECT at, name, actor, detail FROM events WHERE request = ? ORDER BY id", (request,))
    return [HappenedRow(from_ms(row["at"]), row["name"], row["actor"], json.loads(row["detail"])) for row in rows]
