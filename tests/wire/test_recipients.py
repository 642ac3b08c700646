"""Lists of recipients: rows, columns, files; every row ends in exactly one place."""

import json
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewayd.core.model import Channel, Fault, RecipientList
from gatewayd.wire import listing
from gatewayd.wire.archive import MAX_ENTRIES
from gatewayd.wire.faultcodes import CODES
from gatewayd.wire.inline_list import rows_of_text
from gatewayd.wire.recipients import Row, build, join, read_table
from gatewayd.wire.tables import MAX_BYTES, tables_of
from tests.fakes.spreadsheets import packed, swapped, xlsx

HEAD = "NPM;Nama;No HP\r\n"
BODY = "2110001;Siti Contoh;0812-0000-0101\r\n2110002;Tono Contoh;0812-0000-0102\r\n"
WANTED = ["+6281200000101", "+6281200000102"]


def addresses(found: RecipientList | Fault) -> list[str]:
    assert isinstance(found, RecipientList), found
    return [who.address for who in found.recipients]


def problems(found: RecipientList | Fault) -> list[tuple[int, str]]:
    assert isinstance(found, RecipientList), found
    return [(row.row, row.code) for row in (*found.refused, *found.duplicates)]


def test_the_first_of_equal_numbers_is_kept_however_they_are_written() -> None:
    rows = [Row(1, "0812-0000-0101", "Siti"), Row(2, "+62 812 0000 0101", "Sama"), Row(3, "x", "Salah")]
    found = build(rows, Channel.SMS)
    assert [(who.row, who.address, who.name) for who in found.recipients] == [(1, WANTED[0], "Siti")]
    assert [(row.row, row.code, row.name) for row in found.duplicates] == [(2, "row.duplicate", "Sama")]
    assert [(row.row, row.code, row.typed) for row in found.refused] == [(3, "row.letters", "x")]


def test_an_address_of_an_earlier_list_makes_a_later_one_a_duplicate() -> None:
    one = build([Row(1, "081200000101")], Channel.SMS)
    other = build([Row(1, "081200000101"), Row(2, "081200000102")], Channel.SMS)
    found = join([one, other])
    assert addresses(found) == WANTED
    assert problems(found) == [(1, "row.duplicate")]


@given(
    st.lists(st.sampled_from(["081200000101", "0812-0000-0101", "081200000102", "x", "", "061-4567890"]), max_size=20)
)
def test_every_row_ends_in_exactly_one_part(typed: list[str]) -> None:
    found = build([Row(number, one) for number, one in enumerate(typed, start=1)], Channel.SMS)
    parts = [*found.recipients, *found.refused, *found.duplicates]
    assert sorted(one.row for one in parts) == list(range(1, len(typed) + 1))
    assert len(set(addresses(found))) == len(found.recipients)


@pytest.mark.parametrize(
    "data",
    [
        (HEAD + BODY).encode(),
        b"\xef\xbb\xbf" + (HEAD + BODY).encode(),
        (HEAD + BODY).replace(";", ",").encode(),
        (HEAD + BODY).replace(";", "\t").encode("utf-16"),
        (HEAD + BODY).replace(";", "\t").encode("utf-16-le"),
        (HEAD + BODY).replace("Siti", "Sitï").encode("cp1252"),
        ("sep=;\n" + HEAD + BODY).encode(),
        ("Daftar Mahasiswa;;\n;;\n" + HEAD + BODY).encode(),
        (HEAD + BODY + "Jumlah;2;\n;;\n").encode(),
        (HEAD + BODY.replace("\r\n", "\r\n" + HEAD, 1)).encode(),
        (HEAD + BODY).replace("\r\n", "\r").encode(),
        b'NPM;Nama;"No. HP/WA"\n1;"Contoh; Siti";0812-0000-0101\n2;Tono;"0812-0000-0102"\n',
        b"0812-0000-0101\n0812-0000-0102\n",
        b"Siti Contoh;0812-0000-0101\nTono Contoh;0812-0000-0102\n",
        b"No;Nama;Telepon\n1;Siti;081200000101\n2;Tono;081200000102\n",
        b"Nomor\n081200000101\n081200000102\n",
    ],
)
def test_a_csv_file_is_read_as_offices_make_it(data: bytes) -> None:
    found = read_table(data, "daftar.csv", Channel.SMS)
    assert addresses(found) == WANTED
    assert problems(found) == []


def test_rows_keep_the_number_that_a_person_sees_and_their_columns() -> None:
    found = read_table(("Judul;;\n\n" + HEAD + BODY).encode(), "daftar.csv", Channel.SMS)
    assert isinstance(found, RecipientList)
    assert [(who.row, who.name, dict(who.fields)) for who in found.recipients] == [
        (4, "Siti Contoh", {"npm": "2110001", "nama": "Siti Contoh"}),
        (5, "Tono Contoh", {"npm": "2110002", "nama": "Tono Contoh"}),
    ]


def test_either_half_of_a_header_may_be_named_by_a_placeholder() -> None:
    body = "NIM / NPM;Nama;No HP/WA;Nama/Panggilan\n2110001;Siti Contoh;0812-0000-0101;Siti\n"
    found = read_table(body.encode(), "daftar.csv", Channel.SMS)
    assert isinstance(found, RecipientList)
    (who,) = found.recipients
    assert (who.fields["nim"], who.fields["npm"], who.fields["nim npm"]) == ("2110001",) * 3
    assert (who.name, who.fields["nama"], who.fields["panggilan"]) == ("Siti Contoh", "Siti Contoh", "Siti")


def test_a_person_without_a_number_is_refused_by_name() -> None:
    found = read_table((HEAD + BODY + "2110003;Dewi Contoh;\n").encode(), "daftar.csv", Channel.SMS)
    assert problems(found) == [(4, "row.empty")]


def test_the_channel_says_which_column_counts() -> None:
    data = b"Nama;No HP;Alamat Email\nSiti;081200000101;siti@kampus.example\n"
    assert addresses(read_table(data, "x.csv", Channel.SMS)) == [WANTED[0]]
    assert addresses(read_table(data, "x.csv", Channel.EMAIL)) == ["siti@kampus.example"]


SHEET: Sequence[Sequence[str | int | None]] = [
    ["DAFTAR PENERIMA"],
    [],
    ["NIDN", "Nama", "No HP"],
    ["0102038801", "Rina Contoh", 81200000101],
    [None, "Andi Contoh", "0812-0000-0102"],
    ["Total", 2],
]


def test_a_workbook_is_read_with_numeric_cells_and_sheets_without_lists() -> None:
    data = xlsx({"Petunjuk": [["Isi lembar sebelah"]], "Penerima": SHEET})
    found = read_table(data, "dosen.xlsx", Channel.SMS)
    assert addresses(found) == WANTED
    assert isinstance(found, RecipientList)
    assert [who.row for who in found.recipients] == [4, 5]


def test_a_hidden_sheet_is_not_read() -> None:
    data = xlsx({"Lama": [["No HP"], ["081200000109"]], "Baru": SHEET}, hidden=["Lama"])
    assert addresses(read_table(data, "x.xlsx", Channel.SMS)) == WANTED


def test_two_sheets_with_lists_are_asked_about() -> None:
    data = xlsx({"A": SHEET, "B": SHEET})
    assert read_table(data, "x.xlsx", Channel.SMS) == Fault("attachment", "list.several", "x.xlsx")


FAR = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"Nama;NPM\nSiti;2110001\n", "list.no_column"),
        (b"", "list.no_column"),
        (b"\x00\x01\x02\x03" * 50, "attachment.kind"),
        (b"%PDF-1.7\n\x00", "attachment.kind"),
        (b"PK\x03\x04 damaged", "attachment.unreadable"),
        (xlsx({"A": SHEET})[:-40], "attachment.unreadable"),
        (packed({"word/document.xml": "<x/>"}), "attachment.kind"),
        (packed({"xl/workbook.xml": "no xml <"}), "attachment.unreadable"),
        (packed({"xl/workbook.xml": "<x/>", "xl/worksheets/sheet1.xml": b"<a/>" * 3_000_000}), "attachment.bomb"),
        (packed({"xl/workbook.xml": "", **{f"x{n}": "" for n in range(MAX_ENTRIES)}}), "attachment.bomb"),
        (packed({"xl/workbook.xml": "", **{f"x{n}": "" for n in range(2000)}}), "attachment.bomb"),
        (swapped(xlsx({"A": SHEET}), "xl/worksheets/sheet1.xml", "</sheetData>", FAR), "attachment.too_big"),
        (b"x" * (MAX_BYTES + 1), "attachment.too_big"),
        (b"HP\n" + b"1\n" * 100_001, "attachment.too_big"),
        (b'HP\n"' + b"a\n" * 100_000, "attachment.unreadable"),
    ],
    ids=lambda value: value if isinstance(value, str) else f"{len(value)} bytes",
)
def test_a_file_that_is_no_list_is_named_with_its_reason(data: bytes, code: str) -> None:
    assert code in CODES
    assert read_table(data, "daftar\n.xlsx", Channel.SMS) == Fault("attachment", code, "daftar .xlsx")


def test_one_more_than_the_most_is_kept_so_that_too_many_is_seen() -> None:
    data = "".join(f"0812000{number:05d}\n" for number in range(50)).encode()
    found = read_table(data, "x.csv", Channel.SMS, max_rows=10)
    assert len(addresses(found)) == 11


@given(st.binary(max_size=300))
def test_no_bytes_break_the_table_reader(data: bytes) -> None:
    assert isinstance(tables_of(data), tuple | str)
    assert isinstance(tables_of(b"PK\x03\x04" + data), tuple | str)


@given(st.text("0812;,\t\"'\n aN", max_size=200))
def test_no_text_breaks_the_list_reader(text: str) -> None:
    assert isinstance(read_table(text.encode(), "x.csv", Channel.SMS), RecipientList | Fault)


@pytest.mark.parametrize(
    ("text", "people"),
    [
        ("0812-0000-0101", [(WANTED[0], "")]),
        ("0812-0000-0101, 0812-0000-0102", [(WANTED[0], ""), (WANTED[1], "")]),
        ("1. Siti 0812-0000-0101\n2. Tono - 081200000102", [(WANTED[0], "Siti"), (WANTED[1], "Tono")]),
        ("- Siti Contoh: 0812 0000 0101 (WA)", [(WANTED[0], "Siti Contoh")]),
        ("Siti Contoh, 081200000101", [(WANTED[0], "Siti Contoh")]),
        ("2110010001; Siti Contoh; 081200000101", [(WANTED[0], "Siti Contoh")]),
        ("Kelas 5 081200000101", [(WANTED[0], "Kelas 5")]),
        ("NPM | Nama | No HP\n21 | Siti | 081200000101", [(WANTED[0], "Siti")]),
        ("Nama\tNo HP\nSiti\t081200000101", [(WANTED[0], "Siti")]),
    ],
)  # fmt: skip
def test_recipients_typed_into_the_mail_are_found(text: str, people: list[tuple[str, str]]) -> None:
    found = build([Row(*cells) for cells in rows_of_text(text, Channel.SMS)], Channel.SMS)
    assert [(who.address, who.name) for who in found.recipients] == people
    assert not found.refused


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("dan teman-teman", "row.letters"),
        ("Siti Contoh, 081200000101, 081200000102", "row.two_numbers"),
        ("061-4567890", "row.landline"),
    ],
)
def test_an_inline_line_that_names_nobody_is_refused_not_dropped(text: str, code: str) -> None:
    found = build([Row(*cells) for cells in rows_of_text(text, Channel.SMS)], Channel.SMS)
    assert not found.recipients
    assert [row.code for row in found.refused] == [code]


def listed(data: bytes, **head: object) -> bytes:
    settings = {"name": "x.csv", "channel": "sms", "country": "ID", "foreign": False, "max_recipients": 100}
    return listing.read_list(json.dumps(settings | head).encode() + b"\n" + data)


def test_the_sandbox_entry_gives_the_list_back() -> None:
    answer = listed((HEAD + BODY + "3;Salah;x\n4;Siti;081200000101\n").encode())
    found = listing.from_json(answer)
    assert addresses(found) == WANTED
    assert problems(found) == [(4, "row.letters"), (5, "row.duplicate")]
    assert found.recipients[0].fields["npm"] == "2110001"


def test_a_file_that_cannot_be_read_is_a_value_error_in_the_parent() -> None:
    with pytest.raises(ValueError, match=r"attachment\.kind"):
        listing.from_json(listed(b"\x00\x01" * 100))


@pytest.mark.parametrize(
    "answer",
    [b"", b"[]", b"{}", b'{"list": null}', b'{"list": {"recipients": [], "refused": []}}',
     b'{"list": {"recipients": [[1, 2, "", {}]], "refused": [], "duplicates": []}}',
     b'{"list": {"recipients": [[true, "+62", "", {}]], "refused": [], "duplicates": []}}',
     b'{"list": {"recipients": [[1, "+62", "", {"a": 1}]], "refused": [], "duplicates": []}}',
     b'{"list": {"recipients": [], "refused": [[1, "x", "y"]], "duplicates": []}}', b"[" * 100_000],
)  # fmt: skip
def test_the_parent_believes_no_other_shape(answer: bytes) -> None:
    with pytest.raises(ValueError, match=r".+"):
        listing.from_json(answer)
