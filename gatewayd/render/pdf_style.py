"""Measures and colours of the print, and the block that pages are made of; points."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from gatewayd.render.pdf_pen import WIDTH, Pen

MARGIN: Final = 45.0
LEFT: Final = MARGIN
RIGHT: Final = WIDTH - MARGIN
INNER: Final = RIGHT - LEFT
#: Where the blocks of a page begin and end.
TOP: Final = 62.0
BOTTOM: Final = 790.0

BAR: Final = "#14746f"
INK: Final = "#102a43"
TEXT: Final = "#243b53"
QUIET: Final = "#56708a"
RULE: Final = "#d5dee7"
SHADE: Final = "#f2f5f8"
HIGHLIGHT: Final = "#fff4d9"


@dataclass(frozen=True, slots=True)
class Block:
    """Something that is never cut by the end of a page. `draw` gets the pen and its top; `titles` stands above it when
    a page begins with it; `keep` is how much room must be left below it on the same page."""

    height: float
    draw: Callable[[Pen, float], None]
    titles: "Block | None" = None
    keep: float = 0.0


def gap(height: float) -> Block:
    return Block(height, lambda pen, y: None)


def heading(label: str) -> Block:
    """The name of a section; it never stands alone at the foot of a page."""
    return Block(26, lambda pen, y: pen.text(LEFT, y + 19, label, 10, BAR, bold=True), keep=40)
