"""Whole mails through the sandbox entry: the corpus, what a mail leads to, and what the parent believes."""

import json
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewayd.core.form import FormReading
from gatewayd.core.model import Channel
from gatewayd.wire.mailjson import mail_json
from gatewayd.wire.mailvalues import AttachmentInfo, ReadMail, Reply
from gatewayd.wire.reading import from_json, read_mail
from tests.fakes.spreadsheets import packed
from tests.vectors import EXPECTED, MAILS, raw_mail

HEAD = {
    "trusted_authserv_ids": ["mail.kampus.example"], "country": "ID", "foreign": False, "own_domain": "kampus.example",
    "max_recipients": 20000,
}  # fmt: skip
TOKEN = "QZWSXEDCRFVTGBYHNUJMIKOLP2345672"


def read(raw: bytes, **head: object) -> ReadMail:
    return from_json(read_mail(json.dumps(HEAD | head).encode() + b"\n" + raw))


def vector(name: str, *, ends: bytes = b"\r\n") -> ReadMail:
    return read(raw_mail(name, ends))


@dataclass(frozen=True, slots=True)
class Wanted:
    """What must be understood of a form mail."""

    unit: str
    name: str
    text: str
    groups: tuple[str, ...] = ()
    sent_to: tuple[str, ...] = ()
    refused: tuple[tuple[int, str], ...] = ()
    faults: tuple[tuple[str, str], ...] = ()
    channel: Channel = Channel.SMS
    others: tuple[str, ...] = ()


BAA = ("Biro Administrasi Akademik", "Budi Contoh, M.T.", "Kuliah umum Jumat pukul 09.00 di Auditorium.")
FORMS = {
    "form-inline-list": Wanted(
        *BAA, ("lainnya",), ("+6281200000101", "+6281200000102", "+6281200000103"),
        ((4, "row.landline"), (5, "row.duplicate")),
    ),
    "form-csv-attached": Wanted(
        *BAA, ("mahasiswa",), ("+6281200000101", "+6281200000102"),
        ((6, "row.scientific"), (7, "row.two_numbers"), (8, "row.empty"), (9, "row.duplicate")),
    ),
    "form-xlsx-attached": Wanted(*BAA, ("dosen",), ("+6281200000111", "+6281200000112")),
    "form-other-signs-cp1252": Wanted(
        "Fakultas Contoh", "Dr. Rina Contoh, M.Kom.", "Rapat dosen Senin pukul 10.00 WIB – ruang A1. Jum’at libur.",
        ("dosen",),
    ),
    "form-html-word-table": Wanted(
        "Biro Kepegawaian", "Andi Contoh, S.E.", "Rapat pegawai Selasa 24 Nov pukul 08.00 & apel pagi.", ("pegawai",)
    ),
    "form-flowed-alternative": Wanted(
        "Biro Administrasi Akademik", "Budi Contoh",
        "Yth. mahasiswa, pengisian KRS dibuka 30 Nov s.d. 4 Des 2026 melalui portal akademik. -BAA", ("mahasiswa",),
    ),
    "form-labels-above-values": Wanted(
        "Perpustakaan", "Joko Contoh", "Perpustakaan tutup Sabtu 28 Nov 2026.", ("mahasiswa", "dosen")
    ),
    "form-email-massal": Wanted(
        "Humas", "Maya Contoh", "Yth. {nama}, kami mengundang Anda ke Dies Natalis Sabtu, 5 Desember 2026.",
        (), ("siti@mahasiswa.kampus.example", "dewi@mahasiswa.kampus.example"), ((3, "row.not_email"),),
        channel=Channel.EMAIL,
    ),
    "form-forwarded-inline": Wanted(*BAA, ("lainnya",), ("+6281200000101", "+6281200000102")),
    "form-forwarded-as-attachment": Wanted(*BAA, ("lainnya",), ("+6281200000101",)),
    "form-many-faults": Wanted(
        "", "", "", ("lainnya",),
        faults=(
            ("tanggal_pengajuan", "date.impossible"), ("tanggal_estimasi_penyelesaian", "date.impossible"),
            ("nama_unit", "field.missing"), ("nama_lengkap", "field.missing"), ("keterangan", "field.missing"),
            ("sms_massal", "group.needs_list"),
        ),
    ),
    "wrong-desk-mixed": Wanted(
        "Fakultas Contoh", "Hadi Contoh", "Rapat fakultas Rabu 25 Nov pukul 13.00 WIB.", ("pegawai",),
        others=("AKUN BARU", "PENGGANTIAN KATA SANDI", "WEBSITE"),
    ),
    "message-not-clear": Wanted(BAA[0], BAA[1], "", ("mahasiswa",), faults=(("keterangan", "text.unclear"),)),
    "long-text-gmail-wrapped": Wanted(
        "Biro Keuangan", "Lina Contoh",
        "Batas akhir pembayaran SPP semester ganjil adalah Jum'at, 4 Desember 2026 pukul 16.00 WIB melalui"
        " bank mitra.\nInfo: Biro Keuangan", ("mahasiswa", "dosen"),
    ),
    "correction-one-line": Wanted(
        "", "", "",
        faults=(
            ("nama_unit", "field.missing"), ("nama_lengkap", "field.missing"), ("keterangan", "field.missing"),
            ("sms_massal", "group.none"),
        ),
    ),
}  # fmt: skip


@pytest.mark.parametrize("ends", [b"\r\n", b"\n"], ids=["crlf", "lf"])
@pytest.mark.parametrize("name", FORMS)
def test_a_form_of_the_corpus_is_understood(name: str, ends: bytes) -> None:
    mail, wanted = vector(name, ends=ends), FORMS[name]
    form = mail.form
    assert form is not None
    assert mail.authenticated, mail.auth_detail
    assert (mail.reply, mail.automatic) == (None, False)
    assert form.submitted_on in ("2026-11-22", "2026-11-23") or wanted.faults
    assert wanted == Wanted(
        form.unit_name, form.applicant_name, form.text, form.groups,
        tuple(who.address for who in form.recipients.recipients),
        tuple((row.row, row.code) for row in (*form.recipients.refused, *form.recipients.duplicates)),
        tuple((fault.path, fault.code) for fault in form.faults), form.channel, form.other_services,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("name", "reply", "tokens"),
    [
        ("approve", Reply("approve"), (TOKEN,)),
        ("approve-outlook-html", Reply("approve", "lanjutkan"), (TOKEN,)),
        ("reject-with-reason", Reply("reject", "tanggalnya keliru."), (TOKEN,)),
        ("cancel", Reply("cancel", "salah tanggal"), ()),
        ("asks-for-the-form", Reply("form"), ()),
        ("photo-only", Reply("unclear"), ()),
    ],
)
def test_a_reply_of_the_corpus_is_understood(name: str, reply: Reply, tokens: tuple[str, ...]) -> None:
    mail = vector(name)
    assert mail.authenticated, mail.auth_detail
    assert (mail.reply, mail.tokens, mail.form) == (reply, tokens, None)


def test_the_number_of_the_request_is_read_from_the_subject() -> None:
    assert vector("approve").request_number == "UPSI-2026-000123"
    assert vector("form-inline-list").request_number == ""


@pytest.mark.parametrize("name", ["out-of-office", "bounce"])
def test_automatic_mail_brings_no_decision_and_no_code(name: str) -> None:
    mail = vector(name)
    assert mail.automatic
    assert mail.automatic_reason
    assert (mail.reply, mail.form, mail.tokens, mail.own_text) == (None, None, (), "")


@pytest.mark.parametrize("name", ["forged-second-from", "forged-from-with-space", "forged-results-below"])
def test_a_forged_mail_of_the_corpus_proves_nobody(name: str) -> None:
    assert not vector(name).authenticated


def test_every_mail_of_the_corpus_has_its_test() -> None:
    source = Path(__file__).read_text(encoding="utf-8")
    assert len(list(MAILS.glob("*.eml"))) >= 25
    assert [
        path.name for path in MAILS.glob("*.eml") if f'"{path.stem}"' not in source and path.stem not in EXPECTED
    ] == []


def test_a_photo_is_named_with_its_problem() -> None:
    assert vector("photo-only").attachments == (AttachmentInfo("IMG_20261123.jpg", "image", 50, "attachment.scan"),)


def make(
    body: str, *, subject: str = "Re: [UPSI-2026-000123] x", header: str = "", proof: str = "kampus.example"
) -> bytes:
    return (
        f"From: Rina Contoh <ka-upsi@kampus.example>\r\nSubject: {subject}\r\n{header}"
        f"Authentication-Results: mail.kampus.example; dmarc=pass header.from={proof}\r\n\r\n{body}"
    ).encode()


ANSWERS = f"In-Reply-To: <gatewayd.41.{TOKEN.lower()}@kampus.example>\r\n"


@pytest.mark.parametrize(
    ("body", "header", "word"),
    [
        ("SETUJU\n\n-- \nUnit: UPSI\nEmail: x@kampus.example", ANSWERS, "approve"),
        ("SETUJU\n\nRina\nUnit: UPSI\nTelepon: 061-4567890", ANSWERS, "approve"),
        ("TOLAK\nKeterangan: tanggal salah", ANSWERS, "reject"),
        ("SETUJU dengan isi baru:\nKETERANGAN: Rapat Selasa", ANSWERS, "unclear"),
        ("SETUJU\nSMS MASSAL: DOSEN\nKETERANGAN: Rapat Selasa", ANSWERS, "unclear"),
        ("Nanti saya lihat.\n\nRina\nTelepon: 061-4567890", ANSWERS, "unclear"),
        ("BATAL\n\nUnit: BAA", "", "cancel"),
        ("STATUS", "", "status"),
        ("> SETUJU\n> Kode: x", ANSWERS, None),
        ("", ANSWERS, None),
    ],
)  # fmt: skip
def test_a_signature_makes_no_form_and_a_change_makes_no_decision(body: str, header: str, word: str | None) -> None:
    mail = read(make(body, header=header))
    assert mail.form is None
    assert (mail.reply.word if mail.reply else None) == word


@pytest.mark.parametrize(
    "body",
    [
        "Berikut perbaikannya, mohon diproses.\nTANGGAL PENGAJUAN: 22-11-2026",
        "NOMOR TELEPON SELULAR: 0812-0000-0199",
        "NAMA UNIT: BAA\nSMS MASSAL: DOSEN\nKETERANGAN: KRS yang disetujui dapat dicetak.",
    ],
)
def test_a_correction_is_a_form_whatever_words_stand_around_it(body: str) -> None:
    mail = read(make(body))
    assert mail.form is not None
    assert mail.reply is None


def test_codes_come_from_answered_ids_and_from_the_quoted_text_the_newest_first() -> None:
    older, newer, quoted = "A" * 32, "B" * 32, "C" * 32
    header = (
        f"References: <gatewayd.1.{older.lower()}@kampus.example>\r\n"
        f"In-Reply-To: <gatewayd.2.{newer.lower()}@kampus.example>\r\n"
    )
    mail = read(make(f"SETUJU\n> Kode: {quoted}\n> kode: {newer}\n> Kode: {'D' * 33}\n", header=header))
    assert mail.tokens == (newer, older, quoted)


def test_of_a_mail_that_came_cut_only_the_header_counts() -> None:
    mail = read(make("SETUJU", header=ANSWERS), too_big=True)
    assert (mail.reply, mail.form, mail.tokens) == (None, None, ())
    assert (mail.sender, mail.authenticated) == ("ka-upsi@kampus.example", True)


def test_the_settings_may_trust_every_sender() -> None:
    raw = make("x", proof="lain.example")
    assert not read(raw).authenticated
    assert read(raw, trust_all_senders=True).authenticated


@pytest.mark.parametrize(
    ("content", "name", "kind", "problem"),
    [
        (b"%PDF-1.7", "form.pdf", "pdf", "attachment.unreadable"),
        (packed({"word/document.xml": "<x/>"}), "form.docx", "document", "attachment.scan"),
        (packed({"a": "x"}), "daftar.xlsx", "table", "attachment.kind"),
        (b"PK\x03\x04x", "daftar.xlsx", "table", "attachment.unreadable"),
        (b"Nama;No HP\nSiti;081200000101\n", "daftar.csv", "table", ""),
        (b"Nama;Email\nSiti;x@kampus.example\n", "daftar.csv", "table", ""),
        (b"081200000101\n081200000102\n", "daftar.txt", "table", ""),
        (b"halo", "catatan.txt", "text", "document.no_form"),
        (b"\x00\x01", "x.bin", "other", "attachment.kind"),
    ],
)  # fmt: skip
def test_an_attachment_is_told_by_its_content(content: bytes, name: str, kind: str, problem: str) -> None:
    body = b"--b\r\n\r\nisi\r\n--b\r\nContent-Type: application/octet-stream\r\n"
    body += f"Content-Disposition: attachment; filename={name}\r\n\r\n".encode() + content + b"\r\n--b--\r\n"
    mail = read(make("", header="Content-Type: multipart/mixed; boundary=b\r\n") + body)
    assert [(one.name, one.kind, one.problem) for one in mail.attachments] == [(name, kind, problem)]


GOOD = ReadMail(message_id="<a@b>", sender="a@b.example", reply=Reply("approve"), form=FormReading())


def test_what_the_child_says_comes_back_as_it_was() -> None:
    assert from_json(json.dumps(mail_json(GOOD)).encode()) == GOOD
    assert from_json(json.dumps(mail_json(replace(GOOD, reply=None, form=None))).encode()).reply is None


@pytest.mark.parametrize(
    "change",
    [
        {"sender": None}, {"sender": 1}, {"sender": "a" * 255}, {"authenticated": 1}, {"authenticated": "true"},
        {"tokens": "A"}, {"tokens": [1]}, {"tokens": ["A"] * 101}, {"reply": ["approved", ""]}, {"reply": ["approve"]},
        {"reply": "approve"}, {"form": {}}, {"form": []}, {"attachments": [["a", "exe", 1, ""]]},
        {"attachments": [["a", "pdf", -1, ""]]}, {"attachments": [["a", "pdf", 1.5, ""]]}, {"more": 1},
        {"own_text": "x" * 300_000},
    ],
)  # fmt: skip
def test_the_parent_believes_no_other_shape(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        from_json(json.dumps(mail_json(GOOD) | change).encode())


@pytest.mark.parametrize("data", [b"", b"null", b"[]", b"{}", b"\xff", b"{" * 100_000, b"[" * 100_000])
def test_the_parent_believes_nothing_but_the_object(data: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        from_json(data)


@given(st.sampled_from(sorted(path.name for path in MAILS.glob("*.eml"))), st.data())
def test_a_damaged_mail_ends_in_values(name: str, data: st.DataObject) -> None:
    raw = bytearray((MAILS / name).read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    begin = data.draw(st.integers(0, len(raw)))
    assert isinstance(read(bytes(raw[: max(begin, len(raw) // 2)])), ReadMail)
