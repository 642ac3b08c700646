"""Dispatch on a real store and a scripted transport: order, outcomes, rest, gates, and a clean stop."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from datetime import time as time_of_day
from zoneinfo import ZoneInfo

import pytest

from gatewayd.core.health import Health, LinkState
from gatewayd.core.model import Priority, RequestId, SmsBody, Submission
from gatewayd.core.outcome import Accepted, Blame, Cause, Deferred, InDoubt, Outcome, Rejected
from gatewayd.core.resources import Pause
from gatewayd.core.routing import Tariff
from gatewayd.core.schedule import Hours, OpenHours, Pace
from gatewayd.core.states import DeliveryState
from gatewayd.intake.control import Command
from gatewayd.stages import dispatch
from gatewayd.stages.bells import Bell
from gatewayd.stages.context import Context
from gatewayd.stages.dispatch import Dispatcher
from gatewayd.stages.fleet import Fleet
from gatewayd.stages.gates import Gate
from gatewayd.stages.operate import OperatorDesk
from gatewayd.stages.pacing import Pacer
from gatewayd.store import deliveries, health
from tests.fakes.requests import new_request, number
from tests.fakes.transport import ScriptedTransport
from tests.flow.conftest import SettableTime
from tests.store.test_queue import store

S = DeliveryState
FREE = Pace()
EVERY_DAY = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ALWAYS = Hours((OpenHours(time_of_day(0), time_of_day(23, 59, 59), EVERY_DAY),), (), ZoneInfo("Asia/Jakarta"), True)
BAD_NUMBER = Cause("cms-1", "unassigned number", Blame.DESTINATION)
CONGESTED = Cause("cms-42", "congestion", Blame.NETWORK)
SILENCE = Cause("timeout", "no answer", Blame.DEVICE)


def open_gate() -> Gate:
    gate = Gate()
    gate.set(None, "510100000000001")
    return gate


class Aside:
    """Hears which SIM is to be set aside."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []

    async def set_aside(self, name: str, seconds: float, why: str) -> None:
        self.told.append((name, why))


@asynccontextmanager
async def running(
    ctx: Context,
    transport: ScriptedTransport,
    *,
    gate: Gate | None = None,
    pace: Pace = FREE,
    hours: Hours = ALWAYS,
    fleet: Fleet | None = None,
    aside: "Aside | None" = None,
) -> AsyncIterator[Dispatcher]:
    fleet = fleet or Fleet({}, ctx.bells)
    dispatcher = Dispatcher(ctx, transport, gate or open_gate(), Pacer(pace, seed=1), hours, fleet, aside or Aside())
    task = asyncio.create_task(dispatcher.run())
    try:
        yield dispatcher
    finally:
        dispatcher.stop()
        await task


async def until(ctx: Context, request: RequestId, expected: dict[DeliveryState, int]) -> None:
    """Wait until the deliveries of `request` are in these states."""
    wait = ctx.bells.listen(Bell.TRACK)
    async with asyncio.timeout(10):
        while await ctx.db.run(deliveries.counts, request) != expected:
            await wait(0.05)


async def test_everything_is_sent_once_in_order(ctx: Context) -> None:
    request = await ctx.db.run(store, new_request(count=30))
    transport = ScriptedTransport()
    async with running(ctx, transport):
        await until(ctx, request, {S.ACCEPTED: 30})
    assert [submission.address for submission in transport.submitted] == [number(row) for row in range(1, 31)]


async def test_an_urgent_request_is_next_on_the_air(ctx: Context) -> None:
    await ctx.db.run(store, new_request(count=500, priority=Priority.BULK))
    transport = ScriptedTransport()
    urgent: list[RequestId] = []

    def script(submission: Submission) -> Outcome:
        return Accepted(1)

    transport.script = script
    async with running(ctx, transport):
        async with asyncio.timeout(10):
            await transport.came.wait()
        urgent.append(await ctx.db.run(store, new_request(count=1, priority=Priority.URGENT, text="Darurat")))
        on_air = len(transport.submitted)
        await until(ctx, urgent[0], {S.ACCEPTED: 1})
    place = [submission.request for submission in transport.submitted].index("UPSI-2026-000002")
    assert place <= on_air + 1


async def test_a_long_text_goes_out_in_parts_with_one_reference(ctx: Context) -> None:
    request = await ctx.db.run(store, new_request(count=1, parts=2, text="a" * 200))
    transport = ScriptedTransport()
    async with running(ctx, transport):
        await until(ctx, request, {S.ACCEPTED: 1})
    bodies = [submission.body for submission in transport.submitted]
    assert all(isinstance(body, SmsBody) and body.concat is not None for body in bodies)
    assert "".join(body.text for body in bodies if isinstance(body, SmsBody)) == "a" * 200
    assert len({body.concat.reference for body in bodies if isinstance(body, SmsBody) and body.concat}) == 1


async def test_a_long_text_goes_on_after_each_pause_and_on_its_own_modem(ctx: Context, time: SettableTime) -> None:
    request = await ctx.db.run(store, new_request(count=1, parts=3, text="a" * 400))
    gsm1, gsm2 = ScriptedTransport("gsm1"), ScriptedTransport("gsm2")
    pace = Pace((10.0, 10.0))
    async with running(ctx, gsm1, pace=pace):
        async with asyncio.timeout(10):
            await gsm1.came.wait()
        async with running(ctx, gsm2, pace=pace):
            for _ in range(2):
                await until(ctx, request, {S.QUEUED: 1})
                time.now += timedelta(seconds=11)
                gsm1.came.clear()
                ctx.bells.ring(Bell.DISPATCH)
                async with asyncio.timeout(10):
                    await gsm1.came.wait()
            await until(ctx, request, {S.ACCEPTED: 1})
    assert [submission.part for submission in gsm1.submitted] == [1, 2, 3]
    assert gsm2.submitted == []


async def test_a_bad_number_does_not_hold_up_the_next(ctx: Context) -> None:
    request = await ctx.db.run(store, new_request(count=3))
    transport = ScriptedTransport(script=lambda s: Rejected(BAD_NUMBER) if s.address == number(1) else Accepted(1))
    async with running(ctx, transport):
        await until(ctx, request, {S.FAILED: 1, S.ACCEPTED: 2})


async def test_a_network_fault_rests_the_transport_and_keeps_the_message(ctx: Context, time: SettableTime) -> None:
    request = await ctx.db.run(store, new_request(count=2))
    transport = ScriptedTransport(script=lambda _: Deferred(CONGESTED))
    async with running(ctx, transport):
        await until(ctx, request, {S.QUEUED: 2})
        async with asyncio.timeout(10):
            await transport.measured.wait()
        assert len(transport.submitted) == 1


async def test_a_shut_gate_lets_nothing_through_and_opens_by_itself(ctx: Context) -> None:
    request = await ctx.db.run(store, new_request(count=1))
    gate = open_gate()
    gate.set(Pause("modem.no_credit", "Rp 100"), "")
    transport = ScriptedTransport()
    async with running(ctx, transport, gate=gate):
        for _ in range(20):
            ctx.bells.ring(Bell.DISPATCH)
            await asyncio.sleep(0)
        assert transport.submitted == []
        gate.set(None, "510100000000001")
        ctx.bells.ring(Bell.DISPATCH)
        await until(ctx, request, {S.ACCEPTED: 1})


async def test_outside_the_window_only_urgent_ones_leave(ctx: Context, time: SettableTime) -> None:
    time.now = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)  # 03.00 WIB
    day = Hours((OpenHours(time_of_day(8), time_of_day(20), EVERY_DAY),), (), ctx.zone, True)
    normal = await ctx.db.run(store, new_request(count=1))
    urgent = await ctx.db.run(store, new_request(count=1, priority=Priority.URGENT))
    async with running(ctx, ScriptedTransport(), hours=day):
        await until(ctx, urgent, {S.ACCEPTED: 1})
        assert await ctx.db.run(deliveries.counts, normal) == {S.QUEUED: 1}


async def test_an_hourly_cap_is_kept_across_a_restart(ctx: Context) -> None:
    request = await ctx.db.run(store, new_request(count=5))
    pace = Pace(per_hour=2)
    for _ in range(2):
        transport = ScriptedTransport()
        async with running(ctx, transport, pace=pace):
            await until(ctx, request, {S.ACCEPTED: 2, S.QUEUED: 3})
            for _ in range(20):
                ctx.bells.ring(Bell.DISPATCH)
                await asyncio.sleep(0)
    assert transport.submitted == []


async def test_silence_is_doubt_and_is_not_sent_again(ctx: Context) -> None:
    request = await ctx.db.run(store, new_request(count=1))
    transport = ScriptedTransport(script=lambda _: InDoubt(SILENCE))
    async with running(ctx, transport):
        await until(ctx, request, {S.IN_DOUBT: 1})
    assert len(transport.submitted) == 1


async def test_stop_records_what_could_not_be_finished_as_in_doubt(
    ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatch, "STOP_WAIT_S", 0.05)
    request = await ctx.db.run(store, new_request(count=2))
    transport = ScriptedTransport(script=lambda _: None)
    async with running(ctx, transport):
        async with asyncio.timeout(10):
            await transport.came.wait()
    assert await ctx.db.run(deliveries.counts, request) == {S.IN_DOUBT: 1, S.QUEUED: 1}


async def test_stop_finishes_the_submission_in_hand(ctx: Context) -> None:
    request = await ctx.db.run(store, new_request(count=50))
    transport = ScriptedTransport()
    async with running(ctx, transport):
        async with asyncio.timeout(10):
            await transport.came.wait()
    counts = await ctx.db.run(deliveries.counts, request)
    assert counts.get(S.ACCEPTED) == len(transport.submitted)
    assert S.SUBMITTING not in counts


TWO_SIMS = {"gsm1": Tariff(350, {"telkomsel": 150}), "gsm2": Tariff(300)}


async def test_the_cheapest_sim_sends_alone_and_another_takes_over_when_it_cannot(ctx: Context) -> None:
    cheap, dear = ScriptedTransport("gsm1"), ScriptedTransport("gsm2")
    fleet, shut = Fleet(TWO_SIMS, ctx.bells), Gate()
    shut.set(None, "510100000000001")
    async with running(ctx, cheap, gate=shut, fleet=fleet), running(ctx, dear, fleet=fleet):
        first = await ctx.db.run(store, new_request(count=4))
        ctx.bells.ring(Bell.DISPATCH)
        await until(ctx, first, {S.ACCEPTED: 4})
        assert (len(cheap.submitted), len(dear.submitted)) == (4, 0)
        shut.set(Pause("modem.no_credit", "too little"), "510100000000001")
        ctx.bells.ring(Bell.DISPATCH)
        second = await ctx.db.run(store, new_request(count=3))
        ctx.bells.ring(Bell.DISPATCH)
        await until(ctx, second, {S.ACCEPTED: 3})
    assert (len(cheap.submitted), len(dear.submitted)) == (4, 3)


MALFORMED = Cause("cms-304", "Invalid PDU mode parameter", Blame.MESSAGE)


async def test_a_message_that_is_our_fault_is_held_for_a_person_and_the_next_goes_out(ctx: Context) -> None:
    request = await ctx.db.run(store, new_request(count=2))
    transport = ScriptedTransport(script=lambda s: Rejected(MALFORMED) if s.address == number(1) else Accepted(1))
    async with running(ctx, transport):
        await until(ctx, request, {S.HELD: 1, S.ACCEPTED: 1})
        transport.script = lambda _: Accepted(2)
        reply = await OperatorDesk(ctx).accept(Command("release", {"request": "UPSI-2026-000001"}, "root"))
        assert reply["messages"] == 1
        await until(ctx, request, {S.ACCEPTED: 2})


async def test_what_is_queued_may_be_held_and_released(ctx: Context) -> None:
    request = await ctx.db.run(store, new_request(count=3))
    desk = OperatorDesk(ctx)
    assert (await desk.accept(Command("hold", {"request": "UPSI-2026-000001"}, "root")))["messages"] == 3
    assert await ctx.db.run(deliveries.counts, request) == {S.HELD: 3}
    assert (await desk.accept(Command("release", {"request": "UPSI-2026-000001"}, "root")))["messages"] == 3
    assert await ctx.db.run(deliveries.counts, request) == {S.QUEUED: 3}


async def test_refusals_in_a_row_set_the_sim_aside_and_one_success_forgets_them(ctx: Context) -> None:
    request = await ctx.db.run(store, new_request(count=20))
    refused = {number(index) for index in (*range(1, 6), *range(7, 21))}
    transport = ScriptedTransport(script=lambda s: Rejected(BAD_NUMBER) if s.address in refused else Accepted(1))
    aside = Aside()
    async with running(ctx, transport, aside=aside):
        await until(ctx, request, {S.FAILED: 19, S.ACCEPTED: 1})
    assert [name for name, _ in aside.told] == ["gsm1"]
    assert "8 refusals in a row" in aside.told[0][1]


async def test_a_rest_is_kept_for_status(ctx: Context) -> None:
    request = await ctx.db.run(store, new_request(count=1))
    await ctx.db.run(health.put, "modem", Health("gsm1", LinkState.READY, ctx.clock.now()), "", "", ctx.clock.now())
    async with running(ctx, ScriptedTransport(script=lambda _: Deferred(CONGESTED))):
        wait = ctx.bells.listen(Bell.TRACK)
        async with asyncio.timeout(10):
            while not (row := (await ctx.db.run(health.all_links))[0]).rests_why:
                await wait(0.05)
    assert (row.rests_why, row.rests_until) == ("congestion", ctx.clock.now() + timedelta(seconds=10))
    assert await ctx.db.run(deliveries.counts, request) == {S.QUEUED: 1}
