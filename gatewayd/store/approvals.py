"""Decisions and the one-time tokens that prove them. A token is used once, by one UPDATE."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from gatewayd.core.approval import Decision, Verdict
from gatewayd.core.model import RequestId
from gatewayd.store.instants import from_ms, to_ms

#: `via` of the approval that lies in sending the form.
OWN_FORM: Final = "form"


@dataclass(frozen=True, slots=True)
class Token:
    """What a token stands for."""

    request: RequestId
    step: int
    person: str
    digest: bytes
    expires_at: datetime
    used_at: datetime | None


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """One decision as reports and commands show it."""

    step: int
    person: str
    verdict: Verdict
    reason: str
    digest: bytes
    via: str
    at: datetime


def add_token(
    conn: sqlite3.Connection,
    hash_: bytes,
    request: RequestId,
    step: int,
    person: str,
    digest: bytes,
    expires_at: datetime,
) -> None:
    conn.execute(
        "INSERT INTO tokens (hash, request, step, person, digest, expires_at) VALUES (?, ?, ?, ?, ?, ?)",
        (hash_, request, step, person, digest, to_ms(expires_at)),
    )


def find_token(conn: sqlite3.Connection, hash_: bytes) -> Token | None:
    row = conn.execute("SELECT * FROM tokens WHERE hash = ?", (hash_,)).fetchone()
    if row is None:
        return None
    return Token(
        RequestId(row["request"]), row["step"], row["person"], row["digest"], from_ms(row["expires_at"]),
        from_ms(row["used_at"]),
    )  # fmt: skip


def use_token(conn: sqlite3.Connection, hash_: bytes, digest: bytes, now: datetime) -> bool:
    """Spend a token; False if it was spent before, is over its time or was for another content."""
    cursor = conn.execute(
        "UPDATE tokens SET used_at = ? WHERE hash = ? AND used_at IS NULL AND expires_at > ? AND digest = ?",
        (to_ms(now), hash_, to_ms(now), digest),
    )
    return cursor.rowcount == 1


def decide(
    conn: sqlite3.Connection,
    request: RequestId,
    decision: Decision,
    *,
    via: str,
    proof: str,
    mail: int | None,
    now: datetime,
) -> None:
    conn.execute(
        "INSERT INTO decisions (request, step, person, verdict, reason, digest, via, proof, mail, at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            request, decision.step, decision.person, decision.verdict, decision.reason, decision.digest, via, proof,
            mail, to_ms(now),
        ),
    )  # fmt: skip


def decisions(conn: sqlite3.Connection, request: RequestId) -> list[DecisionRow]:
    rows = conn.execute("SELECT * FROM decisions WHERE request = ? ORDER BY id", (request,))
    return [
        DecisionRow(r["step"], r["person"], Verdict(r["verdict"]), r["reason"], r["digest"], r["via"], from_ms(r["at"]))
        for r in rows
    ]


def as_decisions(rows: list[DecisionRow], zone: ZoneInfo) -> list[Decision]:
    """The same as core/approval.py wants them; their days are those of `zone`."""
    return [
        Decision(
            row.step, row.person, row.verdict, row.digest, row.at.astimezone(zone).date(), row.reason,
            own_form=row.via == OWN_FORM,
        )
        for row in rows
    ]  # fmt: skip
