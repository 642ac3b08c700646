"""The forecast held against what two simulated modems really do: it starts and ends as was said, within a tenth."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gatewayd.core.forecast import Delay, Plan
from gatewayd.core.model import RequestId
from gatewayd.core.request import Message
from gatewayd.stages.forecast import plan_of
from gatewayd.store import deliveries, requests
from gatewayd.store.requests import NewRequest
from tests.fakes.requests import new_request
from tests.rigs.modem_world import World, live
from tests.rigs.virtual_time import run_virtually

FLEET: list[dict[str, Any]] = [
    {"name": "gsm1", "price_idr": 350, "pause": ["6s", "15s"], "parts_per_day": 1000},
    {"name": "gsm2", "price_idr": 350, "prices": {"indosat": 100}, "pause": ["4s", "8s"], "parts_per_hour": 40},
]
#: The world begins at 08.16.40, and the request is asked for an hour later.
OPEN = {"windows": [{"start": "08:00", "end": "20:00"}]}
OPENS_LATER = {"windows": [{"start": "08:00", "end": "09:10"}, {"start": "09:40", "end": "20:00"}]}
CLOSES_SOON = {"windows": [{"start": "08:00", "end": "09:20"}, {"start": "09:45", "end": "20:00"}]}


def asked(telkomsel: int, indosat: int) -> NewRequest:
    new = new_request(count=0)
    numbers = [f"+62812000{index:05d}" for index in range(telkomsel)]
    numbers += [f"+62857000{index:05d}" for index in range(indosat)]
    messages = tuple(Message(row, address, "", {}, None, 1) for row, address in enumerate(numbers, 1))
    return replace(new, messages=messages, total_parts=len(messages))


async def send_and_compare(
    folder: Path, monkeypatch: pytest.MonkeyPatch, sending: dict[str, Any], before: int
) -> tuple[datetime, Plan, datetime, datetime]:
    """(now, the forecast, start, end). A first request warms up: how long a submission takes is measured."""
    first = World(folder, name="gsm1", fleet=FLEET, sending=sending, seed=1)
    second = World(folder, name="gsm2", fleet=FLEET, sending=sending, beside=first, seed=2)
    fleet = [first, second]
    await first.ask(asked(4, 4))
    running = asyncio.create_task(live(fleet, monkeypatch, 6 * 3_600))
    await asyncio.sleep(3_600)
    if before:
        await first.ask(asked(before, 0))
    now = first.clock.now()
    request = await first.ask(asked(60, 60))
    stored = await first.db.run(requests.get, request)
    plan = await first.db.run(plan_of, first.ctx.settings, stored, now)
    assert plan is not None
    await running
    return now, plan, *await times(first, request)


async def times(world: World, request: RequestId) -> tuple[datetime, datetime]:
    rows = await world.db.run(deliveries.of_request, request)
    began = [row.submitted_at for row in rows if row.submitted_at is not None]
    ended = [row.accepted_at for row in rows if row.accepted_at is not None]
    assert len(ended) == len(rows)
    return min(began), max(ended)


def within_a_tenth(now: datetime, said: datetime | None, real: datetime) -> bool:
    # A submission and a pause is the least that can be told apart.
    assert said is not None
    return abs(said - real) <= max((real - now) / 10, timedelta(seconds=20))


@pytest.mark.parametrize(
    ("sending", "before", "why"),
    [
        pytest.param(OPEN, 0, (), id="one of two SIMs reaches its cap and the other takes over"),
        pytest.param(OPEN, 80, (Delay.QUEUE,), id="behind a queue"),
        pytest.param(OPENS_LATER, 30, (Delay.HOURS, Delay.QUEUE), id="before the sending hours, behind a queue"),
        pytest.param(CLOSES_SOON, 0, (Delay.HOURS,), id="over the end of the sending hours"),
    ],
)
def test_a_fleet_does_what_was_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sending: dict[str, Any], before: int, why: tuple[Delay, ...]
) -> None:
    now, plan, start, end = run_virtually(send_and_compare(tmp_path, monkeypatch, sending, before))
    assert within_a_tenth(now, plan.start, start), (plan.start, start)
    assert within_a_tenth(now, plan.end, end), (plan.end, end)
    assert plan.delays == why
