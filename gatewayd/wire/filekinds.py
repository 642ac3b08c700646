"""What a file is, by its first bytes; its name only tells a text table from another text.

In: a part of a mail. Out: an AttachmentKind, and why a file of the old Office kind is not read.
Source: the signatures of the formats; [MS-CFB] §2.2, [MS-OFFCRYPTO] §2.3.1 (documents with a password), ISO
14496-12 §4.3.
"""

from typing import Final

from gatewayd.wire import archive
from gatewayd.wire.mailvalues import AttachmentKind
from gatewayd.wire.mime import Part

_ZIP: Final = b"PK\x03\x04"
_OLD_OFFICE: Final = b"\xd0\xcf\x11\xe0"
_ENCRYPTED: Final = "EncryptedPackage".encode("utf-16-le")
_PICTURES: Final = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"II*\0", b"MM\0*", b"BM")
#: Brands of HEIF, as telephones write their photos.
_HEIF: Final = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1", b"avif")
_TABLE_NAMES: Final = (".csv", ".tsv", ".xlsx", ".xlsm", ".ods")
_WORD_NAMES: Final = (".docx", ".docm")


def kind_of(part: Part) -> AttachmentKind:
    """The kind of `part`; a Word document and a workbook are told by what is in them."""
    name, content = part.name.lower(), part.content
    if b"%PDF-" in content[:1024]:
        return "pdf"
    if content.startswith(_PICTURES) or _is_heif(content) or (content[:4] == b"RIFF" and content[8:12] == b"WEBP"):
        return "image"
    if content.startswith(_ZIP):
        return _packed(name, content)
    if content.startswith(_OLD_OFFICE):
        return "other"
    if part.kind == "text/csv" or name.endswith(_TABLE_NAMES):
        return "table"
    if name.endswith(_WORD_NAMES):
        return "document"
    if part.kind == "message/rfc822":
        return "mail"
    return "text" if part.kind.startswith("text/") or name.endswith(".txt") else "other"


def _packed(name: str, content: bytes) -> AttachmentKind:
    match archive.kind_of(content):
        case "docx":
            return "document"
        case "xlsx" | "ods":
            return "table"
        case "other" if name.endswith(_WORD_NAMES):
            return "document"
        case _:
            return "table" if name.endswith(_TABLE_NAMES) else "other"


def _is_heif(content: bytes) -> bool:
    return content[4:8] == b"ftyp" and content[8:12] in _HEIF


def is_locked(content: bytes) -> str:
    """The code for a file of the old Office kind, as documents with a password are too; '' for any other."""
    if not content.startswith(_OLD_OFFICE):
        return ""
    return "attachment.locked" if _ENCRYPTED in content else "attachment.old_office"
