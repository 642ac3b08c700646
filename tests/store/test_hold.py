"""A store that was put back, is older than it should be, or was damaged opens in hold or is refused; nothing leaves."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gatewayd.core.approval import Decision, Verdict
from gatewayd.core.model import Channel
from gatewayd.core.schedule import ALL
from gatewayd.core.states import FINAL, DeliveryState
from gatewayd.errors import InUse, StoreError
from gatewayd.store import approvals, deliveries, hold, keys, mark, notices, optouts, pages, queue, requests, restoring
from gatewayd.store.database import FILE, copying, open_store
from gatewayd.store.queue import Claimant
from tests.fakes.requests import NOW, new_request
from tests.store.test_queue import GSM1, store

S = DeliveryState
SMTP = Claimant("smtp", Channel.EMAIL, "", 1, ALL)


async def made(folder: Path, *, count: int = 20) -> None:
    """A store with one approved request, closed in order."""
    async with open_store(folder) as db:
        await db.run(queue.start_run, "boot", "0", NOW)
        request = await db.run(store, new_request(count=count))
        decided = Decision(0, "rina", Verdict.APPROVE, b"digest", NOW.date())
        await db.run(approvals.decide, request, decided, via="mail", proof="", mail=None, now=NOW.replace(year=2027))
        await db.run(optouts.add, "+6281200000199", "cli", NOW)


def crashed(folder: Path, to: Path) -> Path:
    """The files as a crash would leave them now."""
    shutil.copytree(folder, to)
    return to


async def why_held(folder: Path) -> str:
    """'' where the store is trusted; nothing may be claimed where it is not."""
    async with open_store(folder) as db:
        held = await db.run(hold.held)
        if held is not None:
            assert await db.run(queue.advance, None, GSM1, NOW) is None, "something could leave"
            assert await db.run(states) <= {str(state) for state in FINAL | {S.ACCEPTED}}
        return held.code if held else ""


def kept_in(state: Path) -> list[str]:
    return sorted(kept.name for kept in state.glob("damaged-*/*"))


def states(conn: sqlite3.Connection) -> set[str]:
    return {row[0] for row in conn.execute("SELECT DISTINCT state FROM deliveries")}


def edit(folder: Path, statement: str) -> None:
    """What somebody does with a tool while the daemon is not running."""
    with closing(sqlite3.connect(folder / FILE, isolation_level=None)) as conn:
        keys.register(conn, keys.number_key(folder))
        conn.execute(statement)


async def test_a_store_that_was_closed_in_order_is_trusted(tmp_path: Path) -> None:
    await made(tmp_path)
    assert await why_held(tmp_path) == ""


async def test_a_store_that_a_crash_left_is_trusted(tmp_path: Path) -> None:
    async with open_store(tmp_path / "state") as db:
        await db.run(queue.start_run, "boot", "0", NOW)
        await db.run(store, new_request(count=20))
        for number in range(3):
            claimed = await db.run(queue.advance, None, GSM1, NOW)
            assert claimed is not None
            there = crashed(tmp_path / "state", tmp_path / f"crash{number}")
            assert await why_held(there) == ""
            # And once more, from what that run left.
            assert await why_held(there) == ""


async def test_a_store_that_grew_past_many_logs_is_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gatewayd.store.keeper._LONG", 20)
    async with open_store(tmp_path / "state") as db:
        await db.run(queue.start_run, "boot", "0", NOW)
        await db.run(store, new_request(count=200))
        for number in range(60):
            await db.run(queue.advance, None, GSM1, NOW)
            if number % 7 == 0:
                assert await why_held(crashed(tmp_path / "state", tmp_path / f"crash{number}")) == ""
    assert await why_held(tmp_path / "state") == ""


async def test_a_copy_put_back_by_hand_is_held(tmp_path: Path) -> None:
    state = tmp_path / "state"
    await made(state)
    shutil.copy(state / FILE, tmp_path / "copy")
    async with open_store(state) as db:
        assert await db.run(queue.advance, None, GSM1, NOW) is not None
    shutil.copy(tmp_path / "copy", state / FILE)
    assert await why_held(state) == "damaged"
    assert FILE in kept_in(state)


async def test_a_copy_of_the_same_run_put_back_after_a_crash_is_held(tmp_path: Path) -> None:
    async with open_store(tmp_path / "state") as db:
        await db.run(queue.start_run, "boot", "0", NOW)
        await db.run(store, new_request(count=20))
        older = crashed(tmp_path / "state", tmp_path / "older")
        assert await db.run(queue.advance, None, GSM1, NOW) is not None
        newer = crashed(tmp_path / "state", tmp_path / "newer")
    shutil.copy(older / f"{FILE}-wal", newer / f"{FILE}-wal")
    assert await why_held(newer) == "older"


@pytest.mark.parametrize("lost", [f"{FILE}-wal", mark.FILE, pages.FILE])
async def test_a_file_that_is_missing_is_noticed(tmp_path: Path, lost: str) -> None:
    async with open_store(tmp_path / "state") as db:
        await db.run(queue.start_run, "boot", "0", NOW)
        there = crashed(tmp_path / "state", tmp_path / "crash")
        await db.run(store, new_request(count=20))
        there = crashed(tmp_path / "state", tmp_path / "crash2")
    (there / lost).unlink()
    (there / f"{FILE}-shm").unlink()
    try:
        assert await why_held(there) != ""
    except StoreError as error:
        assert "gatewayd restore" in str(error)  # noqa: PT017


async def test_a_store_that_is_gone_is_not_made_anew(tmp_path: Path) -> None:
    await made(tmp_path)
    (tmp_path / FILE).unlink()
    with pytest.raises(StoreError, match="there was a store"):
        async with open_store(tmp_path):
            pass
    (tmp_path / FILE).touch()
    with pytest.raises(StoreError, match="nothing is sent"):
        async with open_store(tmp_path):
            pass
    for name in (mark.FILE, pages.FILE):
        (tmp_path / name).unlink()
    assert await why_held(tmp_path) == ""


async def test_a_store_of_garbage_is_refused_and_left_alone(tmp_path: Path) -> None:
    await made(tmp_path)
    before = (tmp_path / FILE).read_bytes()
    damaged = before[:4096] + bytes(1024) + before[5120:]
    (tmp_path / FILE).write_bytes(damaged)
    with pytest.raises(StoreError, match="gatewayd restore FILE"):
        async with open_store(tmp_path):
            pass
    assert (tmp_path / FILE).read_bytes() == damaged


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE requests SET text = 'Lain'",
        "UPDATE deliveries SET address = '+6281200000199' WHERE row = 3",
        "UPDATE deliveries SET state = 'delivered' WHERE row = 3",
        "UPDATE decisions SET reason = 'lain'",
        "DELETE FROM optouts",
    ],
)
async def test_what_somebody_changes_in_the_store_is_noticed(tmp_path: Path, statement: str) -> None:
    await made(tmp_path)
    edit(tmp_path, statement)
    assert await why_held(tmp_path) == "damaged"


async def test_rows_that_contradict_one_another_are_noticed_without_the_ledger(tmp_path: Path) -> None:
    """Something wrote them through us: a fault of the memory, or of the program."""
    async with open_store(tmp_path) as db:
        await db.run(queue.start_run, "boot", "0", NOW)
        await db.run(store, new_request(count=3, send_after=datetime(2026, 11, 24, 1, 2, 3, 4567, tzinfo=UTC)))
    assert await why_held(tmp_path) == ""
    async with open_store(tmp_path) as db:
        await db.run(lambda conn: conn.execute("UPDATE deliveries SET text = 'Lain' WHERE row = 2"))
    assert await why_held(tmp_path) == "damaged"


async def test_everything_that_could_leave_is_in_doubt_and_stays_so_after_the_release(tmp_path: Path) -> None:
    state, copy = tmp_path / "state", tmp_path / "copy.sqlite"
    async with open_store(state) as db:
        await db.run(queue.start_run, "boot", "0", NOW)
        request = await db.run(store, new_request(count=4))
        await db.run(requests.insert, new_request(count=2), "UPSI-2026-000002", NOW)
        await db.run(notices.ask, "report", "rina@kampus.example", NOW, request=request)
        assert await db.run(queue.advance, None, GSM1, NOW) is not None
        copying(state, copy)
    restoring.restore(state / FILE, copy)
    async with open_store(state) as db:
        await db.run(queue.start_run, "boot", "0", NOW)
        held = await db.run(hold.held)
        assert held is not None
        assert held.code == "restored"
        assert await db.run(queue.recover, 99, NOW) == (0, 0)
        assert await db.run(states) == {"in_doubt"}
        assert await db.run(notices.uncomposed, NOW, 10) == []
        assert await db.run(requests.next_number, "UPSI", 2026) == "UPSI-2026-010001"
        await db.run(hold.release)
        for claimant in (GSM1, SMTP):
            assert await db.run(queue.advance, None, claimant, NOW) is None
        assert await db.run(deliveries.resend, request, S.IN_DOUBT, NOW.replace(year=2027)) == 4
        assert await db.run(queue.advance, None, GSM1, NOW) is not None


async def test_only_alarms_leave_a_store_on_hold(tmp_path: Path) -> None:
    async with open_store(tmp_path) as db:
        await db.run(queue.start_run, "boot", "0", NOW)
        await db.run(hold.enter, hold.Doubt("damaged", "a test"), NOW)
        await db.run(store, new_request(count=1))
        for kind in ("receipt", "alarm"):
            await db.run(add_mail, kind)
        claimed = await db.run(queue.advance, None, SMTP, NOW)
        assert claimed is not None
        assert claimed.address == "alarm@kampus.example"
        for claimant in (SMTP, GSM1):
            assert await db.run(queue.advance, None, claimant, NOW) is None


def add_mail(conn: sqlite3.Connection, kind: str) -> None:
    notice = notices.ask(conn, kind, f"{kind}@kampus.example", NOW)
    conn.execute("UPDATE notices SET message_id = 'x' || id WHERE id = ?", (notice,))
    conn.execute(
        "INSERT INTO deliveries (notice, kind, channel, address, priority, state)"
        " VALUES (?, 'notice', 'email', ?, 0, 'queued')",
        (notice, f"{kind}@kampus.example"),
    )


async def test_a_copy_is_private_whole_and_has_no_codes_in_it(tmp_path: Path) -> None:
    state, copy = tmp_path / "state", tmp_path / "copy.sqlite"
    async with open_store(state) as db:
        await db.run(store, new_request(count=2))
        await db.run(add_secret)
        copying(state, copy)
    assert copy.stat().st_mode & 0o777 == 0o600
    assert b"ABCDEFGH-CODE" in (state / FILE).read_bytes()
    assert b"ABCDEFGH-CODE" not in copy.read_bytes()
    with pytest.raises(StoreError, match="not overwritten"):
        copying(state, copy)


def add_secret(conn: sqlite3.Connection) -> None:
    notice = notices.ask(conn, "approval", "rina@kampus.example", NOW)
    conn.execute("UPDATE notices SET message_id = 'x', raw = ? WHERE id = ?", (b"Kode: ABCDEFGH-CODE", notice))


async def test_a_copy_opens_in_hold_wherever_it_is_put(tmp_path: Path) -> None:
    await made(tmp_path / "state")
    (tmp_path / "new").mkdir()
    copying(tmp_path / "state", tmp_path / "new" / FILE)
    async with open_store(tmp_path / "new") as db:
        held = await db.run(hold.held)
    assert held is not None
    assert held.code == "restored"
    assert held.why.startswith("it is a copy of 20")
    (tmp_path / "state" / "hold").touch()
    assert await why_held(tmp_path / "state") == "restored"


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda path: path.write_text("not a store"), "not a store"),
        (lambda path: path.write_bytes(b""), "not a store"),
        (lambda path: edit_file(path, "PRAGMA application_id = 7"), "not a store of gatewayd"),
        (lambda path: edit_file(path, "PRAGMA user_version = 9999"), "install the newer one"),
        (lambda path: path.write_bytes(path.read_bytes()[:3000] + bytes(3000) + path.read_bytes()[6000:]), "damaged"),
        (lambda path: path.unlink(), "no such file"),
    ],
)
async def test_what_cannot_be_restored_is_refused_and_the_store_stays(
    tmp_path: Path, spoil: Callable[[Path], object], said: str
) -> None:
    state, copy = tmp_path / "state", tmp_path / "copy.sqlite"
    await made(state)
    copying(state, copy)
    spoil(copy)
    before = sorted(path.name for path in state.iterdir())
    with pytest.raises(StoreError, match=said):
        restoring.restore(state / FILE, copy)
    assert sorted(path.name for path in state.iterdir()) == before
    assert await why_held(state) == ""


def edit_file(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as conn:
        conn.execute(statement)


async def test_a_restored_store_keeps_the_one_before_it(tmp_path: Path) -> None:
    state, copy = tmp_path / "state", tmp_path / "copy.sqlite"
    await made(state)
    copying(state, copy)
    before = (state / FILE).read_bytes()
    kept = restoring.restore(state / FILE, copy)
    assert kept is not None
    assert (kept / FILE).read_bytes() == before
    assert (state / FILE).stat().st_mode & 0o777 == 0o600
    assert await why_held(state) == "restored"


async def test_nothing_is_restored_under_a_running_daemon_nor_do_two_work_on_one_store(tmp_path: Path) -> None:
    async with open_store(tmp_path):
        copying(tmp_path, tmp_path / "copy.sqlite")
        with pytest.raises(InUse, match="another gatewayd"):
            restoring.restore(tmp_path / FILE, tmp_path / "copy.sqlite")
        with pytest.raises(InUse, match="another gatewayd"):
            async with open_store(tmp_path):
                pass


async def test_a_full_disk_keeps_the_store_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without room to keep a damaged store, it is not opened."""
    await made(tmp_path)
    edit(tmp_path, "UPDATE deliveries SET row = 9")
    before = (tmp_path / FILE).read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("shutil.copy2", full)
    with pytest.raises(StoreError, match="No space left"):
        async with open_store(tmp_path):
            pass
    assert (tmp_path / FILE).read_bytes() == before


async def test_the_hold_survives_until_it_is_released(tmp_path: Path) -> None:
    await made(tmp_path)
    edit(tmp_path, "UPDATE deliveries SET row = 9")
    for _ in range(3):
        assert await why_held(tmp_path) == "damaged"
    async with open_store(tmp_path) as db:
        await db.run(hold.release)
    assert await why_held(tmp_path) == ""
