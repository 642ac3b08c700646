"""The labels of FM-UPSI-01-01 and how a line of text begins with one.

In: a line. Out: (key, value) or None. A label is compared by its letters and digits alone, so "NIP/NPM/NIDN" and
"Nip - Npm - Nidn" are one; a long one may have one wrong, missing or extra letter. What parts label and value may be
":", "=", ";", a tab, a bar, " - ", wide space or the box that follows. Keys are attributes of FormReading, or one of
the words below.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final

#: Keys beside the attributes: the whole KETERANGAN, boxes by channel, ticks of other desks, the end of the form.
KETERANGAN: Final = "keterangan"
SMS_BOXES: Final = "sms_boxes"
EMAIL_BOXES: Final = "email_boxes"
OTHER: Final = "other"
TAIL: Final = "tail"
HEAD: Final = "head"

_SPELLINGS: Final[dict[str, str]] = {
    "unit_name": "NAMA UNIT|NAMA UNIT KERJA|UNIT KERJA|UNIT|NAMA UNIT PENGUSUL|UNIT PENGUSUL",
    "applicant_name": "NAMA LENGKAP|NAMA LENGKAP PEMOHON|NAMA PEMOHON|NAMA PENGUSUL|PEMOHON",
    "id_number": "NIP NPM NIDN|NIP|NPM|NIDN|NIM|NIP NPM|NIP NIDN|NIP NIM NIDN",
    "email": "EMAIL|E MAIL|ALAMAT EMAIL|SUREL",
    "phone": "NOMOR TELEPON SELULAR|NO TELEPON SELULAR|NOMOR TELEPON SELULER|NOMOR TELEPON|NO TELEPON|NO TELP|NO HP"
    "|NOMOR HP|TELEPON SELULAR|NO HP WA|TELEPON|HP",
    "submitted_on": "TANGGAL PENGAJUAN|TGL PENGAJUAN",
    "wanted_by": "TANGGAL ESTIMASI PENYELESAIAN|TGL ESTIMASI PENYELESAIAN|ESTIMASI PENYELESAIAN|TANGGAL PENYELESAIAN",
    SMS_BOXES: "SMS MASSAL|SMS MASAL|PESAN MASSAL",
    EMAIL_BOXES: "EMAIL MASSAL|EMAIL MASAL|E MAIL MASSAL",
    KETERANGAN: "KETERANGAN|KET",
    "text": "ISI PESAN|ISI SMS|ISI EMAIL|ISI TEKS|TEKS PESAN|TEKS SMS|ISI|TEKS|BUNYI SMS|BUNYI PESAN|ISI PESAN SMS",
    "subject": "SUBJEK|SUBJECT|SUBYEK|SUBJEK EMAIL|JUDUL EMAIL|PERIHAL EMAIL",
    "recipients": "PENERIMA|DAFTAR PENERIMA|NOMOR TUJUAN|DAFTAR NOMOR|TUJUAN|PENERIMA PESAN|DAFTAR TUJUAN",
    "priority": "PRIORITAS|SIFAT",
    "plain_letters": "HURUF SMS|ABJAD SMS|TRANSLITERASI",
    "channel": "KANAL|MEDIA|DIKIRIM VIA|KIRIM VIA|SALURAN",
    OTHER: "SISTEM INFORMASI SI|SISTEM INFORMASI|SI BARU|NAMA SI|AKUN BARU|NAMA AKUN|PENGGANTIAN KATA SANDI"
    "|PERBAIKAN SI|SURAT ELEKTRONIK EMAIL|SURAT ELEKTRONIK|EMAIL BARU|NAMA EMAIL",
    TAIL: "PENGUSUL|DIPROSES|DISETUJUI",
    HEAD: "FORMULIR LAYANAN SISTEM INFORMASI|NO DOK|REVISI|TGL EFF",
}
#: Label, letters and digits and single spaces only → key.
LABELS: Final[Mapping[str, str]] = MappingProxyType(
    {label: key for key, labels in _SPELLINGS.items() for label in labels.split("|")}
)
#: Labels that only this form has: one of them tells a form from a letter or a signature.
STRONG: Final = frozenset(
    {
        "unit_name",
        "applicant_name",
        "submitted_on",
        "wanted_by",
        SMS_BOXES,
        EMAIL_BOXES,
        KETERANGAN,
        "recipients",
        "text",
    }
)
#: What may still come behind KETERANGAN; anything else there is its text.
BEHIND_TEXT: Final = frozenset(
    {"text", "subject", "recipients", "priority", "plain_letters", "channel", TAIL, SMS_BOXES, EMAIL_BOXES, "unit_name",
     "applicant_name", "submitted_on", "wanted_by"}
)  # fmt: skip
_FOOTER: Final = "KATA SANDI PASSWORD PADA FORMULIR INI"

_LONGEST_LABEL: Final = 60
#: A box before a label ("☐ AKUN BARU") is passed over, one behind it ("SMS MASSAL ☐ DOSEN") begins its value.
_BOX: Final = r"(?:[☐☑☒□▢■✓✔√✅]|[\[(]\s{0,5}[xXvV√✓✔☑*]?\s?[\])])"
_BULLET: Final = re.compile(rf"[\s*•▪\-–|]*(?:\(?\d{{1,2}}[.)]\s+|[a-z][.)]\s+)?(?:{_BOX})?[\s*•|]*")
_SEPARATOR: Final = re.compile(rf"\s*[:=;\t|]\s*|\s{{3,}}|\s+[-–]\s+|\s*(?={_BOX})")
#: What the paper or its writer adds to a label: "SMS MASSAL (coret yang tidak perlu)".
_REMARK: Final = re.compile(r"\s*\([^()]{1,50}\)\s*$")
_LETTERS: Final = re.compile(r"[^A-Z0-9]+")
#: Shortest label of which a misspelling is forgiven.
_FORGIVEN: Final = 9
_BY_LENGTH: Final[dict[int, list[str]]] = {}
for _label in LABELS:
    if len(_label) >= _FORGIVEN:
        _BY_LENGTH.setdefault(len(_label), []).append(_label)


def plain(text: str) -> str:
    """`text` as labels are compared."""
    return _LETTERS.sub(" ", text.upper()).strip()


def match_label(line: str) -> tuple[str, str] | None:
    """The key of the label at the beginning of `line`, and the value behind it ('' if the label stands alone)."""
    if plain(line[:100]).startswith(_FOOTER):
        return TAIL, ""
    start = _BULLET.match(line)
    head = line[start.end() if start else 0 :]
    for parting in _SEPARATOR.finditer(head[: 2 * _LONGEST_LABEL]):
        if parting.start() > _LONGEST_LABEL:
            break
        key = key_of(head[: parting.start()])
        if key:
            return key, head[parting.end() :].lstrip(":=; \t|").strip(" *")
    key = key_of(head) if len(head) <= _LONGEST_LABEL else ""
    return (key, "") if key else None


@lru_cache(maxsize=4096)
def key_of(label: str) -> str:
    """The key of `label`, '' if it is none; forgives one wrong letter in a long one."""
    words = plain(label)
    if words in LABELS:
        return LABELS[words]
    bare = plain(_REMARK.sub("", label))
    if bare in LABELS:
        return LABELS[bare]
    if len(words) < _FORGIVEN or len(words) > _LONGEST_LABEL:
        return ""
    known = (label for length in range(-1, 2) for label in _BY_LENGTH.get(len(words) + length, ()))
    near = {LABELS[label] for label in known if is_near(words, label)}
    return near.pop() if len(near) == 1 else ""


def is_near(typed: str, known: str) -> bool:
    """Whether one letter more, less, other, or two changed over, make one from the other."""
    place = next(
        (at for at, (a, b) in enumerate(zip(typed, known, strict=False)) if a != b), min(len(typed), len(known))
    )
    rest, right = typed[place:], known[place:]
    swapped = len(rest) > 1 and rest[1] + rest[0] + rest[2:] == right
    return rest[1:] == right[1:] or rest[1:] == right or rest == right[1:] or swapped
