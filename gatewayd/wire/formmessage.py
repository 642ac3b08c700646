"""Which words of KETERANGAN are the message.

In: KETERANGAN as typed ("Mohon dikirim SMS …, isi: '…'"). Out: the exact text, or '' with is_unclear. In order: the
one quoted passage that an instruction leads to; what stands behind "Isi:" and the like, with the quotations in it;
what stands behind an instruction that ends in a colon or "berikut"; the whole, where there is no instruction.
Anything else is asked, never guessed: a title in quotation marks, a text that is said to be in a file.
"""

import re
from dataclasses import dataclass, replace
from typing import Final

from gatewayd.wire.plaintext import unwrapped

_QUOTES: Final = (('"', '"'), ("“", "”"), ("„", "“"), ("«", "»"), ("‘", "’"), ("'", "'"), ("”", "”"))
_DOUBLE: Final = frozenset('"“„«')
#: Shorter passages in quotes are names, not messages.
_SHORTEST: Final = 10
#: Signs that may open a passage and are looked at; bounds the work on a text of nothing else.
_MOST_TRIED: Final = 200
_ISI: Final = re.compile(
    r"(?:^|[\s,(.])(?:dengan\s+)?(?:isi|te(?:ks|xt)|bunyi|redaksi|message|(?<![^\n])(?:pesan|sms))(?:nya)?(?:\s+(?:pesan|sms|email|teks|nya))?\s*"
    r"(?:adalah|sebagai berikut|sbb|berikut)?\s*(?:[:=;]|(?:(?<=berikut)|(?<=sbb))\s*\n)[\s*]*",
    re.I,
)
_INSTRUCTION: Final = re.compile(
    r"\b(?:mohon|tolong|harap|minta|bersama ini|dengan hormat|yth|sehubungan dengan permohonan)\b"
    r"[^\n]{0,200}?\b(?:(?:di)?kirim(?:kan)?|mengirim(?:kan)?|pengiriman|(?:di-?)?(?:broadcast|blast|share)"
    r"|(?:di)?(?:sampai|informasi|info|umum|sebar|siar|kabar|terus|beritahu|bagi)kan|disebar|menyebarkan|menyampaikan"
    r"|menginformasikan|mengumumkan|memberitahukan|meneruskan)\b",
    re.I,
)
#: An order without "mohon", to whom it may be said: only where it names what is to be sent, and the text follows.
_BIDDING: Final = re.compile(
    r"\W*(?:tlg\s+|pls\s+)?(?:kirim(?:kan)?|sebar(?:kan)?|umumkan|sampaikan|infokan|informasikan|siarkan|broadcast|blast|share)"
    r"\b[^\n:\"“]{0,60}?\b(?:sms|pesan|pengumuman|info(?:rmasi)?|e-?mail|undangan|teks)\b[^\n:\"“]{0,80}[:\"“]",
    re.I,
)
_AS_FOLLOWS: Final = re.compile(
    r"(?:(?:sebagai berikut|sbb\.?|berikut(?: ini)?|di bawah ini)\s*(?::|[.,]?\s*\n)|(?:pesan|sms)\s*:)\s*", re.I
)
_CLOSING: Final = re.compile(
    r"\s*(?:demikian\b|atas perhatian|hormat (?:kami|saya)|terima ?kasih|trims|thx\b|thanks\b"
    r"|tks\b|makasih|wassalam|salam\b|regards|a\.n\.)",
    re.I,
)
_THANKS: Final = re.compile(r"\s*(?:terima ?kasih|trims|wassalam|salam|thx|thanks|thank you|tks|makasih)\b", re.I)
#: Thanks to the one who is to send it.
_THANKS_TO_US: Final = re.compile(
    r"\s*\S+(?: kasih| you)?(?: banyak| ya)?,? (?:pak|bu|kak|min|admin|upsi)\b(?!/)", re.I
)
#: What leads to a passage in quotation marks that is the message, and not to a title.
_LEADS: Final = re.compile(
    r"(?:[:=]|\b(?:isi(?:nya)?|pesan(?:nya)?|sms|teks(?:nya)?|redaksi(?:nya)?|ber?bunyi|berikut|sbb\.?|bahwa|ini"
    r"|(?:di|me|meng)?kirim(?:kan)?|(?:di)?sampaikan|(?:di)?informasikan|dosen|mahasiswa|pegawai|karyawan|alumni))"
    r"$",
    re.I,
)
#: Characters before a passage that are looked at.
_LONGEST_LEAD: Final = 60
#: The whole of KETERANGAN says where the text is, and that is not here.
_ELSEWHERE: Final = re.compile(
    r"\W*(?:(?:mohon |silakan )?(?:isi|teks|redaksi|naskah|pesan|sms|lihat|cek|buka|sesuai|seperti|ada|bunyi)\b"
    r"[^\n]{0,60})?\b(?:terlampir|dilampirkan|lampiran|file|berkas|attachment|attached)\b[^\n]{0,20}"
    r"|\W*(?:isi|teks|redaksi|pesan|sms)\b[^\n]{0,30}\b(?:sama|seperti|sesuai)\b[^\n]{0,40}",
    re.I,
)
_TIME_WISH: Final = re.compile(
    r"\b(?:(?:di)?kirim(?:kan)?|mengirim(?:kan)?|(?:di)?sampaikan|(?:di)?umumkan|(?:di)?jadwalkan)\b[^\n.;]{0,60}?"
    r"\b(?:besok|lusa|nanti|malam ini|(?:jam|pukul|pkl)\.?\s*\d"
    r"|(?:hari\s+)?(?:senin|selasa|rabu|kamis|jum'?at|sabtu|minggu)|(?:tanggal|tgl)\.?\s*\d)[^\n;,]{0,80}",
    re.I,
)
#: Characters of a message that tell where it begins.
_TELLING: Final = 20
_DOTS: Final = re.compile(r"\(?\s*[._…]{5,}\s*\)?")


@dataclass(frozen=True, slots=True)
class Message:
    """The text of the message; `is_unclear` where it cannot be told from the wish around it."""

    text: str
    is_unclear: bool = False
    #: What stands beside it and names a time of sending; '' if nothing does.
    time_wish: str = ""


def message_of(remarks: str, *, is_wrapped: bool = True) -> Message:
    """The message in KETERANGAN. `is_wrapped` as in `clean`."""
    end, is_thanks = _closing_line(remarks)
    body = remarks[:end].strip()
    if not body:
        return Message("")
    passages = _passages(body)
    if is_thanks and not passages:
        # Said to us, or part of the message: the one who wrote it knows.
        return Message("", True)
    if _ELSEWHERE.fullmatch(body):
        return Message("", True)
    message = _of_passages(body, passages, is_wrapped) if passages else _behind(body, is_wrapped)
    beside = _outside(body, passages) if passages else body[: max(0, body.find(message.text[:_TELLING]))]
    found = _TIME_WISH.search(beside)
    return replace(message, time_wish=found[0].strip() if found else "")


def labelled(text: str, *, is_wrapped: bool = True) -> Message:
    """The message where its label is "ISI PESAN": all of it, without the letter's end."""
    end, is_thanks = _closing_line(text)
    if (is_thanks and not _passages(text[:end])) or _ELSEWHERE.fullmatch(text[:end].strip()):
        return Message("", True)
    return Message(clean(text[:end], is_wrapped))


def _of_passages(body: str, passages: list[tuple[int, int]], is_wrapped: bool) -> Message:
    """The message of a text with passages in quotation marks."""
    rest = _outside(body, passages)
    begin, end = passages[0]
    if len(passages) == 1 and not any(char.isalnum() for char in rest):
        return Message(clean(body[begin:end], is_wrapped))
    if not (_INSTRUCTION.search(rest) or _BIDDING.match(body) or _ISI.search(rest) or _AS_FOLLOWS.search(rest)):
        return _behind(body, is_wrapped)
    if len(passages) > 1:
        return Message("", True)
    if _leads(body[: begin - 1]):
        return Message(clean(body[begin:end], is_wrapped))
    # A quotation inside the message, or the title of something.
    is_inside = _ISI.search(body, 0, begin) or _AS_FOLLOWS.search(body, 0, begin)
    return _behind(body, is_wrapped) if is_inside else Message("", True)


def _leads(lead: str) -> bool:
    """Whether a passage behind `lead` is the message: it stands in a line of its own, or is introduced."""
    bare = lead.rstrip(" ,\t\n")
    return not bare or "\n" in lead[len(bare) :] or _LEADS.search(bare[-_LONGEST_LEAD:]) is not None


def clean(text: str, is_wrapped: bool = True) -> str:
    """A message without the quotes around the whole of it and blanks at its ends, and without the line breaks that a
    mail program made where the text `is_wrapped`; in a document there are none."""
    text = text.strip()
    for opening, closing in _QUOTES:
        if len(text) > 2 and text.startswith(opening) and text.endswith(closing) and closing not in text[1:-1]:
            text = text[1:-1].strip()
            break
        if opening in _DOUBLE and text.startswith(opening) and closing not in text[1:]:
            text = text[1:].strip()
            break
    lines = [line.strip() for line in (unwrapped(text) if is_wrapped else text).split("\n")]
    return "\n".join(lines).strip()


def _behind(body: str, is_wrapped: bool) -> Message:
    """The text behind "isi:" or behind an instruction that ends in a colon; the whole if there is neither."""
    found = _ISI.search(body)
    wish, order = _INSTRUCTION.search(body), _BIDDING.match(body)
    if wish is None and order is not None and order[0].endswith(":"):
        return Message(clean(body[order.end() :], is_wrapped))
    if found and (wish or found.start() < 3):
        return Message(clean(body[found.end() :], is_wrapped))
    if wish is None:
        return Message(clean(body, is_wrapped))
    found = _AS_FOLLOWS.search(body, wish.end())
    line, _, behind = body[wish.end() :].partition("\n")
    text = clean(body[found.end() :] if found else behind if line.rstrip().endswith(":") else "", is_wrapped)
    return Message(text, is_unclear=not text)


def _passages(body: str) -> list[tuple[int, int]]:
    """Places of quoted passages long enough to be messages; single quotes count only beside blanks."""
    passages: list[tuple[int, int]] = []
    place = tried = 0
    while place < len(body) and tried < _MOST_TRIED:
        opening = next((pair for pair in _QUOTES if pair[0] == body[place]), None)
        end = -1
        if opening is not None and _may_open(body, place):
            end = _closing(body, place, opening[1])
            tried += 1
        if end < 0:
            place += 1
            continue
        if end - place - 1 >= _SHORTEST:
            passages.append((place + 1, end))
        place = end + 1
        if len(passages) > 5:
            break
    return passages


def _may_open(body: str, place: int) -> bool:
    return place == 0 or not body[place - 1].isalnum()


def _closing(body: str, place: int, sign: str) -> int:
    """Where the passage ends, -1 if nowhere."""
    end = body.find(sign, place + 1)
    # An apostrophe inside a word ("Jum'at") closes nothing.
    while end >= 0 and end + 1 < len(body) and body[end + 1].isalnum():
        end = body.find(sign, end + 1)
    return end


def _outside(body: str, passages: list[tuple[int, int]]) -> str:
    pieces: list[str] = []
    place = 0
    for begin, end in passages:
        pieces.append(body[place : begin - 1])
        place = end + 1
    return " ".join([*pieces, body[place:]])


def _closing_line(remarks: str) -> tuple[int, bool]:
    """Where the letter's end begins: a closing formula that begins a paragraph outside quotes, or the dotted lines for
    signatures; and whether it is mere thanks, as many a message ends with."""
    quoted = _passages(remarks)
    place, was_blank = 0, False
    for line in remarks.split("\n"):
        inside = any(begin <= place < end for begin, end in quoted)
        closes = was_blank and not inside and _CLOSING.match(line)
        if closes or (_DOTS.fullmatch(line.strip()) and not inside):
            return place, bool(closes and _THANKS.match(line) and not _THANKS_TO_US.match(line))
        place, was_blank = place + len(line) + 1, not line.strip() and place > 0
    return len(remarks), False
