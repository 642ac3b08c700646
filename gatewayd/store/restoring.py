"""A copy put in the store's place, while no daemon runs.

In: a file that may be anything. Out: the store, which opens in hold; the one before it in a folder of its own, with its log.
Invariants: nothing is moved before the copy is checked and lies beside the store, whole and on the disk; a power cut in
between leaves a directory that the daemon refuses to work in, never an empty store. Whatever the copy says of itself, it
becomes a copy.
"""

import os
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from gatewayd.errors import StoreError
from gatewayd.store import copies, mark, pages, schema
from gatewayd.store.lock import only_one
from gatewayd.store.mark import MarkFile, Phase, Position


def restore(path: Path, source: Path) -> Path | None:
    """Where the store before it is kept; None if there was none. Raises StoreError, OSError."""
    if not source.is_file():
        raise StoreError(f"{source}: there is no such file")
    if source.resolve() in {part.resolve() for part in copies.present(path)}:
        raise StoreError(f"{source}: this is the store itself")
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    owner = path.parent.stat()
    with only_one(path.parent):
        new = path.with_name(f"{path.name}.restored")
        try:
            _copy(source, new)
            _examine(source, new)
            _mark_anything(path.parent)
            kept = copies.move_aside(path, "replaced")
            (path.parent / pages.FILE).unlink(missing_ok=True)
            new.rename(path)
        finally:
            for part in copies.present(new):
                part.unlink()
        copies.sync(path.parent)
        for name in (path, path.parent / mark.FILE, *([kept] if kept else [])):
            if os.geteuid() == 0:
                os.chown(name, owner.st_uid, owner.st_gid)
    return kept


def _copy(source: Path, new: Path) -> None:
    """With its log, if somebody copied that too."""
    for part in copies.present(source):
        if part.name.endswith("-shm"):
            continue
        target = new.with_name(new.name + part.name.removeprefix(source.name))
        target.touch(mode=0o600)
        shutil.copyfile(part, target)


def _examine(source: Path, new: Path) -> None:
    """Raises StoreError for what is no store, one of a newer gatewayd, or a damaged one."""
    try:
        with closing(sqlite3.connect(new, isolation_level=None)) as conn:
            conn.row_factory = sqlite3.Row
            if conn.execute("PRAGMA application_id").fetchone()[0] != schema.APPLICATION_ID:
                raise StoreError(f"{source}: this is not a store of gatewayd")
            schema.version_of(conn)
            said = conn.execute("PRAGMA integrity_check(1)").fetchone()[0]
            if said != "ok":
                raise StoreError(f"{source} is damaged ({' '.join(str(said).split())[:120]}): take an older copy")
            when = copies.copied_at(conn) or datetime.now(UTC).isoformat(timespec="seconds")
            conn.execute("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", (copies.COPIED, when))
            conn.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.DatabaseError as error:
        raise StoreError(f"{source}: this is not a store, or a damaged one ({error}): take another copy") from None
    copies.sync(new)


def _mark_anything(state_dir: Path) -> None:
    """From here on there was a store, also where this is a new machine."""
    file = MarkFile(state_dir)
    file.write(Phase.CLOSED, Position())
    file.close()
    copies.sync(state_dir)
