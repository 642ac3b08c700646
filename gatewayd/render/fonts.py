"""The fonts of the pictures: DejaVu Sans of Debian, else the small font that Pillow carries.

In: a size in pixels. Out: a typeface, and text reduced to what it can draw. DejaVu knows Latin, Greek, Cyrillic and
many signs; the font of Pillow knows ASCII only, so pictures work without any package but look plainer.
"""

import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from PIL import ImageFont

FOLDER: Final = Path("/usr/share/fonts/truetype/dejavu")
FILES: Final = {False: "DejaVuSans.ttf", True: "DejaVuSans-Bold.ttf"}
#: Never in any font: its glyph is what a font draws for what it lacks.
_NOWHERE: Final = "\U0010fffd"
_JOINER: Final = "\u200d"
#: Drawn with another sign, or not at all: joiners, variation selectors, skin tones.
_ATTACHED: Final = frozenset("\u200c\u200d\ufe0e\ufe0f\u20e3") | {chr(code) for code in range(0x1F3FB, 0x1F400)}
_ASCII: Final = {"–": "-", "—": "-", "·": "-", "…": "...", "×": "x", "“": '"', "”": '"', "’": "'", "‘": "'"}


@dataclass(frozen=True)
class Face:
    """One font in one size and weight. `placeholder` stands for a sign the font lacks."""

    font: ImageFont.FreeTypeFont
    placeholder: str
    is_complete: bool

    def drawable(self, text: str) -> str:
        """`text` with every sign that the font lacks replaced; never an empty box."""
        return text if text.isascii() else _drawable(self, text)

    def has(self, char: str) -> bool:
        return _has(self, char)

    def __hash__(self) -> int:
        return id(self.font)


@lru_cache(maxsize=4096)
def _has(which: Face, char: str) -> bool:
    return bytes(which.font.getmask(char)) != bytes(which.font.getmask(_NOWHERE))


def problem(folder: Path = FOLDER) -> str:
    """What is missing for good pictures, in a sentence; '' if nothing is."""
    missing = [name for name in FILES.values() if not (folder / name).is_file()]
    if not missing:
        return ""
    return f"{', '.join(missing)} not found in {folder}: install fonts-dejavu-core (pictures are plainer without)"


@lru_cache(maxsize=32)
def face(size: int, *, bold: bool = False, folder: Path = FOLDER) -> Face:
    """The typeface in `size` pixels."""
    path = folder / FILES[bold]
    if path.is_file():
        return Face(ImageFont.truetype(str(path), size, layout_engine=ImageFont.Layout.BASIC), "◇", True)
    found = ImageFont.load_default(size)
    if not isinstance(found, ImageFont.FreeTypeFont):
        raise RuntimeError(f"Pillow was built without FreeType; {problem(folder)}")
    return Face(found, "*", False)


def replaces_signs(text: str) -> bool:
    """Whether a placeholder stands for something in `text` when it is drawn."""
    which = face(20)
    return which.drawable(text).count(which.placeholder) > text.count(which.placeholder)


@lru_cache(maxsize=4096)
def _drawable(which: Face, text: str) -> str:
    out: list[str] = []
    joined = False
    for char in text if which.is_complete else _plainer(text):
        if char in _ATTACHED:
            joined = joined or char == _JOINER
            continue
        if char.isascii() or which.has(char):
            out.append(char)
        elif not joined:
            out.append(which.placeholder)
        joined = False
    return "".join(out)


def _plainer(text: str) -> str:
    """Latin letters without their marks, and signs that ASCII has an equal of."""
    spelt = "".join(_ASCII.get(char, char) for char in text)
    return "".join(char for char in unicodedata.normalize("NFKD", spelt) if not unicodedata.combining(char))
