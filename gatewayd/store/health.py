"""The last facts of every link, for `status`, the approval mail and the alarms; and the parts that the balance of a SIM
is reckoned by."""

import json
import sqlite3
from collections.abc import Set
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from gatewayd.core.health import Credit, Health, LinkState, Registration
from gatewayd.store.instants import from_ms, to_ms

#: Longest time between the claim of a part and its outcome.
_SUBMISSION: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class LinkRow:
    """One link as commands and mails show it; `paused` is '' where it may send, `alarmed` holds the codes that the staff
    was written to about and that are not over yet."""

    kind: str
    health: Health
    paused: str
    paused_why: str
    since: datetime
    alarmed: frozenset[str]
    updated_at: datetime
    rests_until: datetime | None = None
    rests_why: str = ""


def put(conn: sqlite3.Connection, kind: str, health: Health, paused: str, why: str, now: datetime) -> None:
    """Keep the facts; `since` moves only when the pause changes."""
    conn.execute(
        "INSERT INTO health (name, kind, facts, paused, paused_why, since, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (name) DO UPDATE SET kind = excluded.kind, facts = excluded.facts, paused_why = excluded.paused_why,"
        " since = CASE WHEN paused = excluded.paused THEN since ELSE excluded.since END, paused = excluded.paused,"
        " updated_at = excluded.updated_at",
        (health.name, kind, _facts(health), paused, why, to_ms(now), to_ms(now)),
    )


def rests(conn: sqlite3.Connection, name: str, until: datetime, why: str) -> None:
    """A transport waits until then, after a fault that the next message would meet too."""
    conn.execute("UPDATE health SET rests_until = ?, rests_why = ? WHERE name = ?", (to_ms(until), why, name))


def alarmed(conn: sqlite3.Connection, name: str, codes: Set[str]) -> None:
    """Remember what the staff was written to about, so that it is written once, also after a restart."""
    conn.execute("UPDATE health SET alarmed = ? WHERE name = ?", (" ".join(sorted(codes)), name))


def credit_of(conn: sqlite3.Connection, name: str) -> Credit | None:
    """The reading that is kept for a modem."""
    row = conn.execute("SELECT facts FROM health WHERE name = ? AND kind = 'modem'", (name,)).fetchone()
    return None if row is None else _health(name, row["facts"]).credit


def forget_others(conn: sqlite3.Connection, names: set[str]) -> None:
    """Links that left the settings leave `status` too."""
    for (name,) in conn.execute("SELECT name FROM health").fetchall():
        if name not in names:
            conn.execute("DELETE FROM health WHERE name = ?", (name,))


def all_links(conn: sqlite3.Connection) -> list[LinkRow]:
    rows = conn.execute("SELECT * FROM health ORDER BY kind, name")
    return [
        LinkRow(
            r["kind"], _health(r["name"], r["facts"]), r["paused"], r["paused_why"], from_ms(r["since"]),
            frozenset(r["alarmed"].split()), from_ms(r["updated_at"]), from_ms(r["rests_until"]), r["rests_why"],
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


def submitted_between(conn: sqlite3.Connection, modem: str, sim: str, since: datetime, until: datetime) -> int:
    """Parts accepted or in doubt whose outcome came after `since` and up to `until`, on the SIM in whatever modem it was;
    on the modem where the SIM is not known. In doubt counts: it was most likely paid for."""
    row = conn.execute(
        "SELECT count(*) FROM attempts WHERE transport IN (SELECT name FROM health WHERE kind = 'modem' UNION SELECT ?1)"
        " AND began_at > ?3 AND coalesce(ended_at, began_at) > ?4 AND coalesce(ended_at, began_at) <= ?5"
        " AND state IN ('accepted', 'in_doubt') AND CASE ?2 WHEN '' THEN transport = ?1 ELSE sim = ?2 END",
        (modem, sim, to_ms(since - _SUBMISSION), to_ms(since), to_ms(until)),
    ).fetchone()
    return int(row[0])


def _facts(health: Health) -> str:
    return json.dumps(
        {
            "link": health.link, "since": to_ms(health.since), "error": health.error, "imei": health.imei,
            "imsi": health.imsi, "operator": health.operator, "registration": health.registration,
            "signal_dbm": health.signal_dbm, "credit": health.credit and _credit_facts(health.credit),
        },
        ensure_ascii=False,
    )  # fmt: skip


def _credit_facts(credit: Credit) -> dict[str, object]:
    return {
        "at": to_ms(credit.at), "balance_idr": credit.balance_idr, "raw": credit.raw,
        "active_until": credit.active_until and credit.active_until.isoformat(),
        "grace_until": credit.grace_until and credit.grace_until.isoformat(),
        "sms_left": credit.sms_left, "sim": credit.sim, "parts_since": credit.parts_since,
        "reckoned_idr": credit.reckoned_idr, "unread": credit.unread,
        "unread_at": to_ms(credit.unread_at), "misfit_idr": credit.misfit_idr,
    }  # fmt: skip


def _health(name: str, text: str) -> Health:
    facts = json.loads(text)
    return Health(
        name=name, link=LinkState(facts["link"]), since=from_ms(facts["since"]), error=facts["error"],
        imei=facts["imei"], imsi=facts["imsi"], operator=facts["operator"],
        registration=Registration(facts["registration"]), signal_dbm=facts["signal_dbm"],
        credit=_credit(facts["credit"]) if facts["credit"] else None,
    )  # fmt: skip


def _credit(facts: dict[str, Any]) -> Credit:
    """What an older version did not keep is as it was: not known."""
    return Credit(
        at=from_ms(facts["at"]), balance_idr=facts["balance_idr"], active_until=_day(facts["active_until"]),
        raw=facts["raw"], grace_until=_day(facts.get("grace_until")), sms_left=facts.get("sms_left"),
        sim=facts.get("sim", ""), parts_since=facts.get("parts_since", 0), reckoned_idr=facts.get("reckoned_idr"),
        unread=facts.get("unread", ""), unread_at=from_ms(facts.get("unread_at")), misfit_idr=facts.get("misfit_idr", 0),
    )  # fmt: skip


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
