"""Copies of the store in its own folder, rid of what was taken out of the store itself.

In: a copy, the key of keyed hashes, and what to do with its rows. Out: the same copy without them, written anew beside
its place and renamed when it is whole and on the disk; its time stays, since it tells how old the data in it is. A copy
of another version of the store is left alone: its rows are not known here.
"""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from gatewayd.errors import StoreError
from gatewayd.store import keys, schema
from gatewayd.store.copies import PARTS, sync

#: What to do in a transaction; False: it cannot be done in this copy, which is therefore to go.
Work = Callable[[sqlite3.Connection], bool]


def found(state_dir: Path, store: str) -> list[Path]:
    """Every copy below the folder: backups, before-2.sqlite, what was kept aside; not the store itself."""
    own = {state_dir / f"{store}{part}" for part in PARTS}
    return [path for path in sorted(state_dir.rglob("*.sqlite*")) if path not in own and path.is_file()]


def rid(copy: Path, key: bytes, work: Work) -> bool:
    """Do `work` in `copy`; False where it is of another version, or no copy by itself. Raises StoreError, OSError."""
    if copy.with_name(f"{copy.name}-wal").exists() or copy.suffix != ".sqlite" or not _is_of_this_version(copy):
        return False
    unfinished = copy.with_name(f"{copy.name}.new")
    unfinished.unlink(missing_ok=True)
    unfinished.touch(mode=0o600)
    try:
        shutil.copyfile(copy, unfinished)
        if not _work(unfinished, key, work):
            copy.unlink()
            return True
        sync(unfinished)
        shutil.copystat(copy, unfinished)
        unfinished.rename(copy)
        sync(copy.parent)
    except sqlite3.Error as error:
        raise StoreError(f"{copy}: {error}") from error
    finally:
        unfinished.unlink(missing_ok=True)
    return True


def _is_of_this_version(copy: Path) -> bool:
    try:
        with closing(sqlite3.connect(f"file:{copy}?mode=ro", uri=True)) as conn:
            return schema.is_of_this_version(conn)
    except sqlite3.Error:
        return False


def _work(unfinished: Path, key: bytes, work: Work) -> bool:
    with closing(sqlite3.connect(unfinished, isolation_level=None)) as conn:
        conn.row_factory = sqlite3.Row
        keys.register(conn, key)
        # Nobody needs the journal of a file that is thrown away when it is not whole.
        conn.execute("PRAGMA journal_mode = MEMORY")
        conn.execute("BEGIN")
        is_done = work(conn)
        conn.execute("COMMIT")
        conn.execute("VACUUM")
    return is_done
