"""The table opens by a double click in Excel as it is set up in Indonesia, and keeps every digit."""

import csv
import io
from dataclasses import replace

import pytest

from gatewayd.render.csv import cell, report_csv
from gatewayd.render.example_data import LOOK, log


def table(data: bytes) -> list[list[str]]:
    assert data.startswith(b"\xef\xbb\xbf")
    assert data.count(b"\n") == data.count(b"\r\n")
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig")), delimiter=";"))


def test_one_line_a_recipient_and_refused_ones_last() -> None:
    rows = table(report_csv(log(412), LOOK))
    assert rows[0][:3] == ["Baris", "Tujuan", "Nama"]
    assert len(rows) == 1 + 412 + 3
    assert rows[83] == [
        "83", "0812****083", "", "2100000083", "AXIS", "1", "gagal", "2026-11-23 09:47:27", "2026-11-23 09:47:33",
        "nomor tidak aktif", "st-43", "gsm1",
    ]  # fmt: skip
    assert [row[6] for row in rows[-2:]] == ["tidak dikirim (data salah)", "tidak ingin menerima"]


def test_full_numbers_are_text_for_a_spreadsheet() -> None:
    rows = table(report_csv(log(1), LOOK, full_numbers=True))
    assert rows[1][1] == "0812-0000-0001"


def test_titles_follow_the_language() -> None:
    assert table(report_csv(log(1), replace(LOOK, language="en")))[0][:3] == ["Row", "Destination", "Name"]


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ('Siti; "Contoh"', 'Siti; "Contoh"'),
        ("=1+1", "'=1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("-BAA", "'-BAA"),
        ("0012345678", "'0012345678"),
        ("198001012005011001", "'198001012005011001"),
        ("2110001", "2110001"),
        ("0", "0"),
        ("", ""),
        ("a\nb", "a b"),
    ],
)
def test_cells_stay_text_and_keep_their_digits(typed: str, shown: str) -> None:
    assert cell(typed) == shown
