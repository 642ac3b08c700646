"""Time's part: settlement after the wait, the report first to Ka. UPSI, then to the applicant."""

import io
import sqlite3
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from gatewayd.core.audit import breaks, head_of
from gatewayd.core.model import DeliveryId, Priority, RequestId
from gatewayd.core.progress import RequestState, request_state
from gatewayd.core.report import Result, Stage
from gatewayd.core.states import DeliveryState, Event
from gatewayd.intake.base import IncomingMail
from gatewayd.render.compose import compose
from gatewayd.render.views import Report
from gatewayd.stages.accept import MailDesk
from gatewayd.stages.compose import compose_batch
from gatewayd.stages.compose_child import look_of
from gatewayd.stages.context import Context
from gatewayd.stages.report import forward, report_due
from gatewayd.stages.track import track
from gatewayd.stages.views import Desk, view_of
from gatewayd.store import audit, deliveries, notices, optouts, requests
from tests.fakes.requests import APPLICANT, NOW, new_request
from tests.store.test_queue import store

WAIT = timedelta(hours=24)
LATE = WAIT + timedelta(hours=3)
QUIET = timedelta(minutes=15)
KA_UPSI = "ka.upsi@kampus.example"
PHONED = replace(APPLICANT, phone="0812-0000-0177")


def happen(conn: sqlite3.Connection, delivery: int, *events: Event) -> None:
    for event in events:
        deliveries.apply(conn, DeliveryId(delivery), event, NOW)
    conn.execute("UPDATE deliveries SET accepted_at = ? WHERE id = ?", (int(NOW.timestamp() * 1000), delivery))


async def sent(ctx: Context) -> RequestId:
    """Two messages taken over by the network; one reported as delivered."""
    request = await ctx.db.run(store, new_request(count=2, applicant=PHONED))
    await ctx.db.run(requests.approve, request, NOW)
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
        await ctx.db.run(report_due, ctx, NOW + WAIT)
    assert await reports(ctx, request) == [KA_UPSI]

    await taken_over(ctx, request)
    await ctx.db.run(report_due, ctx, NOW + WAIT)
    assert await reports(ctx, request) == [KA_UPSI, APPLICANT.address]
    await ctx.db.run(report_due, ctx, NOW + WAIT)
    assert (await ctx.db.run(requests.get, request)).reported_at is not None


async def test_a_cancelled_request_reports_what_was_sent(ctx: Context) -> None:
    request = await sent(ctx)
    await ctx.db.run(requests.close, request, "cancelled", "salah", NOW)
    assert await ctx.db.run(track, NOW + WAIT, WAIT) == ["UPSI-2026-000001"]
    assert await state(ctx, request) is RequestState.CANCELLED
    await ctx.db.run(report_due, ctx, NOW + WAIT)
    assert await reports(ctx, request) == [KA_UPSI]


async def taken_over(ctx: Context, request: RequestId) -> None:
    """The mail server has every report that was asked for."""

    def take(conn: sqlite3.Connection) -> None:
        for notice, state in notices.states(conn, request, "report"):
            if state == "":
                notices.composed(conn, notice, f"<{notice.id}@kampus.example>", io.BytesIO(b"mail"), 4)
                conn.execute("UPDATE deliveries SET state = 'accepted' WHERE notice = ?", (notice.id,))

    await ctx.db.run(take)


async def rounds(ctx: Context, request: RequestId, now: datetime) -> list[tuple[str, str]]:
    """(stage, address) of every report, once each round has come as far as it can at `now`."""
    for _ in range(6):
        await ctx.db.run(report_due, ctx, now)
        await taken_over(ctx, request)
    return [(str(n.params["stage"]), n.to_address) for n, _ in await ctx.db.run(notices.states, request, "report")]


async def reported(ctx: Context) -> RequestId:
    request = await sent(ctx)
    await ctx.db.run(track, NOW + WAIT, WAIT)
    await rounds(ctx, request, NOW + WAIT)
    return request


FINAL = [("final", KA_UPSI), ("final", APPLICANT.address)]


def with_report(ctx: Context, **changes: object) -> Context:
    settings = ctx.settings.model_copy(update={"report": ctx.settings.report.model_copy(update=changes)})
    return replace(ctx, settings=settings)


async def test_a_late_status_report_brings_one_corrected_report_in_the_same_thread(ctx: Context) -> None:
    request = await reported(ctx)
    await ctx.db.run(deliveries.apply, DeliveryId(2), Event.DELIVER, NOW + LATE)
    assert await rounds(ctx, request, NOW + LATE + QUIET / 2) == FINAL
    told = [*FINAL, ("corrected", KA_UPSI), ("corrected", APPLICANT.address)]
    assert await rounds(ctx, request, NOW + LATE + QUIET) == told
    assert await rounds(ctx, request, NOW + LATE + 9 * QUIET) == told
    (first, _), _, (corrected, _), _ = await ctx.db.run(notices.states, request, "report")
    assert corrected.in_reply_to == f"<{first.id}@kampus.example>"
    assert corrected.params["before"] == first.params["counts"]
    view = await ctx.db.run(the_view, ctx, corrected)
    assert isinstance(view, Report)
    assert view.log.stage is Stage.CORRECTED
    assert dict(view.log.before)[Result.UNREPORTED] == 1


def the_view(conn: sqlite3.Connection, ctx: Context, notice: notices.Notice) -> object:
    return view_of(Desk(conn, ctx.settings, NOW + LATE), notice, "<a@b>")


async def test_what_changes_nothing_brings_no_corrected_report(ctx: Context) -> None:
    request = await reported(ctx)
    await ctx.db.run(deliveries.apply, DeliveryId(1), Event.DELIVER, NOW + LATE)
    assert await rounds(ctx, request, NOW + LATE + QUIET) == FINAL


async def test_after_forward_the_applicant_waits_for_teruskan(ctx: Context) -> None:
    ctx = with_report(ctx, relay="after_forward")
    request = await reported(ctx)
    assert await reports(ctx, request) == [KA_UPSI]
    asked = await ctx.db.run(requests.get, request)
    assert asked.reported_at is not None
    assert await ctx.db.run(forward, ctx, asked, NOW + LATE)
    assert await reports(ctx, request) == [KA_UPSI, APPLICANT.address]
    assert not await ctx.db.run(forward, ctx, asked, NOW + LATE)


async def test_a_correction_follows_where_the_wrong_report_went(ctx: Context) -> None:
    ctx = with_report(ctx, relay="after_forward")
    request = await reported(ctx)
    await ctx.db.run(forward, ctx, await ctx.db.run(requests.get, request), NOW + LATE)
    await ctx.db.run(deliveries.apply, DeliveryId(2), Event.DELIVER, NOW + LATE)
    assert (await rounds(ctx, request, NOW + LATE + QUIET))[2:] == [
        ("corrected", KA_UPSI), ("corrected", APPLICANT.address),
    ]  # fmt: skip


async def test_a_slow_sending_brings_interim_reports(ctx: Context) -> None:
    ctx = with_report(ctx, interim_after=3600.0)
    request = await sent(ctx)
    hour = timedelta(hours=1)
    assert await rounds(ctx, request, NOW + hour / 2) == []
    assert await rounds(ctx, request, NOW + hour) == [("interim", KA_UPSI), ("interim", APPLICANT.address)]
    assert len(await rounds(ctx, request, NOW + 1.5 * hour)) == 2
    assert len(await rounds(ctx, request, NOW + 2 * hour)) == 4
    await ctx.db.run(track, NOW + WAIT, WAIT)
    assert (await rounds(ctx, request, NOW + WAIT))[-2:] == FINAL


async def test_with_nobody_to_have_it_first_the_applicant_gets_it(ctx: Context, raw: dict[str, Any]) -> None:
    none = ctx.settings.model_copy(update={"approval": ctx.settings.approval.model_copy(update={"steps": ()})})
    ctx = replace(ctx, settings=none)
    request = await reported(ctx)
    assert await reports(ctx, request) == [APPLICANT.address]


@pytest.mark.parametrize("wanted", [True, False])
async def test_the_applicant_may_get_one_sms_with_his_report(ctx: Context, wanted: bool) -> None:
    ctx = with_report(ctx, sms_to_applicant=wanted)
    request = await reported(ctx)
    asked = await ctx.db.run(notices.states, request, "done_sms")
    assert [notice.to_address for notice, _ in asked] == (["+6281200000177"] if wanted else [])


async def test_the_sms_keeps_to_the_hours_and_says_how_it_went(ctx: Context) -> None:
    ctx = with_report(ctx, sms_to_applicant=True)
    await reported(ctx)
    while await compose_batch(ctx):
        pass

    def queued(conn: sqlite3.Connection) -> list[tuple[object, ...]]:
        rows = conn.execute(
            "SELECT kind, channel, address, text, priority, route, state, parts FROM deliveries WHERE channel = 'sms'"
            " AND kind = 'notice'"
        )
        return [tuple(row) for row in rows]

    (row,) = await ctx.db.run(queued)
    text = "UPSI: permohonan UPSI-2026-000001 selesai; 1 dari 2 pasti sudah menerima. Laporan dikirim lewat email."
    assert row == ("notice", "sms", "+6281200000177", text, int(Priority.NORMAL), "telkomsel", "queued", 1)


async def test_who_wants_no_messages_gets_no_sms(ctx: Context) -> None:
    ctx = with_report(ctx, sms_to_applicant=True)
    await ctx.db.run(optouts.add, "+6281200000177", "sms", NOW)
    request = await reported(ctx)
    assert await ctx.db.run(notices.states, request, "done_sms") == []


def teruskan(sender: str) -> IncomingMail:
    raw = (
        b"Authentication-Results: mail.kampus.example; dmarc=pass header.from=kampus.example\r\n"
        b"From: " + sender.encode() + b"\r\nTo: pesan@kampus.example\r\n"
        b"Subject: Re: [UPSI-2026-000001] Laporan pengiriman\r\nMessage-ID: <" + sender.encode() + b">\r\n\r\n"
        b"TERUSKAN\r\n"
    )
    return IncomingMail("INBOX", 1, len(raw), len(raw), raw)


async def answers(ctx: Context, request: RequestId) -> list[tuple[str, object]]:
    asked = await ctx.db.run(notices.states, request, "status")
    return [(notice.to_address, notice.params["forwarded"]) for notice, _ in asked]


async def test_teruskan_by_mail_passes_the_report_on_and_is_answered(ctx: Context) -> None:
    ctx = with_report(ctx, relay="after_forward")
    request = await reported(ctx)
    await MailDesk(ctx).accept(teruskan(KA_UPSI))
    assert await reports(ctx, request) == [KA_UPSI, APPLICANT.address]
    assert await answers(ctx, request) == [(KA_UPSI, True)]


@pytest.mark.parametrize("sender", ["ka.bpsi@kampus.example", "baa@kampus.example"])
async def test_teruskan_of_anybody_else_passes_nothing_on(ctx: Context, sender: str) -> None:
    ctx = with_report(ctx, relay="after_forward")
    request = await reported(ctx)
    await MailDesk(ctx).accept(teruskan(sender))
    assert await reports(ctx, request) == [KA_UPSI]


async def test_teruskan_before_there_is_a_report_passes_nothing_on(ctx: Context) -> None:
    request = await sent(ctx)
    await MailDesk(ctx).accept(teruskan(KA_UPSI))
    assert await reports(ctx, request) == []
    assert await answers(ctx, request) == [(KA_UPSI, False)]


async def test_the_report_carries_the_head_of_the_audit_out_of_the_house(ctx: Context) -> None:
    request = await sent(ctx)
    await ctx.db.run(track, NOW + LATE, WAIT)
    await ctx.db.run(report_due, ctx, NOW + LATE)
    (notice, _), *_ = await ctx.db.run(notices.states, request, "report")
    view = await ctx.db.run(lambda conn: view_of(Desk(conn, ctx.settings, NOW), notice, "<1@kampus.example>"))
    assert isinstance(view, Report)
    head = head_of(view.audit_head)
    assert head is not None
    assert list(breaks(await ctx.db.run(lambda conn: list(audit.entries(conn))), [head])) == []
    assert f"catatan: {head}" in compose(view, look_of(ctx.settings)).decode("utf-8", "replace").replace("=\n", "")
