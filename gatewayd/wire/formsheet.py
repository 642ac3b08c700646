"""A sheet that is the form, not a list: labels down the left, values beside them.

In: a Table (wire/tables.py). Out: whether it is the form, and its text as wire/form.py reads it. A list may have a
title and a column that are labels too ("Penerima", "Unit Kerja"), so that two labels of the form are not enough.
"""

from typing import Final

from gatewayd.wire import grid
from gatewayd.wire.formlabels import EMAIL_BOXES, SMS_BOXES, STRONG, match_label
from gatewayd.wire.tables import Table

#: How far down labels are looked for.
_ROWS: Final = 200
_LABELS: Final = STRONG - {"recipients"}
_LEAST: Final = 3


def is_form(table: Table) -> bool:
    """Whether the first filled cells of the rows are labels of the form."""
    firsts = (next(cell for cell in cells if cell) for _, cells in table[:_ROWS])
    keys = {found[0] for found in map(match_label, firsts) if found} & _LABELS
    return len(keys) >= _LEAST or (len(keys) == _LEAST - 1 and not keys.isdisjoint({SMS_BOXES, EMAIL_BOXES}))


def text_of(table: Table) -> str:
    """The lines of the sheet."""
    return "\n".join(grid.lines_of([cells for _, cells in table], is_ragged=True))
