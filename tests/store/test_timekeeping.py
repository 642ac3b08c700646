"""When a wrong clock is set right, what was reckoned by it moves along, and nothing else does."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from gatewayd.clock import Mark
from gatewayd.store import database, schema, timekeeping
from gatewayd.store.instants import to_ms

WRONG = datetime(2026, 11, 1, tzinfo=UTC)
STEP = timedelta(days=20)
WEEK = timedelta(days=7)


@pytest.fixture
def conn() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as made:
        schema.prepare(made)
        database._transaction(made, schema.migrate)
        yield made


def put_request(conn: sqlite3.Connection, number: str, at: datetime, job: str = "") -> int:
    conn.execute(
        "INSERT INTO requests (number, source, client, job, unit, applicant_name, applicant_address, channel, text,"
        " priority, expires_at, digest, created_at) VALUES (?, 'mqtt', 'siakad', ?, 'BAA', 'Budi', 'b@x.example',"
        " 'sms', 'Halo', 1, ?, x'00', ?)",
        (number, job, to_ms(at + WEEK), to_ms(at)),
    )
    return int(conn.execute("SELECT last_insert_rowid()").fetchone()[0])


def put_delivery(conn: sqlite3.Connection, request: int, not_before: datetime, tries: int, expires: datetime) -> None:
    conn.execute(
        "INSERT INTO deliveries (request, kind, channel, address, priority, not_before, expires_at, state, tries)"
        " VALUES (?, 'message', 'sms', '+6281200000101', 1, ?, ?, 'queued', ?)",
        (request, to_ms(not_before), to_ms(expires), tries),
    )


def instants(conn: sqlite3.Connection, sql: str) -> list[int]:
    return [value for row in conn.execute(sql) for value in row]


def test_only_what_the_wrong_clock_reckoned_moves(conn: sqlite3.Connection) -> None:
    before = WRONG - timedelta(days=1)
    old = put_request(conn, "UPSI-2026-000001", before)
    new = put_request(conn, "UPSI-2026-000002", WRONG)
    named = put_request(conn, "UPSI-2026-000003", WRONG, job="s-1")
    put_delivery(conn, old, WRONG + timedelta(minutes=5), 1, before + WEEK)
    put_delivery(conn, new, WRONG + timedelta(minutes=5), 0, WRONG + WEEK)
    put_delivery(conn, named, WRONG + timedelta(minutes=5), 2, WRONG + WEEK)
    for request, since in ((old, before), (new, WRONG)):
        conn.execute(
            "INSERT INTO tokens (hash, request, step, person, digest, expires_at) VALUES (?, ?, 0, 'rina', x'00', ?)",
            (since.isoformat().encode(), request, to_ms(since + WEEK)),
        )
    timekeeping.shift(conn, WRONG, STEP, WEEK)
    moved = STEP
    assert instants(conn, "SELECT created_at FROM requests ORDER BY id") == [
        to_ms(before), to_ms(WRONG + moved), to_ms(WRONG + moved)
    ]  # fmt: skip
    # What a publisher named stays as named.
    assert instants(conn, "SELECT expires_at FROM requests ORDER BY id") == [
        to_ms(before + WEEK), to_ms(WRONG + WEEK + moved), to_ms(WRONG + WEEK)
    ]  # fmt: skip
    assert instants(conn, "SELECT expires_at FROM deliveries ORDER BY id") == [
        to_ms(before + WEEK), to_ms(WRONG + WEEK + moved), to_ms(WRONG + WEEK)
    ]  # fmt: skip
    # A retry waits as long as before; a first try goes when it was asked for.
    soon = timedelta(minutes=5)
    assert instants(conn, "SELECT not_before FROM deliveries ORDER BY id") == [
        to_ms(WRONG + soon + moved), to_ms(WRONG + soon), to_ms(WRONG + soon + moved)
    ]  # fmt: skip
    assert instants(conn, "SELECT expires_at FROM tokens ORDER BY request") == [
        to_ms(before + WEEK), to_ms(WRONG + WEEK + moved)
    ]  # fmt: skip


def test_the_mark_is_read_as_it_was_kept(conn: sqlite3.Connection) -> None:
    assert timekeeping.mark(conn) is None
    mark = Mark("b1", 12.5, WRONG, WRONG - STEP, is_sure=False)
    timekeeping.keep_mark(conn, mark)
    timekeeping.keep_mark(conn, mark)
    assert timekeeping.mark(conn) == mark
