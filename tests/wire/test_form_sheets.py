"""Sheets of a workbook: the form is read as the form, every other one as a list."""

import io
import time
import zipfile
from collections.abc import Callable, Sequence

import pytest

from gatewayd.core.form import FormReading
from gatewayd.core.model import Channel, Fault, RecipientList
from gatewayd.wire import formsheet
from gatewayd.wire.form import Numbering, read_form
from gatewayd.wire.recipients import read_table
from gatewayd.wire.tables import tables_of
from tests.fakes.spreadsheets import Cell, ods, packed, swapped, xlsx

FORM: list[list[Cell]] = [
    ["FORMULIR LAYANAN SISTEM INFORMASI"],
    ["NAMA UNIT", "Biro Administrasi Akademik"],
    ["NAMA LENGKAP", "Budi Contoh, M.T."],
    ["NIP / NPM / NIDN", "0101010101"],
    ["NOMOR TELEPON SELULAR", "0812-0000-0199"],
    ["TANGGAL PENGAJUAN", "23 November 2026"],
    ["SMS MASSAL", "☐ MAHASISWA ☐ PEGAWAI ☑ DOSEN ☐ LAINNYA"],
    ["KETERANGAN", "Mohon dikirim, isi: “Rapat dosen Jumat.\nRuang A1.”"],
]
LIST: list[list[Cell]] = [["NPM", "Nama", "No HP"], ["01", "Siti", "0812-0000-0101"], ["02", "Tono", 81200000102]]
WANTED = ["+6281200000101", "+6281200000102"]


def sheets_of(data: bytes) -> list[bool]:
    tables = tables_of(data)
    assert not isinstance(tables, str), tables
    return [formsheet.is_form(table) for table in tables]


def form_of(data: bytes) -> FormReading:
    tables = tables_of(data)
    assert not isinstance(tables, str), tables
    (text,) = [formsheet.text_of(table) for table in tables if formsheet.is_form(table)]
    found = read_form(text, (), Numbering(), is_reply=False, is_wrapped=False)
    assert found is not None
    return found


@pytest.mark.parametrize("book", [xlsx, ods])
def test_a_form_sheet_is_read_and_the_other_is_the_list(book: Callable[..., bytes]) -> None:
    data = book({"FORMULIR": FORM, "PENERIMA": LIST})
    form = form_of(data)
    assert form.faults == ()
    assert (form.unit_name, form.applicant_name) == ("Biro Administrasi Akademik", "Budi Contoh, M.T.")
    assert (form.id_number, form.phone, form.submitted_on) == ("0101010101", "0812-0000-0199", "2026-11-23")
    assert (form.groups, form.text) == (("dosen",), "Rapat dosen Jumat.\nRuang A1.")
    found = read_table(data, "x", Channel.SMS)
    assert isinstance(found, RecipientList)
    assert [who.address for who in found.recipients] == WANTED


@pytest.mark.parametrize("book", [xlsx, ods])
def test_a_form_sheet_is_never_a_list(book: Callable[..., bytes]) -> None:
    """Its own number is the applicant's, whom the message is not for."""
    assert read_table(book({"FORMULIR": FORM}), "x", Channel.SMS) == Fault("attachment", "list.no_column", "x")
    heads: list[list[Cell]] = [[FORM[4][0], "Nomor HP", "Nama"], *FORM]
    assert read_table(book({"FORMULIR": heads}), "x", Channel.SMS) == Fault("attachment", "list.no_column", "x")


@pytest.mark.parametrize(
    ("rows", "is_form"),
    [
        (FORM, True),
        ([[None, *row] for row in FORM], True),
        ([["No", "1"], *FORM], True),
        ([[f"{row[0]} : {row[1] if len(row) > 1 else ''}"] for row in FORM], True),
        ([["NAMA UNIT"], ["NAMA LENGKAP"], ["KETERANGAN"]], True),
        ([["NAMA UNIT"], ["SMS MASSAL"]], True),
        (LIST, False),
        ([["DAFTAR PENERIMA"], ["Unit Kerja", "Nama", "No HP"], ["BAA", "Siti", "0812-0000-0101"]], False),
        ([["Penerima"], ["Unit", "No HP"], ["BAA", "0812-0000-0101"], ["Keterangan: data per 1 Nov"]], False),
        ([["Nama Lengkap", "No HP"], ["Siti", "0812-0000-0101"]], False),
        ([["Tanggal Pengajuan"], ["Nama Pemohon", "No HP"], ["Siti", "0812-0000-0101"]], False),
    ],
)
def test_a_sheet_is_the_form_by_its_labels(rows: Sequence[Sequence[Cell]], is_form: bool) -> None:
    assert sheets_of(xlsx({"A": rows})) == [is_form]
    assert sheets_of(ods({"A": rows})) == [is_form]


def test_merged_cells_leave_gaps_that_say_nothing() -> None:
    gaps = [[row[0], None, None, *row[1:], None] for row in FORM]
    assert form_of(xlsx({"A": gaps})).groups == ("dosen",)
    assert form_of(xlsx({"A": gaps})).unit_name == "Biro Administrasi Akademik"
    alone = '<table:table-cell office:value-type="string"><text:p>NAMA UNIT</text:p></table:table-cell>'
    wide = alone.replace("cell office", 'cell table:number-columns-spanned="2" office') + "<table:covered-table-cell/>"
    spanned = swapped(ods({"A": FORM}), "content.xml", alone, wide)
    assert form_of(spanned).unit_name == "Biro Administrasi Akademik"


GROUPS = ("MAHASISWA", "PEGAWAI", "DOSEN", "LAINNYA")


@pytest.mark.parametrize("tick", ["x", "v", "V", "√", "☑", "[x]", "ya", True])
def test_a_tick_in_the_next_cell_is_a_tick(tick: str | bool) -> None:
    blank = False if tick is True else None
    boxes = [["SMS MASSAL"], *([word, tick if word == "PEGAWAI" else blank] for word in GROUPS)]
    rest = [row for row in FORM if row[0] != "SMS MASSAL"]
    assert form_of(ods({"A": [*rest[:6], *boxes, *rest[6:]]})).groups == ("pegawai",)
    before = [["SMS MASSAL"], *([tick if word == "PEGAWAI" else blank, word] for word in GROUPS)]
    assert form_of(ods({"A": [*rest[:6], *before, *rest[6:]]})).groups == ("pegawai",)


def with_boxes(*cells: Cell) -> FormReading:
    rest = [row for row in FORM if row[0] != "SMS MASSAL"]
    return form_of(xlsx({"A": [*rest[:6], ["SMS MASSAL", *cells], *rest[6:]]}))


def test_ticks_beside_their_words_in_one_row() -> None:
    assert with_boxes("MAHASISWA", "x", "PEGAWAI", None, "DOSEN", None, "LAINNYA", None).groups == ("mahasiswa",)
    assert with_boxes("x", "MAHASISWA", None, "PEGAWAI", None, "DOSEN", None, "LAINNYA").groups == ("mahasiswa",)
    assert with_boxes("MAHASISWA", None, "PEGAWAI", None, "DOSEN", None, "LAINNYA", None).groups == ()


def test_a_tick_between_two_words_of_a_sheet_is_asked_about() -> None:
    """A sheet has no edge: whether the last cell is a box cannot be seen."""
    form = with_boxes(None, "MAHASISWA", "x", "PEGAWAI", None, "DOSEN", None, "LAINNYA")
    assert form.groups == ()
    assert "group.unclear" in [fault.code for fault in form.faults]


def test_a_long_message_in_a_cell_is_whole() -> None:
    words = "kata " * 1000
    rows = [*FORM[:-1], ["KETERANGAN", f"“{words.strip()}”"]]
    assert len(form_of(xlsx({"A": rows})).text) == 4999


def test_a_date_cell_is_a_date() -> None:
    typed = '"string"><text:p>23 November 2026</text:p>'
    cell = '"date" office:date-value="2026-11-23"><text:p>11/23/26</text:p>'
    assert form_of(swapped(ods({"A": FORM}), "content.xml", typed, cell)).submitted_on == "2026-11-23"


def test_a_list_sheet_that_nobody_filled_is_no_second_list() -> None:
    data = xlsx({"A": LIST, "B": LIST[:1]})
    found = read_table(data, "x", Channel.SMS)
    assert isinstance(found, RecipientList)
    assert [who.address for who in found.recipients] == WANTED


FILLER = (
    '<table:table-row table:number-rows-repeated="1048000"><table:table-cell table:number-columns-repeated="1024"'
    ' table:style-name="ce1"/></table:table-row>'
)


def test_the_blank_rows_with_which_programs_fill_a_sheet_cost_nothing() -> None:
    data = ods({"A": LIST}, filler=FILLER)
    found = read_table(data, "x.ods", Channel.SMS)
    assert isinstance(found, RecipientList)
    assert [who.address for who in found.recipients] == WANTED


def repeated(rows: int, columns: int, attribute: str = "") -> str:
    return (
        f'<table:table-row table:number-rows-repeated="{rows}"><table:table-cell {attribute}'
        f' table:number-columns-repeated="{columns}" office:value-type="string"><text:p>x</text:p></table:table-cell>'
        "</table:table-row>"
    )


def shared(length: int, cells: int) -> bytes:
    """A workbook in which many cells share one long text."""
    files = {"xl/sharedStrings.xml": f"<sst><si><t>a</t></si><si><t>{'ab' * (length // 2)}</t></si></sst>"}
    rows = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>1</v></c></row>' for n in range(1, cells + 1))
    with zipfile.ZipFile(io.BytesIO(xlsx({"A": LIST}))) as archive:
        old = {name: archive.read(name) for name in archive.namelist()}
    sheet = (
        old["xl/worksheets/sheet1.xml"].split(b"<sheetData>")[0] + f"<sheetData>{rows}</sheetData></worksheet>".encode()
    )
    return packed(old | files | {"xl/worksheets/sheet1.xml": sheet})


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (ods({"A": []}, filler=repeated(1_000_000, 2)), "too_big"),
        (ods({"A": []}, filler=repeated(2, 1_000_000)), "too_big"),
        (ods({"A": []}, filler=repeated(2000, 1000)), "too_big"),
        (ods({"A": []}, filler=repeated(2000, 1000, 'a=">"')), "too_big"),
        (ods({"A": []}, filler=repeated(2000, 1000, f'a="{"y" * 5000}"')), "too_big"),
        (ods({f"A{n}": [["x"] * 100] * 100 for n in range(10)}, filler=repeated(500, 500)), "bomb"),
        (ods({"A": []}, filler=FILLER + repeated(1, 1)), "too_big"),
        (ods({"A": []}, filler=repeated(300, 300).replace(">x<", f">{'x' * 20_000}<")), "too_big"),
        (shared(20_000, 9000), "too_big"),
        (ods({"A": []})[:-40], "unreadable"),
        (packed({"mimetype": "application/vnd.oasis.opendocument.text", "content.xml": "<x/>"}), "kind"),
        (packed({"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": "<x"}), "unreadable"),
        (ods({"A": [["x"]]}, filler="<table:table-row/>" * 1_000_000), "bomb"),
        (
            packed({"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": "x" * 40_000_000}),
            "bomb",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else f"{len(value)} bytes",
)
def test_a_workbook_that_costs_too_much_is_refused(data: bytes, code: str) -> None:
    began = time.process_time()
    assert tables_of(data) == f"attachment.{code}"
    assert time.process_time() - began < 1.0


def test_a_cell_far_out_is_seen_behind_any_attribute() -> None:
    far = '<row r="1048576"><c a="&gt;>" r="XFD1048576"><v>1</v></c></row></sheetData>'
    assert (
        tables_of(swapped(xlsx({"A": LIST}), "xl/worksheets/sheet1.xml", "</sheetData>", far)) == "attachment.too_big"
    )
