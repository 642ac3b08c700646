"""Rows of cells, as tables of documents and form sheets have them → lines as wire/form.py reads them.

In: rows of cells, each with the text of its cell. Out: lines, with tabs between cells. A tick in a cell of its own is
put before its word here, where it can still be seen which of two words it stands beside; an empty cell says as much as
a tick. What cannot be told is written so that the form's reader asks. Two labels side by side become two lines.
"""

import re
from collections.abc import Sequence
from typing import Final

from gatewayd.wire.formboxes import is_group
from gatewayd.wire.formlabels import EMAIL_BOXES, OTHER, SMS_BOXES, STRONG, key_of
from gatewayd.wire.symbols import BLANK, TICKED

_TICK: Final = re.compile(r"[\[(]?\s?[xXvV√✓✔☑☒■✅*]\s?[\])]?|ya|iya|yes|true|benar", re.I)
_EMPTY: Final = re.compile(r"[\[(]?\s*[☐□▢]?\s*[\])]?|[-–._…]+|tidak|no|false|salah", re.I)
_BOXED: Final = frozenset({SMS_BOXES, EMAIL_BOXES, OTHER})
_LONGEST_LABEL: Final = 60
#: Two labels side by side: label, value, label, value.
_SECOND_LABEL: Final = 2


def lines_of(rows: Sequence[Sequence[str]], *, is_ragged: bool = False) -> list[str]:
    """The lines of a table. `is_ragged`: a row may lack empty cells at its end, as those of a sheet do."""
    stripped = [[cell.strip() for cell in row] for row in rows]
    has_ticks = any(_ticks(row) and _words(row) for row in stripped)
    lines: list[str] = []
    for row in stripped:
        cells = _boxed([_label(cell) for cell in row], has_ticks, is_ragged)
        for part in _pairs(cells):
            lines.extend("\t".join(part).rstrip("\t").split("\n"))
    return lines


def _label(cell: str) -> str:
    """A label that its cell's width broke is one line again."""
    if "\n" not in cell or len(cell) > _LONGEST_LABEL:
        return cell
    joined = " ".join(cell.split())
    return joined if key_of(joined) else cell


def _pairs(cells: list[str]) -> list[list[str]]:
    """`cells` cut before a second label, unless they are the headings of a list."""
    if len(cells) <= _SECOND_LABEL + 1 or not cells[0]:
        return [cells]
    keys = key_of(cells[0]), key_of(cells[_SECOND_LABEL])
    values = cells[1] + cells[_SECOND_LABEL + 1]
    is_form = STRONG.intersection(keys) or any(char.isdigit() or char == "@" for char in values)
    if all(keys) and is_form and not key_of(cells[1]):
        return [cells[:_SECOND_LABEL], *_pairs(cells[_SECOND_LABEL:])]
    return [cells]


def _words(cells: Sequence[str]) -> list[int]:
    return [place for place, cell in enumerate(cells) if is_group(cell)]


def _ticks(cells: Sequence[str]) -> set[int]:
    """Places of cells that hold a tick and nothing else; one before a label ticks that."""
    return {
        place
        for place, cell in enumerate(cells)
        if _TICK.fullmatch(cell) and key_of(cells[place + 1] if place + 1 < len(cells) else "") not in _BOXED
    }


def _boxed(cells: list[str], has_ticks: bool, is_ragged: bool) -> list[str]:
    """`cells` with each tick right before its word."""
    words, ticks = _words(cells), _ticks(cells)
    if not words or not has_ticks:
        return [TICKED if _TICK.fullmatch(cell) and place not in ticks else cell for place, cell in enumerate(cells)]
    sides = [side for side in (-1, 1) if _fits(cells, words, ticks, side, is_ragged)]
    if ticks and len(sides) > 1:
        # A tick between two words, with room on both sides of all of them: two signs in a row are unclear to everybody.
        return [f"{TICKED} {TICKED}" if place in ticks else cell for place, cell in enumerate(cells)]
    if ticks and not sides:
        return cells
    side = sides[0] if sides else 0
    beside = {word + side for word in words} - set(words)
    kept = [
        place for place in range(len(cells)) if place not in beside or not (place in ticks or _is_empty(cells[place]))
    ]
    return [_signed(cells[place], place + side in ticks) if place in words else cells[place] for place in kept]


def _signed(word: str, is_ticked: bool) -> str:
    return f"{TICKED if is_ticked else BLANK} {word}"


def _fits(cells: Sequence[str], words: Sequence[int], ticks: set[int], side: int, is_ragged: bool) -> bool:
    """Whether the box of every word can be the cell on that side, and every tick is in one of them."""
    boxes = {word + side for word in words}
    if not ticks <= boxes or min(boxes) < 0:
        return False
    inside = all(box in ticks or _is_empty(cells[box]) for box in boxes if box < len(cells))
    return inside and (is_ragged or max(boxes) < len(cells))


def _is_empty(cell: str) -> bool:
    return _EMPTY.fullmatch(cell) is not None
