"""Text from outside made safe to look at: one newline, no controls, no signs that hide or reorder others.

In: any str. Out: text whose lines end with LF; joiners inside emoji are kept in texts and dropped from single
values. Linear: NFC is applied to lines of bounded length only, since ordering combining marks is not linear.
Source: UAX #15, UAX #9.
"""

import re
import unicodedata
from typing import Final

#: Characters of one mail's text that are looked at.
MAX_TEXT: Final = 1_000_000
_MAX_NORMALISED: Final = 2000
#: Characters of the longest line that mail programs leave when they break lines.
_WIDEST: Final = 80

_LINE_ENDS: Final = re.compile("\r\n|[\r\v\f\x1c-\x1e\x85\u2028\u2029]")
_CONTROLS: Final = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")
#: Directional marks and overrides, zero-width space, soft hyphen, word joiner, byte order mark, tags.
_HIDDEN: Final = re.compile(
    "[\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e007f]"
)
_JOINERS: Final = re.compile("[\u200c\u200d\ufe0e\ufe0f]")
_SPACES: Final = re.compile("[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]")


def tidy(text: str) -> str:
    """`text` (cut to MAX_TEXT) with LF line ends, plain spaces, NFC, and without controls and hidden signs."""
    if text.isascii() and text.isprintable():
        return text[:MAX_TEXT]
    text = _LINE_ENDS.sub("\n", text[:MAX_TEXT])
    text = _SPACES.sub(" ", _HIDDEN.sub("", _CONTROLS.sub("", text)))
    if text.isascii():
        return text
    return "\n".join(_normalised(line) for line in text.split("\n"))


def one_line(text: str, limit: int = 200) -> str:
    """`text` as a single value: one line, single spaces, no joiners, at most `limit` characters."""
    return " ".join(_JOINERS.sub("", tidy(text[: 4 * limit])).split())[:limit].strip()


def _normalised(line: str) -> str:
    return line if len(line) > _MAX_NORMALISED else unicodedata.normalize("NFC", line)


def unwrapped(text: str) -> str:
    """`text` without the line breaks that a mail program put in because a line was full."""
    lines = text.split("\n")
    joined = [lines[0]]
    last = len(lines[0])
    for line in lines[1:]:
        if _is_full(last, joined[-1], line):
            joined.append(" ")
        else:
            joined.append("\n")
        joined.append(line)
        last = len(line)
    return "".join(joined)


def _is_full(length: int, line: str, following: str) -> bool:
    """Whether the first word of `following` had no room on the line before it, which mail programs fill to 72. A line
    far longer was not filled by one."""
    word = following.split(" ", 1)[0]
    return 50 <= length <= _WIDEST and bool(word) and not line.isspace() and length + 1 + len(word) > 70
