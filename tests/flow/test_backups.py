"""Copies of the store by themselves: in time, whole, and not more than were asked for."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gatewayd.stages import backups
from gatewayd.stages.context import Context
from gatewayd.store import hold, notices
from gatewayd.store.database import FILE
from gatewayd.store.opening import newest
from gatewayd.store.restoring import restore
from tests.flow.conftest import Opened, SettableTime


async def test_a_copy_is_made_when_it_is_due_and_the_oldest_go(
    raw: dict[str, Any], ctx_again: Callable[[], Opened], time: SettableTime
) -> None:
    raw["gateway"] |= {"backup_every": "24h", "backup_keep": 2}
    async with ctx_again() as ctx:
        for _ in range(4):
            assert backups.is_due(ctx)
            assert await backups.make(ctx) == ""
            assert not backups.is_due(ctx)
            time.now += timedelta(hours=23)
            assert not backups.is_due(ctx)
            time.now += timedelta(hours=1)
        assert len(backups.copies(ctx)) == 2
        assert all(copy.stat().st_mode & 0o777 == 0o600 for copy in backups.copies(ctx))
        time.now -= timedelta(days=400)
        assert backups.is_due(ctx), "a clock that was far ahead ends no backups"
        newest = backups.copies(ctx)[-1]
    restore(ctx.settings.gateway.state_dir / FILE, newest)
    async with ctx_again() as again:
        held = await again.db.run(hold.held)
    assert held is not None
    assert held.code == "restored"


async def test_a_failure_is_said_and_leaves_the_older_ones(
    ctx: Context, time: SettableTime, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert await backups.make(ctx) == ""
    time.now += timedelta(days=2)

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("gatewayd.stages.backups.copying", full)
    monkeypatch.setattr("gatewayd.stages.backups._ROUND_S", 0.001)
    waited = ctx.bells.listen(backups.Bell.COMPOSE)
    await waited(0)
    task = asyncio.create_task(backups.run(ctx))
    await waited(10)
    task.cancel()
    (asked,) = await ctx.db.run(notices.uncomposed, time.now, 10)
    assert (asked.kind, asked.params["code"]) == ("alarm", "backup.failed")
    assert len(backups.copies(ctx)) == 1


def test_a_refused_store_names_the_newest_copy(tmp_path: Path) -> None:
    assert newest(tmp_path) == ""
    (tmp_path / backups.FOLDER).mkdir()
    for day in (1, 3, 2):
        (tmp_path / backups.FOLDER / f"gatewayd-2026110{day}T000000Z.sqlite").touch()
    assert newest(tmp_path).endswith("gatewayd-20261103T000000Z.sqlite")
