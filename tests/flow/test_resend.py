"""A person orders messages to be sent again: from which part on, to whom not, and what the reports say then."""

import sqlite3
from dataclasses import replace
from datetime import datetime, timedelta
from io import BytesIO

import pytest

from gatewayd.core.model import Channel, RequestId
from gatewayd.core.outcome import Accepted, Blame, Cause, InDoubt, Outcome, Rejected, ReportedStatus, StatusReport
from gatewayd.core.progress import RequestState, request_state
from gatewayd.core.states import DeliveryState
from gatewayd.intake.control import Command
from gatewayd.stages import report, track
from gatewayd.stages.context import Context
from gatewayd.stages.operate import OperatorDesk
from gatewayd.store import deliveries, notices, optouts, queue, requests, tracking
from tests.fakes.requests import NOW, new_request, number
from tests.store.test_queue import GSM1, ended, store

S = DeliveryState
NUMBER = "UPSI-2026-000001"
REFUSED = Rejected(Cause("cms-1", "Unassigned number", Blame.DESTINATION))
SILENCE = InDoubt(Cause("timeout", "no answer", Blame.DEVICE))
LONG = {"text": "x" * 300, "parts": 2}


def play(conn: sqlite3.Connection, *outcomes: Outcome) -> list[tuple[int, int]]:
    """Claim and end one part after the other: (part, attempt) of each."""
    claimed: list[tuple[int, int]] = []
    before = None
    for outcome in outcomes:
        part = queue.advance(conn, before, GSM1, NOW)
        assert part is not None
        claimed.append((part.part, part.attempt))
        before = ended(part, outcome)
    assert before is not None
    queue.finish(conn, before)
    return claimed


def heard(conn: sqlite3.Connection, reference: int, status: ReportedStatus) -> None:
    word = StatusReport("gsm1", GSM1.sim, reference, number(1), NOW, NOW, status, 0x41)
    assert tracking.take_report(conn, word, NOW) is not None


async def resent(ctx: Context, what: str) -> object:
    reply = await OperatorDesk(ctx).accept(Command("resend", {"request": NUMBER, "what": what}, "budi"))
    return reply.get("messages") or reply["error"]


async def counts(ctx: Context, request: RequestId) -> dict[DeliveryState, int]:
    return await ctx.db.run(deliveries.counts, request)


async def test_what_was_refused_is_tried_again_and_what_was_accepted_is_not(ctx: Context) -> None:
    request = await ctx.db.run(store, new_request(count=2))
    await ctx.db.run(play, REFUSED, Accepted(7))
    assert await resent(ctx, "failed") == 1
    assert await counts(ctx, request) == {S.QUEUED: 1, S.ACCEPTED: 1}
    assert await ctx.db.run(play, Accepted(8)) == [(1, 2)]
    assert await counts(ctx, request) == {S.ACCEPTED: 2}


async def test_a_long_message_goes_on_with_the_part_in_doubt(ctx: Context) -> None:
    await ctx.db.run(store, new_request(count=1, **LONG))
    await ctx.db.run(play, Accepted(7), SILENCE)
    assert await resent(ctx, "in_doubt") == 1
    assert await ctx.db.run(play, Accepted(8)) == [(2, 3)]


async def test_a_long_message_that_the_network_gave_up_starts_anew(ctx: Context) -> None:
    request = await ctx.db.run(store, new_request(count=1, **LONG))
    await ctx.db.run(play, Accepted(7), Accepted(8))
    await ctx.db.run(heard, 8, ReportedStatus.FAILED)
    assert await counts(ctx, request) == {S.FAILED: 1}
    assert await resent(ctx, "failed") == 1
    assert await ctx.db.run(play, Accepted(9), Accepted(10)) == [(1, 3), (2, 4)]
    assert await counts(ctx, request) == {S.ACCEPTED: 1}
    await ctx.db.run(heard, 9, ReportedStatus.DELIVERED)
    await ctx.db.run(heard, 10, ReportedStatus.DELIVERED)
    assert await counts(ctx, request) == {S.DELIVERED: 1}


async def test_a_late_word_that_the_first_sending_arrived_stops_the_second(ctx: Context) -> None:
    request = await ctx.db.run(store, new_request(count=1))
    await ctx.db.run(play, Accepted(7))
    await ctx.db.run(heard, 7, ReportedStatus.FAILED)
    assert await resent(ctx, "failed") == 1
    await ctx.db.run(heard, 7, ReportedStatus.DELIVERED)
    assert await counts(ctx, request) == {S.DELIVERED: 1}


async def test_who_opted_out_since_is_left_out(ctx: Context) -> None:
    request = await ctx.db.run(store, new_request(count=2))
    await ctx.db.run(play, REFUSED, REFUSED)
    await ctx.db.run(optouts.add, number(1), "sms", NOW)
    assert await resent(ctx, "failed") == 1
    assert await counts(ctx, request) == {S.QUEUED: 1, S.FAILED: 1}


@pytest.mark.parametrize(("what", "why"), [("in_doubt", "nothing of the kind"), ("all", "--failed or --in-doubt")])
async def test_nothing_to_send_again_is_an_error(ctx: Context, what: str, why: str) -> None:
    await ctx.db.run(store, new_request(count=1))
    await ctx.db.run(play, REFUSED)
    assert why in str(await resent(ctx, what))


async def test_a_request_that_was_taken_back_stays_so(ctx: Context) -> None:
    request = await ctx.db.run(store, new_request(count=1))
    await ctx.db.run(play, REFUSED)
    await ctx.db.run(requests.close, request, "cancelled", "", NOW)
    assert "taken back" in str(await resent(ctx, "failed"))


async def test_a_settled_request_opens_and_a_corrected_report_follows(ctx: Context) -> None:
    request = await ctx.db.run(store, new_request(count=1))
    await ctx.db.run(play, REFUSED)
    await settle_and_report(ctx)
    assert await resent(ctx, "failed") == 1
    found = await ctx.db.run(requests.get, request)
    assert request_state(found, await counts(ctx, request)) is not RequestState.DONE
    await ctx.db.run(play, Accepted(9))
    await ctx.db.run(heard, 9, ReportedStatus.DELIVERED)
    await settle_and_report(ctx, NOW + timedelta(minutes=5))
    told = [notice.params["stage"] for notice, _ in await ctx.db.run(notices.states, request, "report")]
    assert told[0] == "final"
    assert told[-1] == "corrected"


async def settle_and_report(ctx: Context, at: datetime = NOW) -> None:
    await ctx.db.run(track.track, at, timedelta(hours=1))
    for _ in range(4):
        await ctx.db.run(report.report_due, ctx, at)
        for notice in await ctx.db.run(notices.uncomposed, at, 9):
            await ctx.db.run(notices.composed, notice, f"<gatewayd.{notice.id}@kampus.example>", BytesIO(b"mail"), 4)
        await ctx.db.run(_hand_over, at)


def _hand_over(conn: sqlite3.Connection, at: datetime) -> None:
    """The mail server takes over all mails of ours."""
    mails = replace(GSM1, transport="smtp", channel=Channel.EMAIL, routes=("",))
    while (claimed := queue.advance(conn, None, mails, at)) is not None:
        queue.finish(conn, ended(claimed, Accepted(None)))
