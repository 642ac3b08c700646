"""One outgoing mail to one recipient: values → RFC 5322 octets, 7 bit, CRLF line ends.

In: addresses, names, subject, text, Message-ID and date, all given. Out: the mail, ready for the final dot.
Invariants: no header value brings a line of its own. Control characters, line and paragraph separators,
surrogates and anything that looks like an encoded-word are refused, never repaired; the finished head is parsed
again, and every header must be what was asked for; a text that was encoded is decoded again, and must be the same and
hold no boundary. Encoding and folding are done here, since the header folder of CPython 3.11 turns an encoded newline
of a subject into a header (CVE-2024-6923).
Sources: RFC 5322 §2.2, §3.2; RFC 2045 §6.7; RFC 2047 §2, §5; RFC 3834 §5.
"""

import email
import email.header
import email.parser
import email.policy
import email.utils
import quopri
import re
import unicodedata
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Final, Literal

AutoSubmitted = Literal["", "auto-generated", "auto-replied"]

#: Characters of one header value; above it a parser of CPython 3.11 becomes slow.
MAX_VALUE: Final = 2000
_FOLD: Final = 76
#: Octets of text in one base64 encoded-word: 48 characters of base64 and 12 around them, beside a header name.
_WORD_OCTETS: Final = 36
#: Longest run without a space that still folds well.
_LONGEST_RUN: Final = 60

_ENCODED_WORD: Final = re.compile(r"=\?.*\?=")
_REFUSED_CATEGORIES: Final = frozenset({"Cc", "Cs", "Zl", "Zp"})
_ADDRESS: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?")
_MESSAGE_ID: Final = re.compile(r"<[\x21-\x3b\x3d\x3f\x41-\x7e]{1,120}@[A-Za-z0-9.-]{1,120}>")
_URLS: Final = re.compile(r"[\x21-\x7e]{1,900}(?: [\x21-\x7e]{1,900})*")
_NAME: Final = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,60}")
_ATOMS: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")
#: In every mail the same: no line of quoted-printable begins with "--=_", so it stands alone.
_BOUNDARY: Final = b"=_alternative"
#: No line of base64 begins with "-" either.
MIXED: Final = b"=_mixed"
_LAST: Final = b"--" + MIXED + b"--\r\n"
_BOUNDARY_LINE: Final = b"\n--=_"
_HEAD_PARSER: Final = email.parser.BytesHeaderParser(policy=email.policy.compat32)
_OURS: Final = frozenset(
    {"from", "to", "cc", "bcc", "sender", "subject", "date", "message-id", "auto-submitted", "mime-version",
     "content-type", "content-transfer-encoding", "return-path", "received"}
)  # fmt: skip
_NO_HEADERS: Final[Mapping[str, str]] = MappingProxyType({})


class UnsafeHeader(ValueError):
    """A header value that must not be sent. The text names the header, never its value."""


def is_safe(value: str) -> bool:
    """Whether `value` may stand in a header: for whoever takes subjects and names from outside."""
    return len(value) <= MAX_VALUE and _ENCODED_WORD.search(value) is None and not _has_controls(value)


def _has_controls(value: str) -> bool:
    if value.isascii():
        return not value.isprintable()
    return any(unicodedata.category(char) in _REFUSED_CATEGORIES for char in value)


def is_address(address: str) -> bool:
    """Whether `address` is a plain ASCII addr-spec that can be written without quoting."""
    local = address.rpartition("@")[0]
    return (
        _ADDRESS.fullmatch(address) is not None
        and not local.startswith(".")
        and not local.endswith(".")
        and ".." not in address
        and is_safe(address)
    )


def message(
    *, sender: str, sender_name: str, to: str, to_name: str, subject: str, text: str, message_id: str, date: datetime,
    auto_submitted: AutoSubmitted = "", headers: Mapping[str, str] = _NO_HEADERS, page: str = "",
    enclosed: bytes = b"",
) -> bytes:  # fmt: skip
    """The mail. `message_id` is "<…@…>", `date` aware; `headers` are further ones (Reply-To, In-Reply-To, …); `page`
    is the same in HTML, as the alternative of `text` that is shown first; `enclosed` are finished parts of files, each
    behind the boundary MIXED.

    A display name that is not safe is left out, since it is only decoration. Raises UnsafeHeader for anything
    else that must not stand in a header.
    """
    if date.tzinfo is None:
        raise UnsafeHeader("Date: a time without a zone")
    fields = {
        "From": _mailbox("From", sender_name, sender),
        "To": _mailbox("To", to_name, to),
        "Subject": _unstructured(_checked("Subject", subject)),
        "Date": email.utils.format_datetime(date),
        "Message-ID": _matched("Message-ID", _MESSAGE_ID, message_id),
    }
    if auto_submitted:
        fields["Auto-Submitted"] = auto_submitted
        fields["X-Auto-Response-Suppress"] = "All"
    for name, value in headers.items():
        fields[_further(name, fields)] = _further_value(name, value)
    mime, body = _alternatives(text, page) if page else _single(text, is_alone=not enclosed)
    if enclosed:
        mime, body = _mixed(mime, body)
    fields |= {"MIME-Version": "1.0", **mime}
    raw = "".join(_line(name, value) for name, value in fields.items()).encode("ascii") + b"\r\n" + body
    _compare(raw, fields, {"Subject": subject, **headers})
    return raw[: -len(_LAST)] + enclosed + _LAST if enclosed else raw


def _mixed(mime: Mapping[str, str], body: bytes) -> tuple[dict[str, str], bytes]:
    """What was the whole body, as the first part of several. The files come in later: they are long and made by us."""
    head = "".join(_line(name, value) for name, value in mime.items()).encode("ascii")
    fields = {
        "Content-Type": f'multipart/mixed; boundary="{MIXED.decode("ascii")}"',
        "Content-Transfer-Encoding": "7bit",
    }
    return fields, b"--" + MIXED + b"\r\n" + head + b"\r\n" + body + _LAST


def _single(text: str, *, is_alone: bool) -> tuple[dict[str, str], bytes]:
    """MIME fields and body of plain text; beside files it must not hold a boundary."""
    encoding, body = _body(text) if is_alone else ("quoted-printable", _quoted_printable(_lines(text)))
    return {"Content-Type": "text/plain; charset=utf-8", "Content-Transfer-Encoding": encoding}, body


def _alternatives(text: str, page: str) -> tuple[dict[str, str], bytes]:
    """The same of text and page."""
    parts = b"".join(
        b"--%b\r\nContent-Type: text/%b; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n%b"
        % (_BOUNDARY, kind, _quoted_printable(_lines(content)))
        for kind, content in ((b"plain", text), (b"html", page))
    )
    fields = {
        "Content-Type": f'multipart/alternative; boundary="{_BOUNDARY.decode("ascii")}"',
        "Content-Transfer-Encoding": "7bit",
    }
    return fields, parts + b"--%b--\r\n" % _BOUNDARY


def _checked(name: str, value: str) -> str:
    if not is_safe(value):
        raise UnsafeHeader(f"{name}: a control character, an encoded-word or too long")
    return value


def _matched(name: str, pattern: re.Pattern[str], value: str) -> str:
    if pattern.fullmatch(value) is None:
        raise UnsafeHeader(f"{name}: not of the allowed form")
    return _checked(name, value)


def _further(name: str, taken: Mapping[str, str]) -> str:
    if _NAME.fullmatch(name) is None or name.lower() in _OURS | {key.lower() for key in taken}:
        raise UnsafeHeader("a header that is not allowed, or stands there already")
    return name


def _further_value(name: str, value: str) -> str:
    """A list header holds addresses that must stay as they are, however long (RFC 2369 §2); others are text."""
    if name.lower().startswith("list-"):
        return _matched(name, _URLS, value)
    return _unstructured(_checked(name, value))


def _mailbox(name: str, display: str, address: str) -> str:
    if not is_address(address):
        raise UnsafeHeader(f"{name}: not a plain address")
    display = " ".join(display.split(" ")).strip() if is_safe(display) else ""
    return f"{_phrase(display)} <{address}>" if display else address


def _phrase(display: str) -> str:
    """A display name: bare words, a quoted string, or encoded-words (RFC 2047 §5.3)."""
    if _is_plain(display) and _ATOMS.fullmatch(display):
        return display
    if _is_plain(display):
        return '"' + display.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return " ".join(_encoded_words(display))


def _unstructured(value: str) -> str:
    return value if _is_plain(value) else " ".join(_encoded_words(value))


def _is_plain(value: str) -> bool:
    """Whether `value` survives folding at its spaces without being encoded."""
    words = value.split(" ")
    return value.isascii() and (value == "" or all(0 < len(word) <= _LONGEST_RUN for word in words))


def _encoded_words(value: str) -> Iterator[str]:
    """`value` as base64 encoded-words, none of which splits a character."""
    octets = b""
    for char in value:
        more = char.encode("utf-8")
        if len(octets) + len(more) > _WORD_OCTETS:
            yield _encoded_word(octets)
            octets = b""
        octets += more
    yield _encoded_word(octets)


def _encoded_word(octets: bytes) -> str:
    return f"=?utf-8?B?{b64encode(octets).decode('ascii')}?="


def _line(name: str, value: str) -> str:
    """The header with its line end, folded before words that would pass the margin."""
    lines, current = [], f"{name}:"
    for word in value.split(" "):
        # The first word stays beside the name, so that no line is blank.
        if len(current) + 1 + len(word) > _FOLD and current != f"{name}:":
            lines.append(current)
            current = ""
        current += f" {word}"
    return "".join(f"{line}\r\n" for line in [*lines, current])


def _body(text: str) -> tuple[str, bytes]:
    """Transfer encoding and encoded text. Plain short ASCII stays readable as it is."""
    lines = _lines(text)
    if text.isascii() and "\x00" not in text and all(len(line) <= _FOLD and line == line.rstrip() for line in lines):
        return "7bit", "".join(f"{line}\r\n" for line in lines).encode("ascii")
    return "quoted-printable", _quoted_printable(lines)


def _quoted_printable(lines: Sequence[str]) -> bytes:
    plain = "".join(f"{line}\n" for line in lines).encode("utf-8")
    encoded = quopri.encodestring(plain)
    if quopri.decodestring(encoded) != plain or _BOUNDARY_LINE in b"\n" + encoded:
        raise UnsafeHeader("the text does not survive its encoding")
    return encoded.replace(b"\n", b"\r\n")


def _lines(text: str) -> list[str]:
    """Lines of `text` by CRLF, LF or CR, without a last empty one."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return lines[:-1] if lines[-1] == "" else lines


def _compare(raw: bytes, fields: Mapping[str, str], meant: Mapping[str, str]) -> None:
    """Parse the head again; it must hold these headers, in this order, with these values."""
    parsed = _HEAD_PARSER.parsebytes(raw)
    if parsed.keys() != list(fields) or parsed.defects:
        raise UnsafeHeader("the finished mail does not parse to the headers that were meant")
    for name, value in fields.items():
        if _unfolded(parsed[name]) != value:
            raise UnsafeHeader(f"{name}: parses to another value")
    for name, value in meant.items():
        if str(email.header.make_header(email.header.decode_header(_unfolded(parsed[name])))) != value:
            raise UnsafeHeader(f"{name}: decodes to another value")


def _unfolded(value: str) -> str:
    return value.replace("\r\n", "").replace("\n", "")
