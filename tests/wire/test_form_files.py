"""Whole mails with files: which of them is the form, what is said about the others, and what one file may cost."""

import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import pytest

from gatewayd.core.model import Fault
from gatewayd.render.blank_form import blank_form
from gatewayd.wire.faultcodes import CODES
from gatewayd.wire.mailvalues import ReadMail
from gatewayd.wire.reading import from_json, read_mail
from tests.fakes.documents import docx, p, r, tbl
from tests.fakes.pdfs import At, pdf
from tests.fakes.spreadsheets import Cell, ods, packed, xlsx
from tests.wire.test_docx import LAUGHTER
from tests.wire.test_pdf import BOMBS as PDF_BOMBS

HEAD = {"trust_all_senders": True, "own_domain": "kampus.example", "max_recipients": 20000}
ROWS = (
    ("NAMA UNIT", "BAA"), ("NAMA LENGKAP", "Budi Contoh, M.T."), ("SMS MASSAL", "[x] DOSEN"),
    ("KETERANGAN", '"Rapat dosen Jumat pukul 09.00."'),
)  # fmt: skip
OTHER = (*ROWS[:2], ("SMS MASSAL", "[x] PEGAWAI"), ROWS[3])
LIST: list[list[Cell]] = [["Nama", "No HP"], ["Siti", "0812-0000-0101"]]
CSV = b"Nama;No HP\nSiti;0812-0000-0101\n"
COVER = (
    "Yth. UPSI,\n\nterlampir formulir permohonan kami.\n\nHormat kami,\nBudi Contoh\nUnit: BAA\nHP: 0812-0000-0199\n"
)
JPEG = b"\xff\xd8\xff\xe0" + b"x" * 200_000


def text(rows: tuple[tuple[str, str], ...] = ROWS) -> str:
    return "".join(f"{label}: {value}\n" for label, value in rows)


def word(rows: tuple[tuple[str, str], ...] = ROWS) -> bytes:
    return docx(tbl(*([label, value] for label, value in rows)))


def sheet(rows: tuple[tuple[str, str], ...] = ROWS, **more: list[list[Cell]]) -> bytes:
    return xlsx({"FORMULIR": [list(row) for row in rows], **more})


def printed(rows: tuple[tuple[str, str], ...] = ROWS) -> bytes:
    places = [(800 - 20 * place, row) for place, row in enumerate(rows)]
    return pdf([At(x, y, row[n]) for y, row in places for n, x in enumerate((57, 227))])


def mail(body: str, *files: tuple[str, bytes], subject: str = "Permohonan", reply: bool = False) -> EmailMessage:
    found = EmailMessage()
    found["From"] = "Budi Contoh <baa@kampus.example>"
    found["Subject"] = subject
    if reply:
        found["In-Reply-To"] = "<gatewayd.1@kampus.example>"
    found.set_content(body)
    for name, content in files:
        found.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return found


def read(found: EmailMessage) -> ReadMail:
    return from_json(read_mail(json.dumps(HEAD).encode() + b"\n" + found.as_bytes()))


def problems(found: ReadMail) -> list[str]:
    return [one.problem for one in found.attachments]


def groups(found: ReadMail) -> tuple[str, ...]:
    assert found.form is not None
    return found.form.groups


SHAPES: dict[str, Callable[..., bytes]] = {"form.docx": word, "form.xlsx": sheet, "form.pdf": printed}


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize(
    "body", ["", "Mohon diproses, formulir terlampir.\n", COVER, "Keterangan: formulir terlampir\n"]
)
def test_a_file_is_the_form_where_the_text_is_none(name: str, body: str) -> None:
    found = read(mail(body, (name, SHAPES[name]())))
    assert found.form is not None
    assert found.form.faults == ()
    assert (found.form.unit_name, found.form.applicant_name) == ("BAA", "Budi Contoh, M.T.")
    assert (found.form.groups, found.form.text) == (("dosen",), "Rapat dosen Jumat pukul 09.00.")
    assert problems(found) == [""]
    assert found.reply is None


def test_a_text_file_and_a_sheet_of_another_office_are_forms_too() -> None:
    assert groups(read(mail("", ("form.txt", text().encode())))) == ("dosen",)
    assert groups(read(mail("", ("form.ods", ods({"A": [list(row) for row in ROWS]}))))) == ("dosen",)
    assert groups(read(mail("", ("form.csv", text().replace(": ", ";").encode())))) == ("dosen",)


@pytest.mark.parametrize("name", ["form.docx", "form.pdf"])
@pytest.mark.parametrize(
    "prompt",
    ["Click or tap here to enter text.", "Click to enter a date.", "Klik atau ketuk di sini untuk memasukkan teks."],
)
def test_what_an_empty_control_says_is_no_value(name: str, prompt: str) -> None:
    rows = (("EMAIL", prompt), ("TANGGAL PENGAJUAN", prompt), *ROWS)
    found = read(mail("", (name, SHAPES[name](rows))))
    assert found.form is not None
    assert (found.form.email, found.form.submitted_on, found.form.faults) == ("", "", ())


@pytest.mark.parametrize("name", SHAPES)
def test_the_kind_is_told_by_the_content_not_by_the_name(name: str) -> None:
    assert groups(read(mail("", ("form.bin", SHAPES[name]())))) == ("dosen",)


@pytest.mark.parametrize("name", SHAPES)
def test_the_text_of_the_mail_comes_first_and_a_form_that_differs_is_asked_about(name: str) -> None:
    same = read(mail(text(), (name, SHAPES[name]())))
    assert (groups(same), problems(same)) == (("dosen",), [""])
    other = read(mail(text(), (name, SHAPES[name](OTHER))))
    assert (groups(other), problems(other)) == (("dosen",), ["document.differs"])


def test_a_list_in_the_text_is_not_lost_beside_a_form_in_a_file() -> None:
    found = read(mail("Penerima:\n0812-0000-0101\n", ("form.docx", word())))
    assert problems(found) == ["document.differs"]


def test_a_blank_form_beside_a_filled_one_says_nothing() -> None:
    blank = ("FM-UPSI-01-01.docx", blank_form("docx")), ("FM-UPSI-01-01.xlsx", blank_form("xlsx"))
    found = read(mail(COVER, *blank, ("form.docx", word())))
    assert (groups(found), problems(found)) == (("dosen",), ["", "", ""])
    assert found.form is not None
    assert not found.form.list_given
    beside = read(mail(text(), *blank))
    assert (groups(beside), problems(beside)) == (("dosen",), ["", ""])


def test_a_blank_form_alone_is_a_form_with_its_faults() -> None:
    found = read(mail("", ("FM-UPSI-01-01.docx", blank_form("docx"))))
    assert found.form is not None
    assert {fault.code for fault in found.form.faults} == {"field.missing", "group.none"}


def test_of_two_forms_that_differ_one_is_asked_for() -> None:
    found = read(mail(COVER, ("a.docx", word()), ("b.pdf", printed(OTHER))))
    assert problems(found) == ["document.several", "document.several"]
    same = read(mail(COVER, ("a.docx", word()), ("a.pdf", printed())))
    assert (groups(same), problems(same)) == (("dosen",), ["", ""])


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.parametrize(
    "lists", [("daftar.csv", CSV), ("daftar.xlsx", xlsx({"A": LIST})), ("daftar.ods", ods({"A": LIST}))]
)
def test_a_list_goes_with_a_form_in_a_file(name: str, lists: tuple[str, bytes]) -> None:
    found = read(mail(COVER, (name, SHAPES[name]()), lists))
    assert found.form is not None
    assert (problems(found), found.form.list_given) == (["", ""], True)
    assert [who.address for who in found.form.recipients.recipients] == ["+6281200000101"]


def test_a_sheet_beside_the_form_sheet_is_its_list() -> None:
    found = read(mail(COVER, ("form.xlsx", sheet(PENERIMA=LIST))))
    assert found.form is not None
    assert [who.address for who in found.form.recipients.recipients] == ["+6281200000101"]


def test_two_lists_beside_the_form_sheet_are_asked_about() -> None:
    found = read(mail(COVER, ("form.xlsx", sheet(A=LIST, B=LIST))))
    assert found.form is not None
    assert Fault("attachment", "list.several", "form.xlsx") in found.form.faults


def test_a_corrected_document_in_a_reply_is_a_form() -> None:
    found = read(mail("Ini perbaikannya.\n\n> SMS MASSAL: MAHASISWA\n", ("form.docx", word()), reply=True))
    assert (groups(found), found.reply) == (("dosen",), None)
    polite = read(mail("Mohon diproses, formulir terlampir.\n", ("form.docx", word()), reply=True))
    assert (groups(polite), polite.reply) == (("dosen",), None)


TOKEN = "QZWSXEDCRFVTGBYHNUJMIKOLP2345672"


def test_a_decision_that_brings_a_form_is_neither() -> None:
    """Whoever decides on one text does not bring another in the same breath."""
    found = read(mail(f"SETUJU\n\n> Kode: {TOKEN}\n", ("form.docx", word()), reply=True))
    assert found.form is None
    assert found.reply is not None
    assert found.reply.word == "unclear"
    taken = read(mail("BATAL\n", ("form.docx", word()), reply=True))
    assert taken.reply is not None
    assert taken.reply.word == "cancel"


@pytest.mark.parametrize(
    ("name", "content", "kind", "problem"),
    [
        ("foto.jpg", JPEG, "image", "attachment.scan"), ("foto.png", b"\x89PNG" + b"x" * 9, "image", "attachment.scan"),
        ("foto.heic", b"\0\0\0\x18ftypheic", "image", "attachment.scan"),
        ("foto.tif", b"II*\0x", "image", "attachment.scan"), ("foto.tiff", b"MM\0*x", "image", "attachment.scan"),
        ("foto.gif", b"GIF89a", "image", "attachment.scan"), ("foto.webp", b"RIFF1234WEBP", "image", "attachment.scan"),
        ("suara.wav", b"RIFF1234WAVE", "other", "attachment.kind"), ("pindai.pdf", pdf([]), "pdf", "attachment.scan"),
        ("kosong.docx", docx(p()), "document", "attachment.scan"),
        ("surat.docx", docx(p(r("Dengan hormat"))), "document", "document.no_form"),
        ("surat.pdf", pdf([At(50, 700, "Dengan hormat")]), "pdf", "document.no_form"),
        ("form.doc", b"\xd0\xcf\x11\xe0" + b"x" * 99, "other", "attachment.old_office"),
        ("form.docx", b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), "other", "attachment.locked"),
        ("form.pdf", PDF_BOMBS["a password"](), "pdf", "attachment.locked"),
        ("form.pdf", b"%PDF-1.4", "pdf", "attachment.unreadable"),
        ("form.docx", b"halo", "document", "attachment.unreadable"),
        ("form.odt", packed({"mimetype": "application/vnd.oasis.opendocument.text"}), "other", "attachment.kind"),
        ("a.zip", packed({"form.docx": word()}), "other", "attachment.kind"),
        ("a.rar", b"Rar!\x1a", "other", "attachment.kind"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_a_file_that_is_no_form_has_a_problem(name: str, content: bytes, kind: str, problem: str) -> None:
    found = read(mail("Terlampir.\n", (name, content)))
    assert found.form is None
    assert [(one.name, one.kind, one.problem) for one in found.attachments] == [(name, kind, problem)]
    assert problem in CODES


def inline(found: EmailMessage, name: str, content: bytes) -> EmailMessage:
    found.add_attachment(content, maintype="image", subtype="jpeg", filename=name, disposition="inline", cid="<a@b>")
    return found


@pytest.mark.parametrize("content", [JPEG[:5000], JPEG], ids=["small", "large"])
@pytest.mark.parametrize("name", ["logo.jpg", "image001.jpg", "IMG_1.jpg"])
def test_a_picture_in_the_text_does_not_disturb_a_form(name: str, content: bytes) -> None:
    for made in (mail(text()), mail(COVER, ("form.docx", word()))):
        found = read(inline(made, name, content))
        assert groups(found) == ("dosen",)
        assert set(problems(found)) == {""}


def test_a_photo_in_the_text_of_a_mail_without_a_form_is_named_and_a_logo_is_not() -> None:
    assert problems(read(inline(mail("Terlampir.\n"), "IMG_1.jpg", JPEG))) == ["attachment.scan"]
    assert problems(read(inline(mail("Halo.\n"), "image001.jpg", JPEG[:5000]))) == [""]


def deflated(name: str, content: bytes) -> bytes:
    with io.BytesIO() as out, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
        archive.close()
        return out.getvalue()


#: Files that cost, each by itself; those of test_pdf.py besides. Name → content.
COSTLY: dict[str, Callable[[], bytes]] = {
    "a million paragraphs.docx": lambda: docx("<w:p/>" * 1_000_000),
    "paragraphs that differ.docx": lambda: docx("".join(f"<w:p a='{n * 7919 % 99991}'/>" for n in range(900_000))),
    "deep.docx": lambda: docx("<w:tbl><w:tr><w:tc>" * 100_000),
    "laughs.docx": lambda: packed({"word/document.xml": LAUGHTER + "<d>&l9;</d>"}),
    "one text.docx": lambda: docx(p(r("abc def " * 2_000_000))),
    "names.docx": lambda: docx("".join(f"<x{n} y{n}='{n * 7919 % 9973}'/>" for n in range(300_000))),
    "attributes.docx": lambda: docx(f"<w:p {' '.join(f'a{n}={chr(34)}{n}{chr(34)}' for n in range(200_000))}/>"),
    "spaces.docx": lambda: docx("".join(f"<a xmlns:b{n}='u{n}'>" for n in range(240))),
    "zeros.docx": lambda: deflated("word/document.xml", b"\0" * 300_000_000),
    "cells.docx": lambda: docx(tbl(*([f"{n}", "x"] * 20 for n in range(4000)))),
    "boxes.docx": lambda: docx(tbl(*(["V", "DOSEN"] * 30 for _ in range(2000)))),
    "labels.docx": lambda: docx("".join(p(r(f"NAMA UNITT {n}: x")) for n in range(9000))),
    "cells.ods": lambda: ods({"A": [["x", "0812-0000-0101", "y"]] * 60_000}),
    "cells.xlsx": lambda: xlsx({"A": [["NAMA UNIT", "x"], ["SMS MASSAL"], *([f"x{n}"] * 9 for n in range(10_000))]}),
    **{f"{name}.pdf": make for name, make in PDF_BOMBS.items()},
}


def in_child(raw: bytes) -> tuple[float, int, dict[str, object]]:
    """What reading `raw` takes in a process of its own: seconds of the processor, kB of memory; and the answer."""
    program = (
        "import json, resource, sys\n"
        "from gatewayd.sandbox import _limit\n"
        "_limit(400 * 2**20, 11, 32 * 2**20)\n"
        "raw = sys.stdin.buffer.read()\n"
        "from gatewayd.wire.reading import read_mail\n"
        "answer = read_mail(raw)\n"
        "used = resource.getrusage(resource.RUSAGE_SELF)\n"
        # What getrusage calls the peak is that of the process before it was this one.
        "peak = next(line for line in open('/proc/self/status') if line.startswith('VmHWM')).split()[1]\n"
        "sys.stdout.write(json.dumps([used.ru_utime + used.ru_stime, int(peak), json.loads(answer)]))\n"
    )
    root = Path(__file__).parent.parent.parent
    done = subprocess.run([sys.executable, "-c", program], input=raw, capture_output=True, cwd=root, check=True)
    seconds, kilobytes, answer = json.loads(done.stdout)
    return seconds, kilobytes, answer


@pytest.mark.parametrize("name", COSTLY)
def test_a_file_that_costs_ends_in_a_value_within_two_seconds_and_128_mb(name: str) -> None:
    raw = json.dumps(HEAD).encode() + b"\n" + mail("", (name, COSTLY[name]())).as_bytes()
    seconds, kilobytes, answer = in_child(raw)
    assert isinstance(answer["attachments"], list)
    assert seconds < 2.0
    assert kilobytes < 128 * 1024
