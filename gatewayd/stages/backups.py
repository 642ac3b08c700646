"""Backups: a checked copy of the store every so often, in a folder beside it; the oldest of them go.

In: [gateway] backup_every, backup_keep. Out: `backups/gatewayd-TIME.sqlite` below the state directory; a line in the
journal, and a mail to the staff when one fails. Invariants: a copy takes the place of none before it is whole; while
the store is on hold none is made, so that no good one makes room for a doubtful one.
"""

import asyncio
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from gatewayd.errors import StoreError
from gatewayd.log import get_logger
from gatewayd.stages.bells import Bell
from gatewayd.stages.context import Context
from gatewayd.store import notices
from gatewayd.store.database import copying

FOLDER: Final = "backups"
_NAME: Final = "gatewayd-%Y%m%dT%H%M%SZ.sqlite"
_ROUND_S: Final = 600.0


async def run(ctx: Context) -> None:
    """For ever."""
    is_told = False
    while ctx.settings.gateway.backup_every:
        if is_due(ctx):
            why = await make(ctx)
            if why and not is_told:
                await ctx.db.run(_tell, ctx, why, ctx.clock.now())
                ctx.bells.ring(Bell.COMPOSE)
            is_told = bool(why)
        await asyncio.sleep(_ROUND_S)


def is_due(ctx: Context) -> bool:
    """Whether the newest copy is too old, or from a time to come (the clock was wrong then)."""
    made = [at for at in map(_made_at, copies(ctx)) if at is not None]
    return not made or abs(ctx.clock.now() - made[-1]) >= timedelta(seconds=ctx.settings.gateway.backup_every)


def copies(ctx: Context) -> list[Path]:
    """Those that this stage made, the oldest first."""
    return sorted((ctx.settings.gateway.state_dir / FOLDER).glob("gatewayd-*.sqlite"))


async def make(ctx: Context) -> str:
    """Make one, and let the oldest go; why it failed, '' if it did not."""
    state_dir = ctx.settings.gateway.state_dir
    target = state_dir / FOLDER / ctx.clock.now().strftime(_NAME)
    try:
        target.parent.mkdir(mode=0o700, exist_ok=True)
        size = await asyncio.to_thread(copying, state_dir, target)
    except (StoreError, OSError) as error:
        get_logger().error("backup.failed", why=str(error))
        return str(error)
    for old in copies(ctx)[: -ctx.settings.gateway.backup_keep]:
        old.unlink(missing_ok=True)
    get_logger().info("backup.made", name=target.name, bytes=size)
    return ""


def _made_at(copy: Path) -> datetime | None:
    try:
        return datetime.strptime(copy.name, _NAME).replace(tzinfo=UTC)
    except ValueError:
        return None


def _tell(conn: sqlite3.Connection, ctx: Context, why: str, now: datetime) -> None:
    gateway = ctx.settings.gateway
    params = {
        "code": "backup.failed", "name": gateway.name, "why": why[:200], "since": now.isoformat(), "was": "",
    }  # fmt: skip
    for address in gateway.staff:
        notices.ask(conn, "alarm", address, now, params=params)
