"""Supervise: links are retried in place, anything else ends the process.

LinkError and ProtocolError mean that the other side is gone or confused: run again after a jittered,
growing wait. Every other exception is a bug of ours or a broken store; it ends the TaskGroup, and systemd
starts the daemon again. A link that lasted a while starts from the shortest wait. A link that stays away for the same
reason is told about once an hour, not at each try.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Final

from gatewayd.clock import Clock
from gatewayd.errors import LinkError, ProtocolError
from gatewayd.log import get_logger

_LONGEST_S: Final = 60.0
_LASTED_S: Final = 60.0
#: A run at least this long had its link, so that the same reason is news again.
_UP_S: Final = 5.0
_REMIND_S: Final = 3600.0


async def keep(
    name: str, run: Callable[[], Awaitable[None]], clock: Clock, *, first_s: float = 0.5, longest_s: float = _LONGEST_S,
    on_lost: Callable[[str], Awaitable[None]] | None = None,
) -> None:  # fmt: skip
    """Run `run` for ever; after a LinkError or ProtocolError tell `on_lost` why, wait and run it again."""
    wait, told, told_at = first_s, "", 0.0
    while True:
        began = clock.monotonic()
        try:
            await run()
            why = "ended"
        except (LinkError, ProtocolError) as error:
            why = str(error)
        now = clock.monotonic()
        if now - began > _LASTED_S:
            wait = first_s
        if why != told or now - began > _UP_S or now - told_at >= _REMIND_S:
            told, told_at = why, now
            get_logger().warning("link.lost", link=name, why=why, retry_s=round(wait, 1))
        if on_lost is not None:
            await on_lost(why)
        await asyncio.sleep(wait * random.uniform(0.7, 1.0))
        wait = min(wait * 2, longest_s)
