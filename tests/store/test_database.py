"""One function is one transaction: all or nothing, no two at a time, a cancelled caller leaves nothing open."""

import asyncio
import sqlite3
import threading
from datetime import datetime
from pathlib import Path

import pytest

from gatewayd.errors import StoreError
from gatewayd.store import mark, requests, schema
from gatewayd.store.database import FILE, Database, open_store, reading
from gatewayd.store.schema import migrations


def count(conn: sqlite3.Connection) -> int:
    return int(conn.execute("SELECT count(*) FROM counters").fetchone()[0])


async def test_an_exception_rolls_back(db: Database) -> None:
    def fail(conn: sqlite3.Connection) -> None:
        requests.next_number(conn, "UPSI", 2026)
        raise LookupError

    with pytest.raises(LookupError):
        await db.run(fail)
    assert await db.run(count) == 0


async def test_tasks_do_not_share_a_transaction(db: Database) -> None:
    found = await asyncio.gather(*(db.run(requests.next_number, "UPSI", 2026) for _ in range(50)))
    assert sorted(found) == [f"UPSI-2026-{index:06d}" for index in range(1, 51)]


async def test_a_cancelled_caller_leaves_no_transaction_open(db: Database) -> None:
    entered, go = threading.Event(), threading.Event()

    def slow(conn: sqlite3.Connection) -> None:
        entered.set()
        go.wait(10)
        requests.next_number(conn, "UPSI", 2026)

    task = asyncio.create_task(db.run(slow))
    await asyncio.to_thread(entered.wait, 10)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    go.set()
    assert await db.run(count) == 1


async def test_who_joins_goes_into_the_next_transaction_and_not_before_it(db: Database) -> None:
    joining = asyncio.create_task(db.join(60.0, requests.next_number, "UPSI", 2026))
    await asyncio.sleep(0)
    assert await db.run(requests.next_number, "UPSI", 2026) == "UPSI-2026-000001"
    assert await joining == "UPSI-2026-000002"


async def test_who_joins_and_finds_nobody_goes_alone_in_time(db: Database) -> None:
    async with asyncio.timeout(10):
        assert await db.join(0.01, requests.next_number, "UPSI", 2026) == "UPSI-2026-000001"


async def test_who_joins_a_transaction_that_fails_hears_of_it_and_nothing_is_written(db: Database) -> None:
    def fail(conn: sqlite3.Connection) -> None:
        raise LookupError

    joining = asyncio.create_task(db.join(60.0, requests.next_number, "UPSI", 2026))
    await asyncio.sleep(0)
    with pytest.raises(LookupError):
        await db.run(fail)
    with pytest.raises(LookupError):
        await joining
    assert await db.run(count) == 0


async def test_sqlite_faults_are_store_errors(db: Database) -> None:
    with pytest.raises(StoreError, match="no such table"):
        await db.run(lambda conn: conn.execute("SELECT * FROM no_such_table"))


async def test_the_store_is_durable_and_private(tmp_path: Path) -> None:
    async with open_store(tmp_path / "state") as db:
        pragmas = await db.run(
            lambda conn: [
                conn.execute(f"PRAGMA {name}").fetchone()[0]
                for name in ("journal_mode", "synchronous", "page_size", "foreign_keys", "wal_autocheckpoint")
            ]
        )
    assert pragmas == ["wal", 2, 1024, 1, 0]
    assert (tmp_path / "state" / FILE).stat().st_mode & 0o777 == 0o600


async def test_opening_again_migrates_nothing(tmp_path: Path) -> None:
    for expected in ("UPSI-2026-000001", "UPSI-2026-000002"):
        async with open_store(tmp_path) as db:
            assert await db.run(requests.next_number, "UPSI", 2026) == expected


async def test_a_newer_store_is_refused(tmp_path: Path) -> None:
    async with open_store(tmp_path) as db:
        await db.run(lambda conn: conn.execute("PRAGMA user_version = 9999"))
    with pytest.raises(StoreError, match="install the newer one"):
        async with open_store(tmp_path):
            pass


def test_reading_without_a_store_says_so(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no store yet"), reading(tmp_path):
        pass


async def test_readers_cannot_write(tmp_path: Path) -> None:
    async with open_store(tmp_path):
        with pytest.raises(StoreError, match="readonly"), reading(tmp_path) as conn:
            conn.execute("DELETE FROM counters")


def test_migrations_are_numbered_without_gaps() -> None:
    assert [number for number, _ in migrations()] == list(range(1, len(migrations()) + 1))


async def test_numbers_start_anew_each_year(db: Database) -> None:
    assert [await db.run(requests.next_number, "UPSI", year) for year in (2026, 2027, 2026)] == [
        "UPSI-2026-000001", "UPSI-2027-000001", "UPSI-2026-000002",
    ]  # fmt: skip


async def test_a_request_comes_back_as_it_was_stored(db: Database) -> None:
    from tests.fakes.requests import NOW, new_request

    new = new_request(count=3, client="siakad", job="j-1")
    request = await db.run(requests.insert, new, "UPSI-2026-000001", NOW)
    found = await db.run(requests.get, request)
    assert (found.applicant, found.text, found.digest, found.recipients) == (new.applicant, new.text, new.digest, 3)
    assert isinstance(found.created_at, datetime)
    assert found.created_at == NOW
    assert await db.run(requests.by_job, "siakad", "j-1") == (found, b"d")
    assert await db.run(requests.by_job, "", "") is None


async def test_an_older_store_is_copied_before_it_is_migrated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_store(tmp_path) as db:
        await db.run(requests.next_number, "OLD", 2026)
    known = schema.migrations()
    assert not any(file.name.startswith("before-") for file in tmp_path.iterdir())  # noqa: ASYNC240
    monkeypatch.setattr(schema, "migrations", lambda: [*known, (known[-1][0] + 1, "DELETE FROM counters;")])
    async with open_store(tmp_path):
        pass
    copy = tmp_path / f"before-{known[-1][0] + 1}.sqlite"
    assert copy.stat().st_mode & 0o777 == 0o600
    with sqlite3.connect(copy) as conn:
        assert conn.execute("SELECT name FROM counters").fetchall() == [("OLD-2026",)]
        assert conn.execute("PRAGMA user_version").fetchone()[0] == known[-1][0]
    conn.close()


async def test_no_transaction_comes_after_the_mark_that_all_is_closed(tmp_path: Path) -> None:
    """Its caller was cancelled, the store's lock was taken: it was to begin once the store was closed."""
    async with open_store(tmp_path) as db:
        await db._lock.acquire()
        late = asyncio.create_task(db.run(lambda conn: conn.execute("INSERT INTO meta VALUES ('late', '1')")))
        await asyncio.sleep(0)
        late.cancel()
        asyncio.get_running_loop().call_soon(db._lock.release)
        before = mark.read(tmp_path)
    after = mark.read(tmp_path)
    assert before is not None
    assert after is not None
    assert (before.phase, after.phase) == (mark.Phase.OPEN, mark.Phase.CLOSED)
    with reading(tmp_path) as conn:
        assert conn.execute("SELECT count(*) FROM meta WHERE key = 'late'").fetchone()[0] == 1
