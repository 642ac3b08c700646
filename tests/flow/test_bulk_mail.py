"""What leaves as the mail of a request: its words, its page, its headers, its envelope, and its pace."""

import email
import email.policy
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest

from gatewayd.core.model import Channel, DeliveryId, MailBody, Priority
from gatewayd.core.outcome import Accepted
from gatewayd.core.states import DeliveryState
from gatewayd.errors import SandboxError
from gatewayd.intake.control import Command
from gatewayd.stages import bulk_mail
from gatewayd.stages.bells import Bell
from gatewayd.stages.bulk_mail import BulkMail
from gatewayd.stages.context import Context
from gatewayd.stages.fleet import Fleet, Lanes
from gatewayd.stages.operate import OperatorDesk
from gatewayd.store import deliveries, keys, queue, requests
from gatewayd.store.queue import Claimant, Claimed
from gatewayd.wire import mailtoken
from gatewayd.wire.mailtoken import Purpose
from tests.fakes.requests import new_request
from tests.fakes.transport import ScriptedTransport
from tests.flow.conftest import Opened, SettableTime
from tests.flow.test_dispatch import running, until
from tests.store.test_queue import store

TEXT = "# Wisuda\n\nYth. **{nama}**, lihat [jadwal](https://kampus.example/jadwal)."


def settings(raw: dict[str, Any], **smtp: Any) -> None:
    raw["smtp"] |= smtp


async def claimed(ctx: Context, *, text: str = TEXT, subject: str = "Undangan {nama}", name: str = "Budi") -> Claimed:
    """The one delivery of an approved request, claimed."""
    new = new_request(count=1, channel=Channel.EMAIL, text=text)
    personal = text.replace("{nama}", name) if "{" in text else None
    message = replace(new.messages[0], name=name, text=personal)
    await ctx.db.run(store, replace(new, subject=subject, messages=(message,)))
    claimant = Claimant("smtp", Channel.EMAIL, "", ctx.run, (Priority.NORMAL,), ("",))
    found = await ctx.db.run(queue.advance, None, claimant, ctx.clock.now())
    assert found is not None
    return found


async def made(ctx: Context, one: Claimed) -> tuple[MailBody, EmailMessage]:
    body = await BulkMail(ctx).body(one)
    parsed = email.message_from_bytes(body.raw, policy=email.policy.default)
    assert isinstance(parsed, EmailMessage)
    return body, parsed


def content(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    assert part is not None
    found: str = part.get_content()
    return found


async def test_the_text_stays_what_was_approved_and_the_page_shows_it(ctx: Context) -> None:
    _, mail = await made(ctx, await claimed(ctx))
    assert mail["Subject"] == "Undangan Budi"
    assert content(mail, "plain").replace("\r\n", "\n").strip() == TEXT.replace("{nama}", "Budi")
    page = content(mail, "html")
    assert "<h1>Wisuda</h1>" in page
    assert "<strong>Budi</strong>" in page
    assert '<a href="https://kampus.example/jadwal">' in page


async def test_a_name_brings_neither_markup_nor_a_header(ctx: Context) -> None:
    _, mail = await made(ctx, await claimed(ctx, name="<b>x</b> [y](https://luar.example)"))
    page = content(mail, "html")
    assert "<b>" not in page
    assert "luar.example)" in page
    assert page.count("<a ") == 1


async def test_every_attempt_has_the_same_message_id(ctx: Context) -> None:
    one = await claimed(ctx)
    ids = {(await made(ctx, replace(one, attempt=attempt)))[1]["Message-ID"] for attempt in (1, 2)}
    assert len(ids) == 1


async def test_the_mail_says_what_it_is_and_how_to_leave(ctx: Context) -> None:
    one = await claimed(ctx)
    body, mail = await made(ctx, one)
    key = await ctx.db.run(keys.mail_key)
    leave = mailtoken.token(key, Purpose.LEAVE, one.delivery)
    assert mail["List-Unsubscribe"] == f"<mailto:pesan@kampus.example?subject=BERHENTI%20{leave}>"
    assert (mail["Precedence"], mail["Auto-Submitted"]) == ("bulk", "auto-generated")
    assert mail["List-Unsubscribe-Post"] is None
    assert body.envelope_sender == "pesan@kampus.example"
    assert mailtoken.delivery_of(key, Purpose.BOUNCE, body.envelope_id) == one.delivery


async def test_one_click_is_offered_where_a_page_is_set_and_the_envelope_has_a_token(
    raw: dict[str, Any], ctx_again: Callable[[], Opened]
) -> None:
    url = "https://upsi.kampus.example/berhenti/" + "a" * 60 + "?t={token}"
    settings(raw, bounce_address="balik@kampus.example", unsubscribe_url=url)
    async with ctx_again() as ctx:
        one = await claimed(ctx)
        body, mail = await made(ctx, one)
        key = await ctx.db.run(keys.mail_key)
    leave = mailtoken.token(key, Purpose.LEAVE, one.delivery)
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    by_mail = f"<mailto:balik@kampus.example?subject=BERHENTI%20{leave}>"
    assert mail["List-Unsubscribe"] == f"<{url.replace('{token}', leave)}>, {by_mail}"
    assert b"=?" not in body.raw
    assert body.envelope_sender == f"balik+{body.envelope_id}@kampus.example"


async def test_a_page_that_cannot_be_made_leaves_the_text(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object) -> bytes:
        raise SandboxError("out of memory")

    monkeypatch.setattr(bulk_mail.sandbox, "call", broken)
    _, mail = await made(ctx, await claimed(ctx))
    assert mail.get_content_type() == "text/plain"


async def test_a_request_has_its_page_made_once(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[object] = []
    genuine = bulk_mail.sandbox.call

    async def counted(*given: Any) -> bytes:
        calls.append(given)
        return await genuine(*given)

    monkeypatch.setattr(bulk_mail.sandbox, "call", counted)
    one, mails = await claimed(ctx), BulkMail(ctx)
    for number in range(3):
        await mails.body(replace(one, delivery=DeliveryId(number + 1)))
    assert len(calls) == 1


async def test_a_subject_that_lacks_a_value_refuses_its_row(ctx: Context) -> None:
    command = {"to": ["a@kampus.example"], "channel": "email", "text": "Halo", "subject": "Nilai {kelas}"}
    reply = await OperatorDesk(ctx).accept(Command("send", command, "root"))
    assert "error" in reply


async def test_a_domain_with_a_pace_gets_one_mail_at_a_time_and_others_go_on(
    raw: dict[str, Any], ctx_again: Callable[[], Opened], time: SettableTime
) -> None:
    settings(raw, domains={"lambat.example": "60s"})
    async with ctx_again() as ctx:
        addresses = [f"a{n}@lambat.example" for n in range(3)] + [f"b{n}@cepat.example" for n in range(3)]
        new = new_request(count=6, channel=Channel.EMAIL, text="Halo")
        messages = tuple(replace(m, address=a) for m, a in zip(new.messages, addresses, strict=True))
        paced = frozenset({"lambat.example"})
        request = await ctx.db.run(store, replace(new, messages=messages, paced=paced))
        fleet = Fleet({}, ctx.bells, Lanes({"lambat.example": 60.0}))
        first, second = mail_transport("smtp"), mail_transport("smtp-2")
        async with running(ctx, first, fleet=fleet), running(ctx, second, fleet=fleet):
            await until(ctx, request, {DeliveryState.ACCEPTED: 4, DeliveryState.QUEUED: 2})
            for left in (1, 0):
                time.now += timedelta(seconds=61)
                ctx.bells.ring(Bell.DISPATCH)
                expected = {DeliveryState.ACCEPTED: 6 - left}
                await until(ctx, request, expected | ({DeliveryState.QUEUED: left} if left else {}))


async def test_what_waits_follows_the_settings_at_start(ctx: Context) -> None:
    new = new_request(count=2, channel=Channel.EMAIL, text="Halo")
    request = await ctx.db.run(requests.insert, new, "UPSI-2026-000009", ctx.clock.now())
    for domains, expected in ((["kampus.example"], "kampus.example"), ([], "")):
        await ctx.db.run(queue.pace_domains, domains)
        found = await ctx.db.run(lambda conn: [row[0] for row in conn.execute("SELECT route FROM deliveries")])
        assert found == [expected] * 2
    assert sum((await ctx.db.run(deliveries.counts, request)).values()) == 2


def mail_transport(name: str) -> ScriptedTransport:
    return ScriptedTransport(name, Channel.EMAIL, lambda _submission: Accepted())


async def test_a_mail_that_cannot_be_written_fails_alone(ctx: Context) -> None:
    new = new_request(count=2, channel=Channel.EMAIL, text="Halo")
    bad = replace(new.messages[0], address="orang 1@kampus.example")
    request = await ctx.db.run(store, replace(new, messages=(bad, new.messages[1])))
    async with running(ctx, mail_transport("smtp")):
        await until(ctx, request, {DeliveryState.FAILED: 1, DeliveryState.ACCEPTED: 1})
