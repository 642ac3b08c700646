"""What the approvers are told to look at before a text goes out, and which recipients have had enough. Pure.

In: the text of a request as it was typed (placeholders unmerged), and what its recipients got lately. Out: Faults
that are shown as warnings, the words of a credential, the code that refuses a recipient. Nothing here changes a
text. Warnings are read by people: what is so common that it would stand in every mail is left out.
Source: words that operators drop from SIM numbers: NusaSMS, "FAQ SMS long number"; credentials: UU ITE, the system
operator answers for safe systems; limits per recipient: issue "The front desk", point 3.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from gatewayd.core.model import Channel, Fault

#: Words that Telkomsel, Indosat and Tri are known to filter (NusaSMS), and those of the usual fraud by SMS.
#: The same source names "dana", "selamat", "nomor" and "juta": every second message of a campus has one of them.
FILTERED: Final = (
    "kode verifikasi", "otp", "pin", "akun", "username", "password", "token", "kata sandi", "transfer", "hadiah",
)  # fmt: skip
_FILTERED: Final = re.compile(rf"\b({'|'.join(FILTERED)})(?:-?(?:nya|mu|ku))?\b", re.IGNORECASE)

#: Top-level domains that stand in campus texts or in short links. In one case only: "WIB.Info" is a missing space.
_DOMAINS: Final = "id|com|net|org|edu|info|me|ly|gl|gg|co|io|app|link|site|online|xyz|page"
_LINK: Final = re.compile(
    r"\b(?:[Hh][Tt][Tt][Pp][Ss]?://|[Ww][Ww][Ww]\.)\S+"
    rf"|(?<![@\w.-])[\w-]{{1,63}}(?:\.[\w-]{{1,63}}){{0,4}}\.(?:{_DOMAINS}|{_DOMAINS.upper()})(?![\w@-]|\.\w)(?:/\S*)?"
)
_DIGITS: Final = re.compile(r"\d{6,}")

_SECRET: Final = r"(?:kata ?sandi|sandi|password|passwd|passcode|pwd|pin|otp|kode (?:otp|verifikasi|akses|login))"
_WHOSE: Final = (
    r"(?:anda|kamu|saudara/?i?|bapak/ibu|mahasiswa|dosen|baru|awal|sementara|default|login|akun|email|e-mail|siakad"
    r"|portal|sistem|kampus|wifi|wi-fi|e-?learning|ujian|zoom)"
)
_VALUE: Final = r"(?:\{\w|\d{4,8}\b|(?=\S{0,40}\d)(?=\S{0,40}[a-z])[^\s/]{5,})"
#: What follows "password:" where it is advice.
_ADVICE: Final = r"(?:buka|lihat|klik|hubungi|tanya|tanyakan|silakan|silahkan|jangan|petugas|https?|www)"
#: What follows "kata sandi adalah" where no password does.
_GENERAL: Final = r"(?:rahasia|milik|tanggung|bersifat)"
_CREDENTIAL: Final = re.compile(
    rf"\b({_SECRET})(?:-?(?:nya|mu))?(?: {_WHOSE}){{0,3}} ?"
    rf"(?:(?:[:=] ?(?!{_ADVICE}\b)|\b(?:adalah|ialah|yaitu|is)\b ?(?!\W*{_GENERAL}\b))\S| {_VALUE})"
    rf"|\b\d{{4,8}} (?:adalah|ialah|is) (?:your )?({_SECRET})\b"
    rf"|\{{ ?({_SECRET})\b[^{{}}]{{0,20}}\}}",
    re.IGNORECASE,
)

_CLASS: Final = r"[A-Z]{2,4}[- ]?\d{1,2}[A-Z]\b"
_EACH: Final = r"(?!masing|terkait|anda\b|saudara|kamu\b|yang\b|dan\b|atau\b)"
#: Words that name a part of a group: a term, a year, a class, a faculty.
_NARROWER: Final = re.compile(
    r"(?i:\bsemester (?:\d{1,2}|[ivx]{1,4})\b)"
    r"|(?i:\b(?:angkatan|stambuk) (?:tahun )?'?(?:\d{4}|\d{2})\b)"
    rf"|(?i:\bkelas )(?:{_CLASS}|[A-Z]\b|\d{{1,2}}[A-Z]?\b)|\b{_CLASS}"
    rf"|(?i:\b(?:prodi|program studi|jurusan|fakultas) {_EACH}\w{{2,40}})"
    r"|(?i:\b(?:mahasiswa|dosen|pegawai) (?:baru|lama|tetap|honorer|tingkat akhir|transfer|pindahan)\b)"
    r"|(?i:\bpenerima (?:beasiswa|bantuan|kip|bidikmisi)\b|\b(?:calon )?wisudawan\b"
    r"|\bpeserta (?:kkn|ppl|pkl|magang|wisuda|yudisium)\b)"
)
_QUOTE: Final = 120


@dataclass(frozen=True, slots=True)
class Recent:
    """What one address got, or is about to get, from all requests: messages in an hour and in a day around the
    moment asked about, and whether the text asked about is among those of the day."""

    hour: int = 0
    day: int = 0
    same_text: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """Messages that one address may get within an hour and within a day, from all requests together."""

    hour: int
    day: int


def text_warnings(text: str, channel: Channel, parts: int) -> tuple[Fault, ...]:
    """What may keep a text from arriving or makes it dear; `parts` is the longest message's. E-mail has no such."""
    if channel is not Channel.SMS:
        return ()
    found = (
        ("text.link", [match[0] for match in _LINK.finditer(text)]),
        ("text.digits", _DIGITS.findall(text)),
        ("text.filtered_words", [match[1].lower() for match in _FILTERED.finditer(_in_one_line(text))]),
    )
    faults = tuple(Fault("text", code, _listed(words)) for code, words in found if words)
    return (*faults, Fault("text", "text.several_parts", str(parts))) if parts > 1 else faults


def has_link(text: str) -> bool:
    """Whether something in `text` can be followed."""
    return _LINK.search(text) is not None


def credential(text: str) -> str:
    """The word that introduces a password or a code in `text` ("kata sandi"), never the secret itself; '' if none."""
    match = _CREDENTIAL.search(_in_one_line(text))
    return (match[1] or match[2] or match[3]).lower() if match else ""


def narrower(text: str) -> tuple[Fault, ...]:
    """A warning if `text` names a part of a group; for requests that go to a whole one."""
    words = [match[0] for match in _NARROWER.finditer(_in_one_line(text))]
    return (Fault("text", "text.narrower", _listed(words)),) if words else ()


def repeated(recent: Iterable[Recent]) -> tuple[Fault, ...]:
    """A warning with the number of recipients that got the same text within a day; one Recent a recipient."""
    count = sum(one.same_text for one in recent)
    return (Fault("text", "text.repeated", str(count)),) if count else ()


def over_limit(recent: Recent, limits: Limits) -> str:
    """The code that refuses one more message to an address, or ''."""
    if recent.day >= limits.day:
        return "row.limit_day"
    return "row.limit_hour" if recent.hour >= limits.hour else ""


def _in_one_line(text: str) -> str:
    return " ".join(text.split())


def _listed(words: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(words))[:_QUOTE]
