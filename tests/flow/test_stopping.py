"""The end of the daemon's parts: every task ends, also one whose library lost the cancel."""

import asyncio

import pytest

from gatewayd import app


async def lose_a_cancel(began: asyncio.Event, ended: list[str]) -> None:
    """What asyncio.wait_for does before Python 3.12 when a cancel comes just as its future is done."""
    began.set()
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        ended.append("lost")
    try:
        await asyncio.Event().wait()
    finally:
        ended.append("ended")


async def test_a_task_that_loses_a_cancel_is_cancelled_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "_CANCEL_AGAIN_S", 0.01)
    began, ended = asyncio.Event(), list[str]()
    async with asyncio.timeout(10), app._tasks() as start:
        start(lambda: lose_a_cancel(began, ended))
        await began.wait()
    assert ended == ["lost", "ended"]


async def test_so_is_one_when_another_part_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "_CANCEL_AGAIN_S", 0.01)
    began, ended = asyncio.Event(), list[str]()

    async def fail() -> None:
        await began.wait()
        raise RuntimeError("a bug")

    async def live() -> None:
        async with asyncio.timeout(10), app._tasks() as start:
            start(lambda: lose_a_cancel(began, ended))
            await start(fail)

    with pytest.raises(ExceptionGroup) as caught:
        await live()
    assert caught.value.subgroup(RuntimeError)
    assert ended == ["lost", "ended"]
