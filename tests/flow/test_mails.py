"""A mail has its effect once; one that cannot be read is offered again, and set aside after the third time."""

from gatewayd.errors import SandboxError
from gatewayd.intake.base import Disposition, IncomingMail
from gatewayd.stages.accept import MailDesk
from gatewayd.stages.context import Context
from gatewayd.store import notices, requests

FORM = (
    b"Authentication-Results: mail.kampus.example; dmarc=pass header.from=kampus.example\r\n"
    b"From: BAA <baa@kampus.example>\r\nTo: pesan@kampus.example\r\nSubject: Permohonan\r\n"
    b"Message-ID: <1@kampus.example>\r\n\r\n"
    b"NAMA UNIT: BAA\r\nNAMA LENGKAP: Budi Contoh\r\nSMS MASSAL: [x] LAINNYA\r\n"
    b'KETERANGAN: isi: "Kuliah libur"\r\nPENERIMA:\r\n081200000101\r\n'
)


def mail(raw: bytes = FORM, uid: int = 1) -> IncomingMail:
    return IncomingMail("INBOX", 1, uid, len(raw), raw)


async def dies(_payload: bytes) -> bytes:
    raise SandboxError("child ended with -9")


async def count(ctx: Context) -> int:
    return len(await ctx.db.run(requests.all_numbers, 10))


async def asked(ctx: Context) -> list[str]:
    return [notice.kind for notice in await ctx.db.run(notices.uncomposed, ctx.clock.now(), 10)]


async def test_a_mail_that_kills_its_reader_is_set_aside_after_three_attempts(ctx: Context) -> None:
    desk = MailDesk(ctx, dies)
    found = [await desk.accept(mail()) for _ in range(4)]
    assert found == [Disposition.LATER, Disposition.LATER, Disposition.QUARANTINE, Disposition.QUARANTINE]
    assert await asked(ctx) == ["alarm"]


async def test_attempts_are_counted_across_restarts(ctx: Context) -> None:
    for expected in (Disposition.LATER, Disposition.LATER, Disposition.QUARANTINE):
        assert await MailDesk(ctx, dies).accept(mail()) is expected


async def test_a_child_that_answers_nonsense_counts_as_dead(ctx: Context) -> None:
    async def nonsense(_payload: bytes) -> bytes:
        return b'{"sender": 5}'

    assert await MailDesk(ctx, nonsense).accept(mail()) is Disposition.LATER


async def test_the_same_mail_offered_again_has_no_second_effect(ctx: Context) -> None:
    desk = MailDesk(ctx)
    assert [await desk.accept(mail(uid=uid)) for uid in (1, 1, 2)] == [Disposition.PROCESSED] * 3
    assert await count(ctx) == 1
    assert await asked(ctx) == ["receipt"]


async def test_a_mail_delivered_twice_with_other_trace_headers_has_no_second_effect(ctx: Context) -> None:
    desk = MailDesk(ctx)
    await desk.accept(mail())
    before = (await count(ctx), await asked(ctx))
    assert before == (1, ["receipt"])
    await desk.accept(mail(b"Received: from other.example by here\r\n" + FORM))
    assert (await count(ctx), await asked(ctx)) == before
