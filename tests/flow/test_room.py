"""Little room on the disk: the row for `status`, one alarm before it is full, and word when there is room again."""

import asyncio
from contextlib import suppress

import pytest

from gatewayd.stages import room
from gatewayd.stages.context import Context
from gatewayd.stages.statusline import StatusLine
from gatewayd.stages.watch import Watch
from gatewayd.store import health
from tests.flow.test_brokertest import told

MUCH, LITTLE = 20 << 30, 90 << 20


async def after(ctx: Context, free: int) -> health.LinkRow:
    await room.once(ctx, free)
    await ctx.db.run(Watch(ctx, {}, {})._alarms, ctx.clock.now())
    (row,) = await ctx.db.run(health.all_links)
    return row


async def test_the_staff_hears_of_a_disk_that_fills_once_and_when_there_is_room_again(ctx: Context) -> None:
    row = await after(ctx, MUCH)
    assert (row.paused, row.health.error) == ("", "20 GB free")
    for _ in range(2):
        row = await after(ctx, LITTLE)
        assert (row.paused, row.paused_why) == ("disk.low", "90 MB free, 100 MB wanted")
        assert await told(ctx) == ["disk.low"]
    assert (await after(ctx, MUCH)).paused == ""
    assert await told(ctx) == ["disk.low", "recovered"]


async def test_a_little_more_room_is_not_called_enough(ctx: Context) -> None:
    needed = room.RESERVE + ctx.db.path.stat().st_size
    assert (await after(ctx, needed - 1)).paused == "disk.low"
    assert (await after(ctx, needed + 1)).paused == "disk.low"
    assert (await after(ctx, needed * 2)).paused == ""


async def test_what_is_no_news_is_not_written(ctx: Context) -> None:
    await after(ctx, MUCH)
    written = await ctx.db.run(lambda conn: conn.total_changes)
    await after(ctx, MUCH + 1000)
    assert await ctx.db.run(lambda conn: conn.total_changes) == written


async def test_systemd_shows_the_disk_only_when_it_fills(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr("gatewayd.stages.statusline.notify", lambda *lines: said.extend(lines))
    for free in (MUCH, LITTLE):
        await after(ctx, free)
        with suppress(TimeoutError):
            async with asyncio.timeout(0.05):
                await StatusLine(ctx).run()
    assert said == ["STATUS=running", "STATUS=disk low: 90 MB free, 100 MB wanted"]
