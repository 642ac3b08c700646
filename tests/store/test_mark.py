"""The mark beside the store: a power cut tears at most what was being written; a first start may be cut short."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from gatewayd.store import hold, mark
from gatewayd.store.database import FILE, open_store
from gatewayd.store.mark import Phase, Position


@pytest.mark.parametrize("torn", [0, 512])
def test_a_torn_record_leaves_the_one_before(tmp_path: Path, torn: int) -> None:
    file = mark.MarkFile(tmp_path)
    first, second = Position(3, b"saltsalt", b"checksum"), Position(5, b"saltsalt", b"checksum")
    file.write(Phase.OPEN, first)
    file.write(Phase.LEDGERED, second)
    file.close()
    path = tmp_path / mark.FILE
    data = bytearray(path.read_bytes())
    data[torn + 9 : torn + 20] = bytes(11)
    path.write_bytes(data)
    assert mark.read(tmp_path) in (mark.Mark(Phase.OPEN, first), mark.Mark(Phase.LEDGERED, second))


def test_what_was_synced_is_never_written_over(tmp_path: Path) -> None:
    """Marks that need not reach the disk take turns with themselves."""
    file = mark.MarkFile(tmp_path)
    file.write(Phase.OPEN, Position(1, b"saltsalt", b"checksum"))
    synced = (tmp_path / mark.FILE).read_bytes()[:40]
    for frames in range(2, 9):
        file.write(Phase.OPEN, Position(frames, b"saltsalt", b"checksum"))
    file.close()
    assert (tmp_path / mark.FILE).read_bytes()[:40] == synced
    found = mark.read(tmp_path)
    assert found is not None
    assert found.at.frames == 8


async def test_a_first_start_that_was_cut_short_begins_again(tmp_path: Path) -> None:
    """The mark of a store that begins is there, and SQLite's first page, but no table."""
    file = mark.MarkFile(tmp_path)
    file.write(Phase.NEW, Position())
    file.close()
    with closing(sqlite3.connect(tmp_path / FILE)) as conn:
        conn.execute("PRAGMA journal_mode = WAL")
    async with open_store(tmp_path) as db:
        assert await db.run(hold.held) is None
