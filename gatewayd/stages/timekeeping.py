"""Timekeeping: the mark in the store, and what happens when the wall clock steps.

In: the steady clock (clock.py). Out: its mark, every few minutes; a line in the journal, a row for `status` and, where
it lasts, a mail to the staff while the wall clock is not believed; the order to build every part again once it is
proven. Then, between two lives of the parts, `set_right` moves what was reckoned by the wrong clock, in one
transaction, and the clock takes the step. A reload (SIGHUP) does the same without proof: a person says that the clock
is right.
"""

import asyncio
from datetime import timedelta
from typing import Final

from gatewayd.clock import SteadyClock
from gatewayd.config import Settings
from gatewayd.core.health import Health, LinkState
from gatewayd.log import get_logger
from gatewayd.stages.context import Context
from gatewayd.stages.orders import Orders
from gatewayd.store import health, timekeeping
from gatewayd.store.database import Database

ROW: Final = "clock"
CODE: Final = "clock.doubted"
_LOOK_S: Final = 5.0
_MARK_S: Final = 300.0


async def run(ctx: Context, steady: SteadyClock, orders: Orders) -> None:
    """For ever."""
    told, marked = "", float("-inf")
    while True:
        is_proven, why = steady.is_proven(), _why(steady)
        if why and is_proven:
            orders.start_again()
        if why != told:
            told = why
            await _tell(ctx, why)
        if ctx.clock.monotonic() - marked >= _MARK_S:
            marked = ctx.clock.monotonic()
            await ctx.db.run(timekeeping.keep_mark, steady.mark())
        await asyncio.sleep(_LOOK_S)


async def set_right(db: Database, steady: SteadyClock, settings: Settings) -> None:
    """Take the wall clock over if it differs. No part of the daemon runs meanwhile."""
    if not _why(steady):
        return
    step, undecided = steady.step(), timedelta(seconds=settings.approval.expires)
    await db.run(timekeeping.shift, steady.since, step, undecided)
    steady.take_over()
    await db.run(timekeeping.keep_mark, steady.mark())
    get_logger().warning("clock.set_right", step_s=round(step.total_seconds()))


def _why(steady: SteadyClock) -> str:
    """Why the wall clock is not believed, or ''. In whole minutes: a clock that only stands wrong is one reason."""
    minutes = round(steady.step() / timedelta(minutes=1))
    if minutes:
        return f"the clock of the machine is {abs(minutes)} minutes {'ahead' if minutes > 0 else 'behind'}, unproven"
    return "" if steady.is_sure() else "the clock of the machine is not set"


async def _tell(ctx: Context, why: str) -> None:
    log = get_logger()
    if why:
        log.warning(CODE, why=why)
    else:
        log.info("clock.agrees")
    now = ctx.clock.now()
    facts = Health(ROW, LinkState.READY, now, why)
    await ctx.db.run(health.put, ROW, facts, CODE if why else "", why, now)
