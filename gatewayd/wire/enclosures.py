"""Files that go out with every e-mail of a request: which attachments of a form's mail may, and their MIME parts.

In: the parts of a mail with what is known of them. Out: an Enclosure each, told by its content, never by its name or
its declared type; and, for a file, its part of a multipart/mixed in base64. Documents with macros, tables, archives,
programs and everything else that is not in the list never go along. Source: RFC 2231 (names), RFC 2045 §6.8.
"""

import base64
import hashlib
import json
import re
from collections.abc import Sequence
from typing import Final
from urllib.parse import quote

from gatewayd.core.model import Enclosure
from gatewayd.wire import archive
from gatewayd.wire import mail as wire_mail
from gatewayd.wire.jsonvalues import items, loads, mapping, number
from gatewayd.wire.mailvalues import AttachmentInfo
from gatewayd.wire.mime import Part
from gatewayd.wire.outmail import MIXED
from gatewayd.wire.plaintext import one_line

_LONGEST_NAME: Final = 60
_PLAIN_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._()-]*")
#: A list of recipients may come as one, too.
WORD: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
#: First bytes → type and ending.
_PLAIN: Final = (
    (b"%PDF-", "application/pdf", "pdf"), (b"\xff\xd8\xff", "image/jpeg", "jpg"), (b"\x89PNG", "image/png", "png"),
    (b"GIF8", "image/gif", "gif"),
)  # fmt: skip
#: What a reader of forms finds wrong with a file that simply is no form.
NO_FORM: Final = frozenset({"document.no_form", "attachment.scan"})


def enclosures_of(parts: Sequence[Part], infos: Sequence[AttachmentInfo]) -> tuple[Enclosure, ...]:
    """The attachments that may go along: neither forms nor lists, nor pictures of the mail's own text."""
    found = (
        _enclosure(place, part)
        for place, (part, info) in enumerate(zip(parts, infos, strict=False))
        if part.is_attachment and not part.is_inline and info.problem in NO_FORM
    )
    return tuple(one for one in found if one is not None)


def _enclosure(place: int, part: Part) -> Enclosure | None:
    kind = _kind(part.content)
    if kind is None:
        return None
    mime_type, ending = kind
    name = one_line(part.name, _LONGEST_NAME).replace("/", "_").replace("\\", "_")
    if not name.lower().endswith((f".{ending}", ".jpeg") if ending == "jpg" else f".{ending}"):
        name = f"{name or 'lampiran'}.{ending}"
    return Enclosure(place, name, mime_type, len(part.content), hashlib.sha256(part.content).hexdigest())


def _kind(content: bytes) -> tuple[str, str] | None:
    for magic, mime_type, ending in _PLAIN:
        if content.startswith(magic):
            return mime_type, ending
    if content.startswith(b"PK\x03\x04") and not archive.has_macros(content):
        return (WORD, "docx") if archive.kind_of(content) == "docx" else None
    return None


def extract(payload: bytes) -> bytes:
    """The contents of the parts at some places of a mail, one after the other. Runs in the sandbox child."""
    line, _, raw = payload.partition(b"\n")
    places = items(mapping(loads(line)).get("places"), number)
    parts = wire_mail.parse(raw, wire_mail.Trust()).files
    return b"".join(parts[place].content for place in places)


def request_for(places: Sequence[int], raw: bytes) -> bytes:
    """The payload of `extract`."""
    return json.dumps({"places": list(places)}).encode() + b"\n" + raw


def part_of(enclosure: Enclosure, content: bytes) -> bytes:
    """The file as a part, with the boundary before it. A name that is not plain is encoded whole, so nothing in one can
    be a header."""
    name = enclosure.name
    written = f'="{name}"' if _PLAIN_NAME.fullmatch(name) else f"*=utf-8''{quote(name, safe='')}"
    head = (
        f"Content-Type: {enclosure.kind}\r\nContent-Transfer-Encoding: base64\r\n"
        f"Content-Disposition: attachment;\r\n filename{written}\r\n\r\n"
    )
    return b"--" + MIXED + b"\r\n" + head.encode("ascii") + _base64(content) + b"\r\n"


def _base64(content: bytes) -> bytes:
    encoded = base64.b64encode(content)
    return b"\r\n".join(encoded[place : place + 76] for place in range(0, len(encoded), 76))
