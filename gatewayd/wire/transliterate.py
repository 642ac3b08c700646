"""Keeps a text in GSM 7 bit: characters outside it → the nearest ones inside.

In: a text as people paste it from a word processor. Out: the text with quotes, dashes, accents, ligatures
and the like rendered, what was replaced by what, and what has no rendering. The latter stays as it is, so that
the text honestly goes out as UCS-2 (`kept` then says why; the caller may prefer the text as it was).

Invariants: idempotent; a text that fits is not touched; nothing is dropped but what cannot be seen and
accents; where two characters would run into another meaning ("1½", "10²") a sign keeps them apart. Marks that
negate or strike out are no accents.

Source: TS 23.038 §6.2.1 (the alphabet); Unicode Standard Annex 15 and UnicodeData.txt (decompositions).
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from gatewayd.wire.gsm7_tables import ENCODE
from gatewayd.wire.renderings import INVISIBLE, RENDERINGS

#: Ranges of accents: dropping one leaves a word that can be read. Overlays (U+0334–0338) are not among them.
_ACCENTS: Final = (
    (0x0300, 0x0333),
    (0x0339, 0x036F),
    (0x1AB0, 0x1ABD),
    (0x1DC0, 0x1DFF),
    (0xFE20, 0xFE2F),
)
#: Categories of what belongs to the character before it.
_EXTENDING: Final = frozenset({"Mn", "Mc", "Me", "Cf"})
_SUPERSCRIPT_DIGITS: Final = frozenset("0123456789+-=")


@dataclass(frozen=True, slots=True)
class Transliterated:
    """`replaced` are (what stood there, what stands there now), `kept` what has no rendering; each once, in the
    order of the text, a character with its marks. GSM 7 bit carries `text` exactly if `kept` is empty."""

    text: str
    replaced: tuple[tuple[str, str], ...] = ()
    kept: tuple[str, ...] = ()


def transliterate(text: str) -> Transliterated:
    """`text` with every character that has a rendering in GSM 7 bit rendered."""
    written: list[str] = []
    replaced: dict[tuple[str, str], None] = {}
    kept: dict[str, None] = {}
    for cluster in _clusters(text):
        rendering = _rendered(cluster, written[-1][-1] if written else "")
        if rendering is None:
            kept[cluster] = None
            rendering = cluster
        elif rendering != cluster:
            replaced[cluster, rendering] = None
        if rendering:
            written.append(rendering)
    return Transliterated("".join(written), tuple(replaced), tuple(kept))


def _clusters(text: str) -> Iterator[str]:
    """Each character with the marks and invisible signs behind it: they are rendered or kept together."""
    start = 0
    for at, char in enumerate(text):
        if at > start and not _extends(char):
            yield text[start:at]
            start = at
    if text:
        yield text[start:]


def _extends(char: str) -> bool:
    return char not in ENCODE and (char in INVISIBLE or unicodedata.category(char) in _EXTENDING)


def _rendered(cluster: str, before: str) -> str | None:
    """The cluster in GSM 7 bit behind the character `before`; None if any part of it has no rendering."""
    if cluster in ENCODE:
        return cluster
    visible = unicodedata.normalize("NFC", "".join(char for char in cluster if char not in INVISIBLE))
    pieces = [piece for char in visible if (piece := _render(char)) is not None]
    if len(pieces) < len(visible):
        return None
    rendering = "".join(pieces)
    runs_on = before.isdecimal() and unicodedata.decomposition(visible[:1] or " ").startswith("<fraction>")
    return " " + rendering if runs_on else rendering


@lru_cache(maxsize=1024)
def _render(char: str) -> str | None:
    """The rendering of one visible character, '' for an accent, None if it has none."""
    if char in ENCODE:
        return char
    if char in RENDERINGS:
        return RENDERINGS[char]
    if any(first <= ord(char) <= last for first, last in _ACCENTS):
        return ""
    if unicodedata.category(char) == "Zs":
        return " "
    return _by_decomposition(char)


def _by_decomposition(char: str) -> str | None:
    *tags, points = unicodedata.decomposition(char).rpartition("> ")
    if not points:
        return None
    pieces = [_render(chr(int(point, 16))) for point in points.split()]
    rendering = "".join(piece for piece in pieces if piece is not None)
    # An accent that stands alone decomposes into a space and itself: a space would not be a rendering.
    if None in pieces or not rendering.strip():
        return None
    match tags[0]:
        case "<super" if rendering[0] in _SUPERSCRIPT_DIGITS:
            return "^" + rendering
        case "<circle":
            return f"({rendering})"
        case _:
            return rendering
