"""Rows against one another: what may leave must be what was decided on.

In: a connection that reads. Out: what contradicts itself, in a few words, or None. Only requests with messages that could
still leave are looked at: the rest can do no harm, and is long.
"""

import json
import sqlite3
from typing import Any, Final

from gatewayd.core.approval import Verdict
from gatewayd.core.model import RequestId
from gatewayd.core.request import Message, Request, digest
from gatewayd.core.states import DeliveryState
from gatewayd.store import approvals, enclosures, requests

_MAY_LEAVE: Final = "('held', 'queued', 'submitting')"


def contradiction(conn: sqlite3.Connection) -> str | None:
    """The first one found. Raises ValueError, TypeError or KeyError for rows that cannot be read at all."""
    if conn.execute("SELECT count(*) FROM sqlite_master WHERE name = 'deliveries'").fetchone()[0] == 0:
        return None
    states = {row[0] for row in conn.execute("SELECT DISTINCT state FROM deliveries")}
    if unknown := states - {str(state) for state in DeliveryState}:
        return f"a delivery is in no state that there is ({sorted(unknown)[0]!r})"
    found = conn.execute(
        f"SELECT DISTINCT request FROM deliveries WHERE kind = 'message' AND state IN {_MAY_LEAVE} ORDER BY request"
    ).fetchall()
    for (id_,) in found:
        if conn.execute("SELECT count(*) FROM requests WHERE id = ?", (id_,)).fetchone()[0] == 0:
            return "a message belongs to no request"
        request = requests.get(conn, RequestId(id_))
        if digest_of(conn, request) != request.digest:
            return f"{request.number} is not what its digest was made of"
        if not _is_decided_on(conn, request):
            return f"{request.number} was approved by a decision on something else"
    return None


def digest_of(conn: sqlite3.Connection, request: Request) -> bytes:
    """What the digest of `request` would be by its rows as they are."""
    rows = conn.execute(
        "SELECT row, address, name, fields, text, parts FROM deliveries WHERE request = ? AND kind = 'message'",
        (request.id,),
    )
    return digest(
        channel=request.channel, subject=request.subject, text=request.text, priority=request.priority,
        send_after=request.send_after, applicant=request.applicant, messages=map(_message, rows),
        enclosures=[one for one, _ in enclosures.of_request(conn, request.id)],
    )  # fmt: skip


def _message(row: Any) -> Message:
    fields = json.loads(row["fields"]) if row["fields"] else {}
    return Message(row["row"], row["address"], row["name"], fields, row["text"], row["parts"])


def _is_decided_on(conn: sqlite3.Connection, request: Request) -> bool:
    """The last decision before the approval was one for it, on this content."""
    if request.approved_at is None or request.preapproved:
        return True
    decided = [row for row in approvals.decisions(conn, request.id) if row.at <= request.approved_at]
    return not decided or (decided[-1].verdict is Verdict.APPROVE and decided[-1].digest == request.digest)
