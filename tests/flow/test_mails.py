"""A mail has its effect once; one that cannot be read is offered again, and set aside after the third time."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gatewayd.errors import SandboxError
from gatewayd.intake.base import Disposition, IncomingMail
from gatewayd.stages.accept import MailDesk
from gatewayd.stages.context import Context
from gatewayd.store import notices, requests
from tests.flow.conftest import SettableTime

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


def changed(*pairs: tuple[bytes, bytes], number: int = 2) -> bytes:
    raw = FORM.replace(b"<1@", b"<%d@" % number)
    for old, new in pairs:
        assert old in raw
        raw = raw.replace(old, new)
    return raw


UNPROVEN = (b"dmarc=pass", b"dmarc=fail")


async def test_a_mail_that_was_not_proven_has_its_effect_when_it_comes_again_proven(ctx: Context) -> None:
    desk = MailDesk(ctx)
    await desk.accept(mail(changed(UNPROVEN)))
    assert (await count(ctx), await asked(ctx)) == (0, ["alarm"])
    await desk.accept(mail(changed(), uid=2))
    assert (await count(ctx), await asked(ctx)) == (1, ["alarm", "receipt"])


async def test_an_unproven_mail_moved_back_is_looked_at_again_and_told_of_once_a_day(ctx: Context) -> None:
    desk = MailDesk(ctx)
    for uid in range(6):
        assert await desk.accept(mail(changed(UNPROVEN), uid=uid)) is Disposition.PROCESSED
    assert await asked(ctx) == ["alarm"]


async def test_a_stranger_who_proves_nothing_troubles_nobody(ctx: Context) -> None:
    await MailDesk(ctx).accept(mail(changed(UNPROVEN, (b"baa@", b"orang@"))))
    assert await asked(ctx) == []


def with_file(name: bytes, kind: bytes, content: bytes = b"JVBERi0xLjQK") -> bytes:
    """The form with DOSEN ticked, no list in it, and a file beside it."""
    text = FORM.partition(b"\r\n\r\n")[2].replace(b"LAINNYA", b"DOSEN").partition(b"PENERIMA")[0]
    head = FORM.partition(b"\r\n\r\n")[0].replace(b"<1@", b"<3@")
    return (
        head + b"\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\n" + text
        + b"\r\n--b\r\nContent-Type: " + kind + b"\r\nContent-Transfer-Encoding: base64\r\n"
        b"Content-Disposition: attachment; filename=" + name + b"\r\n\r\n" + content + b"\r\n--b--\r\n"
    )  # fmt: skip


@pytest.fixture
def directory(raw: dict[str, Any], tmp_path: Path) -> None:
    file = tmp_path / "dosen.csv"
    file.write_text("Nama;No HP\nBudi;081200000101\nSiti;081200000102\n")
    raw["groups"] = {"dosen": {"file": str(file)}}


@pytest.mark.usefixtures("directory")
@pytest.mark.parametrize(("name", "kind"), [(b"daftar.pdf", b"application/pdf"), (b"daftar.txt", b"text/plain")])
async def test_a_list_that_cannot_be_read_is_not_replaced_by_the_directory(
    ctx: Context, name: bytes, kind: bytes
) -> None:
    await MailDesk(ctx).accept(mail(with_file(name, kind)))
    (request,) = await ctx.db.run(requests.all_numbers, 9)
    assert (request.recipients, [fault.code for fault in request.faults]) == (0, ["attachment.unreadable"])


@pytest.mark.usefixtures("directory")
async def test_a_visiting_card_beside_a_form_changes_nothing(ctx: Context) -> None:
    await MailDesk(ctx).accept(mail(with_file(b"budi.vcf", b"text/vcard")))
    (request,) = await ctx.db.run(requests.all_numbers, 9)
    assert (request.recipients, request.faults) == (2, ())


async def test_a_registered_person_is_answered_however_often_he_asks(ctx: Context) -> None:
    desk = MailDesk(ctx)
    for number in range(8):
        body = (b"PENERIMA:\r\n081200000101\r\n", b"Pertanyaan %d" % number)
        letter = changed(body, (b"NAMA UNIT", b"Halo"), (b"NAMA LENGKAP", b"ini"), (b"SMS MASSAL", b"dan"),
                         (b"KETERANGAN", b"itu"), number=10 + number)  # fmt: skip
        await desk.accept(mail(letter, uid=number))
    assert await asked(ctx) == ["help"] * 8


async def test_a_machine_that_hides_what_it_is_gets_two_answers_and_a_person_his(
    ctx: Context, time: SettableTime
) -> None:
    echo = FORM.partition(b"\r\n\r\n")[0].replace(b"Subject: Permohonan", b"Subject: Re: Re: Halo")
    for number in range(1, 6):
        answer = echo.replace(b"<1@", b"<%d@" % number).replace(b"Re: ", b"", number % 2)
        await MailDesk(ctx).accept(mail(answer + b"\r\n\r\nTiket Anda kami terima.\r\n", uid=number))
    assert await asked(ctx) == ["help", "help"]
    other = echo.replace(b"<1@", b"<9@").replace(b"Halo", b"Cara pakai")
    await MailDesk(ctx).accept(mail(other + b"\r\n\r\nBagaimana caranya?\r\n", uid=9))
    assert await asked(ctx) == ["help"] * 3
    time.now += timedelta(hours=2)
    later = echo.replace(b"<1@", b"<10@")
    await MailDesk(ctx).accept(mail(later + b"\r\n\r\nHalo lagi.\r\n", uid=10))
    assert await asked(ctx) == ["help"] * 4
