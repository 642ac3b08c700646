"""Forms and scans as files, from the mail to the request or to the one answer that says what can be read."""

from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from gatewayd.intake.base import IncomingMail
from gatewayd.render.compose import compose
from gatewayd.stages.accept import MailDesk
from gatewayd.stages.compose_child import look_of
from gatewayd.stages.context import Context
from gatewayd.stages.views import Desk, view_of
from gatewayd.store import notices, requests
from gatewayd.wire.reading import read_mail
from tests.fakes.documents import docx, tbl
from tests.fakes.pdfs import pdf

ROWS = (
    ("NAMA UNIT", "BAA"), ("NAMA LENGKAP", "Budi Contoh"), ("SMS MASSAL", "[x] LAINNYA"),
    ("KETERANGAN", '"Kuliah umum Jumat pukul 09.00."'), ("PENERIMA", "0812-0000-0101"),
)  # fmt: skip
JPEG = b"\xff\xd8\xff\xe0" + b"x" * 100_000


def word(**changes: str) -> bytes:
    return docx(tbl(*([label, changes.get(label.split()[0].lower(), value)] for label, value in ROWS)))


def mail(body: str, *files: tuple[str, bytes], uid: int = 1, subject: str = "Permohonan") -> IncomingMail:
    made = EmailMessage()
    made["Authentication-Results"] = "mail.kampus.example; dmarc=pass header.from=kampus.example"
    made["From"] = "Budi Contoh <baa@kampus.example>"
    made["Subject"] = subject
    made["Message-ID"] = f"<{uid}@kampus.example>"
    made.set_content(body)
    for name, content in files:
        made.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    raw = made.as_bytes(policy=policy.SMTP)
    return IncomingMail("INBOX", 1, uid, len(raw), raw)


async def in_process(payload: bytes) -> bytes:
    return read_mail(payload)


@pytest.fixture
def desk(ctx: Context) -> MailDesk:
    return MailDesk(ctx, in_process)


async def asked(ctx: Context) -> list[notices.Notice]:
    return await ctx.db.run(notices.uncomposed, ctx.clock.now(), 10)


async def the_answer(ctx: Context) -> EmailMessage:
    """The newest mail that was asked for, as it goes out."""
    notice = (await asked(ctx))[-1]
    view = await ctx.db.run(
        lambda conn: view_of(Desk(conn, ctx.settings, ctx.clock.now()), notice, "<a@kampus.example>")
    )
    made = message_from_bytes(compose(view, look_of(ctx.settings)), policy=policy.default)
    assert isinstance(made, EmailMessage)
    return made


async def test_a_document_becomes_a_request(ctx: Context, desk: MailDesk) -> None:
    await desk.accept(mail("Mohon diproses, formulir terlampir.\n", ("form.docx", word())))
    (request,) = await ctx.db.run(requests.all_numbers, 9)
    assert (request.faults, request.text, request.recipients) == ((), "Kuliah umum Jumat pukul 09.00.", 1)
    assert [notice.kind for notice in await asked(ctx)] == ["receipt"]


async def test_a_corrected_document_in_a_reply_continues_the_request(ctx: Context, desk: MailDesk) -> None:
    await desk.accept(mail("", ("form.docx", word(keterangan=""))))
    (request,) = await ctx.db.run(requests.all_numbers, 9)
    assert [fault.code for fault in request.faults] == ["field.missing"]
    await desk.accept(mail("Ini perbaikannya.\n", ("form.docx", word()), uid=2, subject=f"Re: [{request.number}] x"))
    (corrected,) = await ctx.db.run(requests.all_numbers, 9)
    assert (corrected.number, corrected.faults) == (request.number, ())
    assert corrected.text == "Kuliah umum Jumat pukul 09.00."


async def test_forms_that_differ_are_asked_about_until_one_comes_alone(ctx: Context, desk: MailDesk) -> None:
    text = "".join(f"{label}: {value}\n" for label, value in ROWS)
    await desk.accept(mail(text, ("form.docx", word(keterangan='"Kuliah umum batal."'))))
    (request,) = await ctx.db.run(requests.all_numbers, 9)
    assert [fault.code for fault in request.faults] == ["document.differs"]
    await desk.accept(mail(text, uid=2, subject=f"Re: [{request.number}] x"))
    (settled,) = await ctx.db.run(requests.all_numbers, 9)
    assert (settled.faults, settled.text) == ((), "Kuliah umum Jumat pukul 09.00.")


@pytest.mark.parametrize(
    ("name", "content"),
    [("IMG_20261123.jpg", JPEG), ("pindai.pdf", pdf([])), ("form.doc", b"\xd0\xcf\x11\xe0" + b"x" * 99)],
)
@pytest.mark.parametrize("body", ["", "Formulir terlampir.\n", "Mohon diproses, formulir terlampir.\n"])
async def test_what_cannot_be_read_gets_one_answer_with_the_blank_form(
    ctx: Context, desk: MailDesk, name: str, content: bytes, body: str
) -> None:
    await desk.accept(mail(body, (name, content)))
    assert [notice.kind for notice in await asked(ctx)] == ["unreadable"]
    answer = await the_answer(ctx)
    text = answer.get_body(("plain",))
    assert text is not None
    words = text.get_content()
    assert name in words
    assert all(kind in words for kind in ("DOCX", "XLSX", "PDF", "CSV", "ODS"))
    assert [one.get_filename() for one in answer.iter_attachments()] == ["FM-UPSI-01-01.docx", "FM-UPSI-01-01.xlsx"]


async def test_a_scan_in_reply_to_a_correction_decides_nothing(ctx: Context, desk: MailDesk) -> None:
    await desk.accept(mail("", ("form.docx", word(keterangan=""))))
    (request,) = await ctx.db.run(requests.all_numbers, 9)
    again = mail("Mohon diproses, terlampir.\n", ("a.jpg", JPEG), uid=2, subject=f"Re: [{request.number}] x")
    await desk.accept(again)
    assert [notice.kind for notice in await asked(ctx)] == ["correction", "unreadable"]
    assert request.number in (await the_answer(ctx))["Subject"]


async def test_ten_files_at_most_are_named(ctx: Context, desk: MailDesk) -> None:
    await desk.accept(mail("", *((f"{n}.jpg", JPEG[:500]) for n in range(12))))
    (notice,) = await asked(ctx)
    assert notice.params["files"] == [[f"{n}.jpg", "attachment.scan"] for n in range(10)]
