"""The store's form: how a connection is set up, the numbered migrations, the copy before one of them.

WAL, synchronous=FULL: an acknowledged commit survives a power cut. page_size 1024 keeps the bytes written a message low
(docs/performance.md). The log is copied into the store by store/keeper.py alone: it writes the pages' checksums first.
"""

import sqlite3
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Final

from gatewayd.errors import StoreError
from gatewayd.store import keys
from gatewayd.store.copies import write_copy

APPLICATION_ID: Final = 0x47574459  # "GWDY"


def prepare(conn: sqlite3.Connection, key: bytes = b"") -> None:
    """Set up a connection that writes; `key` is that of the hashes of numbers."""
    conn.row_factory = sqlite3.Row
    keys.register(conn, key)
    conn.execute("PRAGMA page_size = 1024")
    conn.execute("PRAGMA journal_mode = WAL")
    conn.execute("PRAGMA synchronous = FULL")
    conn.execute("PRAGMA wal_autocheckpoint = 0")
    conn.execute("PRAGMA foreign_keys = ON")
    conn.execute("PRAGMA busy_timeout = 5000")
    conn.execute("PRAGMA cache_size = -1000")
    # What is deleted leaves no bytes behind in its page (store/retention.py).
    conn.execute("PRAGMA secure_delete = ON")


def migrations() -> list[tuple[int, str]]:
    """Every numbered migration, in order: (number, SQL)."""
    folder = resources.files("gatewayd.store") / "migrations"
    files = sorted((item for item in folder.iterdir() if item.name.endswith(".sql")), key=lambda item: item.name)
    return [(int(item.name[:4]), item.read_text(encoding="utf-8")) for item in files]


def version_of(conn: sqlite3.Connection) -> int:
    """The store's version; 0 for an empty one. Raises StoreError for one that is newer than this program."""
    have, known = int(conn.execute("PRAGMA user_version").fetchone()[0]), migrations()[-1][0]
    if have > known:
        raise StoreError(f"the store is of version {have}, this gatewayd knows {known}: install the newer one")
    return have


def is_of_this_version(conn: sqlite3.Connection) -> bool:
    have, kind = (int(conn.execute(f"PRAGMA {name}").fetchone()[0]) for name in ("user_version", "application_id"))
    return have == migrations()[-1][0] and kind == APPLICATION_ID


def copy_if_older(conn: sqlite3.Connection, path: Path) -> None:
    """A store of an older version is copied first; where that fails (a full disk), nothing is migrated."""
    have, wanted = int(conn.execute("PRAGMA user_version").fetchone()[0]), migrations()[-1][0]
    if not 0 < have < wanted:
        return
    try:
        write_copy(conn, path.with_name(f"before-{wanted}.sqlite"), replace=True)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"{path}: the copy before the migration cannot be made: {error}") from error


def migrate(conn: sqlite3.Connection) -> None:
    """Bring the store to the newest version, in the transaction that is open."""
    have, known = version_of(conn), migrations()
    for number, sql in known:
        if number > have:
            for statement in _statements(sql):
                conn.execute(statement)
    conn.execute(f"PRAGMA user_version = {known[-1][0]}")
    conn.execute(f"PRAGMA application_id = {APPLICATION_ID}")


def _statements(sql: str) -> Iterator[str]:
    """Single statements: `executescript` would commit the transaction around it."""
    statement = ""
    for line in sql.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
