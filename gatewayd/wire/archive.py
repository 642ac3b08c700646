"""Zip files looked at before anything opens them: size, ratio, number of entries, the corners of sheets.

In: the bytes of a file that begins as a zip. Out: what it is by its entries, and None if it may be opened as a
spreadsheet, or the main part of a document; else a code of wire/faultcodes.py. What is inflated is counted, not what is
declared; nothing is written anywhere. Source: ECMA-376 part 2, ODF 1.3 part 2 §2.2 and part 3 §9.1.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Sequence
from typing import Final, Literal, TypeAlias

MAX_ENTRIES: Final = 200
MAX_UNPACKED: Final = 30 * 1024 * 1024
MAX_RATIO: Final = 100
#: Bytes of a document's text with its markup.
MAX_DOCUMENT: Final = 20 * 1024 * 1024
#: Cells of the rectangles of all sheets; each costs some 100 bytes on its way.
MAX_AREA: Final = 1_000_000
#: Bytes of text in all cells, where one text stands for many.
MAX_TEXT: Final = 30 * 1024 * 1024
_END: Final = b"PK\x05\x06"
_MAX_DIRECTORY: Final = 64 * 1024
#: The ratio says nothing about small entries.
_SMALL: Final = 1024 * 1024

_SHEET: Final = re.compile(r"xl/worksheets/[^/]+\.xml", re.I)
_DOCUMENT: Final = re.compile(r"word/document\d{0,2}\.xml")
_SHARED: Final = "xl/sharedStrings.xml"
_VALUE: Final = re.compile(rb"<(?:\w{1,20}:)?v>\s*(\d{1,7})")
_LONG_STRING: Final = 1000
_ODS_CONTENT: Final = "content.xml"
_ODS_TYPE: Final = b"application/vnd.oasis.opendocument.spreadsheet"
#: Attributes of an element; a quoted ">" ends none.
_ATTRIBUTES: Final = rb"""((?:[^<>"']++|"[^"<]*+"|'[^'<]*+')*+)"""
_CELL: Final = re.compile(rb"<(?:\w{1,20}:)?c\s" + _ATTRIBUTES + rb">")
_REFERENCE: Final = re.compile(rb"""\br=["']([A-Za-z]{1,3})(\d{1,7})["']""")
_ODS_MARK: Final = re.compile(
    rb"<(?:\w{1,20}:)?(?:(table-row)|(?:covered-)?table-cell)(?=[\s/>])" + _ATTRIBUTES + rb">|</(?:\w{1,20}:)?(table)>"
)
_REPEATED: Final = re.compile(rb"""number-(?:columns|rows)-repeated=["'](\d{1,7})["']""")

ZipKind: TypeAlias = Literal["xlsx", "ods", "docx", "other"]
_BROKEN: Final = (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError, ValueError)


def kind_of(data: bytes) -> ZipKind:
    """What the names of the entries say; "other" for what cannot be opened at all."""
    if _directory_size(data) > _MAX_DIRECTORY:
        return "other"
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _kind(archive)
    except _BROKEN:
        return "other"


def _kind(archive: zipfile.ZipFile) -> ZipKind:
    names = archive.namelist()
    if "xl/workbook.xml" in names:
        return "xlsx"
    if any(_DOCUMENT.fullmatch(name) for name in names):
        return "docx"
    if _ODS_CONTENT in names and "mimetype" in names:
        with archive.open("mimetype") as entry:
            return "ods" if entry.read(100).startswith(_ODS_TYPE) else "other"
    return "other"


def has_macros(data: bytes) -> bool:
    """Whether an office document brings programs; what cannot be opened counts as if."""
    if _directory_size(data) > _MAX_DIRECTORY:
        return True
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return any(name.lower().endswith(("vbaproject.bin", ".exe", ".dll", ".js")) for name in archive.namelist())
    except _BROKEN:
        return True


def opened(data: bytes) -> str | None:
    """A code if `data` must not be opened as a spreadsheet."""
    if _directory_size(data) > _MAX_DIRECTORY:
        return "attachment.bomb"
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _judge(archive)
    except _BROKEN:
        return "attachment.unreadable"


def main_part(data: bytes) -> bytes | str:
    """The XML of a Word document's text, or a code."""
    if _directory_size(data) > _MAX_DIRECTORY:
        return "attachment.bomb"
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            found = next((entry for entry in entries if _DOCUMENT.fullmatch(entry.filename)), None)
            if found is None:
                return "attachment.kind"
            if _is_crowded(entries) or _is_bomb(entries):
                return "attachment.bomb"
            return "attachment.too_big" if found.file_size > MAX_DOCUMENT else archive.read(found)
    except _BROKEN:
        return "attachment.unreadable"


def _directory_size(data: bytes) -> int:
    """Bytes of the directory as the file's end declares them: zipfile makes an object of each of its entries."""
    end = data.rfind(_END, max(0, len(data) - 66_000))
    return int.from_bytes(data[end + 12 : end + 16], "little") if end >= 0 else 0


def _judge(archive: zipfile.ZipFile) -> str | None:
    entries, kind = archive.infolist(), _kind(archive)
    if kind not in ("xlsx", "ods"):
        return "attachment.kind"
    if _is_crowded(entries) or _is_bomb(entries):
        return "attachment.bomb"
    if sum(entry.file_size for entry in entries) > MAX_UNPACKED:
        return "attachment.too_big"
    area = weight = 0
    shared: tuple[int, ...] = ()
    # Shared strings first: what weighs is how often each is used.
    for entry in sorted(entries, key=lambda entry: entry.filename != _SHARED):
        content = archive.read(entry)
        if b"\0" in content[:100] and entry.filename.endswith(".xml"):
            # UTF-16, which no program writes here and which nothing below sees through.
            return "attachment.unreadable"
        if kind == "ods":
            more = _ods_area(content) if entry.filename == _ODS_CONTENT else (0, 0)
        elif entry.filename == _SHARED:
            shared = tuple(len(text) for text in content.split(b"</si>"))
            more = 0, 0
        else:
            more = (_area(content), _shared_text(content, shared)) if _SHEET.fullmatch(entry.filename) else (0, 0)
        area, weight = area + more[0], weight + more[1]
        if area > MAX_AREA or weight > MAX_TEXT:
            return "attachment.too_big"
    return None


def _is_crowded(entries: Sequence[zipfile.ZipInfo]) -> bool:
    return len(entries) > MAX_ENTRIES or len({entry.filename for entry in entries}) < len(entries)


def _is_bomb(entries: Sequence[zipfile.ZipInfo]) -> bool:
    """By what the directory declares; reading checks that no entry inflates to more than that."""
    overlapping = sum(entry.compress_size for entry in entries) > _span(entries)
    swollen = any(
        entry.file_size > _SMALL and entry.file_size > MAX_RATIO * max(1, entry.compress_size) for entry in entries
    )
    return overlapping or swollen


def _span(entries: Sequence[zipfile.ZipInfo]) -> int:
    """Bytes between the first entry and the end of the last one."""
    if not entries:
        return 0
    last = max(entries, key=lambda entry: entry.header_offset)
    # The local header has at least 30 bytes beside the name.
    end = last.header_offset + 30 + len(last.filename) + last.compress_size + 64 * 1024
    return end - min(entry.header_offset for entry in entries)


def _area(sheet: bytes) -> int:
    """Cells of the smallest rectangle around all cells that hold something."""
    width = height = 0
    for cell in _CELL.finditer(sheet):
        if cell[1].endswith(b"/"):
            continue
        reference = _REFERENCE.search(cell[1])
        if reference:
            width = max(width, _column(reference[1]))
            height = max(height, int(reference[2]))
    return width * height


def _shared_text(sheet: bytes, shared: Sequence[int]) -> int:
    """Bytes of the shared strings as often as the sheet's cells use them."""
    if max(shared, default=0) < _LONG_STRING:
        return 0
    places = (int(found[1]) for found in _VALUE.finditer(sheet))
    return sum(shared[place] for place in places if place < len(shared))


def _ods_area(content: bytes) -> tuple[int, int]:
    """Cells that calamine makes of all sheets, and bytes of text in them: a repeated cell or row counts as often as it
    says, unless nothing filled follows it in its row or sheet."""
    area = widest = height = height_filled = 0
    text = end = count = 0
    width = width_filled = row_count = 0
    for mark in _ODS_MARK.finditer(content):
        is_row, attributes, is_end = mark.groups()
        text += (mark.start() - end) * count * row_count
        told = _REPEATED.search(attributes or b"")
        count = int(told[1]) if told else 1
        if not is_row and not is_end:
            width += count
            is_blank = attributes.endswith(b"/") and b"value" not in attributes
            width_filled = width_filled if is_blank else width
            count, end = (0 if is_blank else count), mark.end()
            continue
        height += row_count
        height_filled = height if width_filled else height_filled
        widest = max(widest, width_filled)
        width = width_filled = 0
        row_count, count = count, 0
        if is_end or widest * height_filled > MAX_AREA:
            area += widest * height_filled
            widest = height = height_filled = row_count = 0
    return area, text


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - ord("A") + 1
    return number
