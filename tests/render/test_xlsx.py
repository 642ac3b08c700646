"""The workbook: a spreadsheet reads every row, keeps every zero, and calculates nothing."""

import io
import re
import zipfile
from dataclasses import replace
from xml.etree import ElementTree

import pytest
from python_calamine import CalamineWorkbook

from gatewayd.render.example_data import LOOK, NOW, log, logs
from gatewayd.render.xlsx import report_xlsx


def sheets(data: bytes) -> list[list[list[object]]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(data))
    return [book.get_sheet_by_index(index).to_python() for index in range(len(book.sheet_names))]


def xml(data: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {name: archive.read(name).decode("utf-8") for name in archive.namelist()}
    for text in parts.values():
        ElementTree.fromstring(text)
    return "".join(parts.values())


def test_all_rows_and_the_refused_ones_last() -> None:
    _, rows = sheets(report_xlsx(log(412), LOOK, NOW))
    assert rows[0][:3] == ["Baris", "Tujuan", "Nama"]
    assert len(rows) == 1 + 412 + 3
    assert rows[83][:7] == [83.0, "0812****083", "", "2100000083", "AXIS", 1.0, "gagal"]
    assert rows[-1][6] == "tidak ingin menerima"


def test_summary_says_who_asked_who_decided_and_what_came_of_it() -> None:
    summary, _ = sheets(report_xlsx(log(412), LOOK, NOW))
    known = {str(line[0]): line[1] for line in summary}
    assert known["Unit"] == "Biro Administrasi Akademik"
    assert known["diterima"] == 390
    assert str(known["Ka. BPSI: Ir. Surya Contoh, M.T."]).startswith("DISETUJUI, 23 November 2026 pukul 09.19 WIB")


def test_full_numbers_keep_their_zero_as_text() -> None:
    view = replace(log(1), rows=(replace(log(1).rows[0], id_number="0012345678", name="007"),))
    _, rows = sheets(report_xlsx(view, LOOK, NOW, full_numbers=True))
    assert rows[1][1:4] == ["0812-0000-0001", "007", "0012345678"]


@pytest.mark.parametrize(
    "typed", ["=1+1", "@SUM(A1)", "-1", "_x003D_1+1", "a\ufffe\uffffb", "<v>1</v>", "]]>", "x" * 40_000]
)
def test_what_somebody_typed_is_a_string_and_nothing_else(typed: str) -> None:
    view = replace(log(1), rows=(replace(log(1).rows[0], name=typed),), text=typed)
    data = report_xlsx(view, LOOK, NOW)
    assert not re.search(r"<f[ >]", xml(data))
    _, rows = sheets(data)
    assert str(rows[1][2])[:30] == typed.replace("\ufffe", "\ufffd").replace("\uffff", "\ufffd")[:30]


@pytest.mark.parametrize("name", logs())
def test_the_same_every_time(name: str) -> None:
    data = report_xlsx(logs()[name], LOOK, NOW)
    assert data == report_xlsx(logs()[name], LOOK, NOW)
    assert xml(data)
