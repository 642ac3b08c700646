"""Time's part: settlement after the wait, the report first to Ka. UPSI, then to the applicant."""

import sqlite3
from datetime import timedelta

from gatewayd.core.model import DeliveryId, RequestId
from gatewayd.core.progress import RequestState, request_state
from gatewayd.core.states import DeliveryState, Event
from gatewayd.stages.context import Context
from gatewayd.stages.report import report_settled
from gatewayd.stages.track import track
from gatewayd.store import deliveries, notices, requests
from tests.fakes.requests import APPLICANT, NOW, new_request
from tests.store.test_queue import store

WAIT = timedelta(hours=24)


def happen(conn: sqlite3.Connection, delivery: int, *events: Event) -> None:
    for event in events:
        deliveries.apply(conn, DeliveryId(delivery), event, NOW)
    conn.execute("UPDATE deliveries SET accepted_at = ? WHERE id = ?", (int(NOW.timestamp() * 1000), delivery))


async def sent(ctx: Context) -> RequestId:
    """Two messages taken over by the network; one reported as delivered."""
    request = await ctx.db.run(store, new_request(count=2))
    await ctx.db.run(happen, 1, Event.SUBMIT, Event.ACCEPT, Event.DELIVER)
    await ctx.db.run(happen, 2, Event.SUBMIT, Event.ACCEPT)
    return request


async def state(ctx: Context, request: RequestId) -> RequestState:
    def compute(conn: sqlite3.Connection) -> RequestState:
        return request_state(requests.get(conn, request), deliveries.counts(conn, request))

    return await ctx.db.run(compute)


async def reports(ctx: Context, request: RequestId) -> list[str]:
    return [notice.to_address for notice, _ in await ctx.db.run(notices.states, request, "report")]


async def test_nothing_is_done_while_a_report_may_come(ctx: Context) -> None:
    request = await sent(ctx)
    assert await ctx.db.run(track, NOW + timedelta(hours=23), WAIT) == []
    assert await state(ctx, request) is RequestState.SENDING


async def test_when_the_wait_is_over_silence_is_said_as_such(ctx: Context) -> None:
    request = await sent(ctx)
    assert await ctx.db.run(track, NOW + WAIT, WAIT) == ["UPSI-2026-000001"]
    counts = await ctx.db.run(deliveries.counts, request)
    assert counts == {DeliveryState.DELIVERED: 1, DeliveryState.UNDELIVERED_UNKNOWN: 1}
    assert await state(ctx, request) is RequestState.DONE


async def test_ka_upsi_has_the_report_before_the_applicant(ctx: Context) -> None:
    request = await sent(ctx)
    await ctx.db.run(track, NOW + WAIT, WAIT)
    for _ in range(3):
        await ctx.db.run(report_settled, ctx, NOW + WAIT)
    assert await reports(ctx, request) == ["ka.upsi@kampus.example"]

    def taken_over(conn: sqlite3.Connection) -> None:
        notice, _ = notices.states(conn, request, "report")[0]
        notices.composed(conn, notice, "<a@b>", b"mail")
        conn.execute("UPDATE deliveries SET state = 'accepted' WHERE notice = ?", (notice.id,))

    await ctx.db.run(taken_over)
    await ctx.db.run(report_settled, ctx, NOW + WAIT)
    assert await reports(ctx, request) == ["ka.upsi@kampus.example", APPLICANT.address]
    assert (await ctx.db.run(requests.get, request)).reported_at is not None


async def test_a_cancelled_request_reports_what_was_sent(ctx: Context) -> None:
    request = await sent(ctx)
    await ctx.db.run(requests.close, request, "cancelled", "salah", NOW)
    assert await ctx.db.run(track, NOW + WAIT, WAIT) == ["UPSI-2026-000001"]
    assert await state(ctx, request) is RequestState.CANCELLED
    await ctx.db.run(report_settled, ctx, NOW + WAIT)
    assert await reports(ctx, request) == ["ka.upsi@kampus.example"]
