"""The files of a mail: what each one is by its content, and readers of those that hold recipients.

In: the parts of a mail that are not its text. Out: an AttachmentInfo each, and for lists a function that reads the
list for a channel. Only tables are read; whatever else a person attached is named with its problem. A text file is
taken as a list only if it is one: mail servers add text files of their own.
"""

import re
from collections.abc import Callable, Sequence
from functools import cache
from typing import Final, TypeAlias

from gatewayd.core.model import Channel, Fault, RecipientList
from gatewayd.wire import recipients
from gatewayd.wire.form import Numbering
from gatewayd.wire.mailvalues import AttachmentInfo, AttachmentKind
from gatewayd.wire.mime import Part

Attached: TypeAlias = Callable[[Channel], RecipientList | Fault]

_MAX_ATTACHMENTS: Final = 20
_ZIP: Final = b"PK\x03\x04"
_MAGIC: Final[tuple[tuple[bytes, AttachmentKind], ...]] = (
    (b"%PDF-", "pdf"), (b"\xff\xd8\xff", "image"), (b"\x89PNG", "image"), (b"GIF8", "image"), (b"RIFF", "image"),
    (b"\xd0\xcf\x11\xe0", "document"),
)  # fmt: skip
#: Signatures and visiting cards.
_TRIMMINGS: Final = frozenset(
    {"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature", "text/vcard",
     "text/x-vcard", "text/calendar", "application/ms-tnef", "application/pgp-keys"}
)  # fmt: skip
#: Names that mail programs and signatures give to their pictures.
_LOGO: Final = re.compile(r"image\d{3}\.|outlook-|logo|signature|ttd\b|banner", re.I)
_WORD_NAMES: Final = (".docx", ".docm", ".odt", ".pptx", ".ods")
_TABLE_NAMES: Final = (".csv", ".tsv", ".xlsx", ".xlsm")


def read_attachments(
    files: Sequence[Part], numbering: Numbering
) -> tuple[tuple[AttachmentInfo, ...], tuple[Attached, ...]]:
    """What is attached, and a reader of each list. A table that is broken is a fault of the form."""
    infos: list[AttachmentInfo] = []
    readers: list[Attached] = []
    for part in files[:_MAX_ATTACHMENTS]:
        kind, reader = _kind(part), _reader(part, numbering)
        if kind == "text" and _is_list(reader):
            kind = "table"
        if kind == "table":
            readers.append(reader)
        infos.append(AttachmentInfo(part.name or part.kind, kind, len(part.content), _problem(part, kind, reader)))
    if len(files) > _MAX_ATTACHMENTS:
        infos.append(AttachmentInfo("…", "other", 0, "attachment.too_many"))
    return tuple(infos), tuple(readers)


def _reader(part: Part, numbering: Numbering) -> Attached:
    # Asked once for what is wrong with the file and once for the form's channel, which mostly are the same.
    @cache
    def read(channel: Channel) -> RecipientList | Fault:
        return recipients.read_table(
            part.content, part.name or part.kind, channel, numbering.country, numbering.foreign,
            numbering.max_recipients,
        )  # fmt: skip

    return read


def _is_list(reader: Attached) -> bool:
    return any(isinstance(found := reader(channel), RecipientList) and found.recipients for channel in Channel)


def _problem(part: Part, kind: AttachmentKind, reader: Attached) -> str:
    """Why a file was not read; a table without a column for SMS may still have one for e-mail."""
    if kind == "table":
        found = reader(Channel.SMS)
        return found.code if isinstance(found, Fault) and found.code != "list.no_column" else ""
    # What mail programs add by themselves is nothing that anybody means to be read.
    is_trimming = part.kind in _TRIMMINGS or (kind == "image" and _LOGO.match(part.name) is not None)
    return "attachment.kind" if part.is_attachment and not is_trimming else ""


def _kind(part: Part) -> AttachmentKind:
    """The kind by content; the name only tells a text table from another text."""
    name = part.name.lower()
    for magic, kind in _MAGIC:
        if part.content.startswith(magic):
            return kind
    if part.content.startswith(_ZIP):
        return "document" if name.endswith(_WORD_NAMES) or "word" in part.kind else "table"
    if part.kind == "text/csv" or name.endswith(_TABLE_NAMES):
        return "table"
    if part.kind == "message/rfc822":
        return "mail"
    return "text" if part.kind.startswith("text/") or name.endswith(".txt") else "other"
