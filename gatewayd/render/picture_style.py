"""Measures and colours of the picture: light and calm; logical pixels."""

from typing import Final

WIDTH: Final = 432
MARGIN: Final = 20
LEFT: Final = MARGIN
RIGHT: Final = WIDTH - MARGIN
INNER: Final = RIGHT - LEFT

BACKGROUND: Final = "#ffffff"
BAR: Final = "#14746f"
INK: Final = "#102a43"
TEXT: Final = "#243b53"
QUIET: Final = "#627d98"
RULE: Final = "#dde5ec"
SHADE: Final = "#f2f5f8"

#: Areas, the page first, and what is written or drawn on them beside the colours of the results.
GROUNDS: Final = (BACKGROUND, SHADE, RULE)
INKS: Final = (INK, TEXT, QUIET, BAR)
