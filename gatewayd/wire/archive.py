"""Zip files looked at before anything opens them: size, ratio, number of entries, the corners of sheets.

In: the bytes of a file that begins as a zip. Out: None if it may be opened as a spreadsheet, else a code of
wire/faultcodes.py. What is inflated is counted, not what is declared; nothing is written anywhere.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Sequence
from typing import Final

MAX_ENTRIES: Final = 200
MAX_UNPACKED: Final = 30 * 1024 * 1024
MAX_RATIO: Final = 100
#: Cells of the rectangles of all sheets; each costs some 100 bytes on its way.
MAX_AREA: Final = 1_000_000
_END: Final = b"PK\x05\x06"
_MAX_DIRECTORY: Final = 64 * 1024
#: The ratio says nothing about small entries.
_SMALL: Final = 1024 * 1024

_SHEET: Final = re.compile(r"xl/worksheets/[^/]+\.xml", re.I)
_CELL: Final = re.compile(rb"<(?:\w{1,20}:)?c\s([^<>]{1,300})>")
_REFERENCE: Final = re.compile(rb"""\br=["']([A-Za-z]{1,3})(\d{1,7})["']""")


def opened(data: bytes) -> str | None:
    """A code if `data` must not be opened as a spreadsheet."""
    if _directory_size(data) > _MAX_DIRECTORY:
        return "attachment.bomb"
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _judge(archive)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError, ValueError):
        return "attachment.unreadable"


def _directory_size(data: bytes) -> int:
    """Bytes of the directory as the file's end declares them: zipfile makes an object of each of its entries."""
    end = data.rfind(_END, max(0, len(data) - 66_000))
    return int.from_bytes(data[end + 12 : end + 16], "little") if end >= 0 else 0


def _judge(archive: zipfile.ZipFile) -> str | None:
    entries = archive.infolist()
    names = {entry.filename for entry in entries}
    if "xl/workbook.xml" not in names:
        return "attachment.kind"
    if len(entries) > MAX_ENTRIES or len(names) < len(entries) or _is_bomb(entries):
        return "attachment.bomb"
    if sum(entry.file_size for entry in entries) > MAX_UNPACKED:
        return "attachment.too_big"
    area = 0
    for entry in entries:
        content = archive.read(entry)
        area += _area(content) if _SHEET.fullmatch(entry.filename) else 0
        if area > MAX_AREA:
            return "attachment.too_big"
    return None


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


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - ord("A") + 1
    return number
