"""The files of a mail: what each one is by its content, its lists of recipients, and its text if it may be the form.

In: the parts of a mail that are not its text. Out: Files: an AttachmentInfo each; for lists a function that reads the
list for a channel; the text of each document and of each sheet that is a form. Whatever else a person attached is named
with its problem. A text file is taken as a list only if it is one: mail servers add text files of their own.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Final, TypeAlias

from gatewayd.core.model import Channel, Fault, RecipientList
from gatewayd.wire import docx, formsheet, pdf, recipients
from gatewayd.wire.charset import decode_guessing
from gatewayd.wire.filekinds import is_locked, kind_of
from gatewayd.wire.form import Numbering
from gatewayd.wire.htmltext import html_to_text
from gatewayd.wire.mailvalues import AttachmentInfo, AttachmentKind
from gatewayd.wire.mime import Part
from gatewayd.wire.plaintext import one_line, tidy
from gatewayd.wire.tables import Table, tables_of
from gatewayd.wire.unreadable import Unreadable

Attached: TypeAlias = Callable[[Channel], RecipientList | Fault]

_MAX_ATTACHMENTS: Final = 20
#: Documents that are opened; each may take a second or so.
_MAX_DOCUMENTS: Final = 5
#: Characters of all documents of a mail; a form has some thousands.
_MAX_DOCUMENT_TEXT: Final = 200_000
_MAX_TEXT_FILE: Final = 50_000
#: Signatures and visiting cards: nothing that anybody means to be read.
_TRIMMINGS: Final = frozenset(
    {"application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature", "text/vcard",
     "text/x-vcard", "text/calendar", "application/ms-tnef", "application/pgp-keys"}
)  # fmt: skip
#: Names that mail programs and signatures give to their pictures.
_LOGO: Final = re.compile(r"image\d{3}\.|outlook-|logo|signature|ttd\b|banner", re.I)
#: What Word's controls say while they are empty; LibreOffice and every PDF keep it as plain text.
_PROMPT: Final = re.compile(
    r"Click (?:or tap )?(?:here )?to enter (?:text|a date)\.?|Choose an item\.?"
    r"|Klik atau ketuk (?:di sini )?untuk (?:memasukkan|mengisi) (?:teks|tanggal)\.?|Pilih (?:sebuah |satu )?item\.?"
)
#: Bytes of a picture in the text that may be a photo of a form; logos are smaller.
_PHOTO: Final = 60_000


@dataclass(frozen=True, slots=True)
class Document:
    """Text that may be the form, and the place of its file among the attachments."""

    place: int
    text: str


@dataclass(slots=True)
class Files:
    """What is attached. `decorations` are the places of pictures that belong to the text of the mail."""

    infos: list[AttachmentInfo] = field(default_factory=list)
    lists: list[Attached] = field(default_factory=list)
    documents: list[Document] = field(default_factory=list)
    decorations: set[int] = field(default_factory=set)

    def take(self, place: int, text: str) -> str:
        """Keep a document; a code if that would be too much."""
        if len(text) + sum(len(known.text) for known in self.documents) > _MAX_DOCUMENT_TEXT:
            return "attachment.too_big"
        self.documents.append(Document(place, text))
        return ""


def read_attachments(parts: Sequence[Part], numbering: Numbering) -> Files:
    """What is attached. A table that is broken is a fault of the form."""
    files = Files()
    opened = 0
    for place, part in enumerate(parts[:_MAX_ATTACHMENTS]):
        kind = kind_of(part)
        problem = ""
        match kind:
            case _ if part.kind in _TRIMMINGS:
                pass
            case "table":
                problem = _table(files, place, part, numbering)
            case "document" | "pdf":
                opened += 1
                problem = _document(files, place, part, kind) if opened <= _MAX_DOCUMENTS else "attachment.too_many"
                if problem == "attachment.too_big":
                    # It took all the time that a mail may have.
                    opened = _MAX_DOCUMENTS
            case "text":
                reader = _reader(part, numbering)
                if _is_list(reader):
                    kind = "table"
                    files.lists.append(reader)
                else:
                    problem = _text_file(files, place, part)
            case "image":
                problem = _picture(files, place, part)
            case _:
                problem = _other(part)
        files.infos.append(AttachmentInfo(part.name or part.kind, kind, len(part.content), problem))
    if len(parts) > _MAX_ATTACHMENTS:
        files.infos.append(AttachmentInfo("…", "other", 0, "attachment.too_many"))
    return files


def _table(files: Files, place: int, part: Part, numbering: Numbering) -> str:
    """A list, or a workbook with the form in it, which may bring a list on another sheet."""
    tables = tables_of(part.content)
    forms = [] if isinstance(tables, str) else [table for table in tables if formsheet.is_form(table)]
    refused = ""
    for text in map(formsheet.text_of, forms):
        refused = refused or files.take(place, text)
    reader = _reader(part, numbering, tables)
    found = reader(Channel.SMS)
    problem = found.code if isinstance(found, Fault) and found.code != "list.no_column" else ""
    # Sheets that hold nobody are those of a form that was filled elsewhere.
    if not forms or problem or _has_rows(reader):
        files.lists.append(reader)
    return problem or refused


def _reader(part: Part, numbering: Numbering, tables: tuple[Table, ...] | str | None = None) -> Attached:
    # Asked once for what is wrong with the file and once for the form's channel, which mostly are the same.
    @cache
    def read(channel: Channel) -> RecipientList | Fault:
        found = tables_of(part.content) if tables is None else tables
        name = part.name or part.kind
        if isinstance(found, str):
            return Fault("attachment", found, one_line(name))
        return recipients.from_tables(
            found, name, channel, numbering.country, numbering.foreign, numbering.max_recipients
        )

    return read


def _is_list(reader: Attached) -> bool:
    return any(isinstance(found := reader(channel), RecipientList) and found.recipients for channel in Channel)


def _has_rows(reader: Attached) -> bool:
    return any(
        isinstance(found := reader(channel), RecipientList) and (found.recipients or found.refused)
        for channel in Channel
    )


def _document(files: Files, place: int, part: Part, kind: AttachmentKind) -> str:
    """A Word document or a PDF. One without any text is a scan."""
    try:
        text = pdf.text_of(part.content) if kind == "pdf" else docx.text_of(part.content)
    except Unreadable as why:
        return why.code
    return files.take(place, _PROMPT.sub("", text)) if text.strip() else "attachment.scan"


def _text_file(files: Files, place: int, part: Part) -> str:
    text = decode_guessing(part.content[:_MAX_TEXT_FILE])
    if text is None or not part.is_attachment:
        return _other(part)
    return files.take(place, html_to_text(text) if part.kind == "text/html" else tidy(text))


def _picture(files: Files, place: int, part: Part) -> str:
    is_logo = _LOGO.match(part.name) is not None
    if part.is_inline or is_logo:
        files.decorations.add(place)
        return "attachment.scan" if len(part.content) >= _PHOTO else ""
    return "attachment.scan" if part.is_attachment else ""


def _other(part: Part) -> str:
    # What stands there without a name was put there by a program.
    if not part.is_attachment:
        return ""
    return is_locked(part.content) or "attachment.kind"
