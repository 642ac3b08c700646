"""Deliveries: bulk changes of state generated from core/states.py, counts, rows for reports."""

import json
import sqlite3
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from gatewayd.core.model import DeliveryId, RequestId
from gatewayd.core.report import OPTED_OUT, Result, result_of
from gatewayd.core.states import FINAL, DeliveryState, Event, sources, step
from gatewayd.store.instants import from_ms, to_ms

_FINAL_SQL: Final = ", ".join(f"'{state}'" for state in sorted(FINAL))


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """One delivery as reports and commands show it."""

    id: DeliveryId
    row: int
    address: str
    name: str
    fields: dict[str, str]
    parts: int
    state: DeliveryState
    tries: int
    transport: str
    cause_code: str
    cause_text: str
    submitted_at: datetime | None
    accepted_at: datetime | None
    final_at: datetime | None
    parts_accepted: int


def apply_all(conn: sqlite3.Connection, request: RequestId, event: Event, now: datetime) -> int:
    """Let `event` happen to every message of `request` for which the table has a row that changes it. Returns how many."""
    moves = {before: after for before, after in sources(event).items() if before is not after}
    cases = " ".join(f"WHEN '{before}' THEN '{after}'" for before, after in moves.items())
    befores = ", ".join(f"'{before}'" for before in moves)
    cursor = conn.execute(
        f"UPDATE deliveries SET final_at = CASE WHEN (CASE state {cases} END) IN ({_FINAL_SQL}) THEN ? ELSE final_at END,"
        f" state = CASE state {cases} END WHERE request = ? AND kind = 'message' AND state IN ({befores})",
        (to_ms(now), request),
    )
    return cursor.rowcount


def apply(
    conn: sqlite3.Connection, delivery: DeliveryId, event: Event, now: datetime, *, cause_code: str | None = None,
    cause_text: str = "",
) -> DeliveryState:  # fmt: skip
    """Let `event` happen to one delivery and return its new state. Raises IllegalTransition."""
    row = conn.execute("SELECT state FROM deliveries WHERE id = ?", (delivery,)).fetchone()
    before = DeliveryState(row["state"])
    after = step(before, event)
    if after is before and cause_code is None:
        return after
    conn.execute(
        "UPDATE deliveries SET state = ?, final_at = CASE WHEN ? THEN coalesce(final_at, ?) END,"
        " cause_code = coalesce(?, cause_code), cause_text = CASE WHEN ? IS NULL THEN cause_text ELSE ? END WHERE id = ?",
        (after, after in FINAL, to_ms(now), cause_code, cause_code, cause_text, delivery),
    )
    if after is not before:
        _note_change(conn, delivery, now)
    return after


def _note_change(conn: sqlite3.Connection, delivery: DeliveryId, now: datetime) -> None:
    """A request that was settled already owes a corrected report: when the first change came."""
    conn.execute(
        "UPDATE requests SET changed_at = ? WHERE settled_at IS NOT NULL AND changed_at IS NULL"
        " AND id = (SELECT request FROM deliveries WHERE id = ? AND kind = 'message')",
        (to_ms(now), delivery),
    )


def resend(conn: sqlite3.Connection, request: RequestId, before: DeliveryState, until: datetime) -> int:
    """Queue the messages of `request` that are in state `before` once more, until `until`; who has opted out since is
    left as he is. A long message goes on with the part that is missing, or from its first one where the network had
    taken all of them. Returns how many."""
    cursor = conn.execute(
        "UPDATE deliveries AS d SET state = ?, tries = 0, not_before = 0, final_at = NULL, cause_code = '',"
        " cause_text = '', expires_at = max(coalesce(expires_at, 0), ?), resent_after = CASE WHEN d.parts <= (SELECT"
        " count(DISTINCT part) FROM attempts WHERE delivery = d.id AND state = 'accepted' AND attempt > d.resent_after)"
        " THEN (SELECT max(attempt) FROM attempts WHERE delivery = d.id) ELSE resent_after END"
        " WHERE request = ? AND kind = 'message' AND state = ? AND address NOT LIKE 'hash:%'"
        " AND NOT EXISTS (SELECT 1 FROM optouts o WHERE o.address IN (d.address, hidden(d.address)))",
        (step(before, Event.RESEND), to_ms(until), request, before),
    )
    return cursor.rowcount


def counts(conn: sqlite3.Connection, request: RequestId) -> dict[DeliveryState, int]:
    """How many messages of `request` are in which state."""
    rows = conn.execute(
        "SELECT state, count(*) FROM deliveries WHERE request = ? AND kind = 'message' GROUP BY state", (request,)
    )
    return {DeliveryState(state): count for state, count in rows}


def results(conn: sqlite3.Connection, request: RequestId) -> Mapping[Result, int]:
    """How many messages of `request` count as which result."""
    rows = conn.execute(
        "SELECT state, cause_code = ? AS opted_out, count(*) AS n FROM deliveries WHERE request = ? AND kind = 'message'"
        " GROUP BY state, opted_out",
        (OPTED_OUT, request),
    )
    counted: Counter[Result] = Counter()
    for row in rows:
        counted[result_of(DeliveryState(row["state"]), OPTED_OUT if row["opted_out"] else "")] += row["n"]
    return counted


def of_request(conn: sqlite3.Connection, request: RequestId) -> list[DeliveryRow]:
    """Every message of `request`, in the order of its list."""
    rows = conn.execute(
        "SELECT d.*, (SELECT count(DISTINCT a.part) FROM attempts a WHERE a.delivery = d.id AND a.state = 'accepted') AS took"
        " FROM deliveries d WHERE d.request = ? AND d.kind = 'message' ORDER BY d.row, d.id",
        (request,),
    )
    return [
        DeliveryRow(
            id=DeliveryId(r["id"]), row=r["row"], address=r["address"], name=r["name"],
            fields=json.loads(r["fields"]) if r["fields"] else {}, parts=r["parts"], state=DeliveryState(r["state"]),
            tries=r["tries"], transport=r["transport"], cause_code=r["cause_code"], cause_text=r["cause_text"],
            submitted_at=from_ms(r["submitted_at"]), accepted_at=from_ms(r["accepted_at"]),
            final_at=from_ms(r["final_at"]), parts_accepted=r["took"],
        )
        for r in rows
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class SentParts:
    """Parts to one route (operator) that left by one transport."""

    transport: str
    route: str
    parts: int


def sent_parts(conn: sqlite3.Connection, request: RequestId) -> list[SentParts]:
    """The parts of `request` that were accepted or are in doubt, by transport and route."""
    rows = conn.execute(
        "SELECT a.transport, d.route, count(*) AS parts FROM deliveries d JOIN attempts a ON a.delivery = d.id"
        " WHERE d.request = ? AND d.kind = 'message' AND a.state IN ('accepted', 'in_doubt')"
        " GROUP BY a.transport, d.route ORDER BY a.transport, d.route",
        (request,),
    )
    return [SentParts(row["transport"], row["route"], row["parts"]) for row in rows]


def sample(conn: sqlite3.Connection, request: RequestId, limit: int) -> list[tuple[str, str, str | None]]:
    """The first few recipients: address, name, personal text."""
    rows = conn.execute(
        "SELECT address, name, text FROM deliveries WHERE request = ? AND kind = 'message' ORDER BY row, id LIMIT ?",
        (request, limit),
    )
    return [(row["address"], row["name"], row["text"]) for row in rows]


def longest(conn: sqlite3.Connection, request: RequestId) -> tuple[str, str, str] | None:
    """Address, name and text of the recipient with the longest personal text; None where all get the same."""
    row = conn.execute(
        "SELECT address, name, text FROM deliveries WHERE request = ? AND kind = 'message' AND text IS NOT NULL"
        " ORDER BY parts DESC, length(text) DESC, row, id LIMIT 1",
        (request,),
    ).fetchone()
    return None if row is None else (row["address"], row["name"], row["text"])


def queue_counts(conn: sqlite3.Connection) -> list[tuple[str, str, str, int, datetime | None]]:
    """What waits: (channel, kind, state, count, oldest not_before) of everything that is queued, held or submitting."""
    rows = conn.execute(
        "SELECT channel, kind, state, count(*) AS n, min(nullif(not_before, 0)) AS oldest FROM deliveries"
        " WHERE state IN ('queued', 'submitting', 'held') GROUP BY channel, kind, state ORDER BY channel, kind, state"
    )
    return [(r["channel"], r["kind"], r["state"], r["n"], from_ms(r["oldest"])) for r in rows]


def oldest_waiting(conn: sqlite3.Connection) -> datetime | None:
    """Since when the oldest queued message has been ready to go (approved requests only)."""
    row = conn.execute(
        "SELECT min(r.approved_at) FROM deliveries d JOIN requests r ON r.id = d.request WHERE d.state = 'queued'"
    ).fetchone()
    oldest: int | None = row[0]
    return from_ms(oldest)
