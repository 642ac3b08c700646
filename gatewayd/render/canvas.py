"""A page that grows downwards: text, boxes and lines in logical pixels, drawn at twice the size for sharp telephones.

In: drawing orders with logical coordinates. Out: PNG octets in at most 64 colours, chosen beforehand, so that the
few signs in a rare colour keep it. No text is drawn wider than it was allowed to be: `fit` shortens one line,
`wrap` breaks several.
"""

import io
from collections.abc import Sequence
from typing import Final

from PIL import Image, ImageColor, ImageDraw

from gatewayd.render.fonts import Face, face

SCALE: Final = 2
_COLOURS: Final = 64
#: How much of an ink there is in the pixels at the edge of a letter.
_BLENDS: Final = (1.0, 0.72, 0.45, 0.2)
_CORNERS: Final = (True, True, True, True)


class Canvas:
    """One page of `width` logical pixels; `height` is what it may grow to, `png` cuts it where told."""

    def __init__(self, width: int, height: int, grounds: Sequence[str], inks: Sequence[str]) -> None:
        """`grounds` are colours of areas, the page's own first; `inks` are those of text and marks."""
        self.width = width
        self._palette = _palette(grounds, inks)
        background = grounds[0]
        self._image = Image.new("RGB", (width * SCALE, height * SCALE), background)
        self._draw = ImageDraw.Draw(self._image)

    def text(
        self, x: float, y: float, text: str, size: int, colour: str, *, bold: bool = False, anchor: str = "la"
    ) -> None:
        """One line; `anchor` as in Pillow ("la" left and top of the ascenders, "ra" right, "ma" middle)."""
        which = _face(size, bold)
        self._draw.text((x * SCALE, y * SCALE), which.drawable(text), colour, which.font, anchor=anchor)

    def box(self, x: float, y: float, width: float, height: float, fill: str, radius: float = 0) -> None:
        """A filled box, with round corners where `radius` says so."""
        if width <= 0 or height <= 0:
            return
        area = (x * SCALE, y * SCALE, (x + width) * SCALE - 1, (y + height) * SCALE - 1)
        self._draw.rounded_rectangle(area, radius * SCALE, fill, corners=_CORNERS)

    def rule(self, y: float, left: float, right: float, colour: str) -> None:
        """A thin line across."""
        self._draw.line((left * SCALE, y * SCALE, right * SCALE, y * SCALE), colour, 1)

    def dot(self, x: float, y: float, radius: float, fill: str) -> None:
        """A round spot around (x, y)."""
        area = ((x - radius) * SCALE, (y - radius) * SCALE, (x + radius) * SCALE, (y + radius) * SCALE)
        self._draw.ellipse(area, fill)

    def png(self, height: float) -> bytes:
        """The page down to `height`."""
        cut = self._image.crop((0, 0, self.width * SCALE, round(height * SCALE)))
        out = io.BytesIO()
        few = cut.quantize(palette=self._palette, dither=Image.Dither.NONE)
        few.save(out, "PNG", optimize=True)
        return out.getvalue()


def _palette(grounds: Sequence[str], inks: Sequence[str]) -> Image.Image:
    """Every ground, and every ink in its blends with the page."""
    paper = ImageColor.getrgb(grounds[0])[:3]
    colours = [ImageColor.getrgb(ground)[:3] for ground in grounds]
    for ink in inks:
        full = ImageColor.getrgb(ink)[:3]
        colours += [
            (_mix(full[0], paper[0], share), _mix(full[1], paper[1], share), _mix(full[2], paper[2], share))
            for share in _BLENDS
        ]
    if len(colours) > _COLOURS:
        raise ValueError(f"{len(colours)} colours do not go into {_COLOURS}")
    palette = Image.new("P", (1, 1))
    palette.putpalette([channel for colour in colours for channel in colour])
    return palette


def _mix(ink: int, paper: int, share: float) -> int:
    return round(ink * share + paper * (1 - share))


def width_of(text: str, size: int, *, bold: bool = False) -> float:
    """How wide `text` is, in logical pixels."""
    which = _face(size, bold)
    return which.font.getlength(which.drawable(text)) / SCALE


def fit(text: str, width: float, size: int, *, bold: bool = False) -> str:
    """`text`, shortened with "…" until it fits in `width`."""
    if width_of(text, size, bold=bold) <= width:
        return text
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if width_of(text[:middle].rstrip() + "…", size, bold=bold) <= width:
            low = middle
        else:
            high = middle - 1
    return text[:low].rstrip() + "…"


def wrap(text: str, width: float, size: int, *, bold: bool = False, most: int = 100) -> list[str]:
    """`text` in lines no wider than `width`; the last of `most` lines ends with "…" if more follows."""
    lines: list[str] = []
    for paragraph in text.split("\n"):
        lines += _broken(paragraph, width, size, bold)
        if len(lines) > most:
            return [*lines[: most - 1], _with_dots(lines[most - 1], width, size, bold)]
    return lines


def _with_dots(line: str, width: float, size: int, bold: bool) -> str:
    """`line` with "…" at its end, shortened if there is no room for it."""
    longer = f"{line.rstrip()} …".lstrip()
    return longer if width_of(longer, size, bold=bold) <= width else fit(line + "…", width, size, bold=bold)


def _broken(paragraph: str, width: float, size: int, bold: bool) -> list[str]:
    lines, current = [], ""
    for word in paragraph.split(" "):
        longer = f"{current} {word}" if current else word
        if width_of(longer, size, bold=bold) <= width:
            current = longer
            continue
        if current:
            lines.append(current)
        *whole, current = _chopped(word, width, size, bold)
        lines += whole
    return [*lines, current]


def _chopped(word: str, width: float, size: int, bold: bool) -> list[str]:
    """A word too long for a line, in pieces."""
    pieces, current = [], ""
    for char in word:
        if current and width_of(current + char, size, bold=bold) > width:
            pieces.append(current)
            current = ""
        current += char
    return [*pieces, current]


def _face(size: int, bold: bool) -> Face:
    return face(size * SCALE, bold=bold)
