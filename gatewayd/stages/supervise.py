"""Supervise: links are retried in place, anything else ends the process.

LinkError and ProtocolError mean that the other side is gone or confused: run again after a jittered,
growing wait. Every other exception is a bug of ours or a broken store; it ends the TaskGroup, and systemd
starts the daemon again. A link that lasted a while starts from the shortest wait.
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


async def keep(
    name: str, run: Callable[[], Awaitable[None]], clock: Clock, *, first_s: float = 0.5, longest_s: float = _LONGEST_S,
    on_lost: Callable[[str], Awaitable[None]] | None = None,
) -> None:  # fmt: skip
    """Run `run` for ever; after a LinkError or ProtocolError tell `on_lost` why, wait and run it again."""
    wait = first_s
    while True:
        began = clock.monotonic()
        try:
            await run()
            why = "ended"
        except (LinkError, ProtocolError) as error:
            why = str(error)
        if clock.monotonic() - began > _LASTED_S:
            wait = first_s
        get_logger().warning("link.lost", link=name, why=why, retry_s=round(wait, 1))
        if on_lost is not None:
            await on_lost(why)
        await asyncio.sleep(wait * random.uniform(0.7, 1.0))
        wait = min(wait * 2, longest_s)
