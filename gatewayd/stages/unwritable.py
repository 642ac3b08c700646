"""A disk that is full, read-only or failing: every part is stopped, and the store is opened anew once it takes writes.

In: what ended the parts. Out: the word to go on, or to end. It is waited for in this process: systemd would give up
after some starts, and each start costs a small machine seconds. Nothing is accepted, acknowledged or sent meanwhile.
"""

import asyncio
from pathlib import Path
from typing import Final

from gatewayd.errors import StoreUnwritable
from gatewayd.log import get_logger
from gatewayd.notify import notify
from gatewayd.stages.orders import Orders
from gatewayd.store.disk import is_writable

_LOOK_S: Final = 5.0


def unwritable(error: BaseException) -> StoreUnwritable | None:
    """The fault of the disk that `error` is about; None where there is another fault in it, too."""
    if isinstance(error, BaseExceptionGroup):
        found = [unwritable(inner) for inner in error.exceptions]
        return found[0] if all(found) else None
    return error if isinstance(error, StoreUnwritable) else None


async def until_writable(state_dir: Path, orders: Orders, why: StoreUnwritable) -> bool:
    """True once the disk takes writes; False if the daemon must end before."""
    get_logger().error("store.unwritable", why=str(why))
    while True:
        # Said each time: systemd waits for the first, and its watchdog for the others.
        notify("READY=1", "WATCHDOG=1", f"STATUS=nothing is accepted or sent: {why}")
        if await orders.ends_within(_LOOK_S):
            return False
        if await asyncio.to_thread(is_writable, state_dir):
            get_logger().warning("store.writable")
            return True
