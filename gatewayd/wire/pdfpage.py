"""Pieces of text at places of a page → lines as wire/form.py reads them.

In: Pieces, in any order: programs draw a line's boxes after its words, and a table column by column. Out: lines from
the top, with tabs where there is room between pieces. A line that was broken because it was full is joined again:
what is one paragraph on paper is one line here.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from gatewayd.wire.formlabels import key_of

#: In heights of letters: the least room between cells and between words, how far lines of one row may differ, the most
#: from one line of a paragraph to the next, and the least between paragraphs that are apart.
_CELL: Final = 1.0
_WORD: Final = 0.15
_SAME_LINE: Final = 0.5
_PARAGRAPH: Final = 1.8
_LEADING: Final = 1.35
#: In widths of the page's text: the shortest line that can be full.
_FULL: Final = 0.3
_SAME_COLUMN: Final = 3.0


@dataclass(frozen=True, slots=True)
class Piece:
    """A text and where it stands, in points from the lower left; `height` is that of its letters. A line
    `is_whole` that did not end because it was full, as those of a field."""

    x: float
    end: float
    y: float
    height: float
    text: str
    is_whole: bool = False


@dataclass(slots=True)
class _Cell:
    x: float
    end: float
    text: str
    is_whole: bool


@dataclass(slots=True)
class _Line:
    y: float
    height: float
    cells: list[_Cell]


def lines_of(pieces: Iterable[Piece]) -> list[str]:
    """The lines of one page."""
    lines = [_line(row) for row in _rows(pieces)]
    _join_labels(lines)
    lines = [line for line in lines if line.cells]
    if not lines:
        return []
    left = min(line.cells[0].x for line in lines)
    right = max(line.cells[-1].end for line in lines)
    found = [_text(lines[0])]
    for above, line in pairwise(lines):
        if _continues(above, line, left, right):
            found[-1] = f"{found[-1]} {_text(line)}"
            continue
        if above.y - line.y > _PARAGRAPH * max(above.height, line.height):
            found.append("")
        found.append(_text(line))
    return found


def _rows(pieces: Iterable[Piece]) -> list[list[Piece]]:
    """Pieces by line, from the top."""
    rows: list[list[Piece]] = []
    for piece in sorted(pieces, key=lambda piece: -piece.y):
        if rows and rows[-1][0].y - piece.y <= _SAME_LINE * max(piece.height, rows[-1][0].height):
            rows[-1].append(piece)
        else:
            rows.append([piece])
    return rows


def _line(row: Sequence[Piece]) -> _Line:
    cells: list[_Cell] = []
    for piece in sorted(row, key=lambda piece: piece.x):
        room = piece.x - cells[-1].end if cells else 0.0
        if not cells or room > _CELL * piece.height:
            if piece.text.strip():
                cells.append(_Cell(piece.x, piece.end, piece.text.lstrip(), piece.is_whole))
            continue
        glue = " " if room > _WORD * piece.height else ""
        cells[-1].text += glue + piece.text
        # The blanks at the end of a piece are no room to the next one.
        cells[-1].end = max(cells[-1].end, piece.end)
    return _Line(row[0].y, max(piece.height for piece in row), cells)


def _join_labels(lines: Sequence[_Line]) -> None:
    """A label that its column's width broke stands in its first line."""
    for line, below in pairwise(lines):
        if not line.cells or not below.cells or abs(line.cells[0].x - below.cells[0].x) > _SAME_COLUMN:
            continue
        first, second = line.cells[0].text.strip(), below.cells[0].text.strip()
        if not key_of(first) and key_of(f"{first} {second}"):
            line.cells[0].text = f"{first} {second}"
            del below.cells[0]


def _continues(above: _Line, line: _Line, left: float, right: float) -> bool:
    """Whether `line` goes on with the last cell of the line above, which had no room for its first word."""
    before, after = above.cells[-1], line.cells[0]
    if (
        before.is_whole
        or len(line.cells) > 1
        or abs(before.x - after.x) > _SAME_COLUMN
        or above.y - line.y > _LEADING * line.height
    ):
        return False
    text = after.text.strip()
    word = text.split(" ", 1)[0]
    width = (after.end - after.x) / max(1, len(text)) * (len(word) + 1)
    return before.end - before.x > _FULL * (right - left) and before.end + width > right - _SAME_COLUMN


def _text(line: _Line) -> str:
    return "\t".join(" ".join(cell.text.split()) for cell in line.cells)
