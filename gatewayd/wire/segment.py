"""Cuts a text into the parts of one SMS or of a concatenated one.

In: the text, and the languages whose national tables may be used (none by default: old phones show such a
message wrongly). Out: a Segmentation, whose parts join to the text again. GSM 7 bit if every character fits,
then national tables if they save a part, else UCS-2; `forced_by` names the character that plain GSM 7 bit lacks.

Invariants: an escape pair or a surrogate pair is never cut; a combining mark stays with its base unless
the cluster alone is longer than a part; every part has room for the header it will get. Source: TS 23.040
§9.2.3.24.1 (lengths by the size of the header), §9.2.3.24.15 f. (shift elements), TS 23.038 §6.2.
"""

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from gatewayd.core.model import Encoding
from gatewayd.wire import gsm7, ucs2
from gatewayd.wire.gsm7_tables import NO_SHIFT, Language, Shift, encoding, shifts_of
from gatewayd.wire.tpdu import header, userdata

ReferenceBits = Literal[8, 16]

#: The most parts the header can number; policy allows far fewer.
MAX_PARTS: Final = 255

_GLUE: Final = frozenset("\u200d\ufe0e\ufe0f")


@dataclass(frozen=True, slots=True)
class Segmentation:
    """How a text goes out. `units` are septets (GSM 7 bit) or UTF-16 units (UCS-2) of the whole text,
    headers not counted; `characters` are code points, as a person counts them. `shift` goes into every part."""

    encoding: Encoding
    parts: tuple[str, ...]
    units: int
    characters: int
    forced_by: str
    shift: Shift = NO_SHIFT


def segment(text: str, reference_bits: ReferenceBits = 8, languages: Sequence[Language] = ()) -> Segmentation:
    """The parts of `text`; an empty text is one empty part. May give more than MAX_PARTS: the caller's
    policy refuses long before."""
    forced_by = gsm7.first_outside(text)
    if not forced_by:
        return _cut(text, Encoding.GSM7, reference_bits, NO_SHIFT, "")
    plain = _cut(text, Encoding.UCS2, reference_bits, NO_SHIFT, forced_by)
    shifted = [
        _cut(text, Encoding.GSM7, reference_bits, shift, forced_by)
        for language in languages
        for shift in shifts_of(language)
        if gsm7.encode(text, shift) is not None
    ]
    # The first of the best stays: UCS-2 before tables that save nothing, short headers before long ones.
    return min((plain, *shifted), key=lambda found: len(found.parts))


def limits(alphabet: Encoding, reference_bits: ReferenceBits = 8, shift: Shift = NO_SHIFT) -> tuple[int, int]:
    """Septets or UTF-16 units of a message that stands alone, and of a part of a long one."""
    alone, part = header.size(0, shift), header.size(reference_bits, shift)
    return userdata.room(alphabet, alone), userdata.room(alphabet, part)


def _cut(text: str, alphabet: Encoding, bits: ReferenceBits, shift: Shift, forced_by: str) -> Segmentation:
    size = _septets(shift) if alphabet is Encoding.GSM7 else ucs2.units
    total = size(text)
    alone, part = limits(alphabet, bits, shift)
    parts = (text,) if total <= alone else tuple(_fill(text, size, part))
    return Segmentation(alphabet, parts, total, len(text), forced_by, shift)


def _septets(shift: Shift) -> Callable[[str], int]:
    codes = encoding(shift)
    return lambda text: sum([len(codes[char]) for char in text])


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
