"""Drawing on paper: A4, points, the origin at the top left. The only place that knows reportlab.

In: drawing orders. Out: the octets of a PDF, the same for the same orders. DejaVu Sans of Debian is embedded where it
is installed; without it the Latin letters of Helvetica must do. Signs that the font lacks are replaced as in pictures
(fonts.py). Nothing in the file acts: no link, no script, no form.
"""

import io
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from reportlab import rl_config
from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from gatewayd.render import fonts

#: Else every page is a quarter bigger, to be printable ASCII.
rl_config.useA85 = 0
WIDTH: Final = float(A4[0])
HEIGHT: Final = float(A4[1])
#: What a font's glyphs are measured against.
_EM: Final = 1000
_SIZE_FOR_SIGNS: Final = 20


class Pen:
    """One document."""

    def __init__(self, title: str, author: str, subject: str, language: str) -> None:
        self._out = io.BytesIO()
        self._canvas = Canvas(self._out, pagesize=A4, invariant=1, pageCompression=1, lang=language)
        self._canvas.setTitle(title)
        self._canvas.setAuthor(author)
        self._canvas.setSubject(subject)
        self._canvas.setCreator("gatewayd")
        self._font: tuple[bool, float] | None = None
        self._colour = ""

    def text(
        self, x: float, y: float, text: str, size: float, colour: str, *, bold: bool = False, right: bool = False
    ) -> None:
        """One line with its foot at `y`; `x` is its left end, or its right one."""
        self._use(bold, size)
        self._fill(colour)
        draw = self._canvas.drawRightString if right else self._canvas.drawString
        draw(round(x, 1), round(HEIGHT - y, 1), drawable(text))

    def box(self, x: float, y: float, width: float, height: float, colour: str) -> None:
        self._fill(colour)
        self._canvas.rect(x, HEIGHT - y - height, width, height, stroke=0, fill=1)

    def rule(self, x: float, y: float, width: float, colour: str, thickness: float = 0.5) -> None:
        self._canvas.setStrokeColor(_colour(colour))
        self._canvas.setLineWidth(thickness)
        self._canvas.line(x, HEIGHT - y, x + width, HEIGHT - y)

    def next_page(self) -> None:
        self._canvas.showPage()
        self._font, self._colour = None, ""

    def _use(self, bold: bool, size: float) -> None:
        """Each order costs room in the file, so only changes are written; a page begins without any."""
        if self._font != (bold, size):
            self._font = (bold, size)
            self._canvas.setFont(_name(bold), size)

    def _fill(self, colour: str) -> None:
        if self._colour != colour:
            self._colour = colour
            self._canvas.setFillColor(_colour(colour))

    def pdf(self) -> bytes:
        """The document; nothing can be drawn after."""
        self._canvas.save()
        return self._out.getvalue()


@lru_cache(maxsize=32)
def _colour(colour: str) -> Any:
    return HexColor(colour)


def drawable(text: str) -> str:
    """`text` in signs that the font has."""
    return fonts.face(_SIZE_FOR_SIGNS).drawable(text)


def width_of(text: str, size: float, *, bold: bool = False) -> float:
    """How wide `text` is, in points."""
    widths, other = _widths(bold)
    return sum(widths.get(ord(char), other) for char in drawable(text)) * size / _EM


def fit(text: str, width: float, size: float, *, bold: bool = False) -> str:
    """`text`, shortened with "…" until it fits in `width`."""
    if width_of(text, size, bold=bold) <= width:
        return text
    while text and width_of(text + "…", size, bold=bold) > width:
        text = text[:-1].rstrip()
    return text + "…"


def wrap(text: str, width: float, size: float, *, bold: bool = False, most: int = 10_000) -> list[str]:
    """`text` in lines no wider than `width`; the last of `most` lines ends with "…" if more follows."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        lines += _broken(paragraph, width, size, bold)
    if len(lines) <= most:
        return lines
    return [*lines[: most - 1], fit(f"{lines[most - 1]} {lines[most]}", width, size, bold=bold)]


def _broken(paragraph: str, width: float, size: float, bold: bool) -> list[str]:
    if width_of(paragraph, size, bold=bold) <= width:
        return [paragraph]
    lines, current = [], ""
    for word in paragraph.split(" "):
        longer = f"{current} {word}" if current else word
        if width_of(longer, size, bold=bold) <= width:
            current = longer
            continue
        if current:
            lines.append(current)
        while width_of(word, size, bold=bold) > width:
            room = _room(word, width, size, bold)
            lines.append(word[:room])
            word = word[room:]
        current = word
    return [*lines, current]


def _room(word: str, width: float, size: float, bold: bool) -> int:
    """How many characters of a long word fit, at least one."""
    low, high = 1, len(word)
    while low < high:
        middle = (low + high + 1) // 2
        if width_of(word[:middle], size, bold=bold) <= width:
            low = middle
        else:
            high = middle - 1
    return low


@lru_cache(maxsize=2)
def _name(bold: bool, folder: Path = fonts.FOLDER) -> str:
    """The name under which reportlab knows the font."""
    path = folder / fonts.FILES[bold]
    if not path.is_file():
        return "Helvetica-Bold" if bold else "Helvetica"
    name = path.stem
    pdfmetrics.registerFont(TTFont(name, str(path)))
    return name


@lru_cache(maxsize=2)
def _widths(bold: bool) -> tuple[Mapping[int, float], float]:
    """Width of each character in thousandths of the size, and that of all others."""
    font = pdfmetrics.getFont(_name(bold))
    if isinstance(font, TTFont):
        return font.face.charWidths, font.face.defaultWidth
    return {code: font.widths[code] for code in range(32, 127)}, float(font.widths[ord("W")])
