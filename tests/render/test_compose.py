"""Every kind of mail in both languages: it parses, it threads, and its plain text says everything."""

from dataclasses import replace
from email.message import EmailMessage
from typing import Literal

import pytest

from gatewayd.core.model import Fault
from gatewayd.core.report import Stage
from gatewayd.render import views
from gatewayd.render.compose import compose
from gatewayd.render.example_data import HEAD, LOOK, NOW, PLAN, TEXT, examples, log
from gatewayd.render.report_files import report_files
from gatewayd.wire.outmail import UnsafeHeader
from tests.render.reading import body, parse, parts

EXAMPLES = examples()
IN_ENGLISH = replace(LOOK, language="en")


@pytest.mark.parametrize("language", ["id", "en"])
@pytest.mark.parametrize("name", EXAMPLES)
def test_every_kind_is_a_whole_mail(name: str, language: Literal["id", "en"]) -> None:
    view = EXAMPLES[name]
    mail = parse(compose(view, replace(LOOK, language=language)))
    assert str(mail["From"]) == "UPSI <upsi@kampus.example>"
    assert view.head.to_address in str(mail["To"])
    assert mail["Message-ID"] == view.head.message_id
    assert mail["Auto-Submitted"] == "auto-replied"
    assert mail["X-Auto-Response-Suppress"] == "All"
    assert mail["MIME-Version"] == "1.0"
    assert mail["Reply-To"] == LOOK.reply_to
    assert mail["Date"].datetime == view.head.date
    assert str(mail["Subject"]).startswith(f"[{view.head.number}] " if view.head.number else "")
    assert ("[" in str(mail["Subject"])) == bool(view.head.number)
    assert mail["In-Reply-To"] == (view.head.in_reply_to or None)
    assert LOOK.organisation in body(mail)


def test_every_kind_of_view_has_an_example() -> None:
    assert {type(view) for view in EXAMPLES.values()} == set(views.View.__args__)


def test_a_missing_list_is_asked_for_by_an_example_of_one() -> None:
    fault = Fault("sms_massal", "group.needs_list", "LAINNYA")
    said = body(parse(compose(replace(EXAMPLES["correction"], faults=(fault,)), LOOK)))
    assert "PENERIMA:\n" in said
    assert "SMS MASSAL: …" not in said


@pytest.mark.parametrize("name", EXAMPLES)
def test_languages_differ_and_nothing_stays_untranslated(name: str) -> None:
    indonesian = body(parse(compose(EXAMPLES[name], LOOK)))
    english = body(parse(compose(EXAMPLES[name], IN_ENGLISH)))
    assert indonesian.startswith("Yth. Bapak/Ibu")
    assert english.startswith("Dear ")
    for word in (" the ", " your ", " please ", "Please"):
        assert word not in indonesian.lower()


FACTS = {
    "receipt": [
        "UPSI-2026-000123", "Biro Administrasi Akademik", "Budi Contoh", TEXT, "111 karakter", "1 bagian", "GSM", "412",
        "061-4567890", "telepon rumah", "baris 57", "nomor ganda", "Rp 144.200", "Ka. UPSI, lalu Ka. BPSI", "AKUN BARU",
        "BATAL", "Perkiraan bila disetujui sekarang", "09.10–10.28 WIB (setelah 30 bagian SMS yang sudah antre)",
        "Indosat: 121 bagian SMS, Rp 42.350, gsm1", "PULSA TIDAK CUKUP: kurang Rp 66.700.",
    ],
    "wrong-desk": [
        "AKUN BARU, EMAIL BARU", "sudah kami teruskan kepada staf@kampus.example", "Tidak ada pesan yang dikirim",
    ],
    "forward": ["Layanan: AKUN BARU", "baa@kampus.example", "Email aslinya terlampir."],
    "forward-big": ["9.180 KB", "folder Processed", "sebagai permohonan UPSI-2026-000123"],
    "receipt-ucs2": ["UCS", "☺ (U+263A)", "dan 10 lainnya", "belum diketahui", "HURUF SMS: YA"],
    "incoming-sms": ["gsm1", "+6281200000144", "Mohon info jadwal wisuda", "Bagian yang tidak sampai: 1"],
    "correction": [
        "1. NAMA LENGKAP: belum diisi", '"31-11-2026"', "bukan tanggal yang sah", "KETERANGAN", "tanda kutip",
        "NAMA LENGKAP: …",
    ],
    "approval": [
        "Biro Administrasi Akademik", TEXT, "412", "0812****001", "Rp 144.200", "gsm1", "-71 dBm (baik)", "terdaftar",
        "Rp 96.500", "12 menit yang lalu", "20 Januari 2027", "gsm2", "pulsa kurang", "TIDAK CUKUP",
        "Ka. UPSI, Dr. Ratna Contoh, M.Kom.: DISETUJUI", "SETUJU", "TOLAK", "30 November 2026 pukul 09.05 WIB",
        "Perkiraan bila disetujui sekarang", "23 November 2026 pukul 09.10–10.28 WIB", "30 bagian SMS yang sudah antre",
        "Telkomsel: 248 bagian SMS, Rp 86.800, gsm1", "kurang Rp 66.700",
    ],
    "approval-personal": [
        "Yth. {nama}, kursi wisuda Anda {kursi}.", "Yang diterima Siti Contoh (1 bagian SMS):",
        "| Yth. Siti Contoh, kursi wisuda Anda A-01.", "Yang terpanjang, untuk 0812****102 (1 bagian SMS):",
    ],
    "approval-awkward": [
        "157 bagian SMS tidak sempat dikirim", "saat ini gsm2 belum dapat mengirim", "dibatasi per jam atau per hari",
        "nomor lain: 3 bagian SMS, ?, tidak ada kartu", "Pulsa gsm2: Rp 1.200, perlu Rp 4.200, kurang Rp 8.000",
    ],
    "decision": ["disetujui oleh Ka. UPSI", "Dr. Ratna Contoh", "menunggu persetujuan Ka. BPSI"],
    "decision-rejected": ["DITOLAK", "Ir. Surya Contoh", "Tanggal kuliah belum pasti."],
    "unclear": ["SETUJU", "TOLAK", "| Terima kasih, saya baca dulu."],
    "token-problem": ["sudah dijawab"],
    "help": ["FORMULIR", "STATUS", "BATAL", "NAMA UNIT:", "SMS MASSAL: [ ] MAHASISWA", "KETERANGAN:"],
    "form": ["NAMA UNIT:", "KETERANGAN:", "[x]"],
    "unknown-sender": ["baa@kampus.example", "belum terdaftar"],
    "unreadable": ["IMG_20261123.jpg", "scan", "daftar.rar", "DOCX", "CSV, XLSX atau ODS"],
    "status": [
        "sedang dikirim", "292 menunggu", "115 diterima", "Ka. BPSI", "Sudah diproses: 120 dari 412 (29,1 %).",
        "Kecepatan: 6 per menit.", "Perkiraan selesai: 23 November 2026 pukul 09.52 WIB.", "Terlampir: gambar",
    ],
    "cancelled": ["Budi Contoh", "Acara ditunda", "292", "120"],
    "expired": ["16 November 2026", "Ka. BPSI"],
    "summary": ["Perlu perhatian: 1 permohonan", "2.824 SMS", "gsm2 (IM3): pulsa kurang", "UPSI-2026-000133", "sinyal"],
    "alarm": ["Pulsa kurang: gsm2", "Rp 5000", "isi ulang"],
    "recovered": ["gsm2", "Pulsa kurang"],
    "report": [
        "390 dari 412 penerima", "6 gagal", "14 terkirim, tanpa laporan", "1 belum pasti", "2 tidak dikirim", TEXT,
        "4 × nomor tidak aktif", "dan 372 lainnya", "Rp 144.200", "Ka. BPSI", "09.35–10.36 WIB", "0812****083",
    ],
}  # fmt: skip


@pytest.mark.parametrize("name", EXAMPLES)
def test_plain_text_says_everything(name: str) -> None:
    text = body(parse(compose(EXAMPLES[name], LOOK)))
    for fact in FACTS[name]:
        assert fact in text, f"{fact!r} is missing in:\n{text}"


def test_token_stands_alone_on_its_line_in_text_and_page() -> None:
    mail = parse(compose(EXAMPLES["approval"], LOOK))
    token = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
    assert f"\nKode: {token}\n" in body(mail)
    assert f">Kode: {token}<" in body(mail, "html")
    assert token not in str(mail["Subject"])


def test_question_says_what_is_not_known() -> None:
    view = EXAMPLES["approval"]
    assert isinstance(view, views.ApprovalQuestion)
    blind = replace(view.modems[0].health, signal_dbm=None, credit=None, operator="")
    unknown = replace(PLAN, budgets=(replace(PLAN.budgets[0], have_idr=None),))
    text = body(parse(compose(replace(view, modems=(views.ModemFacts(blind),), plan=unknown), LOOK)))
    assert "sinyal belum diketahui" in text
    assert "pulsa belum diketahui" in text
    assert "Belum diketahui apakah pulsa cukup." in text
    assert "Pulsa gsm1: ?, perlu Rp 144.200" in text


def test_operator_text_that_was_not_understood_is_quoted() -> None:
    view = EXAMPLES["approval"]
    assert isinstance(view, views.ApprovalQuestion)
    health = view.modems[0].health
    assert health.credit is not None
    odd = replace(health, credit=replace(health.credit, balance_idr=None, raw="Pilih 1 utk paket"))
    text = body(parse(compose(replace(view, modems=(views.ModemFacts(odd),)), LOOK)))
    assert 'pulsa tidak terbaca: "Pilih 1 utk paket"' in text


def test_mail_over_the_limit_is_answered_with_the_limit() -> None:
    text = body(parse(compose(views.Unreadable(HEAD, (Fault("mail", "mail.too_big"),), limit_mb=7), LOOK)))
    assert "7 MB" in text


def test_report_has_page_inline_picture_and_table() -> None:
    mail = parse(compose(EXAMPLES["report"], LOOK))
    (picture,) = parts(mail, "image/png")
    page = body(mail, "html")
    content_id = str(picture["Content-ID"]).strip("<>")
    assert f'src="cid:{content_id}"' in page
    assert picture.get_content_disposition() == "inline"
    assert picture.get_content().startswith(b"\x89PNG")
    (table,) = parts(mail, "text/csv")
    assert table.get_filename() == "UPSI-2026-000123.csv"
    assert table.get_content_disposition() == "attachment"
    for fact in ("390", "dan 372 lainnya", "0812****083", "nomor tidak aktif", "Ka. BPSI"):
        assert fact in page


@pytest.mark.parametrize("full", [False, True])
def test_full_numbers_only_in_the_table_and_only_when_asked(full: bool) -> None:
    mail = parse(compose(views.Report(HEAD, log(3), full_numbers=full), LOOK))
    (table,) = parts(mail, "text/csv")
    rows = str(table.get_content())
    assert ("0812-0000-0001" in rows) is full
    for text in (body(mail), body(mail, "html")):
        assert "0812****001" in text
        assert "2000001" not in text.replace("-", "").replace("2100000001", "")


def test_interim_report_says_so() -> None:
    view = views.Report(HEAD, replace(log(3), stage=Stage.INTERIM, ended_at=None))
    mail = parse(compose(view, LOOK))
    assert "sementara" in str(mail["Subject"])
    assert "sejak 23 November 2026 pukul 09.35 WIB" in body(mail)


def test_files_of_a_report() -> None:
    files = report_files(log(2), LOOK, full_numbers=True)
    assert sorted(files) == [f"UPSI-2026-000123.{kind}" for kind in ("csv", "html", "pdf", "png", "xlsx")]
    assert b'src="UPSI-2026-000123.png"' in files["UPSI-2026-000123.html"]
    assert b"0812-0000-0001" in files["UPSI-2026-000123.csv"]
    assert b"cid:" not in files["UPSI-2026-000123.html"]


@pytest.mark.parametrize(
    "in_reply_to",
    ["", "no brackets", "<a@b>\r\nBcc: x@y.example", "<a b@c>", "<" + "a" * 300 + "@b>", "<a@b> <c@d>"],
)
def test_what_is_no_message_id_does_not_thread(in_reply_to: str) -> None:
    head = replace(HEAD, in_reply_to=in_reply_to, references=(in_reply_to, "<good@kampus.example>"))
    mail = parse(compose(views.FormMail(head), LOOK))
    assert mail["In-Reply-To"] is None
    assert mail["References"] == "<good@kampus.example>"
    assert mail["Bcc"] is None


def test_long_message_ids_thread_as_they_are() -> None:
    long_id = "<SG2PR01MB1234ABCDEF0123456789ABCDEF0123456789@SG2PR01MB1234.apcprd01.prod.exchange.example>"
    mail = parse(compose(views.FormMail(replace(HEAD, in_reply_to=long_id, references=(long_id,))), LOOK))
    assert mail["In-Reply-To"] == long_id
    assert mail["References"] == long_id


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(replace(HEAD, to_address="a@b.example\r\nBcc: c@d.example"), id="address"),
        pytest.param(replace(HEAD, to_address="a@b.example, c@d.example"), id="two addresses"),
        pytest.param(replace(HEAD, message_id="<a@b.example>\r\nX: y"), id="message id"),
        pytest.param(replace(HEAD, date=NOW.replace(tzinfo=None)), id="time without a zone"),
    ],
)
def test_a_head_that_must_not_be_sent_is_refused(head: views.Head) -> None:
    with pytest.raises(UnsafeHeader):
        compose(views.FormMail(head), LOOK)


PLAIN = b"From: baa@kampus.example\r\nMIME-Version: 1.0\r\n\r\nAKUN BARU [x]\r\n"


def forwarded(original: bytes) -> EmailMessage:
    view = EXAMPLES["forward"]
    assert isinstance(view, views.Forward)
    return next(iter(parse(compose(replace(view, original=original), LOOK)).iter_attachments()))  # type: ignore[return-value]


def test_a_mail_is_passed_on_as_a_mail_byte_for_byte() -> None:
    raw = compose(replace(EXAMPLES["forward"], original=PLAIN), LOOK)  # type: ignore[type-var]
    assert PLAIN in raw
    part = forwarded(PLAIN)
    assert (part.get_content_type(), part.get_filename()) == ("message/rfc822", "formulir.eml")
    assert part["Content-Transfer-Encoding"] is None


@pytest.mark.parametrize(
    "original", [PLAIN + "Salam – ☺".encode(), PLAIN + b"x" * 2_000, PLAIN + b"\0", b"\xff\xfe broken"]
)
def test_a_mail_that_cannot_stand_in_one_of_seven_bits_is_passed_on_as_a_file(original: bytes) -> None:
    part = forwarded(original)
    assert (part.get_content_type(), part.get_filename()) == ("application/octet-stream", "formulir.eml")
    assert part.get_payload(decode=True) == original


@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n\r\n"])
def test_what_ends_or_bounds_a_mail_oddly_ends_only_itself(end: bytes) -> None:
    hostile = b"Content-Type: multipart/mixed; boundary=b\n\n--b\n\nhalo\n--b--\n--==\nSubject: x" + end
    mail = parse(compose(replace(EXAMPLES["forward"], original=hostile), LOOK))  # type: ignore[type-var]
    assert len(list(mail.iter_attachments())) == 1
    assert "Email aslinya terlampir." in body(mail)
