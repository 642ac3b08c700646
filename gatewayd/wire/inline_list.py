"""Recipients typed into the mail itself.

In: the lines behind "Penerima:". Out: Rows, each with the number of its line. Lines with a header and separators are
a table; otherwise each line is read by itself: one number or address with a name beside it, or several of them.
"""

import re
from collections.abc import Iterator
from typing import Final

from gatewayd.core.model import Channel
from gatewayd.wire import mailbox, phone
from gatewayd.wire.columns import Cells, is_remark, rows_of
from gatewayd.wire.tables import Table

_MAX_LINES: Final = 25_000
#: Characters of the shortest number or address.
_SHORTEST: Final = 6
_DELIMITER: Final = re.compile(r"\s*[;\t|]\s*")
_PIECES: Final = re.compile(r"\s*[;,\t|]\s*")
_NUMBERING: Final = re.compile(r"\s*(?:\(?[1-9]\d{0,4}[.)]\s+|[-*•]\s+)")
_REMARKS: Final = frozenset({"wa", "hp", "no hp", "whatsapp"})
_BARE_NUMBER: Final = re.compile(r"(?:\+|\b)[0-9][0-9 .()\-\u2010-\u2015]{6,24}[0-9](?![0-9]|-?[A-Za-z]\d)")
_BARE_ADDRESS: Final = re.compile(r"<?[^\s<>,;]{1,64}@[^\s<>,;]{1,200}>?")


def rows_of_text(text: str, channel: Channel) -> tuple[Cells, ...]:
    """The rows of an inline list."""
    lines = [(number, line) for number, line in enumerate(text.split("\n")[:_MAX_LINES], start=1) if line.strip()]
    table: Table = tuple((number, tuple(_DELIMITER.split(line.strip()))) for number, line in lines)
    if len(lines) > 1 and len(table[0][1]) > 1 and _is_heading(lines[0][1]):
        found = rows_of(table, channel)
        if found is not None:
            return found
    return tuple(row for number, line in lines for row in _free(number, line, channel))


def _is_heading(line: str) -> bool:
    return not any(char.isdigit() for char in line) and "@" not in line


def _free(number: int, line: str, channel: Channel) -> Iterator[Cells]:
    """The rows of one line without columns."""
    counted = _NUMBERING.match(line)
    line = line[counted.end() if counted else 0 :].strip()
    pieces = [piece for piece in _PIECES.split(line) if piece.strip()]
    judged = [(piece, _is_good(piece, channel)) for piece in pieces]
    good = [piece for piece, is_good in judged if is_good]
    others = [piece for piece, is_good in judged if not is_good]
    if len(good) > 1:
        named = any(any(char.isalpha() for char in other) for other in others)
        if named and channel is Channel.SMS:
            yield number, " / ".join(good), _name(others), {}
            return
        for piece in good:
            yield number, piece, "", {}
        for piece in others:
            yield number, piece, "", {}
    elif good:
        yield number, good[0], _name([*others, good[0].partition("<")[0] if "<" in good[0] else ""]), {}
    elif not is_remark(line) or _BARE_NUMBER.search(line):
        yield _found(number, line, channel)


def _found(number: int, line: str, channel: Channel) -> Cells:
    """The number or address that stands somewhere in a line, the rest as its name; the line itself if there is none."""
    pattern = _BARE_ADDRESS if channel is Channel.EMAIL else _BARE_NUMBER
    places = list(pattern.finditer(line))
    words = [word for word in line.split() if len(word) >= _SHORTEST and _is_good(word, channel)]
    if len(places) == 1 and (len(words) != 1 or _is_good(places[0][0], channel)):
        place = places[0]
        return number, place[0], _name([line[: place.start()], line[place.end() :]]), {}
    if len(words) == 1:
        # A digit of the name stands right before the number: "Kelas 5 0812…".
        return number, words[0], _name(line.split(words[0], 1)), {}
    return number, line, "", {}


def _is_good(piece: str, channel: Channel) -> bool:
    if channel is Channel.EMAIL:
        return isinstance(mailbox.normalise(piece), str)
    return isinstance(phone.normalise(piece), str)


def _name(pieces: list[str]) -> str:
    """What has letters in it, without signs at its ends."""
    words = [piece.strip(" ,;:|()-–=\t") for piece in pieces if any(char.isalpha() for char in piece)]
    return " ".join(word for word in words if word and word.lower() not in _REMARKS)
