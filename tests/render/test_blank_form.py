"""The blank form: whole files, the same each time, and read by the readers of what people send back."""

import io
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest

from gatewayd.cli import main
from gatewayd.core.model import Channel, RecipientList
from gatewayd.render.blank_form import FORMATS, FormFormat, blank_form
from gatewayd.render.blank_form_fields import FIELDS
from gatewayd.render.compose import compose
from gatewayd.render.example_data import LOOK, examples
from gatewayd.wire.columns import rows_of
from gatewayd.wire.form import Numbering, read_form
from gatewayd.wire.formlabels import match_label
from gatewayd.wire.formsheet import is_form, text_of
from gatewayd.wire.recipients import Row, build, read_table
from gatewayd.wire.tables import Table, tables_of
from tests.render.reading import parse

WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
SHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
LIST_PART = "xl/worksheets/sheet2.xml"
FORM_PART = "xl/worksheets/sheet1.xml"


def part(kind: FormFormat, name: str) -> ElementTree.Element:
    with zipfile.ZipFile(io.BytesIO(blank_form(kind))) as archive:
        return ElementTree.fromstring(archive.read(name))


def sheets() -> tuple[Table, ...]:
    tables = tables_of(blank_form("xlsx"))
    assert not isinstance(tables, str)
    return tables


def filled(name: str, before: str, after: str, data: bytes) -> bytes:
    """The workbook `data` with a piece of one part changed, as a person who fills it in would."""
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(packed, "w") as new:
        for entry in old.infolist():
            xml = old.read(entry).decode()
            if entry.filename == name:
                assert before in xml
                xml = xml.replace(before, after, 1)
            new.writestr(entry, xml)
    return packed.getvalue()


def text_cell(place: str, words: str) -> str:
    return f'<c r="{place}" s="2" t="inlineStr"><is><t>{words}</t></is></c>'


@pytest.mark.parametrize("kind", ["docx", "xlsx"])
def test_a_package_has_well_formed_parts_with_fixed_dates_and_no_dangling_relation(kind: FormFormat) -> None:
    with zipfile.ZipFile(io.BytesIO(blank_form(kind))) as archive:
        assert archive.testzip() is None
        names = set(archive.namelist())
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        for name in names:
            ElementTree.fromstring(archive.read(name))
        types = ElementTree.fromstring(archive.read("[Content_Types].xml"))
        main_part = ElementTree.fromstring(archive.read("_rels/.rels"))[0].get("Target")
    assert main_part in names
    assert {one.get("PartName", "").lstrip("/") for one in types if one.get("PartName")} <= names


@pytest.mark.parametrize("kind", FORMATS)
def test_the_same_form_is_the_same_bytes(kind: FormFormat) -> None:
    assert blank_form(kind) == blank_form(kind)


def test_the_word_form_is_a_table_of_label_and_room_on_a4() -> None:
    root = part("docx", "word/document.xml")
    rows = [
        ["".join(run.text or "" for run in cell.iter(f"{WORD}t")) for cell in row.iter(f"{WORD}tc")]
        for row in root.iter(f"{WORD}tr")
    ]
    assert rows == [[field.label, field.value] for field in FIELDS]
    assert sum(value.count("☐") for _, value in rows) == 8
    size = next(root.iter(f"{WORD}pgSz"))
    assert (size.get(f"{WORD}w"), size.get(f"{WORD}h")) == ("11906", "16838")


def test_word_excel_and_text_have_the_same_labels_and_the_reader_knows_each() -> None:
    lines = blank_form("txt").decode("utf-8").splitlines()
    labels = [field.label for field in FIELDS]
    assert [line.partition(":")[0] for line in lines] == labels
    assert [row[0] for _, row in sheets()[0] if row[0] in labels] == labels
    keys = [match[0] for match in map(match_label, lines) if match]
    assert len(set(keys)) == len(labels)


def test_the_text_form_is_read_blank_and_filled() -> None:
    text = blank_form("txt").decode("utf-8")
    blank = read_form(text, (), Numbering(), is_reply=False)
    assert blank is not None
    assert (blank.groups, blank.text, blank.recipients.recipients) == ((), "", ())
    assert "field.missing" in {fault.code for fault in blank.faults}
    text = text.replace("NAMA UNIT: ", "NAMA UNIT: BAA").replace("[ ] LAINNYA", "[x] LAINNYA", 1)
    text = text.replace("KETERANGAN: ", 'KETERANGAN: "Rapat pukul 09.00."') + "0812-0000-0101\n"
    found = read_form(text, (), Numbering(), is_reply=False)
    assert found is not None
    assert (found.unit_name, found.channel, found.text) == ("BAA", Channel.SMS, "Rapat pukul 09.00.")
    assert [who.address for who in found.recipients.recipients] == ["+6281200000101"]


def test_nothing_above_the_lines_is_taken_for_a_line_or_a_message() -> None:
    above = [row[0] for _, row in sheets()[0] if row[0] not in {field.label for field in FIELDS}]
    assert any("tanda kutip" in line for line in above)
    assert not any(sign in line for line in above for sign in "\"'“”")
    assert {match_label(line) for line in above} == {None, ("head", "")}


def test_the_list_sheet_has_a_frozen_header_text_cells_and_a_rule_for_numbers() -> None:
    assert sheets()[1] == ((1, ("NPM", "Nama", "No HP")),)
    root = part("xlsx", LIST_PART)
    pane = next(root.iter(f"{SHEET}pane"))
    assert (pane.get("state"), pane.get("ySplit")) == ("frozen", "1")
    formats = list(next(part("xlsx", "xl/styles.xml").iter(f"{SHEET}cellXfs")))
    columns = [formats[int(column.get("style", "0"))].get("numFmtId") for column in root.iter(f"{SHEET}col")]
    assert columns == ["49", "49", "49"]
    rule = next(root.iter(f"{SHEET}dataValidation"))
    assert rule.get("sqref") == "C2:C20001"
    assert next(rule.iter(f"{SHEET}formula1")).text == 'OR(LEFT(C2,1)="0",LEFT(C2,3)="+62")'


def test_a_blank_list_has_no_recipients() -> None:
    assert rows_of(sheets()[1], Channel.SMS) == ()


def test_a_filled_workbook_gives_its_recipients() -> None:
    rows = (
        f'<row r="2">{text_cell("A2", "0101")}{text_cell("B2", "Budi Contoh")}{text_cell("C2", "0812-0000-0101")}</row>'
    )
    data = filled(LIST_PART, "</sheetData>", f"{rows}</sheetData>", blank_form("xlsx"))
    found = read_table(data, "FM-UPSI-01-01.xlsx", Channel.SMS)
    assert isinstance(found, RecipientList)
    assert [(who.address, who.name) for who in found.recipients] == [("+6281200000101", "Budi Contoh")]
    assert found == build(
        [Row(2, "0812-0000-0101", "Budi Contoh", {"npm": "0101", "nama": "Budi Contoh"})], Channel.SMS
    )


def test_the_form_sheet_is_the_form_and_the_other_is_not() -> None:
    assert [is_form(table) for table in sheets()] == [True, False]


@pytest.mark.parametrize("phone", ["", "0812-0000-0102"])
def test_a_filled_form_sheet_is_read_back(phone: str) -> None:
    data = blank_form("xlsx")
    values = {
        "NAMA UNIT": "BAA", "NAMA LENGKAP": "Budi Contoh, M.T.", "NOMOR TELEPON SELULAR": phone,
        "KETERANGAN": "“Rapat pukul 09.00.”",
    }  # fmt: skip
    for label, value in values.items():
        row = next(number for number, cells in sheets()[0] if cells[0] == label)
        data = filled(FORM_PART, f'<c r="B{row}" s="2"/>', text_cell(f"B{row}", value), data)
    data = filled(FORM_PART, "☐ DOSEN", "☑ DOSEN", data)
    tables = tables_of(data)
    assert not isinstance(tables, str)
    found = read_form(text_of(tables[0]), (), Numbering(), is_reply=False)
    assert found is not None
    assert found.faults == ()
    assert (found.unit_name, found.applicant_name, found.phone) == ("BAA", "Budi Contoh, M.T.", phone)
    assert (found.groups, found.channel, found.text) == (("dosen",), Channel.SMS, "Rapat pukul 09.00.")
    assert read_table(data, "x", Channel.SMS) == RecipientList()


def test_the_mail_that_explains_the_form_brings_it() -> None:
    files = {
        one.get_filename(): one.get_content() for one in parse(compose(examples()["form"], LOOK)).iter_attachments()
    }
    assert files == {"FM-UPSI-01-01.docx": blank_form("docx"), "FM-UPSI-01-01.xlsx": blank_form("xlsx")}


@pytest.mark.parametrize("kind", FORMATS)
def test_the_command_writes_the_form(kind: FormFormat, tmp_path: Path) -> None:
    path = tmp_path / f"form.{kind}"
    assert main(["form", "--format", kind, "-o", str(path)]) == 0
    assert path.read_bytes() == blank_form(kind)


def test_the_command_says_why_it_cannot_write(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["form", "-o", str(tmp_path / "none" / "form.docx")]) == 1
    assert "cannot write" in capsys.readouterr().err
