"""Keeps mark and ledger beside an open store: after each commit how far it came, before each copy of the log its pages.

In: the writing connection, in its thread. Out: `gatewayd.mark`, `gatewayd.pages`; the log copied into the store when it has
grown long enough. Invariants: only here is the log copied, and only after its pages are in the ledger; a copy that fails
(a full disk) is tried again later and never fails the commit before it.
"""

import os
import sqlite3
from pathlib import Path
from typing import Final

from gatewayd.log import get_logger
from gatewayd.store import copies
from gatewayd.store.mark import MarkFile, Phase, Position, position
from gatewayd.store.pages import Ledger

#: The log is copied into the store at so many frames: seldom, since each copy writes whole pages all over the disk.
_LONG: Final = 4000


class Keeper:
    def __init__(self, conn: sqlite3.Connection, path: Path) -> None:
        """Begin an open store's mark. Raises OSError."""
        self._log = path.with_name(f"{path.name}-wal")
        conn.execute("SELECT count(*) FROM sqlite_master").fetchone()
        # Closed after the connection: POSIX drops the locks of a process on a file with any descriptor of it.
        self._shm = os.open(f"{path}-shm", os.O_RDONLY | os.O_CLOEXEC)
        self._ledger = Ledger(path.parent, int(conn.execute("PRAGMA page_size").fetchone()[0]))
        self._mark = MarkFile(path.parent)
        # The names of the ledger and of the log: a mark that they must be there is about to be written.
        copies.sync(path.parent)
        self._at, self._due = position(self._shm), _LONG
        self._mark.write(Phase.OPEN, self._at)

    def committed(self, conn: sqlite3.Connection) -> None:
        """After each commit."""
        before, at = self._at, position(self._shm)
        if at == before:
            return
        self._at = at
        self._mark.write(Phase.OPEN, at)
        if at.salt != before.salt:
            self._due = _LONG
        if at.frames >= self._due:
            # Readers may keep the log from being used up: it is not tried again at every commit.
            self._due = at.frames + _LONG
            self.copy_log(conn, at)

    def copy_log(self, conn: sqlite3.Connection, at: Position, how: str = "PASSIVE") -> bool:
        """Whether the log is in the store now, as far as nobody still reads from it."""
        try:
            self._ledger.take(self._log, at)
            self._mark.write(Phase.LEDGERED, at)
            is_busy, *_ = conn.execute(f"PRAGMA wal_checkpoint({how})").fetchone()
        except (OSError, sqlite3.Error) as error:
            get_logger().warning("store.log_not_copied", why=str(error))
            return False
        return not is_busy

    def rewrite(self, conn: sqlite3.Connection) -> bool:
        """Write the whole store anew and empty the log: no page keeps bytes of what was deleted (secure_delete misses
        what a page that was split leaves behind). False while a reader is in the way. Raises sqlite3.Error."""
        conn.execute("VACUUM")
        self._at = position(self._shm)
        self._mark.write(Phase.OPEN, self._at)
        return self.copy_log(conn, self._at, "TRUNCATE")

    def end(self, conn: sqlite3.Connection) -> None:
        """The connection is about to be closed in order. Readers that hold the log keep it."""
        if self.copy_log(conn, position(self._shm), "TRUNCATE") and position(self._shm).frames == 0:
            # SQLite leaves it to chance when the empty log reaches the disk, and a full one would contradict the mark.
            copies.sync(self._log)
            self._mark.write(Phase.CLOSED, position(self._shm))

    def close(self) -> None:
        """After the connection."""
        for close in (self._mark.close, self._ledger.close, lambda: os.close(self._shm)):
            close()
