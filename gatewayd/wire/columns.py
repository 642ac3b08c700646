"""Which column of a table holds what: number or address, name, further fields.

In: a Table and the channel. Out: (row number, typed address, name, fields) of each row, or None for a table
without a column for that channel. The header need not be the first row; titles above it, rows of totals and
repeated headers are passed over. Without a header, a column counts whose cells mostly are numbers or addresses.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Final, TypeAlias

from gatewayd.core.model import Channel
from gatewayd.wire import mailbox, phone
from gatewayd.wire.plaintext import one_line
from gatewayd.wire.tables import Table

Cells: TypeAlias = tuple[int, str, str, Mapping[str, str]]

#: How far down a header is looked for, and how many rows are tried to tell a column without one.
_HEADER_ROWS: Final = 50
_SAMPLE: Final = 30
_MAX_FIELD: Final = 500

_PHONE_HEADER: Final = re.compile(
    r"\b(?:hp|handphone|telepon|telpon|telp|tlp|tel|ponsel|wa|whatsapp|phone|mobile|seluler|selular|msisdn|kontak"
    r"|nomor tujuan|no tujuan)\b"
)
#: A header that holds numbers only if no better one is there.
_WEAK_PHONE_HEADER: Final = frozenset({"nomor", "number"})
_EMAIL_HEADER: Final = re.compile(r"\b(?:e ?mail|surel)\b")
_NAME_HEADER: Final = re.compile(r"^(?:nama|name)\b")
_TOTAL: Final = re.compile(r"^(?:jumlah|total|keterangan|catatan|nb)\b")
#: Numbers of other people, and of places.
_OTHERS_HEADER: Final = re.compile(
    r"\b(?:orang ?tua|ortu|wali|ayah|ibu|bapak|suami|istri|keluarga|darurat|rumah|kantor|lama|fax|faks)\b"
)
_MOBILE_HEADER: Final = re.compile(r"\b(?:hp|handphone|ponsel|wa|whatsapp|mobile|seluler|selular)\b")
#: Digits that a total never has and a number always.
_LEAST_DIGITS: Final = 7
_TITLE: Final = re.compile(r"^(?:daftar|data)\b")
_NOT_KEY: Final = re.compile(r"[^a-z0-9_]+")


def header_key(cell: str) -> str:
    """A header as a placeholder can name it: lower case, letters, digits and single spaces."""
    return _NOT_KEY.sub(" ", one_line(cell, 80).casefold()).strip()[:40]


def rows_of(table: Table, channel: Channel) -> tuple[Cells, ...] | None:
    """The rows below the header, blank ones and totals left out."""
    header = _find_header(table, channel)
    if header is not None:
        place, column = header
        keys = [header_key(cell) for cell in table[place][1]]
        return tuple(_body(table[place + 1 :], keys, column, _also(table[place][1], keys)))
    bare = _bare_column(table, channel)
    return None if bare is None else tuple(_body(table, [], bare, {}))


def _also(header: Sequence[str], keys: Sequence[str]) -> Mapping[str, str]:
    """The halves of a header such as "NPM/NIM" and their key: either may be what a placeholder names."""
    halves = ((header_key(half), key) for cell, key in zip(header, keys, strict=True) for half in cell.split("/"))
    return {half: key for half, key in halves if half and half not in keys}


def _find_header(table: Table, channel: Channel) -> tuple[int, int] | None:
    """Place of the header in the table, and the column of numbers or addresses."""
    for place, (_, cells) in enumerate(table[:_HEADER_ROWS]):
        keys = [header_key(cell) for cell in cells]
        column = _address_column(keys, channel)
        # A single labelled cell beside others without any word is a form's line, not a header.
        if column is not None and not any(_looks_like_address(cell, channel) for cell in cells):
            return place, column
    return None


def _address_column(keys: Sequence[str], channel: Channel) -> int | None:
    wanted = _EMAIL_HEADER if channel is Channel.EMAIL else _PHONE_HEADER
    able = [column for column, key in enumerate(keys) if wanted.search(key)]
    if able:
        return min(able, key=lambda column: _rank(keys[column]))
    if channel is Channel.SMS:
        return next((column for column, key in enumerate(keys) if key in _WEAK_PHONE_HEADER), None)
    return None


def _rank(key: str) -> tuple[bool, bool]:
    """The recipient's own mobile number comes before his parents' and the one at home."""
    return _OTHERS_HEADER.search(key) is not None, _MOBILE_HEADER.search(key) is None


def _looks_like_address(cell: str, channel: Channel) -> bool:
    if channel is Channel.EMAIL:
        return isinstance(mailbox.normalise(cell), str)
    return isinstance(phone.normalise(cell, foreign=False), str)


def _bare_column(table: Table, channel: Channel) -> int | None:
    """The column in which at least half of the filled cells are good addresses; the best one if there are several."""
    good: dict[int, int] = {}
    filled: dict[int, int] = {}
    for _, cells in table[:_SAMPLE]:
        for column, cell in enumerate(cells):
            if cell.strip():
                filled[column] = filled.get(column, 0) + 1
                good[column] = good.get(column, 0) + _looks_like_address(cell, channel)
    able = [column for column in filled if good[column] * 2 >= filled[column]]
    return max(able, key=lambda column: good[column], default=None)


def _body(
    rows: Sequence[tuple[int, tuple[str, ...]]], keys: Sequence[str], column: int, also: Mapping[str, str]
) -> Iterator[Cells]:
    name_column = next((place for place, key in enumerate(keys) if _NAME_HEADER.search(key)), None)
    for place, (number, cells) in enumerate(rows):
        typed = cells[column].strip() if column < len(cells) else ""
        if not any(cell.strip() for cell in cells) or _is_header(cells, keys, column):
            continue
        # The title of another table of the same kind.
        if not typed and place + 1 < len(rows) and _is_header(rows[place + 1][1], keys, column):
            continue
        name = _name(cells, keys, name_column, column)
        if sum(char.isdigit() for char in typed) < _LEAST_DIGITS and "@" not in typed and _is_total(cells, name):
            continue
        if not typed and not name:
            continue
        fields = {
            key: one_line(cell, _MAX_FIELD)
            for key, cell in zip(keys, cells, strict=False)
            if key and cell.strip() and key != keys[column]
        }
        yield number, typed, name, fields | {half: fields[key] for half, key in also.items() if key in fields}


def _is_header(cells: Sequence[str], keys: Sequence[str], column: int) -> bool:
    return bool(keys) and column < len(cells) and header_key(cells[column]) == keys[column]


def _name(cells: Sequence[str], keys: Sequence[str], name_column: int | None, column: int) -> str:
    if name_column is not None:
        return one_line(cells[name_column]) if name_column < len(cells) else ""
    if keys:
        return ""
    # Without a header: the first other cell with letters in it.
    others = (cell for place, cell in enumerate(cells) if place != column)
    return one_line(next((cell for cell in others if any(char.isalpha() for char in cell)), ""))


def is_remark(line: str) -> bool:
    """Whether a line of a list is its title or its total."""
    key = header_key(line)
    return bool(_TOTAL.search(key) or _TITLE.search(key))


def _is_total(cells: Sequence[str], name: str) -> bool:
    """Whether a row is a total or a remark, and not somebody whose address is wrong."""
    first = next((header_key(cell) for cell in cells if cell.strip()), "")
    return bool(_TOTAL.search(header_key(name)) or _TOTAL.search(first))
