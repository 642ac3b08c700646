"""Requests: numbering, storing a draft with its recipients, reading, closing."""

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from gatewayd.core.model import Applicant, Channel, Enclosure, Fault, Kind, Priority, RefusedRow, RequestId, Source
from gatewayd.core.request import Message, Request
from gatewayd.core.routing import route_of
from gatewayd.core.states import DeliveryState
from gatewayd.store import enclosures, quotas
from gatewayd.store.instants import from_ms, to_ms


@dataclass(frozen=True, slots=True)
class NewRequest:
    """Everything of a request but what storing gives it (id, number, times of its life)."""

    source: Source
    applicant: Applicant
    channel: Channel
    subject: str
    text: str
    encoding: str
    parts: int
    total_parts: int
    cost_idr: int | None
    priority: Priority
    purpose: str
    groups: tuple[str, ...]
    wanted_by: str
    send_after: datetime | None
    expires_at: datetime
    faults: tuple[Fault, ...]
    warnings: tuple[Fault, ...]
    refused: tuple[RefusedRow, ...]
    duplicates: tuple[RefusedRow, ...]
    digest: bytes
    messages: tuple[Message, ...]
    form: dict[str, object]
    client: str = ""
    job: str = ""
    job_digest: bytes = b""
    mail: int | None = None
    thread: str = ""
    preapproved: str = ""
    #: Domains with a pace of their own: their e-mail has a route.
    paced: frozenset[str] = frozenset()
    enclosures: tuple[Enclosure, ...] = ()


_CONTENT: Final = (
    "thread", "unit", "applicant_name", "applicant_address", "applicant_phone", "applicant_id_number",
    "applicant_person", "channel", "subject", "text", "encoding", "parts", "total_parts", "recipients", "cost_idr",
    "priority", "purpose", "groups", "wanted_by", "send_after", "expires_at", "faults", "warnings", "refused",
    "duplicates", "digest", "preapproved", "mail",
)  # fmt: skip
_ORIGIN: Final = ("number", "source", "client", "job", "job_digest", "created_at")


def next_number(conn: sqlite3.Connection, prefix: str, year: int) -> str:
    """The next request number, such as UPSI-2026-000001; `year` is the local one."""
    row = conn.execute(
        "INSERT INTO counters (name, last) VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET last = last + 1 RETURNING last",
        (f"{prefix}-{year}",),
    ).fetchone()
    return f"{prefix}-{year}-{row[0]:06d}"


def insert(
    conn: sqlite3.Connection,
    new: NewRequest,
    number: str,
    now: datetime,
    files: Mapping[str, bytes] = enclosures.NOTHING,
) -> RequestId:
    """Store a request and its recipients, all held. `files`: the bytes of what goes along, by SHA-256."""
    origin = (number, new.source, new.client, new.job, new.job_digest, to_ms(now))
    columns = (*_ORIGIN, *_CONTENT)
    marks = ", ".join("?" * len(columns))
    cursor = conn.execute(f"INSERT INTO requests ({', '.join(columns)}) VALUES ({marks})", (*origin, *_content(new)))
    request = RequestId(int(cursor.lastrowid or 0))
    _keep_form(conn, request, new)
    enclosures.keep(conn, request, new.enclosures, files)
    _insert_messages(conn, request, new)
    quotas.book(conn, request, now)
    return request


def replace(
    conn: sqlite3.Connection, request: RequestId, new: NewRequest, now: datetime,
    files: Mapping[str, bytes] = enclosures.NOTHING,
) -> None:  # fmt: skip
    """Take a correction: the request keeps its number; content and recipients are new, so decisions are void."""
    assignments = ", ".join(f"{column} = ?" for column in _CONTENT)
    conn.execute(f"UPDATE requests SET {assignments} WHERE id = ?", (*_content(new), request))
    # Those of people who have left meanwhile, too: the digest is over all rows.
    conn.execute(
        "DELETE FROM deliveries WHERE request = ? AND kind = 'message' AND id NOT IN (SELECT delivery FROM attempts)",
        (request,),
    )
    _keep_form(conn, request, new)
    enclosures.keep(conn, request, new.enclosures, files)
    _insert_messages(conn, request, new)
    quotas.book(conn, request, now)


def _content(new: NewRequest) -> tuple[object, ...]:
    who = new.applicant
    return (
        new.thread, who.unit, who.name, who.address, who.phone, who.id_number, who.person, new.channel, new.subject,
        new.text, new.encoding, new.parts, new.total_parts, len(new.messages), new.cost_idr, int(new.priority),
        new.purpose, json.dumps(new.groups), new.wanted_by, to_ms(new.send_after), to_ms(new.expires_at),
        _faults_json(new.faults), _faults_json(new.warnings), _rows_json(new.refused), _rows_json(new.duplicates),
        new.digest, new.preapproved, new.mail,
    )  # fmt: skip


def form_of(conn: sqlite3.Connection, request: RequestId) -> dict[str, object]:
    """The form as it was read, corrections merged into it."""
    row = conn.execute("SELECT form FROM forms WHERE request = ?", (request,)).fetchone()
    form: dict[str, object] = json.loads(row["form"])
    return form


def _keep_form(conn: sqlite3.Connection, request: RequestId, new: NewRequest) -> None:
    form = json.dumps(new.form, ensure_ascii=False)
    conn.execute("INSERT OR REPLACE INTO forms (request, form) VALUES (?, ?)", (request, form))


def _insert_messages(conn: sqlite3.Connection, request: RequestId, new: NewRequest) -> None:
    conn.executemany(
        "INSERT INTO deliveries (request, kind, channel, row, address, name, fields, text, parts, priority, route,"
        " not_before, expires_at, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            (
                request, Kind.MESSAGE, new.channel, message.row, message.address, message.name,
                json.dumps(dict(message.fields), ensure_ascii=False) if message.fields else "", message.text,
                message.parts, int(new.priority), _route(new, message.address), to_ms(new.send_after) or 0, to_ms(new.expires_at), DeliveryState.HELD,
            )
            for message in new.messages
        ),
    )  # fmt: skip


def _route(new: NewRequest, address: str) -> str:
    if new.channel is Channel.SMS:
        return route_of(address)
    domain = address.rpartition("@")[2]
    return domain if domain in new.paced else ""


def _faults_json(faults: Iterable[Fault]) -> str:
    return json.dumps([[f.path, f.code, f.typed] for f in faults], ensure_ascii=False)


def _rows_json(rows: Iterable[RefusedRow]) -> str:
    return json.dumps([[r.row, r.typed, r.code, r.name] for r in rows], ensure_ascii=False)


def _faults(text: str) -> tuple[Fault, ...]:
    return tuple(Fault(*item) for item in json.loads(text))


def _rows(text: str) -> tuple[RefusedRow, ...]:
    return tuple(RefusedRow(*item) for item in json.loads(text))


def _request(row: Any) -> Request:
    applicant = Applicant(
        row["unit"], row["applicant_name"], row["applicant_address"], row["applicant_phone"],
        row["applicant_id_number"], row["applicant_person"],
    )  # fmt: skip
    return Request(
        id=RequestId(row["id"]), number=row["number"], source=Source(row["source"]), client=row["client"],
        job=row["job"], thread=row["thread"], applicant=applicant, channel=Channel(row["channel"]),
        subject=row["subject"], text=row["text"], encoding=row["encoding"], parts=row["parts"],
        total_parts=row["total_parts"], recipients=row["recipients"], cost_idr=row["cost_idr"],
        priority=Priority(row["priority"]), purpose=row["purpose"], groups=tuple(json.loads(row["groups"])),
        wanted_by=row["wanted_by"], send_after=from_ms(row["send_after"]), expires_at=from_ms(row["expires_at"]),
        faults=_faults(row["faults"]), warnings=_faults(row["warnings"]),
        refused=_rows(row["refused"]), duplicates=_rows(row["duplicates"]), digest=row["digest"],
        preapproved=row["preapproved"], created_at=from_ms(row["created_at"]),
        approved_at=from_ms(row["approved_at"]), closed_at=from_ms(row["closed_at"]), closed_as=row["closed_as"],
        close_reason=row["close_reason"], settled_at=from_ms(row["settled_at"]),
        reported_at=from_ms(row["reported_at"]), changed_at=from_ms(row["changed_at"]),
    )  # fmt: skip


def get(conn: sqlite3.Connection, request: RequestId) -> Request:
    return _request(conn.execute("SELECT * FROM requests WHERE id = ?", (request,)).fetchone())


def by_number(conn: sqlite3.Connection, number: str) -> Request | None:
    row = conn.execute("SELECT * FROM requests WHERE number = ?", (number.strip().upper(),)).fetchone()
    return None if row is None else _request(row)


def by_job(conn: sqlite3.Connection, client: str, job: str) -> tuple[Request, bytes] | None:
    """The request that `job` of `client` became, with the digest of the job's content."""
    row = conn.execute("SELECT * FROM requests WHERE client = ? AND job = ? AND job <> ''", (client, job)).fetchone()
    return None if row is None else (_request(row), row["job_digest"])


def unreported(conn: sqlite3.Connection) -> list[Request]:
    """Every request that is not closed and whose last report is not on its way yet, oldest first."""
    return [_request(row) for row in conn.execute("SELECT * FROM requests WHERE reported_at IS NULL ORDER BY id")]


def all_numbers(conn: sqlite3.Connection, limit: int) -> list[Request]:
    """The newest requests first."""
    return [_request(row) for row in conn.execute("SELECT * FROM requests ORDER BY id DESC LIMIT ?", (limit,))]


def approve(conn: sqlite3.Connection, request: RequestId, now: datetime) -> None:
    conn.execute("UPDATE requests SET approved_at = ? WHERE id = ? AND approved_at IS NULL", (to_ms(now), request))


def close(conn: sqlite3.Connection, request: RequestId, closed_as: str, reason: str, now: datetime) -> bool:
    """End a request as rejected, cancelled or expired; False if it had ended already."""
    cursor = conn.execute(
        "UPDATE requests SET closed_as = ?, close_reason = ?, closed_at = ? WHERE id = ? AND closed_as = ''",
        (closed_as, reason, to_ms(now), request),
    )
    return cursor.rowcount == 1


def settle(conn: sqlite3.Connection, request: RequestId, now: datetime) -> bool:
    cursor = conn.execute(
        "UPDATE requests SET settled_at = ? WHERE id = ? AND settled_at IS NULL", (to_ms(now), request)
    )
    return cursor.rowcount == 1


def reopen(conn: sqlite3.Connection, request: RequestId) -> None:
    """Messages of a settled request are on their way again: it settles anew, and a corrected report follows."""
    conn.execute(
        "UPDATE requests SET settled_at = NULL, reported_at = NULL, changed_at = NULL, booked_final = 0 WHERE id = ?",
        (request,),
    )


def reported(conn: sqlite3.Connection, request: RequestId, now: datetime) -> None:
    """Nothing more is owed to anybody for this request."""
    conn.execute("UPDATE requests SET reported_at = ? WHERE id = ?", (to_ms(now), request))


def told(conn: sqlite3.Connection, request: RequestId) -> None:
    """Every change is in a report."""
    conn.execute("UPDATE requests SET changed_at = NULL WHERE id = ?", (request,))


def reopen_changed(conn: sqlite3.Connection, before: datetime) -> None:
    """Reported requests that changed by then owe a report again."""
    conn.execute(
        "UPDATE requests SET reported_at = NULL WHERE changed_at <= ? AND reported_at IS NOT NULL", (to_ms(before),)
    )


def unpublished(conn: sqlite3.Connection) -> Sequence[tuple[Request, str]]:
    """Requests of MQTT clients that may have news, with the last payload that was published."""
    rows = conn.execute(
        "SELECT * FROM requests WHERE client <> '' AND (reported_at IS NULL OR published NOT LIKE '%\"final\": true%')"
    )
    return [(_request(row), row["published"]) for row in rows]


def published(conn: sqlite3.Connection, request: RequestId, payload: str) -> None:
    conn.execute("UPDATE requests SET published = ? WHERE id = ?", (payload, request))
