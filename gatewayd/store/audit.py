"""The audit in the store: its head, its entries, and whether they agree with the rows they are about.

The entries are written by triggers alone (migrations/0001_first.sql). A run of `differences` folds them into a
temporary table, so it takes as much memory for a million as for a thousand; it needs keys.register.
"""

import hashlib
import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from gatewayd.core import audit
from gatewayd.core.audit import Entry, Facts, Head
from gatewayd.core.model import RequestId, Source
from gatewayd.store import keys, requests
from gatewayd.store.instants import from_ms
from gatewayd.store.rows import digest_of

#: Who approved where the settings ask nobody: the actor of the event "request.approved".
NO_STEP: Final = "no step is set"
#: The triggers know it by this name too.
_HEAD: Final = "audit_head"
#: Kinds whose rows are compared; an outcome is told of its attempt, an opt-in ends an opt-out.
_LIVE: Final = ("run", "request", "decision", "event", "attempt", "optout")


def note_head(conn: sqlite3.Connection) -> Head:
    """Remember how far the audit is: what is cut off behind it is missed from now on. Returns the head, to be noted
    where this machine cannot change it."""
    head = last_head(conn)
    conn.execute("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", (_HEAD, str(head)))
    return head


def last_head(conn: sqlite3.Connection) -> Head:
    row = conn.execute("SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1").fetchone()
    return Head(row["id"], row["hash"]) if row else Head(0, b"")


def noted_head(conn: sqlite3.Connection) -> Head | None:
    row = conn.execute("SELECT value FROM meta WHERE key = ?", (_HEAD,)).fetchone()
    return audit.head_of(row["value"]) if row else None


def key_replaced_at(conn: sqlite3.Connection) -> datetime | None:
    """When the store was last opened with another key of keyed hashes than before; None: never."""
    row = conn.execute("SELECT max(at) FROM events WHERE name = ?", (keys.REPLACED,)).fetchone()
    at: int | None = row[0]
    return from_ms(at)


def entries(conn: sqlite3.Connection) -> Iterator[Entry]:
    """All, in the order of their numbers."""
    for row in conn.execute("SELECT id, at, kind, facts, hash FROM audit ORDER BY id"):
        yield Entry(row["id"], row["at"], row["kind"], row["facts"], row["hash"])


def differences(conn: sqlite3.Connection) -> Iterator[str]:
    """What the entries say otherwise than the rows, in words."""
    conn.execute("CREATE TEMP TABLE told (kind TEXT, key TEXT, facts TEXT, PRIMARY KEY (kind, key)) WITHOUT ROWID")
    for entry in entries(conn):
        wrong = _tell(conn, entry)
        if wrong:
            yield f"entry {entry.id}: {wrong}"
    for kind in _LIVE:
        yield from _compare(conn, kind)
    yield from _other_mails(conn)
    yield from _other_contents(conn)
    conn.execute("DROP TABLE told")


def _tell(conn: sqlite3.Connection, entry: Entry) -> str:
    """Fold one entry in; says what is wrong with it, '' if nothing is."""
    found = audit.read(entry)
    if found is None:
        return "no gateway writes this"
    kind, key, facts = found
    about = audit.about(kind)
    if kind == "optin":
        gone = conn.execute("DELETE FROM told WHERE kind = ? AND key = ?", (about, key)).rowcount
        return "" if gone else "an opt-out ends that never was"
    row = conn.execute("SELECT facts FROM told WHERE kind = ? AND key = ?", (about, key)).fetchone()
    now = audit.follow(kind, json.loads(row["facts"]) if row else None, facts)
    if now is None:
        return f"it tells nothing new, or another past, of {about} {key}"
    conn.execute("INSERT OR REPLACE INTO told (kind, key, facts) VALUES (?, ?, ?)", (about, key, json.dumps(now)))
    return ""


def _compare(conn: sqlite3.Connection, kind: str) -> Iterator[str]:
    for row in conn.execute(f"SELECT CAST(key AS TEXT) AS key, facts FROM audited_{kind}"):
        told = conn.execute(
            "DELETE FROM told WHERE kind = ? AND key = ? RETURNING facts", (kind, row["key"])
        ).fetchone()
        if told is None:
            yield f"{kind} {row['key']}: it is not in the audit"
        elif (before := json.loads(told["facts"])) != (facts := json.loads(row["facts"])):
            yield f"{kind} {row['key']}: the audit knows another {', '.join(_differing(kind, before, facts))}"
    for row in conn.execute("SELECT key FROM told WHERE kind = ?", (kind,)):
        yield f"{kind} {row['key']}: it is not in the store any more"


def _differing(kind: str, told: Facts, facts: Facts) -> list[str]:
    names = audit.ATTEMPT if kind == "attempt" else audit.NAMES[kind]
    return [name for name, old, new in zip(names, told, facts, strict=True) if old != new]


def _other_mails(conn: sqlite3.Connection) -> Iterator[str]:
    """Stored mails that are not what their digest says; one that is over by its retention has no bytes."""
    for row in conn.execute("SELECT id, digest, size, raw FROM incoming_mails WHERE raw <> x'' ORDER BY id"):
        if hashlib.sha256(row["raw"] + row["size"].to_bytes(8, "big")).digest() != row["digest"]:
            yield f"mail {row['id']}: its bytes are not those that came"


def _other_contents(conn: sqlite3.Connection) -> Iterator[str]:
    """Requests whose text or list is not what was decided on, as far as nothing was taken out of them."""
    whole = "SELECT id FROM requests WHERE NOT EXISTS (SELECT 1 FROM removals WHERE request = requests.id) ORDER BY id"
    for row in conn.execute(whole):
        try:
            request = requests.get(conn, RequestId(row["id"]))
            is_other = digest_of(conn, request) != request.digest
        except (ValueError, TypeError, KeyError):
            is_other = True
        if is_other:
            yield f"request {row['id']}: its text or its list is another one than its digest was made of"


@dataclass(frozen=True, slots=True)
class Sent:
    """A part that left, and why: everything is an id, a digest or a code. `unexplained` is '' where nothing is missing."""

    facts: dict[str, Any]
    unexplained: str


def sends(conn: sqlite3.Connection) -> Iterator[Sent]:
    """Every part of a request's message that was or may have been sent, in the order of requests."""
    rows = conn.execute(
        "SELECT a.*, d.row, keyed(d.address) AS recipient, r.id AS request, r.number, r.source, r.client, r.job_digest, r.digest,"
        " r.preapproved, r.approved_at, m.digest AS mail_digest, m.auth, EXISTS (SELECT 1 FROM events e WHERE"
        " e.request = r.id AND e.name = 'request.approved' AND e.actor = ?) AS no_step FROM deliveries d"
        " JOIN attempts a ON a.delivery = d.id AND a.state IN ('submitting', 'accepted', 'in_doubt')"
        " LEFT JOIN requests r ON r.id = d.request LEFT JOIN incoming_mails m ON m.id = r.mail"
        " WHERE d.kind = 'message' ORDER BY d.request, d.id, a.part, a.attempt",
        (NO_STEP,),
    )
    request, decisions = None, list[dict[str, Any]]()
    for row in rows:
        if row["request"] != request:
            request, decisions = row["request"], _decisions(conn, row["request"], row["digest"])
        yield Sent(_send(row, decisions), _unexplained(row, decisions))


def _send(row: Any, decisions: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "request": row["number"], "row": row["row"], "delivery": row["delivery"], "part": row["part"],
        "attempt": row["attempt"], "to": row["recipient"], "transport": row["transport"], "state": row["state"],
        "reference": row["reference"], "began_at": row["began_at"], "report": row["report"], "source": row["source"],
        "client": row["client"], "raw_digest": _origin(row), "raw_proof": row["auth"] or "",
        "digest": row["digest"].hex() if row["digest"] else "", "preapproved": row["preapproved"],
        "approved_at": row["approved_at"], "decisions": decisions,
    }  # fmt: skip


def _origin(row: Any) -> str:
    """The digest of what came in, as it came; '' for the command line, whose words are in the event."""
    found: bytes | None = row["mail_digest"] or row["job_digest"]
    return found.hex() if found else ""


def _decisions(conn: sqlite3.Connection, request: int | None, digest: bytes) -> list[dict[str, Any]]:
    rows = conn.execute(
        "SELECT d.*, m.digest AS mail_digest FROM decisions d LEFT JOIN incoming_mails m ON m.id = d.mail"
        " WHERE d.request = ? AND d.digest = ? ORDER BY d.id",
        (request, digest),
    )
    return [
        {
            "step": row["step"] + 1, "person": row["person"], "verdict": row["verdict"], "via": row["via"],
            "proof": row["proof"], "raw_digest": row["mail_digest"].hex() if row["mail_digest"] else "", "at": row["at"],
        }
        for row in rows
    ]  # fmt: skip


def _unexplained(row: Any, decisions: list[dict[str, Any]]) -> str:
    if row["request"] is None:
        return "no request"
    if row["approved_at"] is None:
        return "never approved"
    if not _origin(row) and row["source"] != Source.CLI:
        return "nothing came in"
    if any(
        not decision["proof"] or (decision["via"] == "mail" and not decision["raw_digest"]) for decision in decisions
    ):
        return "a decision without its proof"
    return "" if decisions or row["preapproved"] or row["no_step"] else "nobody decided"
