"""Links are run again after a loss; a loss that lasts is told once, and once an hour."""

import asyncio
from collections.abc import Sequence

import pytest
from structlog.testing import capture_logs

from gatewayd.clock import Clock
from gatewayd.errors import LinkError, ProtocolError
from gatewayd.stages.supervise import keep


async def told(losses: Sequence[tuple[float, Exception]]) -> tuple[list[str], list[str]]:
    """What the journal and the health table hear of these losses, each after so many seconds."""
    now, heard = 0.0, []
    left, over = list(losses), asyncio.Event()

    async def run() -> None:
        nonlocal now
        if not left:
            over.set()
            await asyncio.Event().wait()
        passed, error = left.pop(0)
        now += passed
        raise error

    async def lost(why: str) -> None:
        heard.append(why)

    with capture_logs() as logs:
        task = asyncio.create_task(keep("gsm1", run, Clock(monotonic=lambda: now), first_s=0.0, on_lost=lost))
        await over.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    return [entry["why"] for entry in logs if entry["event"] == "link.lost"], heard


async def test_the_same_reason_is_told_once_and_then_once_an_hour() -> None:
    gone = [(1.0, LinkError("no such port"))] * 7200
    journal, heard = await told(gone)
    assert len(journal) == 2
    assert len(heard) == 7200


async def test_another_reason_is_told_at_once() -> None:
    losses = [(1.0, LinkError("no such port")), (1.0, ProtocolError("no SIM")), (1.0, LinkError("no such port"))]
    assert (await told(losses))[0] == ["no such port", "no SIM", "no such port"]


async def test_a_link_that_was_up_in_between_is_told_again() -> None:
    assert len((await told([(1.0, LinkError("unplugged")), (30.0, LinkError("unplugged"))]))[0]) == 2


async def test_a_bug_ends_the_loop() -> None:
    async def run() -> None:
        raise RuntimeError("a bug")

    with pytest.raises(RuntimeError, match="a bug"):
        await keep("gsm1", run, Clock())
