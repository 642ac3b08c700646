"""The parts of a mail: nested multiparts → leaves with their decoded bytes, within limits.

In: a Header (wire/headers.py) with its body. Out: leaves in order, and defects. Never raises and never recurses:
CPython 3.11's parser does, and is slow on many parts. Damaged base64 or quoted-printable gives what can be decoded.
Source: RFC 2045 §5 and §6, RFC 2046 §5.1, RFC 2183, RFC 2231 §3 and §4.
"""

import binascii
import re
import string
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote_to_bytes

from gatewayd.wire.charset import decode
from gatewayd.wire.headers import Header, decoded, split
from gatewayd.wire.plaintext import one_line

MAX_DEPTH: Final = 20
MAX_PARTS: Final = 200
_MAX_PARAMETERS: Final = 50

_TYPE: Final = re.compile(r"\s*([a-z0-9!#$&^_.+-]{1,80})\s*/\s*([a-z0-9!#$&^_.+-]{1,120})\s*", re.I)
_PARAMETER: Final = re.compile(
    r"""\s*([a-z0-9!#$&^_.*+-]{1,60})\s*=\s*(?:"((?:[^"\\]|\\.){0,2000})"|([^;"\s]{0,1000}))""", re.I
)
_ESCAPED: Final = re.compile(r"\\(.)")
#: What may follow a boundary on its line: "--" at the end of all, blanks.
_LINE_REST: Final = re.compile(rb"(--)?[ \t]{0,100}(?:\r?\n|\Z)")
_LF: Final = 0x0A
_NOT_BASE64: Final = bytes(set(range(256)) - set(string.ascii_letters.encode() + string.digits.encode() + b"+/"))


@dataclass(frozen=True, slots=True)
class Part:
    """A leaf: its type ("text/plain"), parameters, file name ('' if none), and decoded content.

    `group` counts the multipart/alternative it stands in (0 = none): of one group a reader takes one part.
    `is_enclosed` tells parts of an attached mail, `is_inline` those that show inside the text (RFC 2392)."""

    kind: str
    parameters: Mapping[str, str]
    name: str
    is_attachment: bool
    content: bytes
    group: int = 0
    is_enclosed: bool = False
    is_inline: bool = False


@dataclass(slots=True)
class _Pending:
    """A part still to be looked at."""

    header: Header
    depth: int
    group: int
    is_enclosed: bool


def parts_of(header: Header) -> tuple[tuple[Part, ...], tuple[str, ...]]:
    """The leaves of a mail in order, and the defects met."""
    leaves: list[Part] = []
    defects: list[str] = []
    pending = [_Pending(header, 0, 0, False)]
    seen = groups = 0
    while pending:
        here = pending.pop()
        seen += 1
        if seen > MAX_PARTS:
            defects.append("mime.too_many_parts")
            break
        kind, parameters = content_type(here.header.first("content-type"))
        if kind.startswith("multipart/") and parameters.get("boundary"):
            groups += kind == "multipart/alternative"
            group = groups if kind == "multipart/alternative" else here.group
            inner = list(_children(here, kind, parameters["boundary"], group, defects))
            pending.extend(reversed(inner))
        elif kind == "message/rfc822" and here.depth < MAX_DEPTH:
            inside = split(_content(here.header, defects))
            pending.append(_Pending(inside, here.depth + 1, 0, True))
        else:
            leaves.append(_leaf(here, kind, parameters, defects))
    return tuple(leaves), tuple(dict.fromkeys(defects))


def _children(here: _Pending, kind: str, boundary: str, group: int, defects: list[str]) -> Iterator[_Pending]:
    if here.depth >= MAX_DEPTH:
        defects.append("mime.too_deep")
        return
    for count, raw in enumerate(_pieces(here.header.body, boundary)):
        if count > MAX_PARTS:
            return
        header = split(raw)
        if kind == "multipart/digest" and not header.has("content-type"):
            header = Header((*header.fields, ("content-type", "message/rfc822")), header.body, (), True)
        yield _Pending(header, here.depth + 1, group, here.is_enclosed)


def _pieces(body: bytes, boundary: str) -> Iterator[bytes]:
    """What stands between the delimiter lines; an end that is missing is the end of the body."""
    mark = b"--" + boundary.encode("latin-1", "replace")
    begin = -1
    place = body.find(mark)
    while place >= 0:
        behind = _LINE_REST.match(body, place + len(mark))
        if behind is None or (place > 0 and body[place - 1] != _LF):
            place = body.find(mark, place + len(mark))
            continue
        if begin >= 0:
            yield body[begin:place].removesuffix(b"\n").removesuffix(b"\r")
        if behind[1]:
            return
        begin = behind.end()
        place = body.find(mark, begin)
    if begin >= 0:
        yield body[begin:]


def _leaf(here: _Pending, kind: str, parameters: Mapping[str, str], defects: list[str]) -> Part:
    disposition, extra = _valued(here.header.first("content-disposition"))
    name = extra.get("filename") or parameters.get("name", "")
    content = _content(here.header, defects)
    is_attachment = disposition == "attachment" or bool(name)
    is_inline = disposition == "inline" or (disposition != "attachment" and here.header.has("content-id"))
    return Part(
        kind, parameters, one_line(decoded(name), 120), is_attachment, content, here.group, here.is_enclosed, is_inline
    )


def content_type(value: str) -> tuple[str, Mapping[str, str]]:
    """Lower-case type and parameters; text/plain where there is none or it is damaged (RFC 2045 §5.2)."""
    found = _TYPE.match(value)
    if found is None:
        return ("text/plain", {}) if not value.strip() else ("application/octet-stream", {})
    return f"{found[1]}/{found[2]}".lower(), _parameters(value[found.end() :])


def _valued(value: str) -> tuple[str, Mapping[str, str]]:
    word, _, rest = value.partition(";")
    return word.strip().lower(), _parameters(";" + rest)


def _parameters(text: str) -> Mapping[str, str]:
    """Parameters with RFC 2231's pieces joined and decoded."""
    plain: dict[str, str] = {}
    pieces: dict[str, list[tuple[str, bool]]] = {}
    place = 0
    for _ in range(_MAX_PARAMETERS):
        place = text.find(";", place) + 1
        if not place:
            break
        found = _PARAMETER.match(text, place)
        if found is None:
            continue
        place = found.end()
        value = _ESCAPED.sub(r"\1", found[2]) if found[2] is not None else found[3]
        name, star, rest = found[1].lower().partition("*")
        if star:
            pieces.setdefault(name, []).append((value, rest in ("", "0") or rest.endswith("*")))
        else:
            plain.setdefault(name, value)
    return plain | {name: _extended(values) for name, values in pieces.items()}


def _extended(values: list[tuple[str, bool]]) -> str:
    joined = "".join(value for value, _ in values)
    charset, quote, rest = joined.partition("'")
    if not quote or "'" not in rest:
        return joined
    return decode(unquote_to_bytes(rest.partition("'")[2]), charset)[0]


def _content(header: Header, defects: list[str]) -> bytes:
    match header.first("content-transfer-encoding").strip().lower():
        case "base64":
            return _base64(header.body, defects)
        case "quoted-printable":
            return binascii.a2b_qp(header.body)
        case _:
            return header.body


def _base64(body: bytes, defects: list[str]) -> bytes:
    letters = body.partition(b"=")[0].translate(None, _NOT_BASE64)
    if len(letters) % 4 == 1:
        defects.append("mime.base64")
        letters = letters[:-1]
    return binascii.a2b_base64(letters + b"=" * (-len(letters) % 4))
