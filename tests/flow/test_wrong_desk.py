"""Forms for other desks: one clear answer, the mail passed on once, no number used up; a mixed form is both."""

import email
import email.policy
from pathlib import Path
from typing import Any

import pytest

from gatewayd.intake.base import Disposition
from gatewayd.stages.accept import MailDesk
from gatewayd.stages.compose import compose_batch
from gatewayd.stages.context import Context
from gatewayd.store import notices, requests
from tests.flow.test_mails import FORM, asked, changed, count, mail

HEAD, _, _ = FORM.partition(b"\r\n\r\n")
ACCOUNT = (
    HEAD + b"\r\n\r\nNAMA UNIT: BAA\r\nNAMA LENGKAP: Budi Contoh\r\nSISTEM INFORMASI:\r\nAKUN BARU [x]\r\n"
    b"SMS MASSAL: [ ] MAHASISWA [ ] PEGAWAI [ ] DOSEN [ ] LAINNYA\r\nKETERANGAN: Mohon akun untuk dosen baru\r\n"
)
MIXED = FORM.replace(b"SMS MASSAL", b"SISTEM INFORMASI:\r\nAKUN BARU [x]\r\nSMS MASSAL")


async def to(ctx: Context) -> list[tuple[str, str]]:
    return [(one.kind, one.to_address) for one in await ctx.db.run(notices.uncomposed, ctx.clock.now(), 20)]


async def events(ctx: Context) -> list[str]:
    rows = await ctx.db.run(lambda conn: conn.execute("SELECT name FROM events ORDER BY id").fetchall())
    return [row[0] for row in rows]


async def test_a_form_for_another_desk_is_passed_on_and_answered_once_and_takes_no_number(ctx: Context) -> None:
    assert await MailDesk(ctx).accept(mail(ACCOUNT)) is Disposition.PROCESSED
    assert await to(ctx) == [("forward", "staf@kampus.example"), ("wrong_desk", "baa@kampus.example")]
    assert (await count(ctx), await events(ctx)) == (0, ["request.wrong_desk"])
    await MailDesk(ctx).accept(mail(changed(number=7), uid=7))
    (request,) = await ctx.db.run(requests.all_numbers, 9)
    assert request.number == "UPSI-2026-000001"


async def test_the_same_mail_again_after_a_restart_is_not_passed_on_again(ctx: Context) -> None:
    for uid in (1, 1, 2):
        await MailDesk(ctx).accept(mail(ACCOUNT, uid=uid))
    await MailDesk(ctx).accept(mail(b"Received: from other.example by here\r\n" + ACCOUNT, uid=3))
    assert await asked(ctx) == ["forward", "wrong_desk"]


async def test_a_machine_that_sends_it_again_and_again_is_neither_answered_nor_passed_on_after_two(
    ctx: Context,
) -> None:
    for number in range(1, 6):
        again = ACCOUNT.replace(b"<1@kampus.example>", b"<%d@kampus.example>" % number)
        await MailDesk(ctx).accept(mail(again, uid=number))
    assert await asked(ctx) == ["forward", "wrong_desk"] * 2


async def test_a_mixed_form_runs_its_message_part_and_the_rest_is_passed_on(ctx: Context) -> None:
    await MailDesk(ctx).accept(mail(MIXED))
    (request,) = await ctx.db.run(requests.all_numbers, 9)
    assert (request.recipients, request.faults) == (1, ())
    assert await to(ctx) == [("forward", "staf@kampus.example"), ("receipt", "baa@kampus.example")]
    assert await events(ctx) == ["request.received", "request.wrong_desk"]


async def test_a_correction_of_a_mixed_form_does_not_pass_it_on_again(ctx: Context) -> None:
    await MailDesk(ctx).accept(mail(MIXED.replace(b"Budi Contoh", b"")))
    answer = changed(number=2).partition(b"\r\n\r\n")[0].replace(b"Permohonan", b"Re: [UPSI-2026-000001]")
    await MailDesk(ctx).accept(mail(answer + b"\r\n\r\nNAMA LENGKAP: Budi Contoh\r\n", uid=2))
    (request,) = await ctx.db.run(requests.all_numbers, 9)
    assert request.faults == ()
    assert await asked(ctx) == ["forward", "correction", "receipt"]


async def test_a_stranger_who_asks_for_a_mailbox_gets_a_pointer_and_nothing_is_passed_on(ctx: Context) -> None:
    private = ACCOUNT.replace(b"baa@kampus", b"budi@rumah").replace(b"header.from=kampus", b"header.from=rumah")
    await MailDesk(ctx).accept(mail(private.replace(b"AKUN BARU", b"EMAIL BARU")))
    assert await to(ctx) == [("unknown_sender", "budi@rumah.example")]
    assert await events(ctx) == []


async def test_automatic_mail_is_not_passed_on(ctx: Context) -> None:
    await MailDesk(ctx).accept(mail(b"Auto-Submitted: auto-replied\r\n" + ACCOUNT))
    assert await to(ctx) == []


async def test_both_mails_are_automatic_ones_and_the_original_is_attached(ctx: Context) -> None:
    await MailDesk(ctx).accept(mail(ACCOUNT))
    assert await compose_batch(ctx) == 2
    forward, answer = [
        email.message_from_bytes(await ctx.db.run(notices.raw, notice), policy=email.policy.default)
        for notice in (1, 2)
    ]
    assert [one["Auto-Submitted"] for one in (forward, answer)] == ["auto-replied"] * 2
    (original,) = [part for part in forward.walk() if part.get_content_type() == "message/rfc822"]
    assert original.get_payload(0)["Message-ID"] == "<1@kampus.example>"
    assert (answer["In-Reply-To"], forward["In-Reply-To"]) == ("<1@kampus.example>", None)
    said = answer.get_body(("plain",)).get_content()
    assert "AKUN BARU. Email Anda sudah kami teruskan kepada staf@kampus.example." in said
    assert "MAHASISWA" not in said


class TestWithoutStaff:
    @pytest.fixture
    def raw(self, raw: dict[str, Any]) -> dict[str, Any]:
        raw["gateway"].pop("staff")
        return raw

    async def test_the_answer_says_where_to_go(self, ctx: Context, tmp_path: Path) -> None:
        await MailDesk(ctx).accept(mail(ACCOUNT))
        assert await asked(ctx) == ["wrong_desk"]
        await compose_batch(ctx)
        answer = email.message_from_bytes(await ctx.db.run(notices.raw, 1), policy=email.policy.default)
        assert "Mohon diajukan langsung kepada UPSI." in answer.get_body(("plain",)).get_content()


async def test_the_brake_on_answers_brakes_the_passing_on(ctx: Context) -> None:
    for number in range(55):
        raw = ACCOUNT.replace(b"<1@", b"<%d@" % (number + 10)).replace(b"dosen baru", b"dosen ke-%d" % number)
        await MailDesk(ctx).accept(mail(raw, uid=number))
    found = await ctx.db.run(notices.uncomposed, ctx.clock.now(), 200)
    assert [one.kind for one in found].count("forward") == 50


async def test_a_mail_too_big_to_be_attached_is_said_where_it_is(ctx: Context) -> None:
    await MailDesk(ctx).accept(mail(ACCOUNT))
    await ctx.db.run(lambda conn: conn.execute("UPDATE incoming_mails SET raw = zeroblob(9000000), size = 9000000"))
    await compose_batch(ctx)
    raw = await ctx.db.run(notices.raw, 1)
    forward = email.message_from_bytes(raw, policy=email.policy.default)
    assert len(raw) < 20_000
    assert "folder Processed" in forward.get_body(("plain",)).get_content()
