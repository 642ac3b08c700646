"""One connection writes the database. `run(fn, …)` is one function = one transaction = one hop to the thread.

The connection and its thread are aiosqlite's; the whole function runs in that thread between BEGIN IMMEDIATE
and COMMIT (ROLLBACK on any exception). One lock keeps tasks apart; the work is shielded, so a cancelled task
leaves no open transaction: the caller that was cancelled reads again. `reading` opens a read-only connection
for other processes (commands, children). `join` is for what may wait a moment: it goes into the transaction of
whoever comes next, since each commit writes whole blocks of the disk.

WAL, synchronous=FULL: an acknowledged commit survives a power cut. page_size 1024 and a checkpoint every
4,000 pages keep the bytes written a message low (docs/performance.md).
"""

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

import aiosqlite

from gatewayd.errors import StoreError
from gatewayd.store import keys

P = ParamSpec("P")
T = TypeVar("T")
FILE: Final = "gatewayd.sqlite"
_APPLICATION_ID: Final = 0x47574459  # "GWDY"


@dataclass(frozen=True, slots=True)
class _Joined:
    """Work that waits for a transaction, and who waits for it."""

    work: Callable[[sqlite3.Connection], Any]
    done: asyncio.Future[Any]

    def succeed(self, result: object) -> None:
        if not self.done.done():
            self.done.set_result(result)

    def fail(self, error: BaseException) -> None:
        if not self.done.done():
            self.done.set_exception(error if isinstance(error, Exception) else StoreError("interrupted"))


class Database:
    """The writing connection. Only `open_store` makes one."""

    def __init__(self, connection: aiosqlite.Connection, path: Path) -> None:
        self._connection = connection
        self._lock = asyncio.Lock()
        self._joined: list[_Joined] = []
        self._timer: asyncio.TimerHandle | None = None
        self._flushing: asyncio.Task[None] | None = None
        self.path = path

    async def run(self, fn: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `fn(conn, …)` as one transaction and return what it returns. Raises StoreError for SQLite's faults."""
        return await asyncio.shield(self._run(lambda conn: fn(conn, *args, **kwargs)))

    async def join(
        self, within_s: float, fn: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Like `run`, in the transaction of the next one that runs, behind it; after `within_s` in one of its own."""
        loop = asyncio.get_running_loop()
        joined = _Joined(lambda conn: fn(conn, *args, **kwargs), loop.create_future())
        self._joined.append(joined)
        if self._timer is None:
            self._timer = loop.call_later(within_s, self._flush)
        return await asyncio.shield(joined.done)

    def forget_timer(self) -> None:
        """The store is about to be closed: what still waited was not acknowledged, and comes again."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _flush(self) -> None:
        """Nobody came; who failed is told by his own future."""
        self._timer = None
        self._flushing = asyncio.create_task(self._run(lambda conn: None))
        self._flushing.add_done_callback(lambda task: task.cancelled() or task.exception())

    async def _run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        async with self._lock:
            joined, self._joined = self._joined, []
            self.forget_timer()
            try:
                result, others = await self._execute(lambda conn: (work(conn), [other.work(conn) for other in joined]))
            except BaseException as error:
                for other in joined:
                    other.fail(error)
                raise
            for other, its_result in zip(joined, others, strict=True):
                other.succeed(its_result)
            return result

    async def _execute(self, work: Callable[[sqlite3.Connection], T]) -> T:
        try:
            # aiosqlite has no public call for a whole function in its thread; the version is pinned.
            return await self._connection._execute(_transaction, self._connection._conn, work)  # type: ignore[no-any-return,no-untyped-call]
        except sqlite3.Error as error:
            raise StoreError(f"{self.path}: {error}") from error


def _transaction(conn: sqlite3.Connection, work: Callable[[sqlite3.Connection], T]) -> T:
    conn.execute("BEGIN IMMEDIATE")
    try:
        result = work(conn)
        conn.execute("COMMIT")
    except BaseException:
        if conn.in_transaction:
            conn.execute("ROLLBACK")
        raise
    return result


@asynccontextmanager
async def open_store(state_dir: Path) -> AsyncIterator[Database]:
    """Open (or make) the store in `state_dir`, migrate it, and close it at the end. Raises StoreError."""
    path = state_dir / FILE
    try:
        state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)  # noqa: ASYNC240
        connection = await aiosqlite.connect(path, isolation_level=None, cached_statements=256)
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"{path}: cannot be opened: {error}") from error
    try:
        os.chmod(path, 0o600)  # noqa: PTH101  # one quick call at start
        database = Database(connection, path)
        key = keys.number_key(state_dir)
        try:
            await connection._execute(_prepare, connection._conn, key)  # type: ignore[no-untyped-call]
        except sqlite3.Error as error:
            raise StoreError(f"{path}: {error}") from error
        await _copy_before_migrating(connection, path)
        await database.run(_migrate)
        await database.run(keys.recognise, key)
        try:
            yield database
        finally:
            database.forget_timer()
    finally:
        await connection.close()


async def _copy_before_migrating(connection: aiosqlite.Connection, path: Path) -> None:
    """A store of an older version is copied first; where that fails (a full disk), nothing is migrated."""
    try:
        await connection._execute(_copy_if_older, connection._conn, path)  # type: ignore[no-untyped-call]
    except (OSError, sqlite3.Error) as error:
        raise StoreError(f"{path}: the copy before the migration cannot be made: {error}") from error


def _copy_if_older(conn: sqlite3.Connection, path: Path) -> None:
    have, wanted = int(conn.execute("PRAGMA user_version").fetchone()[0]), migrations()[-1][0]
    if not 0 < have < wanted:
        return
    copy = path.with_name(f"before-{wanted}.sqlite")
    unfinished = copy.with_suffix(".new")
    unfinished.unlink(missing_ok=True)
    unfinished.touch(mode=0o600)
    conn.execute("VACUUM INTO ?", (str(unfinished),))
    unfinished.rename(copy)


def _prepare(conn: sqlite3.Connection, key: bytes = b"") -> None:
    conn.row_factory = sqlite3.Row
    keys.register(conn, key)
    conn.execute("PRAGMA page_size = 1024")
    conn.execute("PRAGMA journal_mode = WAL")
    conn.execute("PRAGMA synchronous = FULL")
    conn.execute("PRAGMA wal_autocheckpoint = 4000")
    conn.execute("PRAGMA foreign_keys = ON")
    conn.execute("PRAGMA busy_timeout = 5000")
    conn.execute("PRAGMA cache_size = -2000")


def migrations() -> list[tuple[int, str]]:
    """Every numbered migration, in order: (number, SQL)."""
    folder = resources.files("gatewayd.store") / "migrations"
    files = sorted((item for item in folder.iterdir() if item.name.endswith(".sql")), key=lambda item: item.name)
    return [(int(item.name[:4]), item.read_text(encoding="utf-8")) for item in files]


def _migrate(conn: sqlite3.Connection) -> None:
    have = int(conn.execute("PRAGMA user_version").fetchone()[0])
    known = migrations()
    if have > known[-1][0]:
        raise StoreError(f"the store is of version {have}, this gatewayd knows {known[-1][0]}: install the newer one")
    for number, sql in known:
        if number > have:
            for statement in _statements(sql):
                conn.execute(statement)
    conn.execute(f"PRAGMA user_version = {known[-1][0]}")
    conn.execute(f"PRAGMA application_id = {_APPLICATION_ID}")


def _statements(sql: str) -> Iterator[str]:
    """Single statements: `executescript` would commit the transaction around it."""
    statement = ""
    for line in sql.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""


@contextmanager
def reading(state_dir: Path) -> Iterator[sqlite3.Connection]:
    """A read-only connection to the store, for commands and children. Raises StoreError when there is none."""
    path = state_dir / FILE
    if not path.exists():
        raise StoreError(f"{path}: there is no store yet (it is made by the first `gatewayd run`)")
    try:
        conn = sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None, timeout=5)
    except sqlite3.Error as error:
        raise StoreError(f"{path}: cannot be opened: {error}") from error
    conn.row_factory = sqlite3.Row
    try:
        conn.execute("BEGIN")
        yield conn
    except sqlite3.Error as error:
        raise StoreError(f"{path}: {error}") from error
    finally:
        conn.close()
