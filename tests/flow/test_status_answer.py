"""The answer to STATUS: progress, speed and expected end in words, with the picture of the interim report."""

import email
import email.policy
import sqlite3
from datetime import timedelta
from email.message import EmailMessage

from gatewayd.core.model import Channel, Priority, RequestId
from gatewayd.stages.compose import compose_batch
from gatewayd.stages.context import Context
from gatewayd.stages.track import track
from gatewayd.store import notices, queue
from tests.fakes.requests import NOW, new_request
from tests.flow.conftest import SettableTime
from tests.flow.test_forecast import accepted, body
from tests.store.test_queue import store


def send(conn: sqlite3.Connection, run: int, count: int) -> None:
    """`count` messages are taken over, one each 6 seconds."""
    claimant = queue.Claimant("gsm1", Channel.SMS, "", run, (Priority.NORMAL,))
    for nth in range(count):
        claimed = queue.advance(conn, None, claimant, NOW + timedelta(seconds=6 * nth))
        assert claimed is not None
        accepted(conn, claimed, NOW + timedelta(seconds=6 * nth + 6))


async def answer(ctx: Context, request: RequestId) -> EmailMessage:
    await ctx.db.run(notices.ask, "status", "baa@kampus.example", ctx.clock.now(), request=request)
    assert await compose_batch(ctx) == 1
    found = email.message_from_bytes(await ctx.db.run(notices.raw, 1), policy=email.policy.default)
    assert isinstance(found, EmailMessage)
    return found


def pictures(mail: EmailMessage) -> list[bytes]:
    return [part.get_content()[:4] for part in mail.iter_attachments() if part.get_filename() == "UPSI-2026-000001.png"]


async def test_while_it_is_sent_it_tells_the_progress_and_shows_the_picture(ctx: Context, time: SettableTime) -> None:
    request = await ctx.db.run(store, new_request(count=40))
    await ctx.db.run(send, ctx.run, 10)
    time.now = NOW + timedelta(seconds=60)
    mail = await answer(ctx, request)
    text = body(mail.as_bytes())
    assert "Sudah diproses: 10 dari 40 (25 %)." in text
    assert "Kecepatan: 10 per menit." in text
    assert "Perkiraan selesai: 23 November 2026 pukul 09.04 WIB." in text
    assert pictures(mail) == [b"\x89PNG"]


async def test_before_anything_left_there_is_no_picture(ctx: Context) -> None:
    request = await ctx.db.run(store, new_request(count=2))
    mail = await answer(ctx, request)
    assert "Sudah diproses: 0 dari 2 (0 %)." in body(mail.as_bytes())
    assert pictures(mail) == []


async def test_once_it_is_done_the_report_says_it(ctx: Context, time: SettableTime) -> None:
    request = await ctx.db.run(store, new_request(count=2))
    await ctx.db.run(send, ctx.run, 2)
    time.now = NOW + timedelta(days=2)
    await ctx.db.run(track, time.now, timedelta(days=1))
    mail = await answer(ctx, request)
    assert "Sudah diproses" not in body(mail.as_bytes())
    assert pictures(mail) == []
