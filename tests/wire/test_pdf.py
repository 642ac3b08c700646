"""PDF files: printed forms, form fields by name and by place, scans, and files made to cost time or memory."""

import time
import zlib
from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewayd.core.form import FormReading
from gatewayd.core.model import Channel
from gatewayd.wire import deadline
from gatewayd.wire.form import Numbering, read_form
from gatewayd.wire.pdf import MAX_BYTES, MAX_PAGES, text_of
from gatewayd.wire.unreadable import Unreadable
from tests.fakes.pdfs import At, Field, packed, pdf, stream

LEFT, RIGHT, TOP = 57.0, 227.0, 780.0


def table(*rows: tuple[str, str]) -> list[At]:
    """Label and value beside each other, row by row; a value may have lines."""
    found: list[At] = []
    y = TOP
    for label, value in rows:
        found.append(At(LEFT, y, label))
        for line in value.split("\n"):
            if line:
                found.append(At(RIGHT, y, line))
            y -= 11.5
        y -= 9
    return found


ROWS = (
    ("NAMA UNIT", "Biro Administrasi Akademik"), ("NAMA LENGKAP", "Budi Contoh, M.T."),
    ("NIP / NPM / NIDN", "0101010101"), ("EMAIL", "baa@kampus.example"), ("NOMOR TELEPON SELULAR", "0812-0000-0199"),
    ("TANGGAL PENGAJUAN", "23 November 2026"), ("SMS MASSAL", "[ ] MAHASISWA  [ ] PEGAWAI  [x] DOSEN  [ ] LAINNYA"),
    ("KETERANGAN", '"Kuliah umum Jumat pukul 09.00."'),
)  # fmt: skip


def form_of(data: bytes) -> FormReading:
    found = read_form(text_of(data), (), Numbering(), is_reply=False, is_wrapped=False)
    assert found is not None
    return found


def as_wanted(form: FormReading) -> None:
    assert form.faults == ()
    assert (form.unit_name, form.applicant_name) == ("Biro Administrasi Akademik", "Budi Contoh, M.T.")
    assert (form.id_number, form.email, form.phone) == ("0101010101", "baa@kampus.example", "0812-0000-0199")
    assert (form.submitted_on, form.groups, form.channel) == ("2026-11-23", ("dosen",), Channel.SMS)
    assert form.text == "Kuliah umum Jumat pukul 09.00."


def refused(data: bytes) -> str:
    with pytest.raises(Unreadable) as caught:
        text_of(data)
    return caught.value.code


def test_a_printed_form_is_read_line_by_line() -> None:
    as_wanted(form_of(pdf(table(*ROWS))))


def test_the_order_in_which_it_was_drawn_does_not_matter() -> None:
    as_wanted(form_of(pdf(list(reversed(table(*ROWS))))))


def test_boxes_drawn_after_their_words_stand_before_them() -> None:
    words = [At(RIGHT + 12 + 70 * n, 500, w) for n, w in enumerate(("MAHASISWA", "PEGAWAI", "DOSEN", "LAINNYA"))]
    boxes = [At(RIGHT + 70 * n, 500.4, "[x]" if n == 1 else "[ ]", 9) for n in range(4)]
    rest = table(*(row for row in ROWS if row[0] != "SMS MASSAL"))
    # Below the others is no place behind KETERANGAN: its text would hold them.
    rest = [At(one.x, one.y + 40, one.text) if one.y > 620 else At(one.x, one.y - 200, one.text) for one in rest]
    assert form_of(pdf([*rest, At(LEFT, 500, "SMS MASSAL"), *words, *boxes])).groups == ("pegawai",)


def test_a_label_that_its_column_broke_is_one() -> None:
    rows = [
        *table(ROWS[0]), At(LEFT, 740, "TANGGAL ESTIMASI"), At(RIGHT, 740, "24 November 2026"),
        At(LEFT, 728.5, "PENYELESAIAN"), At(LEFT, 700, "KETERANGAN"), At(RIGHT, 700, '"Kuliah umum Jumat."'),
    ]  # fmt: skip
    assert form_of(pdf(rows)).wanted_by == "2026-11-24"


FULL = "Yth. mahasiswa, kuliah umum Jumat pukul 09.00 di Auditorium kampus I,"


def test_a_line_that_was_full_goes_on_and_one_that_ended_ends() -> None:
    said = f'"{FULL}\nharap hadir tepat waktu dan membawa kartu mahasiswa.\nSalam\nBAA"'
    rows = [row for row in ROWS if row[0] != "KETERANGAN"]
    form = form_of(pdf(table(*rows, ("KETERANGAN", said))))
    whole = f"{FULL} harap hadir tepat waktu dan membawa kartu mahasiswa."
    assert form.text.split("\n") == [whole, "Salam", "BAA"]


def test_pages_follow_one_another() -> None:
    many = "\n".join(f"0812-0000-{number:04}" for number in range(101, 140))
    first = table(*(row for row in ROWS if row[0] != "KETERANGAN"))
    form = form_of(pdf(first, table(("KETERANGAN", '"Kuliah umum Jumat."'), ("PENERIMA", many))))
    assert len(form.recipients.recipients) == 39


NAMED = (
    Field("NAMA_UNIT", (227, 770, 500, 786), "Biro Administrasi Akademik"),
    Field("namaLengkap", (227, 750, 500, 766), "Budi Contoh, M.T."),
    Field("Text3", (227, 730, 500, 746), "0101010101", tip="NIP / NPM / NIDN"),
    Field("Email", (227, 710, 500, 726), "baa@kampus.example"),
    Field("Nomor Telepon Selular", (227, 690, 500, 706), "0812-0000-0199"),
    Field("TANGGAL PENGAJUAN", (227, 670, 500, 686), "23 November 2026"),
    Field("SMS_MAHASISWA", (227, 650, 237, 660), kind="Btn", state="Off"),
    Field("SMS_PEGAWAI", (307, 650, 317, 660), kind="Btn", state="Off"),
    Field("SMS_DOSEN", (387, 650, 397, 660), kind="Btn", state="Yes"),
    Field("kirim", (500, 20, 550, 40), kind="Btn", state="Yes", extra="/Ff 65536"),
    Field("KETERANGAN", (227, 500, 500, 600), '"Kuliah umum Jumat pukul 09.00."'),
)  # fmt: skip


def test_fields_called_as_the_labels_are_the_form() -> None:
    as_wanted(form_of(pdf([At(LEFT, 800, "FORMULIR"), *NAMED])))
    as_wanted(form_of(pdf(tuple(reversed(NAMED)))))


def test_a_set_of_buttons_says_its_choice() -> None:
    others = [one for one in NAMED if not one.name.startswith("SMS_")]
    set_of = [
        Field("SMS MASSAL", (227, 650, 237, 660), kind="Btn", state="DOSEN"),
        Field("SMS MASSAL", (307, 650, 317, 660), kind="Btn", state="Off"),
    ]
    as_wanted(form_of(pdf([*others, *set_of])))
    choice = Field("SMS MASSAL", (227, 650, 400, 660), "DOSEN", kind="Ch")
    as_wanted(form_of(pdf([*others, choice])))


def test_boxes_of_the_e_mail_are_for_e_mails() -> None:
    fields = [replace(one, name=one.name.replace("SMS", "EMAIL")) for one in NAMED]
    assert form_of(pdf(fields)).channel is Channel.EMAIL


def test_fields_without_telling_names_stand_where_they_are() -> None:
    labels = [At(LEFT, TOP - 20 * place, label) for place, (label, _) in enumerate(ROWS)]
    fields = [
        Field(f"Text{place}", (RIGHT, TOP - 20 * place - 4, 560, TOP - 20 * place + 11), value)
        for place, (label, value) in enumerate(ROWS)
        if label != "SMS MASSAL"
    ]
    y = TOP - 20 * 6
    words = [At(RIGHT + 14 + 80 * n, y, w) for n, w in enumerate(("MAHASISWA", "PEGAWAI", "DOSEN", "LAINNYA"))]
    boxes = [
        Field(f"Check Box{n}", (x, y - 1, x + 10, y + 9), kind="Btn", state="On" if n == 2 else "Off")
        for n, x in enumerate(RIGHT + 80 * n for n in range(4))
    ]
    as_wanted(form_of(pdf([*labels, *fields, *words, *boxes])))


def test_a_field_of_several_lines_begins_at_its_top() -> None:
    rows = [At(LEFT, 780, "NAMA UNIT"), At(RIGHT, 780, "BAA"), At(LEFT, 760, "NAMA LENGKAP"), At(RIGHT, 760, "Budi"),
            At(LEFT, 700, "KETERANGAN"),
            Field("Text1", (RIGHT, 600, 560, 712), '"Rapat Jumat\rpukul 09.00."')]  # fmt: skip
    assert form_of(pdf(rows)).text == "Rapat Jumat\npukul 09.00."


def test_a_scan_has_no_text() -> None:
    assert text_of(pdf([])) == ""


def catalogue(kids: str) -> list[str]:
    return ["<< /Type /Catalog /Pages 2 0 R >>", f"<< /Type /Pages /Count 1 /Kids [{kids}] >>"]


def one_page(content: str, extra: str = "") -> bytes:
    page = f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R {extra}>>"
    return packed([*catalogue("3 0 R"), page, content])


FONT = "/Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> "
LOOP = "<< /Type /Page /Parent 2 0 R /Annots [<< /Subtype /Widget /FT /Tx /Parent 4 0 R /Rect [0 0 9 9] >>] >>"

#: Name → a function that makes the file, so that not all of them are in memory at once.
BOMBS: dict[str, Callable[[], bytes]] = {
    "no PDF": lambda: b"%PDF-1.7",
    "cut": lambda: pdf(table(*ROWS))[:400],
    "too long": lambda: b"%PDF-1.7\n" + b"x" * MAX_BYTES,
    "a password": lambda: packed(
        [*catalogue(""), "<< /Filter /Standard /V 1 /R 2 /O (x) /U (y) /P -1 >>"], "/Encrypt 3 0 R /ID [(a) (a)] "
    ),
    "many pages": lambda: pdf(*([At(1, 1, "x")] for _ in range(MAX_PAGES + 1))),
    "pages that hold themselves": lambda: packed(catalogue("2 0 R")),
    "pages in a ring": lambda: packed([*catalogue("3 0 R"), "<< /Type /Pages /Count 1 /Kids [2 0 R] /Parent 2 0 R >>"]),
    "a page many times": lambda: packed([*catalogue("3 0 R " * 100_000), "<< /Type /Page /Parent 2 0 R >>"]),
    "fields in a ring": lambda: packed([*catalogue("3 0 R"), LOOP, "<< /T (a) /Parent 4 0 R >>"]),
    "a stream of zeros": lambda: one_page(stream(b"\0" * 200_000_000)),
    "streams in streams": lambda: one_page(
        stream(zlib.compress(b" " * 500_000_000, 9), "/DecodeParms null ").replace(
            "/FlateDecode", "[/FlateDecode /FlateDecode]"
        )
    ),
    "a stream without end": lambda: one_page("<< /Length 4000000000 >>\nstream\n"),
    "many operators": lambda: one_page(stream(b"q Q " * 1_000_000)),
    "deep operators": lambda: one_page(stream(b"q " * 400_000)),
    "many pieces": lambda: one_page(stream(b"BT /F1 1 Tf " + b"(a) Tj " * 150_000 + b" ET"), FONT),
    "a piece of many numbers": lambda: one_page(stream(b"BT /F1 1 Tf [" + b"(a) -9 " * 40_000 + b"] TJ ET"), FONT),
    "a long text": lambda: one_page(stream(b"BT /F1 1 Tf (" + b"a" * 3_900_000 + b") Tj ET"), FONT),
    "deep arrays": lambda: one_page(stream(b"[" * 200_000)),
    "deep dictionaries": lambda: packed([*catalogue("3 0 R"), "<< /A " * 100_000]),
    "objects that name each other": lambda: packed(["2 0 R", "1 0 R"]),
    "no table of objects": lambda: b"%PDF-1.7\n" + b"1 0 obj\n<< /A 1 >>\nendobj\n" * 200_000,
    "tables in a ring": lambda: packed(catalogue(""), "/Prev 9 ").replace(b"%PDF-1.7", b"%PDF-1.7"),
    "many widgets": lambda: pdf([Field(f"a{n}", (1, 1, 9, 9), "x" * 100) for n in range(20_000)]),
    "a long value": lambda: pdf([Field("NAMA UNIT", (1, 1, 9, 9), "x\n" * 1_000_000)]),
}


LIMIT_S = 2.0


@pytest.mark.parametrize("name", BOMBS)
def test_a_hostile_file_ends_in_a_value_and_in_time(name: str) -> None:
    data = BOMBS[name]()
    began = time.process_time()
    try:
        text = text_of(data)
    except Unreadable as why:
        text = why.code
    assert time.process_time() - began < LIMIT_S
    assert len(text) <= 1_000_000


@pytest.mark.parametrize(
    ("name", "code"),
    [("no PDF", "unreadable"), ("cut", "unreadable"), ("too long", "too_big"), ("a password", "locked"),
     ("many pages", "too_big"), ("a stream of zeros", "too_big"), ("many operators", "too_big")],
)  # fmt: skip
def test_a_refused_file_says_why(name: str, code: str) -> None:
    assert refused(BOMBS[name]()) == f"attachment.{code}"


GOOD = pdf([*table(*ROWS), *NAMED[:3]])


@given(st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), max_size=12), st.integers(0, len(GOOD)))
def test_damaged_bytes_end_in_a_value(changes: list[tuple[int, int]], cut: int) -> None:
    damaged = bytearray(GOOD)
    for place, byte in changes:
        damaged[place] = byte
    for data in (bytes(damaged), bytes(damaged[:cut])):
        try:
            text = text_of(data)
        except Unreadable as why:
            text = why.code
        assert len(text) < 100_000


def test_work_without_end_is_stopped_even_where_everything_is_forgiven() -> None:
    def forgiving() -> None:
        while True:
            try:
                while True:
                    pass
            except Exception:
                continue

    began = time.process_time()
    with pytest.raises(deadline.TimeUp), deadline.within(0.05):
        forgiving()
    assert time.process_time() - began < 1.0
    # Nothing rings afterwards.
    until = time.process_time() + 0.2
    while time.process_time() < until:
        pass
