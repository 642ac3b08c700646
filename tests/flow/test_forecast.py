"""The forecast from settings and store: in the receipt, in the question to the approvers, and in `gatewayd show`."""

import argparse
import email
import email.policy
import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from gatewayd.cli import show
from gatewayd.core.forecast import Delay, Plan
from gatewayd.core.health import Credit, Health, LinkState, Registration
from gatewayd.core.model import Channel, Priority, RequestId
from gatewayd.stages.compose import compose_batch
from gatewayd.stages.context import Context
from gatewayd.stages.forecast import plan_of
from gatewayd.store import health, notices, queue, requests
from gatewayd.store.requests import NewRequest
from tests.fakes.requests import NOW, new_request
from tests.flow.conftest import SettableTime
from tests.store.test_queue import store

CREDIT = Credit(NOW, 20_000, date(2027, 1, 1), "Sisa pulsa Rp 20.000")
READY = Health("gsm1", LinkState.READY, NOW, registration=Registration.HOME, credit=CREDIT)


async def held(ctx: Context, new: NewRequest) -> RequestId:
    """A request that waits for its approval."""
    number = await ctx.db.run(requests.next_number, "UPSI", 2026)
    return await ctx.db.run(requests.insert, new, number, ctx.clock.now())


async def plan(ctx: Context, request: RequestId) -> Plan | None:
    stored = await ctx.db.run(requests.get, request)
    return await ctx.db.run(plan_of, ctx.settings, stored, ctx.clock.now())


async def test_what_is_queued_before_goes_first_and_what_is_behind_does_not(ctx: Context) -> None:
    await ctx.db.run(store, new_request(count=5, priority=Priority.URGENT))
    await ctx.db.run(store, new_request(count=7))
    await ctx.db.run(store, new_request(count=11, priority=Priority.BULK))
    request = await held(ctx, new_request(count=3))
    await ctx.db.run(store, new_request(count=13))
    found = await plan(ctx, request)
    assert found is not None
    # Four seconds a part as long as nothing was measured.
    assert (found.ahead, found.start) == (12, NOW + timedelta(seconds=48))
    assert found.delays == (Delay.QUEUE,)


async def test_the_credit_that_is_reckoned_now_must_cover_the_queue_and_the_request(ctx: Context) -> None:
    credit = replace(CREDIT, parts_since=10, reckoned_idr=16_500)
    await ctx.db.run(health.put, "modem", replace(READY, credit=credit), "", "", NOW)
    await ctx.db.run(store, new_request(count=40))
    found = await plan(ctx, await held(ctx, new_request(count=10)))
    assert found is not None
    (budget,) = found.budgets
    assert (budget.have_idr, budget.queued_idr, budget.need_idr) == (16_500, 14_000, 3_500)
    assert found.short_idr == 1_000


async def test_a_pause_in_the_store_makes_the_times_the_earliest(ctx: Context) -> None:
    await ctx.db.run(health.put, "modem", READY, "modem.lost", "no such port", NOW)
    found = await plan(ctx, await held(ctx, new_request()))
    assert found is not None
    assert (found.delays, found.paused) == ((Delay.PAUSED,), ("gsm1",))


async def test_a_rest_of_the_modem_is_waited_for(ctx: Context) -> None:
    await ctx.db.run(health.put, "modem", READY, "", "", NOW)
    await ctx.db.run(health.rests, "gsm1", NOW + timedelta(seconds=90), "congestion")
    found = await plan(ctx, await held(ctx, new_request()))
    assert found is not None
    assert found.start == NOW + timedelta(seconds=90)


async def test_how_long_a_part_takes_is_measured(ctx: Context, time: SettableTime) -> None:
    request = await ctx.db.run(store, new_request(count=3))
    claimant = queue.Claimant("gsm1", Channel.SMS, "", ctx.run, (Priority.NORMAL,))
    claimed = await ctx.db.run(queue.advance, None, claimant, NOW)
    assert claimed is not None
    await ctx.db.run(accepted, claimed, NOW + timedelta(seconds=9))
    time.now = NOW + timedelta(seconds=10)
    found = await plan(ctx, request)
    assert found is not None
    assert (found.start, found.end) == (time.now, time.now + timedelta(seconds=18))


def accepted(conn: Any, claimed: queue.Claimed, at: datetime) -> None:
    from gatewayd.core.outcome import Accepted
    from gatewayd.core.retry import after

    move = after(Accepted(1), tries=0, ladder=(), now=at, resend_doubt=False, may_hold=False)
    queue.finish(conn, queue.Ended(claimed, Accepted(1), move, at))


async def test_an_email_request_has_times_and_no_price(ctx: Context) -> None:
    found = await plan(ctx, await held(ctx, new_request(count=4, channel=Channel.EMAIL)))
    assert found is not None
    assert (found.start, found.end, found.budgets) == (NOW, NOW + timedelta(seconds=2), ())


async def test_nothing_is_forecast_of_what_has_ended(ctx: Context) -> None:
    request = await held(ctx, new_request())
    await ctx.db.run(requests.close, request, "cancelled", "", NOW)
    assert await plan(ctx, request) is None


async def test_receipt_and_question_say_the_same(ctx: Context) -> None:
    await ctx.db.run(health.put, "modem", READY, "", "", NOW)
    request = await held(ctx, new_request(count=30))
    stored = await ctx.db.run(requests.get, request)
    asked = {"step": 0, "person": "rina", "digest": stored.digest.hex()}
    await ctx.db.run(notices.ask, "receipt", "baa@kampus.example", NOW, request=request)
    await ctx.db.run(notices.ask, "approval", "ka.upsi@kampus.example", NOW, request=request, params=asked)
    assert await compose_batch(ctx) == 2
    for notice in (1, 2):
        text = body(await ctx.db.run(notices.raw, notice))
        assert "Perkiraan bila disetujui sekarang:" in text
        assert "23 November 2026 pukul 09.00–09.02 WIB" in text
        assert "Telkomsel: 30 bagian SMS, Rp 10.500, gsm1" in text
        assert "Pulsa cukup." in text


def body(raw: bytes) -> str:
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(mail, EmailMessage)
    part = mail.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


async def test_show_has_the_forecast(ctx: Context, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    later = datetime.now(UTC) + timedelta(days=3)
    await ctx.db.run(health.put, "modem", READY, "", "", NOW)
    await held(ctx, replace(new_request(count=30), expires_at=later))
    file = tmp_path / "gatewayd.toml"
    file.write_text(
        f'[gateway]\nstate_dir = "{tmp_path}"\n[[modems]]\nname = "gsm1"\nport = "/dev/null"\nprice_idr = 350\n'
        '[sending]\nwindows = [{start = "00:00", end = "23:59"}]\n',
        encoding="utf-8",
    )
    show.show(argparse.Namespace(config=file, json=True, request="UPSI-2026-000001"))
    found = json.loads(capsys.readouterr().out)["forecast"]
    assert found["operators"] == [{"operator": "telkomsel", "parts": 30, "price_idr": 10_500, "by": ["gsm1"]}]
    assert found["sims"][0]["after_idr"] == 9_500
    assert found["start"] < found["end"]
    show.show(argparse.Namespace(config=file, json=False, request="UPSI-2026-000001"))
    said = capsys.readouterr().out
    assert "if approved now" in said
    assert "telkomsel: 30 parts, Rp 10.500, by gsm1" in said
    assert "then left Rp 9.500" in said
