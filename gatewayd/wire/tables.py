"""Bytes of a CSV, XLSX or ODS file → tables of text.

In: the bytes; what they are is told by content, never by a name. Out: one Table per visible sheet, each row with
its number as a person counts and its cells as text; or a code of wire/faultcodes.py. Limits come first: packed and
unpacked size, ratio, entries, and the far corner of each sheet, since calamine reserves the whole rectangle.
"""

import csv
import io
import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final, TypeAlias

from gatewayd.wire.archive import opened
from gatewayd.wire.charset import decode_guessing
from gatewayd.wire.plaintext import tidy

if TYPE_CHECKING:
    import python_calamine

#: Rows of a sheet: (number from 1, cells). Blank rows are left out.
Table: TypeAlias = tuple[tuple[int, tuple[str, ...]], ...]
_Cell: TypeAlias = int | float | str | bool | time | date | datetime | timedelta

MAX_BYTES: Final = 10 * 1024 * 1024
MAX_TEXT_BYTES: Final = 5 * 1024 * 1024
MAX_ROWS: Final = 100_000
MAX_COLUMNS: Final = 100
_MAX_SHEETS: Final = 20
#: As many as Excel allows: KETERANGAN may stand in a cell.
_MAX_CELL: Final = 32_767

_ZIP: Final = b"PK\x03\x04"
_DELIMITERS: Final = ";\t,|"
_SNIFFED_LINES: Final = 20
_SEP: Final = re.compile(r"sep=([;,\t|])\n", re.I)


def tables_of(data: bytes) -> tuple[Table, ...] | str:
    """The tables in `data`, or a code: attachment.too_big, .bomb, .unreadable, .kind."""
    if len(data) > MAX_BYTES:
        return "attachment.too_big"
    if data.startswith(_ZIP):
        return opened(data) or _spreadsheet(data)
    if len(data) > MAX_TEXT_BYTES:
        return "attachment.too_big"
    text = decode_guessing(data)
    if text is None:
        return "attachment.kind"
    return _text_table(text)


def _spreadsheet(data: bytes) -> tuple[Table, ...] | str:
    # Loaded in the sandbox child only: the daemon uses this module for lists that are no files.
    import python_calamine

    try:
        with python_calamine.load_workbook(io.BytesIO(data)) as book:
            return _sheets(book)
    except BaseException as error:
        # The library's panics derive from BaseException; anything that is no fault of the file goes on.
        if isinstance(error, Exception) or type(error).__name__ == "PanicException":
            return "attachment.unreadable"
        raise


def _sheets(book: "python_calamine.CalamineWorkbook") -> tuple[Table, ...] | str:
    from python_calamine import SheetTypeEnum, SheetVisibleEnum

    visible = [
        sheet.name
        for sheet in book.sheets_metadata
        if sheet.visible is SheetVisibleEnum.Visible and sheet.typ is SheetTypeEnum.WorkSheet
    ]
    tables: list[Table] = []
    for name in visible[:_MAX_SHEETS]:
        sheet = book.get_sheet_by_name(name)
        if sheet.total_height > MAX_ROWS:
            return "attachment.too_big"
        tables.append(_numbered([_cell(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False)))
    return tuple(tables)


def _cell(value: _Cell) -> str:
    """A cell as a person reads it; whole numbers without a decimal point."""
    match value:
        case str():
            return tidy(value[:_MAX_CELL]).strip()
        case bool():
            return "ya" if value else "tidak"
        case float() if value.is_integer():
            return str(int(value))
        case datetime() | date():
            return value.isoformat(" ") if isinstance(value, datetime) else value.isoformat()
        case _:
            return str(value)


def _numbered(rows: Iterable[Sequence[str]]) -> Table:
    return tuple(
        (number, tuple(row[:MAX_COLUMNS])) for number, row in enumerate(rows, start=1) if any(cell for cell in row)
    )


def _text_table(text: str) -> tuple[Table, ...] | str:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    told = _SEP.match(text)
    delimiter = told[1] if told else _delimiter(text)
    rows: list[list[str]] = [[]] if told else []
    reader = csv.reader(io.StringIO(text[told.end() :] if told else text), delimiter=delimiter)
    try:
        for row in reader:
            if len(rows) > MAX_ROWS:
                return "attachment.too_big"
            rows.append([tidy(cell[:_MAX_CELL]).strip() for cell in row[:MAX_COLUMNS]])
    except csv.Error:
        return "attachment.unreadable"
    return (_numbered(rows),)


def _delimiter(text: str) -> str:
    """The sign that most of the first lines have in equal number; ';' wins a tie, as Indonesian Excel writes it."""
    lines = [line for line in text[:20_000].split("\n") if line.strip()][:_SNIFFED_LINES]

    def weight(delimiter: str) -> tuple[int, int]:
        counts = [line.count(delimiter) for line in lines]
        common = max((count for count in counts if count), key=counts.count, default=0)
        return (counts.count(common) if common else 0, common)

    return max(_DELIMITERS, key=weight)
