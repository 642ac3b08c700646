"""The last facts of every link, for `status`, the approval mail and the alarms."""

import json
import sqlite3
from dataclasses import dataclass
from datetime import date, datetime

from gatewayd.core.health import Credit, Health, LinkState, Registration
from gatewayd.store.instants import from_ms, to_ms


@dataclass(frozen=True, slots=True)
class LinkRow:
    """One link as commands and mails show it; `paused` is '' where it may send."""

    kind: str
    health: Health
    paused: str
    paused_why: str
    since: datetime
    alarmed: str
    updated_at: datetime


def put(conn: sqlite3.Connection, kind: str, health: Health, paused: str, why: str, now: datetime) -> None:
    """Keep the facts; `since` moves only when the pause changes."""
    conn.execute(
        "INSERT INTO health (name, kind, facts, paused, paused_why, since, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (name) DO UPDATE SET kind = excluded.kind, facts = excluded.facts, paused_why = excluded.paused_why,"
        " since = CASE WHEN paused = excluded.paused THEN since ELSE excluded.since END, paused = excluded.paused,"
        " updated_at = excluded.updated_at",
        (health.name, kind, _facts(health), paused, why, to_ms(now), to_ms(now)),
    )


def alarmed(conn: sqlite3.Connection, name: str, code: str) -> None:
    """Remember what the staff was last written to about, so that it is written once."""
    conn.execute("UPDATE health SET alarmed = ? WHERE name = ?", (code, name))


def forget_others(conn: sqlite3.Connection, names: set[str]) -> None:
    """Links that left the settings leave `status` too."""
    for (name,) in conn.execute("SELECT name FROM health").fetchall():
        if name not in names:
            conn.execute("DELETE FROM health WHERE name = ?", (name,))


def all_links(conn: sqlite3.Connection) -> list[LinkRow]:
    rows = conn.execute("SELECT * FROM health ORDER BY kind, name")
    return [
        LinkRow(
            r["kind"], _health(r["name"], r["facts"]), r["paused"], r["paused_why"], from_ms(r["since"]), r["alarmed"],
            from_ms(r["updated_at"]),
        )
        for r in rows
    ]  # fmt: skip


def sent_since(conn: sqlite3.Connection, transport: str, since: datetime) -> int:
    """Parts accepted (or in doubt) on `transport` since then."""
    row = conn.execute(
        "SELECT count(*) FROM attempts WHERE transport = ? AND began_at >= ? AND state IN ('accepted', 'in_doubt')",
        (transport, to_ms(since)),
    ).fetchone()
    return int(row[0])


def _facts(health: Health) -> str:
    credit = health.credit
    return json.dumps(
        {
            "link": health.link, "since": to_ms(health.since), "error": health.error, "imei": health.imei,
            "imsi": health.imsi, "operator": health.operator, "registration": health.registration,
            "signal_dbm": health.signal_dbm,
            "credit": None if credit is None else {
                "at": to_ms(credit.at), "balance_idr": credit.balance_idr, "raw": credit.raw,
                "active_until": credit.active_until.isoformat() if credit.active_until else None,
            },
        },
        ensure_ascii=False,
    )  # fmt: skip


def _health(name: str, text: str) -> Health:
    facts = json.loads(text)
    credit = facts["credit"]
    return Health(
        name=name, link=LinkState(facts["link"]), since=from_ms(facts["since"]), error=facts["error"],
        imei=facts["imei"], imsi=facts["imsi"], operator=facts["operator"],
        registration=Registration(facts["registration"]), signal_dbm=facts["signal_dbm"],
        credit=None if credit is None else Credit(
            from_ms(credit["at"]), credit["balance_idr"],
            date.fromisoformat(credit["active_until"]) if credit["active_until"] else None, credit["raw"],
        ),
    )  # fmt: skip
