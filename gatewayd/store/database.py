"""One connection writes the database. `run(fn, …)` is one function = one transaction = one hop to the thread.

The connection and its thread are aiosqlite's; the whole function runs in that thread between BEGIN IMMEDIATE
and COMMIT (ROLLBACK on any exception). One lock keeps tasks apart; the work is shielded, so a cancelled task
leaves no open transaction: the caller that was cancelled reads again. `reading` opens a read-only connection
for other processes (commands, children). `join` is for what may wait a moment: it goes into the transaction of
whoever comes next, since each commit writes whole blocks of the disk.

Before the first connection store/opening.py looks whether the store can be trusted; after each commit store/keeper.py
writes down how far it came.
"""

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

import aiosqlite

from gatewayd.errors import StoreError
from gatewayd.store import keys, schema
from gatewayd.store.copies import write_copy
from gatewayd.store.disk import fault
from gatewayd.store.keeper import Keeper
from gatewayd.store.lock import only_one
from gatewayd.store.opening import make_ready

P = ParamSpec("P")
T = TypeVar("T")
FILE: Final = "gatewayd.sqlite"


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

    def __init__(self, connection: aiosqlite.Connection, path: Path, keeper: Keeper) -> None:
        self._connection, self._keeper = connection, keeper
        self._lock = asyncio.Lock()
        self._joined: list[_Joined] = []
        self._timer: asyncio.TimerHandle | None = None
        self._flushing: asyncio.Task[None] | None = None
        #: Transactions that wait or run, whether somebody still waits for them or not.
        self._underway: set[asyncio.Task[Any]] = set()
        self.path = path

    async def run(self, fn: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run `fn(conn, …)` as one transaction and return what it returns. Raises StoreError for SQLite's faults."""
        return await self._to_its_end(self._run(lambda conn: fn(conn, *args, **kwargs)))

    async def _to_its_end(self, work: Coroutine[Any, Any, T]) -> T:
        """Also when the caller is cancelled meanwhile."""
        task = asyncio.create_task(work)
        self._underway.add(task)
        task.add_done_callback(self._is_over)
        return await asyncio.shield(task)

    def _is_over(self, task: asyncio.Task[Any]) -> None:
        self._underway.discard(task)
        if not task.cancelled():
            # A fault that nobody waits for any more is nobody's.
            task.exception()

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

    async def scrub(self) -> bool:
        """Write the store anew, so that no page keeps bytes of what was deleted (secure_delete misses what a page that
        was split leaves behind), and empty the log. False while a reader is in the way of that. Raises StoreError."""
        return await self._to_its_end(self._scrub())

    async def _scrub(self) -> bool:
        async with self._lock:
            try:
                return await self._connection._execute(self._keeper.rewrite, self._connection._conn)  # type: ignore[no-any-return,no-untyped-call]
            except sqlite3.Error as error:
                raise StoreError(f"{self.path}: {error}") from error

    async def end(self) -> None:
        """The store is about to be closed: what was to be joined was not acknowledged, and comes again. A transaction
        whose caller was cancelled is let finish: none may come after the mark that all is closed."""
        self._forget_timer()
        while self._underway:
            await asyncio.wait(self._underway)
        async with self._lock:
            await self._connection._execute(self._keeper.end, self._connection._conn)  # type: ignore[no-untyped-call]

    def _forget_timer(self) -> None:
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
            self._forget_timer()
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
            return await self._connection._execute(_transaction, self._connection._conn, work, self._keeper)  # type: ignore[no-any-return,no-untyped-call]
        except sqlite3.Error as error:
            raise fault(f"{self.path}: {error}", error) from error


def _transaction(conn: sqlite3.Connection, work: Callable[[sqlite3.Connection], T], keeper: Keeper | None = None) -> T:
    conn.execute("BEGIN IMMEDIATE")
    try:
        result = work(conn)
        conn.execute("COMMIT")
    except BaseException:
        if conn.in_transaction:
            conn.execute("ROLLBACK")
        raise
    if keeper is not None:
        keeper.committed(conn)
    return result


@asynccontextmanager
async def open_store(state_dir: Path) -> AsyncIterator[Database]:
    """Open (or make) the store in `state_dir`, migrate it, and close it at the end. A store in doubt is on hold from here
    on (store/hold.py). Raises StoreError: damaged, of another version, in use."""
    path = state_dir / FILE
    with ExitStack() as stack:
        try:
            state_dir.mkdir(parents=True, exist_ok=True, mode=0o700)  # noqa: ASYNC240
            stack.enter_context(only_one(state_dir))
            key = keys.number_key(state_dir)
            await asyncio.to_thread(make_ready, path, key)
            connection = await aiosqlite.connect(path, isolation_level=None, cached_statements=256)
        except (OSError, sqlite3.Error) as error:
            raise fault(f"{path}: cannot be opened: {error}", error) from error
        async with _opened(connection, path, key) as database:
            yield database


@asynccontextmanager
async def _opened(connection: aiosqlite.Connection, path: Path, key: bytes) -> AsyncIterator[Database]:
    keeper: Keeper | None = None
    try:
        try:
            os.chmod(path, 0o600)  # noqa: PTH101  # one quick call at start
            keeper = await connection._execute(_set_up, connection._conn, path, key)  # type: ignore[no-untyped-call]
        except (OSError, sqlite3.Error) as error:
            raise fault(f"{path}: cannot be opened: {error}", error) from error
        database = Database(connection, path, keeper)
        try:
            yield database
        finally:
            await database.end()
    finally:
        await connection.close()
        if keeper is not None:
            keeper.close()


def _set_up(conn: sqlite3.Connection, path: Path, key: bytes) -> Keeper:
    schema.prepare(conn, key)
    schema.copy_if_older(conn, path)
    if schema.version_of(conn) == 0:
        # Until this is committed the mark must say that the store is new: one without tables would be a damaged one.
        _transaction(conn, schema.migrate)
    keeper = Keeper(conn, path)
    _transaction(conn, schema.migrate, keeper)
    _transaction(conn, lambda conn: keys.recognise(conn, key), keeper)
    return keeper


def copying(state_dir: Path, target: Path, progress: Callable[[int], None] | None = None) -> int:
    """Copy the store to a new file, while somebody writes to it or not. Returns its size. Raises StoreError, OSError."""
    path = state_dir / FILE
    with _readable(path) as conn:
        write_copy(conn, target, progress=progress)
    return target.stat().st_size


@contextmanager
def reading(state_dir: Path) -> Iterator[sqlite3.Connection]:
    """A read-only connection to the store, for commands and children. Raises StoreError when there is none."""
    with _readable(state_dir / FILE) as conn:
        conn.execute("BEGIN")
        yield conn


@contextmanager
def _readable(path: Path) -> Iterator[sqlite3.Connection]:
    if not path.exists():
        raise StoreError(f"{path}: there is no store yet (it is made by the first `gatewayd run`)")
    try:
        conn = sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None, timeout=5)
    except sqlite3.Error as error:
        raise StoreError(f"{path}: cannot be opened: {error}") from error
    conn.row_factory = sqlite3.Row
    try:
        yield conn
    except sqlite3.Error as error:
        raise StoreError(f"{path}: {error}") from error
    finally:
        conn.close()
