"""The header block of a mail, by raw scan: fields, body, and everything about it that is not clean.

In: the raw mail. Out: a Header with unfolded fields in order, the body, and defects. Any defect makes the sender
unauthenticated, because parsers disagree on such headers and one of them is the mail server's. Linear in the
bytes looked at (at most MAX_BLOCK). Source: RFC 5322 §2.2, reference/reliability §2.1.
"""

import email.errors
import email.header
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from gatewayd.wire.charset import decode
from gatewayd.wire.plaintext import one_line

MAX_BLOCK: Final = 64 * 1024
MAX_FIELD: Final = 8 * 1024
MAX_FIELDS: Final = 500

_NAME: Final = re.compile(rb"[!-9;-~]{1,100}")
_BLANK: Final = re.compile(rb"\r?\n\r?\n")
#: Fields whose content is read; a longer one than MAX_FIELD is a defect, where any other is only left out.
READ: Final = frozenset(
    {"from", "sender", "subject", "date", "message-id", "in-reply-to", "references", "authentication-results",
     "auto-submitted", "precedence", "return-path", "content-type", "content-transfer-encoding",
     "content-disposition", "mime-version"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Header:
    """`fields` are (lower-case name, unfolded value as latin-1 text), topmost first. `is_complete` is False where
    the blank line behind the block was not found within MAX_BLOCK."""

    fields: tuple[tuple[str, str], ...]
    body: bytes
    defects: tuple[str, ...]
    is_complete: bool

    def values(self, name: str) -> tuple[str, ...]:
        """The values of all fields called `name` (lower case), topmost first."""
        return tuple(value for key, value in self.fields if key == name)

    def first(self, name: str) -> str:
        return next((value for key, value in self.fields if key == name), "")

    def has(self, name: str) -> bool:
        return any(key == name for key, _ in self.fields)


def split(raw: bytes) -> Header:
    """The header and the body of a mail or of a MIME part."""
    if raw.startswith((b"\r\n", b"\n")):
        return Header((), raw[2 if raw.startswith(b"\r\n") else 1 :], (), True)
    end = _BLANK.search(raw, 0, MAX_BLOCK + 4)
    block = raw[: end.start()] if end else raw[:MAX_BLOCK]
    body = raw[end.end() :] if end else b""
    is_complete = end is not None or len(raw) <= MAX_BLOCK
    defects = list(_block_defects(block, is_complete))
    fields: list[tuple[str, str]] = []
    for line in _unfolded(block, defects):
        field = _field(line, defects)
        if field is not None:
            fields.append(field)
    if len(fields) > MAX_FIELDS:
        defects.append("header.too_many_fields")
    return Header(tuple(fields[:MAX_FIELDS]), body, tuple(dict.fromkeys(defects)), is_complete)


def _block_defects(block: bytes, is_complete: bool) -> Iterator[str]:
    if not is_complete:
        yield "header.too_big"
    if b"\0" in block:
        yield "header.nul"
    crlf, lf, cr = block.count(b"\r\n"), block.count(b"\n"), block.count(b"\r")
    if cr != crlf or (crlf and lf != crlf):
        yield "header.line_ends"


def _unfolded(block: bytes, defects: list[str]) -> Iterator[bytes]:
    """Fields with their folded lines joined."""
    pieces: list[bytes] = []
    for line in block.split(b"\n"):
        line = line.removesuffix(b"\r")
        if line[:1] in (b" ", b"\t"):
            if not pieces or not line.strip():
                defects.append("header.folding")
            pieces.append(b" " + line.strip())
            continue
        if pieces:
            yield b"".join(pieces)
        pieces = [line]
    if pieces:
        yield b"".join(pieces)


def _field(line: bytes, defects: list[str]) -> tuple[str, str] | None:
    name, colon, value = line.partition(b":")
    if not colon or not _NAME.fullmatch(name):
        if line:
            defects.append("header.name")
        # "From : x" hides from some parsers and not from others: it counts as a field of that name.
        name = name.strip()
        if not colon or not _NAME.fullmatch(name):
            return None
    key = name.decode("ascii").lower()
    if len(line) > MAX_FIELD:
        if key not in READ:
            return None
        if key != "references":
            defects.append("header.field_too_long")
        value = value[-MAX_FIELD:] if key == "references" else value[:MAX_FIELD]
    return key, value.strip().decode("latin-1")


def decoded(value: str, limit: int = 500) -> str:
    """An unstructured value or display name as people read it: encoded-words decoded, one line, cut.

    Unencoded 8-bit text is read as UTF-8. An encoded line break is a space like any other (CVE-2024-6923)."""
    raw = value[:MAX_FIELD].encode("latin-1", "replace")
    if "=?" not in value:
        return one_line(decode(raw, "")[0], limit)
    pieces: list[str] = []
    try:
        for chunk, charset in email.header.decode_header(value[:MAX_FIELD]):
            octets = chunk if isinstance(chunk, bytes) else chunk.encode("latin-1", "replace")
            pieces.append(decode(octets, charset or "")[0])
    except (ValueError, LookupError, email.errors.HeaderParseError):
        pieces = [decode(raw, "")[0]]
    return one_line("".join(pieces), limit)
