"""Retain: once a day, at night, what is over by `[retention]` is taken out of the store and its folder.

In: the settings and the steady clock; nothing happens while the time of day is not known for sure. Out: rows without
words or numbers (store/retention.py), in small transactions; the store written anew, so that the bytes are gone; the
same in the copies of the store in its folder, old ones deleted; one event that says how much. The folders of the
mailbox are the mail intake's.
"""

import asyncio
import sqlite3
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from gatewayd.config import Settings
from gatewayd.errors import StoreError
from gatewayd.log import get_logger
from gatewayd.stages.context import Context
from gatewayd.store import events, keys, older_copies, retention
from gatewayd.store.database import FILE
from gatewayd.store.older_copies import Work
from gatewayd.store.retention import Limits

NAME: Final = "retain"
_ROUND_S: Final = 600.0
#: Local hour from which on a day's work is done: nothing but urgent messages leaves then.
_HOUR: Final = 2
#: Tries to empty the log, which a command that reads just now is in the way of.
_TRIES: Final = 30


async def run(ctx: Context) -> None:
    """For ever."""
    with ctx.pulse.stage(NAME, limit_s=3600.0):
        while True:
            ctx.pulse.beat(NAME)
            now = ctx.clock.now()
            if await ctx.db.run(is_due, ctx, now):
                await sweep(ctx, now)
            await asyncio.sleep(_ROUND_S)


def is_due(conn: sqlite3.Connection, ctx: Context, now: datetime) -> bool:
    local = now.astimezone(ctx.zone)
    return ctx.clock.is_sure() and local.hour >= _HOUR and local.date().isoformat() > retention.swept_on(conn)


def limits_of(settings: Settings, now: datetime) -> Limits:
    kept = settings.retention
    return Limits(*(now - timedelta(seconds=seconds) for seconds in (kept.mails, kept.texts, kept.numbers)))


async def sweep(ctx: Context, now: datetime) -> Counter[str]:
    """Everything that is over at `now`; returns how many rows of what."""
    limits, done = limits_of(ctx.settings, now), Counter[str]()
    for step in retention.STEPS:
        while count := await ctx.db.run(step, limits, now):
            done[step.__name__] += count
            ctx.pulse.beat(NAME)
    if copies := await asyncio.to_thread(_delete_copies, ctx.settings.gateway.state_dir, limits.first):
        done["copies"] = copies
    if done:
        await scrub(ctx)
        await rid_copies(ctx, lambda conn: _sweep(conn, limits, now))
        get_logger().info("retention.done", **done)
    await ctx.db.run(_note, ctx, done, now)
    return done


async def scrub(ctx: Context) -> bool:
    """Bytes of what was deleted leave the files. False, and a line in the journal, where that is for later."""
    try:
        for _ in range(_TRIES):
            if await ctx.db.scrub():
                return True
            await asyncio.sleep(1.0)
        why = "something reads the store all the time"
    except StoreError as error:
        why = str(error)
    get_logger().warning("retention.not_scrubbed", why=why)
    return False


def _note(conn: sqlite3.Connection, ctx: Context, done: Counter[str], now: datetime) -> None:
    retention.swept(conn, now.astimezone(ctx.zone).date().isoformat())
    if done:
        events.record(conn, now, "retention.done", detail=dict(done))


async def rid_copies(ctx: Context, work: Work) -> list[str]:
    """Do the same in the copies of the store in its folder; returns the names of those where it could not be done."""
    state_dir, left = ctx.settings.gateway.state_dir, list[str]()
    for copy in await asyncio.to_thread(older_copies.found, state_dir, FILE):
        name = str(copy.relative_to(state_dir))
        try:
            key = keys.number_key(state_dir, make=False)
            if not await asyncio.to_thread(older_copies.rid, copy, key, work):
                left.append(name)
        except (StoreError, OSError) as error:
            left.append(name)
            get_logger().warning("retention.not_scrubbed", why=str(error))
        ctx.pulse.beat(NAME)
    return left


def _sweep(conn: sqlite3.Connection, limits: Limits, now: datetime) -> bool:
    for step in retention.STEPS:
        while step(conn, limits, now):
            pass
    return True


def _delete_copies(state_dir: Path, before: datetime) -> int:
    """Copies of the store in its folder in which everything is over. One elsewhere is its maker's."""
    old = [path for path in older_copies.found(state_dir, FILE) if path.stat().st_mtime <= before.timestamp()]
    for path in old:
        path.unlink()
        get_logger().info("retention.copy_deleted", name=str(path.relative_to(state_dir)))
    return len(old)
