"""The form as people type it: labels, boxes, the message in KETERANGAN, faults, corrections."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewayd.core.form import FormReading, merge
from gatewayd.core.model import Channel, Fault, Recipient, RecipientList
from gatewayd.wire.faultcodes import CODES, explain
from gatewayd.wire.form import Numbering, read_form
from gatewayd.wire.formboxes import Boxes, read_boxes, ticked_services
from gatewayd.wire.formlabels import match_label
from gatewayd.wire.formmessage import Message, message_of
from gatewayd.wire.formvalues import form_from, form_json
from gatewayd.wire.jsonvalues import NotAsAgreed

HEAD = "NAMA UNIT: BAA\nNAMA LENGKAP: Budi Contoh, M.T.\n"
LIST = RecipientList((Recipient(1, "+6281200000101"),))


def read(text: str, *, is_reply: bool = False) -> FormReading:
    form = read_form(text, (), Numbering(), is_reply=is_reply)
    assert form is not None
    return form


def codes(form: FormReading) -> list[tuple[str, str]]:
    return [(fault.path, fault.code) for fault in form.faults]


@pytest.mark.parametrize(("said", "plain"), [("YA", True), ("[x]", True), ("ok", True), ("TIDAK", False), ("", False)])
def test_the_applicant_says_whether_characters_are_replaced(said: str, plain: bool) -> None:
    assert read(f"{HEAD}KETERANGAN: isi: “Halo”\nHURUF SMS: {said}\n").plain_letters is plain


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("NAMA UNIT: BAA", ("unit_name", "BAA")),
        ("Nama Unit = BAA", ("unit_name", "BAA")),
        ("nama unit ; BAA", ("unit_name", "BAA")),
        ("NAMA UNIT - BAA", ("unit_name", "BAA")),
        ("NAMA UNIT\tBAA", ("unit_name", "BAA")),
        ("NAMA UNIT     BAA", ("unit_name", "BAA")),
        ("| NAMA UNIT | BAA |", ("unit_name", "BAA |")),
        ("*NAMA UNIT*: BAA", ("unit_name", "BAA")),
        ("1. NAMA UNIT: BAA", ("unit_name", "BAA")),
        ("• NAMA UNIT: BAA", ("unit_name", "BAA")),
        ("NAMA UNIT", ("unit_name", "")),
        ("NAMA UNIT :", ("unit_name", "")),
        ("NAMA LENKAP: Budi", ("applicant_name", "Budi")),
        ("TANGAL PENGAJUAN: x", ("submitted_on", "x")),
        ("TANGGAL PENGAJAUN: x", ("submitted_on", "x")),
        ("NIP/NPM/NIDN: 0101", ("id_number", "0101")),
        ("No. HP: 0812-0000-0101", ("phone", "0812-0000-0101")),
        ("E-mail - a@b.example", ("email", "a@b.example")),
        ("Isi SMS: halo", ("text", "halo")),
        ("KETERANGAN: waktu: 09.00", ("keterangan", "waktu: 09.00")),
    ],
)
def test_a_label_is_told_by_its_letters(line: str, found: tuple[str, str]) -> None:
    assert match_label(line) == found


@pytest.mark.parametrize(
    "line",
    [
        "",
        "Dengan hormat,",
        "NAMA",
        "Nama unit kami adalah BAA",
        "pukul 09.00: kumpul",
        "NAMA UNIK LAIN: x",
        "EMIL: x",
        ":",
    ],
)
def test_other_lines_are_no_labels(line: str) -> None:
    assert match_label(line) is None


@pytest.mark.parametrize(
    ("text", "boxes"),
    [
        ("[x] MAHASISWA [ ] PEGAWAI [ ] DOSEN [ ] LAINNYA", Boxes(("mahasiswa",))),
        ("[X] MAHASISWA [ ] PEGAWAI [v] DOSEN [ ] LAINNYA", Boxes(("mahasiswa", "dosen"))),
        ("MAHASISWA [ ] PEGAWAI [x] DOSEN [ ] LAINNYA [ ]", Boxes(("pegawai",))),
        ("☐ MAHASISWA ☑ PEGAWAI ☒ DOSEN ☐ LAINNYA", Boxes(("pegawai", "dosen"))),
        ("( ) MAHASISWA (v) PEGAWAI (√) DOSEN", Boxes(("pegawai", "dosen"))),
        ("MAHASISWA\tV\tPEGAWAI\t\tDOSEN\t", Boxes(("mahasiswa",))),
        ("√ DOSEN", Boxes(("dosen",))),
        ("DOSEN ✓", Boxes(("dosen",))),
        ("DOSEN", Boxes(("dosen",))),
        ("mahasiswa, dosen", Boxes(("mahasiswa", "dosen"))),
        ("Karyawan", Boxes(("pegawai",))),
        ("[ ] MAHASISWA [ ] PEGAWAI [ ] DOSEN [ ] LAINNYA", Boxes()),
        ("MAHASISWA PEGAWAI DOSEN LAINNYA", Boxes()),
        ("", Boxes()),
        ("-", Boxes()),
        ("[x]", Boxes(is_bare=True)),
        ("[ ] [x] DOSEN [x]", Boxes(is_unclear=True)),
        ("[x] [x] DOSEN", Boxes(is_unclear=True)),
    ],
)
def test_a_tick_belongs_to_the_word_on_its_side(text: str, boxes: Boxes) -> None:
    assert read_boxes(text) == boxes


def test_ticked_boxes_of_other_desks_are_named() -> None:
    text = (
        "[ ] SI BARU [x] AKUN BARU\nPENGGANTIAN KATA SANDI [v]\nPERBAIKAN SI: [ ] SI AKADEMIK [x] WEBSITE [ ] LAINNYA"
    )
    assert ticked_services(text) == ("AKUN BARU", "PENGGANTIAN KATA SANDI", "WEBSITE")


@pytest.mark.parametrize(
    ("typed", "text"),
    [
        ("Kuliah libur Jumat.", "Kuliah libur Jumat."),
        ('"Kuliah libur Jumat."', "Kuliah libur Jumat."),
        ('Mohon dikirim SMS, isi: "Kuliah libur Jumat."', "Kuliah libur Jumat."),
        ("Mohon dikirim SMS kepada dosen: “Kuliah libur Jumat.” Terima kasih", "Kuliah libur Jumat."),
        ("Mohon dikirimkan 'Hari Jum'at kuliah libur' kepada mahasiswa", "Hari Jum'at kuliah libur"),
        ("Mohon mengirimkan SMS sebagai berikut:\nKuliah libur.\nHadir Senin.", "Kuliah libur.\nHadir Senin."),
        ("Mohon disebarkan SMS berikut:\nYth. Bapak/Ibu, rapat ditunda.", "Yth. Bapak/Ibu, rapat ditunda."),
        ("Tolong di-share ke mahasiswa: “Kuliah libur Jumat.”", "Kuliah libur Jumat."),
        ('Kirim pesan "Kuliah libur Jumat."', "Kuliah libur Jumat."),
        ("Kirim SMS ke semua dosen:\nKuliah libur.", "Kuliah libur."),
        ("Infokan pengumuman ini: Kuliah libur.", "Kuliah libur."),
        ("Kirimkan berkas skripsi ke BAA sebelum Jumat.", "Kirimkan berkas skripsi ke BAA sebelum Jumat."),
        ("Sampaikan informasi ini kepada teman Anda.", "Sampaikan informasi ini kepada teman Anda."),
        ("Text : Kuliah libur.", "Kuliah libur."),
        ("Pesan: Kuliah libur.", "Kuliah libur."),
        ("Kuliah libur. Pesan: hadir Senin.", "Kuliah libur. Pesan: hadir Senin."),
        ("isi: Kuliah libur.", "Kuliah libur."),
        ("Isi SMS = Kuliah libur.", "Kuliah libur."),
        ("Mohon dikirim dengan isi Pesan: Kuliah libur.", "Kuliah libur."),
        ('Kuliah "Umum" libur Jumat.', 'Kuliah "Umum" libur Jumat.'),
        ("Kuliah libur.\n\nDemikian kami sampaikan, terima kasih.", "Kuliah libur."),
        ("Kuliah libur. Terima kasih.", "Kuliah libur. Terima kasih."),
        ("Kuliah libur.\n\nHormat kami,\nBudi", "Kuliah libur."),
        ("Kuliah libur.\n(.............)", "Kuliah libur."),
        ("Mohon hadir tepat waktu.", "Mohon hadir tepat waktu."),
        ("Halo {nama}, NPM {npm}.", "Halo {nama}, NPM {npm}."),
        ("", ""),
    ],
)
def test_the_message_is_taken_from_what_stands_around_it(typed: str, text: str) -> None:
    assert message_of(typed) == Message(text)


@pytest.mark.parametrize(
    "typed",
    [
        "Mohon dikirimkan info kuliah libur kepada seluruh mahasiswa",
        'Mohon dikirim "Kuliah libur Jumat." dan kepada dosen "Rapat Senin pukul 9."',
        "Tolong kirim SMS ke semua dosen soal rapat Senin",
    ],
)
def test_a_wish_without_a_clear_text_is_asked_about(typed: str) -> None:
    assert message_of(typed) == Message("", True)


@pytest.mark.parametrize(
    ("typed", "wish"),
    [
        ('Mohon dikirim besok jam 8 pagi, isi: "Kuliah umum hari Sabtu di aula."', "dikirim besok jam 8 pagi"),
        ('Isi SMS: "Kuliah umum di aula utama."\nMohon dikirimkan hari Jum\'at sore.', "dikirimkan hari Jum'at sore."),
        ("Mohon SMS dikirim tgl 27 November pukul 9 sbb:\nKuliah umum besok.", "dikirim tgl 27 November pukul 9 sbb:"),
        ('Mohon dikirimkan: "Tugas dikirim paling lambat besok jam 8."', ""),
        ("Tugas dikirim paling lambat besok jam 8 ke surel dosen.", ""),
        ("Mohon dikirim SMS kepada mahasiswa sbb:\nBesok jam 8 ujian.", ""),
    ],
)  # fmt: skip
def test_a_time_of_sending_is_seen_beside_the_message_only(typed: str, wish: str) -> None:
    assert message_of(typed).time_wish == wish


def test_line_breaks_of_a_mail_program_are_taken_out_and_others_kept() -> None:
    typed = '"Batas akhir pembayaran SPP semester ganjil adalah Jumat, 4 Desember\n2026 pukul 16.00 WIB.\nInfo: BAA"'
    wanted = "Batas akhir pembayaran SPP semester ganjil adalah Jumat, 4 Desember 2026 pukul 16.00 WIB.\nInfo: BAA"
    assert message_of(typed).text == wanted


def test_values_may_stand_below_their_labels_and_the_forms_own_words_are_passed_over() -> None:
    form = read(
        "FORMULIR LAYANAN SISTEM INFORMASI\nNo. Dok. : FM-UPSI-01-01\nTgl. Eff. : 15 Jan 2021\n\nNAMA UNIT\n\nBAA\n\n"
        "NAMA LENGKAP\nBudi\n\nTANGGAL PENGAJUAN\n23-11-2026\n\nSMS MASSAL\n[x] DOSEN\n[ ] PEGAWAI\n\nKETERANGAN\n\n"
        "Rapat Senin.\n\nPengusul   Diproses,   Disetujui,\nKa.   Ka. UPSI   Ka. BPSI\n(.....)\n\n"
        "Kata Sandi / Password pada formulir ini hanya sementara."
    )
    assert (form.unit_name, form.applicant_name, form.submitted_on) == ("BAA", "Budi", "2026-11-23")
    assert (form.groups, form.text, form.faults) == (("dosen",), "Rapat Senin.", ())


def test_all_faults_are_found_at_once_and_quote_what_was_typed() -> None:
    form = read(
        "NAMA UNIT: -\nTANGGAL PENGAJUAN: 31-11-2026\nTANGGAL ESTIMASI PENYELESAIAN: 30 Februari 2026\n"
        "SMS MASSAL: [x] LAINNYA\nPRIORITAS: entah\nKETERANGAN:"
    )
    assert set(form.faults) == {
        Fault("tanggal_pengajuan", "date.impossible", "31-11-2026"),
        Fault("tanggal_estimasi_penyelesaian", "date.impossible", "30 Februari 2026"),
        Fault("priority", "priority.unknown", "entah"),
        Fault("nama_unit", "field.missing"),
        Fault("nama_lengkap", "field.missing"),
        Fault("keterangan", "field.missing"),
        Fault("sms_massal", "group.needs_list", "LAINNYA"),
    }


@pytest.mark.parametrize(
    ("more", "fault"),
    [
        ("TANGGAL PENGAJUAN: kemarin\nSMS MASSAL: DOSEN", ("tanggal_pengajuan", "date.unreadable")),
        ("TANGGAL PENGAJUAN: 23-11-2026\nTANGGAL ESTIMASI PENYELESAIAN: 1-11-2026\nSMS MASSAL: DOSEN",
         ("tanggal_estimasi_penyelesaian", "date.before_submission")),
        ("SMS MASSAL: [ ] DOSEN", ("sms_massal", "group.none")),
        ("SMS MASSAL: [x] [x] DOSEN", ("sms_massal", "group.unclear")),
        ("SMS MASSAL: [x] ALUMNI [ ] DOSEN", ("sms_massal", "group.unclear")),
        ("SMS MASSAL: DOSEN\nNOMOR TELEPON SELULAR: abc", ("nomor_telepon_selular", "phone.invalid")),
        ("SMS MASSAL: DOSEN\nEMAIL: bukan-email", ("email", "email.invalid")),
    ],
)  # fmt: skip
def test_a_fault_is_the_only_one_where_the_rest_is_in_order(more: str, fault: tuple[str, str]) -> None:
    assert codes(read(f"{HEAD}{more}\nKETERANGAN: Rapat Senin.")) == [fault]


def test_a_text_that_is_too_long_is_a_fault_not_cut() -> None:
    form = read(f"{HEAD}SMS MASSAL: DOSEN\nKETERANGAN: {'x' * 31_000}")
    assert codes(form) == [("keterangan", "text.too_long")]
    assert form.text == ""


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("secepatnya", ""),
        ("-", ""),
        ("segera", ""),
        ("24/11/26", "2026-11-24"),
        ("minggu depan", "minggu depan"),
        ("", ""),
    ],
)
def test_a_deadline_is_a_date_or_words_and_soon_is_none(typed: str, wanted: str) -> None:
    form = read(f"{HEAD}TANGGAL ESTIMASI PENYELESAIAN: {typed}\nSMS MASSAL: DOSEN\nKETERANGAN: x")
    assert (form.wanted_by, form.faults) == (wanted, ())


@pytest.mark.parametrize(
    ("lines", "channel"),
    [
        ("SMS MASSAL: DOSEN", Channel.SMS),
        ("EMAIL MASSAL: [x]", Channel.EMAIL),
        ("EMAIL MASSAL: [x] DOSEN", Channel.EMAIL),
        ("EMAIL MASSAL: [ ] DOSEN\nSMS MASSAL: [x] DOSEN", Channel.SMS),
        ("SMS MASSAL: [x] DOSEN\nKANAL: email", Channel.EMAIL),
    ],
)
def test_the_boxes_say_how_it_is_sent(lines: str, channel: Channel) -> None:
    assert read(f"{HEAD}{lines}\nSUBJEK: Rapat\nKETERANGAN: x").channel is channel


def test_labels_inside_a_quoted_message_belong_to_it() -> None:
    form = read(f'{HEAD}SMS MASSAL: DOSEN\nKETERANGAN: Mohon dikirim, isi: "Rapat Senin.\nTujuan: ruang A1\nIsi: LPJ"')
    assert form.text == "Rapat Senin.\nTujuan: ruang A1\nIsi: LPJ"


def test_a_contact_behind_the_message_is_no_recipient() -> None:
    form = read(f"{HEAD}NO HP: 0812-0000-0199\nSMS MASSAL: DOSEN\nKETERANGAN: Rapat. Hubungi 0812-0000-0198.")
    assert not form.list_given
    assert form.phone == "0812-0000-0199"


@pytest.mark.parametrize("priority", ["urgent", "MENDESAK", "segera"])
def test_urgent_is_told_by_its_words(priority: str) -> None:
    assert read(f"{HEAD}PRIORITAS: {priority}\nKETERANGAN: x").priority == "urgent"


@pytest.mark.parametrize(
    "text", ["", "Halo", "Email: a@b.example\nTelepon: 061-4567890", "NAMA UNIT: BAA", "KETERANGAN: x"]
)
def test_a_letter_is_no_form(text: str) -> None:
    assert read_form(text, (), Numbering(), is_reply=False) is None


def test_a_reply_may_bring_a_single_line() -> None:
    form = read("TANGGAL PENGAJUAN: 22-11-2026", is_reply=True)
    assert form.present == ("submitted_on",)


def test_a_correction_replaces_what_it_names_and_its_faults() -> None:
    stored = read(f"{HEAD}TANGGAL PENGAJUAN: 31-11-2026\nSMS MASSAL: [x] LAINNYA\nKETERANGAN: Rapat.")
    assert codes(stored) == [("tanggal_pengajuan", "date.impossible"), ("sms_massal", "group.needs_list")]
    first = merge(stored, read("TANGGAL PENGAJUAN: 22-11-2026", is_reply=True))
    assert codes(first) == [("sms_massal", "group.needs_list")]
    assert (first.submitted_on, first.unit_name, first.text) == ("2026-11-22", "BAA", "Rapat.")
    second = merge(first, read("PENERIMA: 0812-0000-0101", is_reply=True))
    assert form_from(form_json(second)) == second
    assert codes(second) == []
    assert [who.address for who in second.recipients.recipients] == ["+6281200000101"]
    assert second.list_given


def test_a_correction_may_bring_a_new_fault() -> None:
    stored = read(f"{HEAD}TANGGAL PENGAJUAN: 23-11-2026\nSMS MASSAL: DOSEN\nKETERANGAN: Rapat.")
    changed = merge(stored, read("TANGGAL PENGAJUAN: 31-11-2026\nNAMA UNIT:", is_reply=True))
    assert set(codes(changed)) == {("tanggal_pengajuan", "date.impossible"), ("nama_unit", "field.missing")}


def test_another_channel_needs_another_list() -> None:
    stored = read(f"{HEAD}SMS MASSAL: LAINNYA\nKETERANGAN: Rapat.\nPENERIMA: 0812-0000-0101")
    changed = merge(stored, read("EMAIL MASSAL: [x]", is_reply=True))
    assert (changed.channel, changed.list_given, changed.recipients) == (Channel.EMAIL, False, RecipientList())
    assert codes(changed) == [("sms_massal", "group.none")]


def test_a_blank_list_in_a_correction_takes_nothing_away() -> None:
    stored = read(f"{HEAD}SMS MASSAL: LAINNYA\nKETERANGAN: Rapat.\nPENERIMA: 0812-0000-0101")
    assert merge(stored, read("PENERIMA:\nNAMA UNIT: BAK", is_reply=True)).recipients == stored.recipients


def test_a_faulty_attachment_is_settled_by_a_list() -> None:
    broken = Fault("attachment", "attachment.unreadable", "x.xlsx")
    stored = read_form(f"{HEAD}SMS MASSAL: LAINNYA\nKETERANGAN: x", [lambda _: broken], Numbering(), is_reply=False)
    assert stored is not None
    assert stored.faults == (broken,)
    correction = read_form("", [lambda _: LIST], Numbering(), is_reply=True)
    assert correction is not None
    assert merge(stored, correction).faults == ()


def test_a_form_is_stored_and_read_back_whole() -> None:
    form = read(
        f"{HEAD}SMS MASSAL: [x] DOSEN\nPRIORITAS: urgent\nKETERANGAN: Rapat “A” 😀\nPENERIMA: Siti 0812-0000-0101; x"
    )
    assert form_from(json.loads(json.dumps(form_json(form)))) == form


@pytest.mark.parametrize(
    "change", [{"groups": ["semua"]}, {"channel": "fax"}, {"text": 1}, {"extra": 1}, {"faults": [["a"]]}]
)
def test_a_stored_form_of_another_shape_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(NotAsAgreed):
        form_from(form_json(FormReading()) | change)


WORDS = [
    "NAMA UNIT", "NAMA LENGKAP:", "KETERANGAN", ":", "[x]", "DOSEN", "SMS MASSAL", "\n", '"', "isi:", "mohon kirim",
    "PENERIMA", "0812-0000-0101", "31-11-2026", "TANGGAL PENGAJUAN", "\t", "EMAIL MASSAL",
]  # fmt: skip


@given(st.lists(st.sampled_from(WORDS) | st.text(max_size=5), max_size=40).map(" ".join), st.booleans())
def test_no_text_breaks_the_reader_and_every_code_is_known(text: str, is_reply: bool) -> None:
    form = read_form(text, (), Numbering(), is_reply=is_reply)
    if form is None:
        return
    for fault in form.faults:
        assert fault.code in CODES
        assert len(fault.typed) <= 200
        assert "{" not in explain(Fault(fault.path, fault.code, "typed"))
    assert form_from(json.loads(json.dumps(form_json(form)))) == form


def test_an_unknown_code_explains_itself() -> None:
    assert explain(Fault("to[3]", "some.code", "x")) == "to[3] some.code x"


def test_thanks_inside_the_quotes_belong_to_the_message() -> None:
    typed = 'Mohon dikirim, isi: "Yth. Mahasiswa,\n\nKuliah diliburkan.\n\nTerima kasih.\nBAA"'
    assert message_of(typed) == Message("Yth. Mahasiswa,\n\nKuliah diliburkan.\n\nTerima kasih.\nBAA")


def test_thanks_behind_a_text_without_quotes_are_asked_about() -> None:
    assert message_of("Mohon dikirim, isi: Kuliah diliburkan.\n\nTerima kasih.").is_unclear


def test_a_letters_formula_behind_the_quotes_is_left_out() -> None:
    typed = 'Mohon dikirim, isi: "Kuliah diliburkan."\n\nDemikian permohonan ini.\nTerima kasih.'
    assert message_of(typed) == Message("Kuliah diliburkan.")


@pytest.mark.parametrize(
    "typed", ["Mahasiswa: ya, Dosen: tidak", "MAHASISWA ya PEGAWAI tidak DOSEN tidak", "ya Mahasiswa, tidak Dosen"]
)
def test_ticks_may_be_words(typed: str) -> None:
    assert read_boxes(typed) == Boxes(("mahasiswa",))
