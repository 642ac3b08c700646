"""The audit: every tampering with it or with what it is about is found, and every part that left is explained."""

import json
import random
import sqlite3
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gatewayd.cli import main
from gatewayd.core.approval import Decision, Verdict
from gatewayd.core.audit import Head, breaks, chained, named
from gatewayd.core.model import RequestId
from gatewayd.core.outcome import Accepted, Blame, Cause, Deferred, InDoubt, Outcome, ReportedStatus, StatusReport
from gatewayd.core.states import DeliveryState, Event
from gatewayd.errors import StoreError
from gatewayd.store import (
    approvals,
    audit,
    database,
    deliveries,
    events,
    keys,
    mails,
    optouts,
    queue,
    requests,
    schema,
    timekeeping,
    tracking,
)
from gatewayd.store.database import Database
from tests.fakes.requests import NOW, new_request, number
from tests.store.test_queue import GSM1, ended

TAMPERINGS = 500
KEY = bytes(range(32))
#: Columns whose every value is in the audit, or in a digest that is in it, by table.
LIVE = {
    "runs": ("id", "boot", "version", "started_at"),
    "requests": (
        "number", "source", "client", "job", "job_digest", "mail", "digest", "preapproved", "created_at", "approved_at",
        "closed_as", "text", "subject", "channel", "priority", "send_after", "unit", "applicant_address",
    ),
    "decisions": (
        "id", "request", "step", "person", "verdict", "reason", "digest", "via", "proof", "mail", "at",
    ),
    "events": ("id", "at", "request", "name", "actor", "detail"),
    "attempts": (
        "delivery", "part", "attempt", "state", "transport", "sim", "run", "reference", "began_at", "ended_at",
        "cause_code", "report", "tp_status", "reported_at",
    ),
    "optouts": ("address", "since", "source"),
    "deliveries": ("id", "request", "address", "text"),
    "incoming_mails": ("digest", "raw", "size"),
}  # fmt: skip


def mail(conn: sqlite3.Connection, text: str) -> int:
    uid = len(text)
    return mails.store(
        conn, folder="INBOX", uidvalidity=1, uid=uid, size=uid, raw=text.encode(), now=NOW
    ).id  # fmt: skip


def approved(conn: sqlite3.Connection, count: int = 6) -> RequestId:
    """A form, two decisions by mail, and its messages queued."""
    new = replace(new_request(count=count), mail=mail(conn, f"the form for {count}"))
    request = requests.insert(conn, new, requests.next_number(conn, "UPSI", 2026), NOW)
    events.record(conn, NOW, "request.received", request, actor="baa@kampus.example", detail={"recipients": count})
    for step, person in enumerate(("rina", "andi")):
        given = Decision(step, person, Verdict.APPROVE, new.digest, NOW.date(), "baik")
        answer = mail(conn, f"SETUJU {person} {count}")
        approvals.decide(conn, request, given, via="mail", proof="dmarc=pass", mail=answer, now=NOW)
        events.record(conn, NOW, "decision.counted", request, actor=person, detail={"step": step})
    requests.approve(conn, request, NOW)
    deliveries.apply_all(conn, request, Event.QUEUE, NOW)
    return request


def lived(conn: sqlite3.Connection) -> None:
    """Two requests with every kind of outcome, a resend, and people who leave and come back."""
    queue.start_run(conn, "boot", "1", NOW)
    busy = Deferred(Cause("cms-42", "congestion", Blame.NETWORK))
    outcomes: list[Outcome] = [
        Accepted(1),
        busy,
        Accepted(2),
        InDoubt(Cause("silence", "", Blame.NETWORK)),
        Accepted(3),
    ]
    for count in (6, 3):
        request = approved(conn, count)
        claimed = queue.advance(conn, None, GSM1, NOW)
        for outcome in outcomes:
            if claimed is not None:
                claimed = queue.advance(conn, ended(claimed, outcome), GSM1, NOW)
        audit.note_head(conn)
        deliveries.resend(conn, request, DeliveryState.IN_DOUBT, NOW + timedelta(days=1))
        events.record(conn, NOW, "request.resent", request, actor="operator:bagus", detail={"messages": 1})
    report = StatusReport("gsm1", GSM1.sim, 1, number(1), NOW, NOW, ReportedStatus.DELIVERED, 0)
    tracking.take_report(conn, report, NOW)
    timekeeping.shift(conn, NOW, timedelta(seconds=1), timedelta(days=7))
    optouts.add(conn, number(90), "sms", NOW)
    optouts.add(conn, number(91), "cli", NOW)
    optouts.remove(conn, number(91))


@pytest.fixture(scope="module")
def store() -> sqlite3.Connection:
    conn = sqlite3.connect(":memory:", isolation_level=None)
    schema.prepare(conn, KEY)
    database._transaction(conn, schema.migrate)
    database._transaction(conn, lived)
    return conn


def copy_of(store: sqlite3.Connection) -> sqlite3.Connection:
    """A copy in the hands of somebody who took the triggers off."""
    copy = sqlite3.connect(":memory:", isolation_level=None)
    store.backup(copy)
    copy.row_factory = sqlite3.Row
    copy.execute("PRAGMA ignore_check_constraints = ON")
    keys.register(copy, KEY)
    for (name,) in copy.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        copy.execute(f"DROP TRIGGER {name}")
    return copy


def found(conn: sqlite3.Connection, *heads: Head) -> list[str]:
    noted = audit.noted_head(conn)
    assert noted is not None
    return [*breaks(audit.entries(conn), [noted, *heads]), *audit.differences(conn)]


def test_nothing_is_found_where_nothing_was_changed(store: sqlite3.Connection) -> None:
    assert found(store) == []
    assert found(copy_of(store)) == []


def other(value: Any, dice: random.Random) -> Any:
    """Another value of the same kind."""
    match value:
        case int():
            return value + dice.choice((-1, 1, 1000))
        case bytes():
            place = dice.randrange(len(value) or 1)
            return value[:place] + bytes([value[place] ^ 1]) + value[place + 1 :] if value else b"x"
        case str():
            place = dice.randrange(len(value) + 1)
            return value[:place] + dice.choice("0aZ") + value[place:]
    return 7


def any_row(conn: sqlite3.Connection, table: str, dice: random.Random) -> Any:
    where = " WHERE id IN (SELECT delivery FROM attempts)" if table == "deliveries" else ""
    return dice.choice(conn.execute(f"SELECT *, rowid AS it FROM {table}{where}" if has_rowid(table) else
                                    f"SELECT * FROM {table}{where}").fetchall())  # fmt: skip


def has_rowid(table: str) -> bool:
    return table not in ("attempts", "optouts")


def named_by(table: str, row: Any) -> tuple[str, tuple[Any, ...]]:
    match table:
        case "attempts":
            return "delivery = ? AND part = ? AND attempt = ?", (row["delivery"], row["part"], row["attempt"])
        case "optouts":
            return "address = ?", (row["address"],)
    return "rowid = ?", (row["it"],)


def change(conn: sqlite3.Connection, table: str, column: str, dice: random.Random) -> None:
    row = any_row(conn, table, dice)
    where, key = named_by(table, row)
    conn.execute(f"UPDATE {table} SET {column} = ? WHERE {where}", (other(row[column], dice), *key))


def change_entry(conn: sqlite3.Connection, dice: random.Random) -> None:
    change(conn, "audit", dice.choice(("id", "at", "kind", "facts", "hash")), dice)


def change_live(conn: sqlite3.Connection, dice: random.Random) -> None:
    table = dice.choice(list(LIVE))
    change(conn, table, dice.choice(LIVE[table]), dice)


def drop_row(conn: sqlite3.Connection, dice: random.Random) -> None:
    table = dice.choice(["audit", "audit", *(name for name in LIVE if name != "incoming_mails")])
    where, key = named_by(table, any_row(conn, table, dice))
    conn.execute(f"DELETE FROM {table} WHERE {where}", key)


def put_in(conn: sqlite3.Connection, dice: random.Random) -> None:
    """A copy of a row under another key; of an entry also between two others, with a hash that follows."""
    table = dice.choice(["audit", "audit", "runs", "decisions", "events", "attempts", "optouts"])
    row = dict(any_row(conn, table, dice))
    row.pop("it", None)
    if table == "audit":
        place = dice.randint(1, audit.last_head(conn).count + 1)
        conn.execute("UPDATE audit SET id = -id - 1 WHERE id >= ?", (place,))
        conn.execute("UPDATE audit SET id = -id WHERE id < 0")
        before = conn.execute("SELECT hash FROM audit WHERE id = ?", (place - 1,)).fetchone()
        row["id"] = place
        row["hash"] = chained(before["hash"] if before else b"", place, row["at"], row["kind"], row["facts"])
    else:
        key = {"attempts": "attempt", "optouts": "address"}.get(table, "id")
        row[key] = f"{row[key]}9" if table == "optouts" else row[key] + 1000
    conn.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})", tuple(row.values()))


def swap(conn: sqlite3.Connection, dice: random.Random) -> None:
    """Two entries change places, or two rows their content."""
    table = dice.choice(["audit", "audit", "decisions", "events"])
    first, second = dice.sample(conn.execute(f"SELECT id FROM {table} ORDER BY id").fetchall(), 2)
    for old, new in ((first["id"], -1), (second["id"], first["id"]), (-1, second["id"])):
        conn.execute(f"UPDATE {table} SET id = ? WHERE id = ?", (new, old))


def truncate(conn: sqlite3.Connection, dice: random.Random) -> None:
    conn.execute("DELETE FROM audit WHERE id > ?", (dice.randrange(audit.last_head(conn).count),))


def rewrite(conn: sqlite3.Connection, dice: random.Random) -> None:
    """An entry is changed and every hash behind it made anew: the chain holds, its rows and heads do not."""
    row = any_row(conn, "audit", dice)
    if dice.random() < 0.5:
        conn.execute("UPDATE audit SET facts = replace(facts, '[', '[1') WHERE id = ?", (row["id"],))
    else:
        conn.execute("DELETE FROM audit WHERE id = ?", (row["id"],))
        conn.execute("UPDATE audit SET id = -(id - 1) WHERE id > ?", (row["id"],))
        conn.execute("UPDATE audit SET id = -id WHERE id < 0")
    before = b""
    for entry in list(audit.entries(conn)):
        before = chained(before, entry.id, entry.at, entry.kind, entry.facts)
        conn.execute("UPDATE audit SET hash = ? WHERE id = ?", (before, entry.id))


WAYS: list[Callable[[sqlite3.Connection, random.Random], None]] = [
    change_entry, change_live, drop_row, put_in, swap, truncate, rewrite,
]  # fmt: skip


def test_every_tampering_is_found(store: sqlite3.Connection) -> None:
    clean = {table: table_of(store, table) for table in ("audit", *LIVE)}
    tried = 0
    for seed in range(TAMPERINGS * 2):
        dice = random.Random(seed)
        copy, way = copy_of(store), dice.choice(WAYS)
        with suppress(sqlite3.IntegrityError):
            way(copy, dice)
        if {table: table_of(copy, table) for table in clean} == clean:
            continue
        assert found(copy), f"{way.__name__}, seed {seed}"
        copy.close()
        tried += 1
        if tried == TAMPERINGS:
            return
    raise AssertionError(f"only {tried} changed anything")


def table_of(conn: sqlite3.Connection, table: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in conn.execute(f"SELECT * FROM {table}")]


def test_whoever_rewrites_everything_is_found_by_a_head_that_was_noted_elsewhere(store: sqlite3.Connection) -> None:
    copy, elsewhere = copy_of(store), audit.last_head(store)
    copy.execute("UPDATE events SET name = 'request.lost' WHERE id = 1")
    copy.execute("UPDATE audit SET facts = replace(facts, 'request.received', 'request.lost') WHERE kind = 'event'")
    copy.execute("UPDATE events SET name = 'request.lost' WHERE name = 'request.received'")
    before = b""
    for entry in list(audit.entries(copy)):
        before = chained(before, entry.id, entry.at, entry.kind, entry.facts)
        copy.execute("UPDATE audit SET hash = ? WHERE id = ?", (before, entry.id))
    audit.note_head(copy)
    assert found(copy) == []
    assert found(copy, elsewhere)


async def test_what_is_audited_stays(db: Database) -> None:
    await db.run(lived)
    for table in ("audit", "runs", "requests", "decisions", "events", "attempts"):
        with pytest.raises(Exception, match=r"audited|append-only"):
            await db.run(lambda conn, table=table: conn.execute(f"DELETE FROM {table}"))
    for table, column in (
        ("audit", "at"),
        ("runs", "boot"),
        ("decisions", "verdict"),
        ("events", "name"),
        ("attempts", "sim"),
    ):
        with pytest.raises(Exception, match=r"audited|append-only"):
            await db.run(lambda conn, t=table, c=column: conn.execute(f"UPDATE {t} SET {c} = {c}"))


async def test_no_number_name_or_text_stands_in_the_audit(db: Database) -> None:
    await db.run(lived)
    told = await db.run(lambda conn: " ".join(entry.facts for entry in audit.entries(conn)))
    for word in ("8120000", "Orang", "Kuliah", "baa@", "baik", GSM1.sim, "congestion"):
        assert word not in told


async def test_every_part_that_left_leads_back_to_its_form_and_decisions(db: Database) -> None:
    await db.run(lived)
    sends = await db.run(lambda conn: list(audit.sends(conn)))
    assert sends
    attempts = await db.run(
        lambda conn: conn.execute(
            "SELECT count(*) FROM attempts WHERE state IN ('accepted', 'in_doubt', 'submitting')"
        ).fetchone()[0]
    )
    assert len(sends) == attempts
    for sent in sends:
        assert sent.unexplained == ""
        assert len(sent.facts["raw_digest"]) == 64
        decisions = sent.facts["decisions"]
        assert [(one["person"], one["proof"], len(one["raw_digest"])) for one in decisions] == [
            ("rina", "dmarc=pass", 64), ("andi", "dmarc=pass", 64),
        ]  # fmt: skip


async def test_what_nobody_decided_is_said(db: Database) -> None:
    def unapproved(conn: sqlite3.Connection) -> list[str]:
        request = requests.insert(conn, new_request(count=1), "UPSI-2026-000009", NOW)
        deliveries.apply_all(conn, request, Event.QUEUE, NOW)
        queue.advance(conn, None, GSM1, NOW)
        return [sent.unexplained for sent in audit.sends(conn)]

    assert await db.run(unapproved) == ["never approved"]


async def test_entries_have_names_for_readers(db: Database) -> None:
    await db.run(lived)
    kinds = await db.run(lambda conn: {entry.kind: named(entry) for entry in audit.entries(conn)})
    assert set(kinds) == {
        "run",
        "request",
        "decision",
        "event",
        "attempt",
        "outcome",
        "report",
        "moved",
        "optout",
        "optin",
    }
    assert kinds["decision"]["proof"] == "dmarc=pass"


async def test_the_command_says_what_it_found(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "gatewayd.toml"
    config.write_text(f'[gateway]\nstate_dir = "{tmp_path}"\n', encoding="utf-8")
    async with database.open_store(tmp_path) as db:
        await db.run(lived)
        head = await db.run(audit.note_head)
    verify = ["audit", "verify", "--config", str(config)]
    assert main(verify) == 0
    assert "by 2 decisions" in capsys.readouterr().out
    assert main(["audit", "export", "--sends", "--config", str(config)]) == 0
    assert all(json.loads(line)["raw_digest"] for line in capsys.readouterr().out.splitlines())
    assert main([*verify, "--head", f"{head.count + 1}:{head.hash.hex()}"]) == 1
    capsys.readouterr()
    with closing(sqlite3.connect(tmp_path / database.FILE)) as conn:
        conn.execute("DROP TRIGGER attempts_fixed")
        conn.execute("UPDATE attempts SET sim = '510100000000002' WHERE delivery = 1")
        conn.commit()
    assert main([*verify, "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["faults"] == ["attempt 1.1.1: the audit knows another sim"]


async def test_a_lost_key_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = tmp_path / "gatewayd.toml"
    config.write_text(f'[gateway]\nstate_dir = "{tmp_path}"\n', encoding="utf-8")
    async with database.open_store(tmp_path) as db:
        await db.run(lived)
    (tmp_path / keys.FILE).unlink()
    async with database.open_store(tmp_path) as db:
        assert await db.run(audit.key_replaced_at) is not None
        # Somebody who was erased would be written to again.
        await db.run(lambda conn: conn.execute("UPDATE optouts SET address = hidden(address)"))
    assert main(["audit", "verify", "--config", str(config)]) == 1
    assert "put the old one back" in capsys.readouterr().err
    (tmp_path / keys.FILE).unlink()
    with pytest.raises(StoreError, match="put the old key back"):
        async with database.open_store(tmp_path):
            pass


@pytest.mark.parametrize("kind", ["request", "decision", "event", "attempt", "outcome", "report", "moved"])
def test_an_entry_told_twice_is_found_though_its_hash_is_right(store: sqlite3.Connection, kind: str) -> None:
    copy, last = copy_of(store), audit.last_head(store)
    entry = [entry for entry in audit.entries(copy) if entry.kind == kind][-1]
    again = chained(last.hash, last.count + 1, entry.at, entry.kind, entry.facts)
    copy.execute("INSERT INTO audit VALUES (?, ?, ?, ?, ?)", (last.count + 1, entry.at, entry.kind, entry.facts, again))
    assert found(copy)
