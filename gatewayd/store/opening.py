"""Before the store is opened: is it the one that this gateway closed, whole? What is not leads to a hold, or is refused.

In: the files of the state directory, with no connection of ours to them. Out: nothing (all is well), or a Doubt that has
been written into the store (store/hold.py), the files as they were kept aside; or StoreError with what to do. Invariants:
nothing is written to the store's files before they are kept aside; a store that SQLite itself finds damaged is not touched
at all; an empty store is made only where the mark says that there never was one.
"""

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from gatewayd.errors import StoreError
from gatewayd.log import get_logger
from gatewayd.notify import notify
from gatewayd.store import copies, hold, mark, pages, rows, schema
from gatewayd.store.disk import fault
from gatewayd.store.hold import Doubt
from gatewayd.store.mark import Mark, MarkFile, Phase, Position

#: An admin's word, as an empty file, that the whole directory comes from a copy: that nothing in it can tell.
ASKED: Final = "hold"
#: A large store on a slow card takes long to read.
_PATIENCE: Final = "EXTEND_TIMEOUT_USEC=1200000000"


def make_ready(path: Path, key: bytes) -> Doubt | None:
    """Everything up to the first connection that writes; `key` is that of the hashes of numbers. Raises StoreError, OSError."""
    known = mark.read(path.parent)
    if not path.exists() or path.stat().st_size == 0:
        # SQLite would take an empty file for a new store, and throw the log away.
        _begin(path, known)
        return None
    if known is not None and known.phase is Phase.NEW and _is_blank(path):
        _take_over(path, key, None)
        return None
    notify(_PATIENCE)
    doubt = _examine(path, known)
    if doubt is not None:
        kept = copies.keep_aside(path, doubt.code)
        get_logger().error("store.in_doubt", code=doubt.code, why=doubt.why, kept=str(kept))
    elif known is not None and known.phase is not Phase.NEW:
        return None
    _take_over(path, key, doubt)
    return doubt


def _is_blank(path: Path) -> bool:
    """Whether a first start was cut short before the store had a form. SQLite may have to undo the beginning of one."""
    with closing(sqlite3.connect(path, isolation_level=None)) as conn:
        return not conn.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]


def _begin(path: Path, known: Mark | None) -> None:
    """There is no store: make the mark of one that begins, unless there was one."""
    log = path.with_name(f"{path.name}-wal")
    had_log = log.exists() and log.stat().st_size > 0
    is_new = known is None or known.phase is Phase.NEW
    if not is_new or (path.parent / pages.FILE).exists() or (had_log and known is None):
        raise StoreError(
            f"{path} is gone or empty, and there was a store; nothing is sent: bring back a copy"
            f" (`gatewayd restore FILE`{newest(path.parent)});"
            f" to begin anew without what it knew, remove {mark.FILE} and {pages.FILE} from {path.parent}"
        )
    file = MarkFile(path.parent)
    file.write(Phase.NEW, Position())
    file.close()
    copies.sync(path.parent)


def _examine(path: Path, known: Mark | None) -> Doubt | None:
    """What is wrong with the store, if anything; in the order of what is most telling."""
    with _looking(path) as conn:
        conn.execute("SELECT count(*) FROM sqlite_master").fetchone()
        page_size = int(conn.execute("PRAGMA page_size").fetchone()[0])
        with _index(path) as shm:
            end = mark.Position() if shm is None else mark.position(shm)
            doubt = _foreign(path, conn, known, end)
            was_closed = known is not None and known.phase is Phase.CLOSED and doubt is None
            _check(path, conn, "quick_check" if was_closed else "integrity_check")
            doubt = doubt or _contradiction(conn)
            conn.close()
    if doubt is not None or known is None or known.phase is Phase.NEW:
        return doubt
    in_log = pages.pages_in(path.with_name(f"{path.name}-wal"), page_size, end)
    wrong = pages.first_wrong(path, page_size, in_log)
    if wrong is None:
        return None
    with _looking(path) as conn:
        _check(path, conn, "integrity_check")
    about = f"page {wrong} of the store is not as it was written" if wrong else f"{pages.FILE} is missing"
    return Doubt("damaged", about)


def _foreign(path: Path, conn: sqlite3.Connection, known: Mark | None, end: Position) -> Doubt | None:
    """Whether this is another store than the one that the mark was made of."""
    if conn.execute("PRAGMA application_id").fetchone()[0] not in (0, schema.APPLICATION_ID):
        raise StoreError(f"{path}: this is not a store of gatewayd")
    schema.version_of(conn)
    if known is not None and known.phase is Phase.NEW:
        return None
    if when := copies.copied_at(conn):
        return Doubt("restored", f"it is a copy of {when}")
    if (path.parent / ASKED).exists():
        return Doubt("restored", f"the file {ASKED} asks for it")
    if known is None:
        return Doubt("restored", f"it comes from elsewhere, or {mark.FILE} was lost")
    if not known.fits(end):
        return Doubt("older", "the end of what was written is missing: an older copy, or a disk that lost it")
    return None


def _contradiction(conn: sqlite3.Connection) -> Doubt | None:
    try:
        found = rows.contradiction(conn)
    except (ValueError, TypeError, KeyError, sqlite3.OperationalError) as error:
        found = f"a row that cannot be read ({error})"
    return None if found is None else Doubt("damaged", found)


def _check(path: Path, conn: sqlite3.Connection, how: str) -> None:
    """Raises StoreError where SQLite finds the store damaged. `integrity_check` compares the indexes, too."""
    said = str(conn.execute(f"PRAGMA {how}(1)").fetchone()[0])
    if said != "ok":
        raise _damaged(path, said)


def _damaged(path: Path, said: str) -> StoreError:
    what = " ".join(said.split())[:120]
    return StoreError(
        f"{path} is damaged ({what}): it is left as it is and nothing is sent; bring back a copy with"
        f" `gatewayd restore FILE`{newest(path.parent)}, the damaged store is kept"
    )


def newest(state_dir: Path) -> str:
    """ ", such as …" with the newest copy at hand."""
    found = sorted((state_dir / "backups").glob("*.sqlite"))
    return f", such as {found[-1]}" if found else ""


@contextmanager
def _looking(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that leaves the files as they are. SQLite's own faults are StoreErrors that say what to do."""
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None, timeout=5)) as conn:
        conn.row_factory = sqlite3.Row
        try:
            yield conn
        except sqlite3.OperationalError as error:
            if "no such" in str(error):
                raise _damaged(path, str(error)) from error
            raise fault(f"{path}: {error}", error) from error
        except sqlite3.DatabaseError as error:
            raise _damaged(path, str(error)) from error


@contextmanager
def _index(path: Path) -> Iterator[int | None]:
    """The index of the log; to be left only once the connection is closed (its locks would go with the descriptor)."""
    try:
        shm = os.open(f"{path}-shm", os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        yield None
        return
    try:
        yield shm
    finally:
        os.close(shm)


def _take_over(path: Path, key: bytes, doubt: Doubt | None) -> None:
    """Write the doubt into the store first; then make mark and ledger of the store as it is. A crash in between does it
    again."""
    with closing(sqlite3.connect(path, isolation_level=None)) as conn:
        schema.prepare(conn, key)
        schema.copy_if_older(conn, path)
        conn.execute("BEGIN IMMEDIATE")
        schema.migrate(conn)
        if doubt is not None:
            hold.enter(conn, doubt, datetime.now(UTC))
        conn.execute("COMMIT")
        page_size = int(conn.execute("PRAGMA page_size").fetchone()[0])
        is_busy, *_ = conn.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    if is_busy:
        raise StoreError(f"{path}: another program reads the store: try again")
    ledger = pages.Ledger(path.parent, page_size)
    ledger.rebuild(path)
    ledger.close()
    copies.sync(path.parent)
    file = MarkFile(path.parent)
    file.write(Phase.CLOSED, Position())
    file.close()
    with contextlib.suppress(FileNotFoundError):
        (path.parent / ASKED).unlink()
    copies.sync(path.parent)
