"""What the self-test of the broker leaves behind: the row for `status`, one alarm, and word when it is over."""

import asyncio
from typing import Any

from gatewayd.errors import LinkError
from gatewayd.intake.mqtt_selftest import Gaps
from gatewayd.stages import brokertest
from gatewayd.stages.context import Context
from gatewayd.stages.watch import Watch
from gatewayd.store import health, notices
from tests.fakes.requests import NOW

OPEN, CLOSED = Gaps(("siakad",), reads=False), Gaps((), reads=False)


async def after(ctx: Context, found: Gaps) -> health.LinkRow:
    async def find() -> Gaps:
        return found

    assert await brokertest.once(ctx, find) == ""
    await ctx.db.run(Watch(ctx, {}, {})._alarms, ctx.clock.now())
    (row,) = await ctx.db.run(health.all_links)
    return row


async def told(ctx: Context) -> list[Any]:
    return [notice.params["code"] for notice in await ctx.db.run(notices.uncomposed, NOW, 10)]


async def test_a_gap_is_shown_and_the_staff_hears_of_it_once_and_when_it_is_closed(ctx: Context) -> None:
    for _ in range(2):
        row = await after(ctx, OPEN)
        assert (row.health.name, row.paused) == ("broker access", "broker.open")
        assert "pattern write gatewayd/jobs/%u" in row.paused_why
        assert await told(ctx) == ["broker.open"]
    assert (await after(ctx, CLOSED)).paused == ""
    assert await told(ctx) == ["broker.open", "recovered"]


async def test_a_test_that_cannot_be_made_changes_nothing(ctx: Context) -> None:
    await after(ctx, OPEN)

    async def find() -> Gaps:
        await asyncio.sleep(0)
        raise LinkError("connect: refused")

    assert await brokertest.once(ctx, find) == "connect: refused"
    (row,) = await ctx.db.run(health.all_links)
    assert row.paused == "broker.open"
