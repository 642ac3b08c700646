"""Room on the disk of the store: the staff hears of it before the disk is full, not after.

In: what the file system says is free, once a minute. Out: a row for `status`; its code, while there is too little, is
an alarm to the staff (stages/watch.py). Too little: not enough for one more copy of the store and RESERVE. What happens
once the disk is full is stages/unwritable.py's.
"""

import asyncio
import shutil
from typing import Final

from gatewayd.core.health import Health, LinkState
from gatewayd.log import get_logger
from gatewayd.stages.context import Context
from gatewayd.store import health

ROW: Final = "disk"
CODE: Final = "disk.low"
#: Octets that are to be left beside a copy of the store.
RESERVE: Final = 100 << 20
#: So much more must be free before it is called enough again.
_RISE: Final = 1.2
_ROUND_S: Final = 60.0


async def run(ctx: Context) -> None:
    """For ever."""
    while True:
        disk = await asyncio.to_thread(shutil.disk_usage, ctx.settings.gateway.state_dir)
        await once(ctx, disk.free)
        await asyncio.sleep(_ROUND_S)


async def once(ctx: Context, free: int) -> None:
    """Write down what there is, where that is news."""
    needed = RESERVE + ctx.db.path.stat().st_size
    before = {row.health.name: row for row in await ctx.db.run(health.all_links)}.get(ROW)
    was_low = before is not None and before.paused == CODE
    is_low = free < needed * (_RISE if was_low else 1.0)
    words = f"{_size(free)} free"
    if before is not None and is_low == was_low and before.health.error == words:
        return
    if is_low and not was_low:
        get_logger().warning(CODE, free=free, needed=needed)
    now, why = ctx.clock.now(), f"{words}, {_size(needed)} wanted" if is_low else ""
    await ctx.db.run(health.put, ROW, Health(ROW, LinkState.READY, now, words), CODE if is_low else "", why, now)


def _size(octets: int) -> str:
    """Coarse, so that it is seldom news."""
    if octets < 1 << 30:
        return f"{octets // (10 << 20) * 10} MB"
    return f"{octets / (1 << 30):.1f} GB" if octets < 10 << 30 else f"{octets >> 30} GB"
