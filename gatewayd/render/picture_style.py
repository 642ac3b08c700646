"""Measures, colours and the headings of the picture: light and calm; logical pixels."""

from typing import Final

from gatewayd.render.canvas import Canvas, fit

WIDTH: Final = 432
MARGIN: Final = 20
LEFT: Final = MARGIN
RIGHT: Final = WIDTH - MARGIN
INNER: Final = RIGHT - LEFT

BACKGROUND: Final = "#ffffff"
BAR: Final = "#14746f"
INK: Final = "#102a43"
TEXT: Final = "#243b53"
QUIET: Final = "#56708a"
RULE: Final = "#dde5ec"
SHADE: Final = "#f2f5f8"
#: Behind what is new in a corrected report.
HIGHLIGHT: Final = "#fff4d9"

#: Areas, the page first, and what is written or drawn on them beside the colours of the results.
GROUNDS: Final = (BACKGROUND, SHADE, RULE, HIGHLIGHT)
INKS: Final = (INK, TEXT, QUIET, BAR)


def heading(canvas: Canvas, y: float, label: str) -> float:
    """The name of a section; returns where it ended."""
    canvas.text(LEFT, y, fit(label, INNER, 12, bold=True), 12, QUIET, bold=True)
    return y + 20
