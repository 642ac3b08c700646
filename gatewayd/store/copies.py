"""Copies of the store: made while the daemon runs, checked, marked as copies; and one put in the store's place.

In: a connection that may only read. Out: one file, 0600, written beside its place and renamed when it is whole and on the
disk. Invariants: a copy says of itself that it is one, so it opens in hold however it came into its place; mails that hold
an approval code are not in it; nothing is overwritten; the store that is replaced is kept.
"""

import contextlib
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from gatewayd.errors import StoreError
from gatewayd.store.notices import wipe_secrets

#: Key of `meta` in a copy: when it was made.
COPIED: Final = "copied"
#: What belongs to a store: the file, its log, SQLite's index of the log.
PARTS: Final = ("", "-wal", "-shm")
#: Virtual-machine steps of SQLite between two words on progress.
_STEPS: Final = 200_000


def write_copy(
    conn: sqlite3.Connection, target: Path, *, replace: bool = False, progress: Callable[[int], None] | None = None
) -> None:
    """Copy what `conn` reads to `target`; `progress` is told the bytes so far. Raises OSError, sqlite3.Error, StoreError."""
    if target.exists() and not replace:
        raise StoreError(f"{target}: there is such a file already, and it is not overwritten")
    unfinished = target.with_name(f"{target.name}.new")
    unfinished.unlink(missing_ok=True)
    unfinished.touch(mode=0o600)
    try:
        _fill(conn, unfinished, progress)
        with closing(sqlite3.connect(unfinished, isolation_level=None)) as copy:
            _make_a_copy_of(copy)
            said = copy.execute("PRAGMA quick_check(1)").fetchone()[0]
        if said != "ok":
            raise StoreError(f"the copy does not hold together ({said}): is the store damaged, or the disk?")
        sync(unfinished)
        unfinished.rename(target)
        sync(target.parent)
    finally:
        unfinished.unlink(missing_ok=True)


def _fill(conn: sqlite3.Connection, unfinished: Path, progress: Callable[[int], None] | None) -> None:
    def tell() -> int:
        with contextlib.suppress(OSError):
            if progress is not None:
                progress(unfinished.stat().st_size)
        return 0

    conn.set_progress_handler(tell if progress else None, _STEPS)
    try:
        conn.execute("VACUUM INTO ?", (str(unfinished),))
    finally:
        conn.set_progress_handler(None, _STEPS)


def _make_a_copy_of(copy: sqlite3.Connection) -> None:
    """It is held once it is opened, and nothing in it lets anybody decide."""
    copy.execute("PRAGMA secure_delete = ON")
    copy.execute("BEGIN")
    wipe_secrets(copy)
    now = datetime.now(UTC).isoformat(timespec="seconds")
    copy.execute("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", (COPIED, now))
    copy.execute("COMMIT")


def copied_at(conn: sqlite3.Connection) -> str:
    """When this copy was made; '' where the store is none."""
    row = conn.execute("SELECT value FROM meta WHERE key = ?", (COPIED,)).fetchone()
    return "" if row is None else str(row[0])


def forget_copied(conn: sqlite3.Connection) -> None:
    conn.execute("DELETE FROM meta WHERE key = ?", (COPIED,))


def keep_aside(store: Path, why: str) -> Path:
    """A copy of the store's files as they are, in a folder of its own. Raises OSError where there is no room."""
    folder = _new_folder(store.parent, why)
    for part in present(store):
        shutil.copy2(part, folder / part.name)
        (folder / part.name).chmod(0o600)
        sync(folder / part.name)
    sync(folder)
    sync(store.parent)
    return folder


def move_aside(store: Path, why: str) -> Path | None:
    """The same, moved; None where there is no store."""
    if not list(present(store)):
        return None
    folder = _new_folder(store.parent, why)
    # The log first: without the store it is nothing, and a store without its log would look whole.
    for part in reversed(list(present(store))):
        part.rename(folder / part.name)
    sync(folder)
    sync(store.parent)
    return folder


def present(store: Path) -> Iterator[Path]:
    return (path for path in (store.with_name(store.name + part) for part in PARTS) if path.exists())


def _new_folder(parent: Path, why: str) -> Path:
    stem = f"{why}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    for name in (stem, *(f"{stem}-{number}" for number in range(2, 1000))):
        with contextlib.suppress(FileExistsError):
            (parent / name).mkdir(mode=0o700)
            return parent / name
    raise OSError(f"{parent}: no free name for a folder {stem}")


def sync(path: Path) -> None:
    """What was written to a file, or in a folder, is on the disk."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
