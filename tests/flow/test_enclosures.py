"""Files of a form's mail that go out with each of its e-mails: from the mail to digest, question and mails."""

import email
import email.policy
import io
import zipfile
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewayd.core.model import Applicant, Channel, Enclosure, Priority
from gatewayd.core.request import Request, digest
from gatewayd.stages import approve
from gatewayd.stages.accept import MailDesk
from gatewayd.stages.bulk_mail import BulkMail
from gatewayd.stages.compose import compose_batch
from gatewayd.stages.context import Context
from gatewayd.store import enclosures, notices, requests, rows
from gatewayd.wire.enclosures import part_of
from gatewayd.wire.outmail import message
from tests.fakes.documents import docx, p, r
from tests.fakes.pdfs import At, pdf
from tests.fakes.requests import NOW
from tests.flow.test_mails import mail

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40
FORM = (
    "NAMA UNIT: BAA\nNAMA LENGKAP: Budi Contoh\nEMAIL MASSAL: [x] {box}\nSUBJEK: Undangan\n"
    'KETERANGAN: isi: "Kami mengundang Bapak/Ibu."\n{people}'
)
PEOPLE = "PENERIMA:\nsiti@kampus.example\ntono@kampus.example\n"


@pytest.fixture
def raw(raw: dict[str, Any]) -> dict[str, Any]:
    return raw | {"smtp": raw["smtp"] | {"enclosures_max_bytes": 100_000}}


def asking(*files: tuple[str, str, bytes], box: str = "LAINNYA", people: str = PEOPLE, number: int = 1) -> bytes:
    made = EmailMessage()
    made["Authentication-Results"] = "mail.kampus.example; dmarc=pass header.from=kampus.example"
    made["From"], made["To"], made["Subject"] = "BAA <baa@kampus.example>", "pesan@kampus.example", "Permohonan"
    made["Message-ID"] = f"<{number}@kampus.example>"
    made.set_content(FORM.format(box=box, people=people))
    for name, kind, content in files:
        main, _, sub = kind.partition("/")
        made.add_attachment(content, maintype=main, subtype=sub, filename=name)
    return made.as_bytes(policy=email.policy.SMTP)


async def stored(ctx: Context, raw: bytes, uid: int = 1) -> Request:
    await MailDesk(ctx).accept(mail(raw, uid=uid))
    return max(await ctx.db.run(requests.all_numbers, 9), key=lambda one: one.id)


async def kept(ctx: Context, request: Request) -> list[tuple[str, str, bytes]]:
    found = await ctx.db.run(enclosures.of_request, request.id)
    return [(one.name, one.kind, content) for one, content in found]


async def test_what_is_no_form_and_no_list_goes_along_in_order(ctx: Context) -> None:
    brochure = pdf([At(72, 700, "Undangan wisuda")])
    files = (("poster.png", "image/png", PNG), ("undangan.bin", "application/octet-stream", brochure))
    request = await stored(ctx, asking(*files))
    assert (request.faults, request.warnings) == ((), ())
    assert await kept(ctx, request) == [
        ("poster.png", "image/png", PNG), ("undangan.bin.pdf", "application/pdf", brochure),
    ]  # fmt: skip
    assert await ctx.db.run(rows.digest_of, request) == request.digest


async def test_programs_and_archives_stay_and_the_receipt_names_them(ctx: Context) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.exe", b"MZ")
    files = (("surat.pdf", "application/pdf", b"MZ\x90\x00"), ("semua.zip", "application/zip", packed.getvalue()))
    request = await stored(ctx, asking(*files))
    assert await kept(ctx, request) == []
    assert [fault.typed for fault in request.warnings] == ["surat.pdf", "semua.zip"]


async def test_too_much_together_is_a_fault(ctx: Context) -> None:
    request = await stored(ctx, asking(*((f"{n}.png", "image/png", PNG + bytes(n) * 30_000) for n in (1, 2, 3))))
    assert [fault.code for fault in request.faults] == ["enclosure.too_big"]


class TestWithADirectory:
    @pytest.fixture
    def raw(self, raw: dict[str, Any], tmp_path: Path) -> dict[str, Any]:
        file = tmp_path / "dosen.csv"
        file.write_text("Nama;Email\nBudi;budi@kampus.example\n")
        return raw | {"groups": {"dosen": {"file": str(file)}}}

    async def test_a_word_document_beside_a_ticked_group_may_be_its_list_and_is_asked_about(self, ctx: Context) -> None:
        word = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
        request = await stored(ctx, asking(("daftar.docx", word, docx(p(r("Daftar")))), box="DOSEN", people=""))
        assert [fault.code for fault in request.faults] == ["document.no_form"]
        assert request.recipients == 0


class TestOff:
    @pytest.fixture
    def raw(self, raw: dict[str, Any]) -> dict[str, Any]:
        return raw | {"smtp": raw["smtp"] | {"enclosures_max_bytes": 0}}

    async def test_nothing_goes_along_and_the_receipt_says_so(self, ctx: Context) -> None:
        request = await stored(ctx, asking(("poster.png", "image/png", PNG)))
        assert await kept(ctx, request) == []
        assert [(one.code, one.typed) for one in request.warnings] == [("enclosure.off", "poster.png")]


async def test_the_approver_gets_the_files_and_their_names(ctx: Context) -> None:
    request = await stored(ctx, asking(("poster.png", "image/png", PNG)))
    await ctx.db.run(approve._move, ctx, request.id, ctx.clock.now())
    while await compose_batch(ctx):
        pass
    ids = await ctx.db.run(
        lambda conn: [row[0] for row in conn.execute("SELECT id FROM notices WHERE kind = 'approval' ORDER BY id")]
    )
    question = email.message_from_bytes(await ctx.db.run(notices.raw, ids[0]), policy=email.policy.default)
    assert "File yang ikut dikirim: poster.png (11 KB)" in question.get_body(("plain",)).get_content()
    (file,) = question.iter_attachments()
    assert file.get_content() == PNG


async def test_a_correction_keeps_them_and_new_ones_take_their_place(ctx: Context) -> None:
    request = await stored(ctx, asking(("poster.png", "image/png", PNG)))

    def reply(number: int, *files: tuple[str, str, bytes]) -> bytes:
        answer = asking(*files, number=number, people="").replace(b"Permohonan", b"Re: [UPSI-2026-000001]")
        return answer.replace(b"NAMA LENGKAP: Budi Contoh", b"NAMA LENGKAP: Siti Contoh")

    first = await stored(ctx, reply(2), uid=2)
    assert [name for name, _, _ in await kept(ctx, first)] == ["poster.png"]
    second = await stored(ctx, reply(3, ("lain.png", "image/png", PNG + b"x")), uid=3)
    assert (second.id, [name for name, _, _ in await kept(ctx, second)]) == (request.id, ["lain.png"])
    assert (first.digest == request.digest, second.digest == request.digest) == (True, False)


async def test_bytes_that_were_changed_in_the_store_are_seen(ctx: Context) -> None:
    request = await stored(ctx, asking(("poster.png", "image/png", PNG)))
    await ctx.db.run(lambda conn: conn.execute("UPDATE enclosures SET content = CAST(content || x'00' AS BLOB)"))
    assert await ctx.db.run(rows.digest_of, request) != request.digest


async def test_the_dispatcher_joins_them_once_for_all_mails(ctx: Context) -> None:
    request = await stored(ctx, asking(("poster.png", "image/png", PNG)))
    desk = BulkMail(ctx)
    enclosed = await desk._enclosed(request.number)
    assert enclosed is await desk._enclosed(request.number)
    assert await desk._enclosed(request.number) != b""


NAMES = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=60)
ONE = Enclosure(0, "poster.png", "image/png", 3, "0" * 64)


@given(name=NAMES, content=st.binary(max_size=400), text=st.text(st.characters(exclude_categories=("Cs", "Cc"))))
def test_any_name_text_and_content_come_out_as_they_went_in(name: str, content: bytes, text: str) -> None:
    parts = part_of(replace(ONE, name=name), content) + part_of(replace(ONE, name="b.pdf"), b"--=_mixed--\r\n")
    for page in ("", "<p>--=_mixed--</p>"):
        made = message(
            sender="pesan@kampus.example", sender_name="", to="siti@kampus.example", to_name="", subject="Undangan",
            text=f"--=_mixed\n{text}", message_id="<1@kampus.example>", date=NOW, page=page, enclosed=parts,
        )  # fmt: skip
        parsed = email.message_from_bytes(made, policy=email.policy.default)
        leaves = [part for part in parsed.walk() if not part.is_multipart()]
        assert len(leaves) == (4 if page else 3)
        assert leaves[-2].get_payload(decode=True) == content
        assert " ".join(str(leaves[-2].get_filename()).split()) == " ".join(name.split())
        assert leaves[-2].keys() == ["Content-Type", "Content-Transfer-Encoding", "Content-Disposition"]
        assert leaves[-1].get_payload(decode=True) == b"--=_mixed--\r\n"
        assert leaves[0].get_content().startswith("--=_mixed")


@given(st.sampled_from(["name", "kind", "sha256"]), NAMES)
def test_any_change_of_a_file_is_another_digest(field: str, value: str) -> None:
    def of(*files: Enclosure) -> bytes:
        who = Applicant("BAA", "Budi", "baa@kampus.example")
        return digest(
            channel=Channel.EMAIL, subject="", text="", priority=Priority.NORMAL, send_after=None, applicant=who,
            messages=(), enclosures=files,
        )  # fmt: skip

    changed = replace(ONE, **{field: value})
    assert (of(ONE) == of(changed)) is (changed == ONE)
    assert len({of(), of(ONE), of(ONE, ONE)}) == 3
