"""Bytes → text by a declared or guessed charset. Never raises; only charsets of mail are known by name.

The allow-list keeps away Python's own codecs (unicode_escape, punycode, idna, rot13 …), some of which are slow or
turn harmless bytes into anything. Source: the IANA names that mail programs write.
"""

import codecs
import re
from typing import Final

_KNOWN: Final = re.compile(
    r"(?:utf-?8|(?:us-?)?ascii|iso-?8859-?\d{1,2}|latin-?\d|(?:windows-|cp)?125\d|utf-?16(?:le|be)?|koi8-[ru]"
    r"|gb2312|gbk|gb18030|big5|shift_jis|euc-(?:jp|kr)|iso-2022-jp|windows-874|tis-620|macintosh)",
    re.I,
)
_BOMS: Final = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))


def decode(data: bytes, charset: str) -> tuple[str, bool]:
    """The text, and whether the declared charset was known and fitted. ASCII and unknown ones: UTF-8, else cp1252."""
    name = charset.strip().lower()
    name = f"windows-{name}" if name.startswith("125") else name
    if name and name not in ("us-ascii", "ascii") and _KNOWN.fullmatch(name):
        try:
            return data.decode(name), True
        except (UnicodeDecodeError, LookupError):
            return _utf8_or_western(data), False
    return _utf8_or_western(data), name in ("", "us-ascii", "ascii")


def decode_guessing(data: bytes) -> str | None:
    """Text of a file without a declared charset: by its mark, else UTF-8, else cp1252; None if it is no text."""
    for mark, name in _BOMS:
        if data.startswith(mark):
            return data[len(mark) :].decode(name, "replace")
    if data[1:400:2].count(0) > len(data[1:400:2]) * 0.8 and len(data) > 3:
        return data.decode("utf-16-le", "replace")
    if b"\0" in data:
        return None
    text = _utf8_or_western(data)
    controls = sum(char < " " and char not in "\t\n\r\f\v" for char in text[:4000])
    return None if controls * 50 > len(text[:4000]) else text


def _utf8_or_western(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")
