"""Cuts a text into the parts of one SMS or of a concatenated one.

In: the text. Out: a Segmentation, whose parts join to the text again. GSM 7 bit if every character fits,
else UCS-2, and then `forced_by` names the character that costs the sender his long parts.

Invariants: an escape pair or a surrogate pair is never cut; a combining mark stays with its base unless
the cluster alone is longer than a part. Source: TS 23.040 §9.2.3.24.1 (lengths by the size of the
header), TS 23.038 §6.2.
"""

import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

from gatewayd.core.model import Encoding
from gatewayd.wire import gsm7, ucs2

ReferenceBits = Literal[8, 16]

#: Septets or UCS-2 units of a message that stands alone.
SINGLE_LIMIT: Final = {Encoding.GSM7: 160, Encoding.UCS2: 70}
#: The same for a part of a long message, by the size of its reference number.
PART_LIMIT: Final[dict[tuple[Encoding, ReferenceBits], int]] = {
    (Encoding.GSM7, 8): 153,
    (Encoding.GSM7, 16): 152,
    (Encoding.UCS2, 8): 67,
    (Encoding.UCS2, 16): 66,
}
#: The most parts the header can number; policy allows far fewer.
MAX_PARTS: Final = 255

_GLUE: Final = frozenset("\u200d\ufe0e\ufe0f")


@dataclass(frozen=True, slots=True)
class Segmentation:
    """How a text goes out. `units` are septets (GSM 7 bit) or UTF-16 units (UCS-2) of the whole text,
    headers not counted; `characters` are code points, as a person counts them."""

    encoding: Encoding
    parts: tuple[str, ...]
    units: int
    characters: int
    forced_by: str


def segment(text: str, reference_bits: ReferenceBits = 8) -> Segmentation:
    """The parts of `text`; an empty text is one empty part. May give more than MAX_PARTS: the caller's
    policy refuses long before."""
    forced_by = gsm7.first_outside(text)
    encoding = Encoding.UCS2 if forced_by else Encoding.GSM7
    size = _septets if encoding is Encoding.GSM7 else ucs2.units
    total = size(text)
    if total <= SINGLE_LIMIT[encoding]:
        parts: tuple[str, ...] = (text,)
    else:
        parts = tuple(_fill(text, size, PART_LIMIT[encoding, reference_bits]))
    return Segmentation(encoding, parts, total, len(text), forced_by)


def _septets(text: str) -> int:
    return sum(map(gsm7.cost, text))


def _fill(text: str, size: Callable[[str], int], limit: int) -> Iterator[str]:
    """Puts as many clusters into each part as it holds."""
    part: list[str] = []
    used = 0
    for cluster in _clusters(text, size, limit):
        need = size(cluster)
        if used + need > limit:
            yield "".join(part)
            part, used = [], 0
        part.append(cluster)
        used += need
    yield "".join(part)


def _clusters(text: str, size: Callable[[str], int], limit: int) -> Iterator[str]:
    """What had better stay together: a character and its marks, as long as that fits one part."""
    cluster = ""
    for char in text:
        if cluster and _stays_with_previous(char, cluster[-1]) and size(cluster + char) <= limit:
            cluster += char
            continue
        if cluster:
            yield cluster
        cluster = char
    yield cluster


def _stays_with_previous(char: str, previous: str) -> bool:
    if char < "\u0300":
        return False
    joins = char in _GLUE or previous == "\u200d" or unicodedata.combining(char) != 0
    # A pair that came in as two code points (JSON "\ud83d\ude01" read leniently) is still one character.
    pair = "\udc00" <= char <= "\udfff" and "\ud800" <= previous <= "\udbff"
    return joins or pair or "\U0001f3fb" <= char <= "\U0001f3ff"
