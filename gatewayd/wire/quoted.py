"""What a sender wrote himself: the text above the quotation and the signature.

In: the text of a mail, tidy. Out: his own text, and the text of a forwarded mail if there is one. A decision is read
from the own text only; whatever stands below the first quotation is not his. One pass, bounded look-ahead.
"""

import re
from typing import Final

#: Characters of own text that are kept.
MAX_OWN: Final = 20_000
_LOOK_AHEAD: Final = 4
_LONGEST_ATTRIBUTION: Final = 400

_ATTRIBUTION_BEGIN: Final = re.compile(r"\s*(?:on|pada|le|am)\b", re.I)
_ATTRIBUTION_END: Final = re.compile(r"(?:wrote|menulis|tulis|a écrit|schrieb)\s?:\s*$", re.I)
_ORIGINAL: Final = re.compile(
    r"\s*(?:-{2,}|_{2,})\s*(?:original message|original appointment|pesan asli|pesan asal|reply message)\s*-*\s*$", re.I
)
_FORWARDED: Final = re.compile(
    r"\s*(?:-{2,}\s*(?:forwarded message|pesan terusan|pesan yang diteruskan|pesan diteruskan)\s*-*"
    r"|begin forwarded message:|mulai pesan terusan:)\s*$",
    re.I,
)
_HEADER_LINE: Final = re.compile(
    r"\s*\*?(from|dari|sent|dikirim|terkirim|date|tanggal|to|kepada|ke|subject|subjek|perihal|cc)\s*:\*?\s", re.I
)
_FROM_LINE: Final = re.compile(r"\s*\*?(?:from|dari)\s*:\*?\s.*@|\s*\*?(?:from|dari)\s*:\*?\s*\S", re.I)
_RULE: Final = re.compile(r"\s*_{10,}\s*$")
_SENT_FROM: Final = re.compile(r"\s*(?:sent from my|dikirim dari|sent via|get outlook for|dapatkan outlook)\b", re.I)
_NOTICE: Final = re.compile(
    r"\s*[*<\[]*(?:disclaimer|penafian|peringatan kerahasiaan|confidentiality (?:notice|statement)|legal notice"
    r"|(?:this|the) (?:e-?mail|message|communication)\b.{0,120}\b(?:confidential|privileged|intended|solely)"
    r"|(?:e-?mail|surel|pesan) ini\b.{0,120}\b(?:rahasia|hanya (?:ditujukan|diperuntukkan))"
    r"|(?:https?://\S{1,200}\s+)?(?:bebas virus|virus-free|tidak ada virus)\b"
    r"|this e-?mail has been (?:checked|scanned) )",
    re.I,
)
_FORWARD_SUBJECT: Final = re.compile(r"\s*(?:fwd?|trs|teruskan|diteruskan)\s*:", re.I)


def own_part(text: str) -> str:
    """The text above the first quotation, forwarded mail, signature or legal notice."""
    lines = text.split("\n")
    end = next((place for place in range(len(lines)) if _ends_own(lines, place)), len(lines))
    return "\n".join(lines[:end]).strip()


def forwarded_text(text: str, subject: str) -> str:
    """The text of a mail that was forwarded inline, '' if this is no forward."""
    lines = text.split("\n")
    for place, line in enumerate(lines):
        marked = _FORWARDED.match(line) or (_FORWARD_SUBJECT.match(subject) and _is_quotation(lines, place))
        if marked:
            begin = place if line.startswith(">") or _FROM_LINE.match(line) else place + 1
            return "\n".join(_without_notice(_unquoted(_without_headers(lines[begin:])))).strip()
    return ""


def _ends_own(lines: list[str], place: int) -> bool:
    line = lines[place]
    if line.startswith("-- ") or line == "--" or _SENT_FROM.match(line) or _is_notice(lines, place):
        return True
    return _is_quotation(lines, place) or _FORWARDED.match(line) is not None


def _is_notice(lines: list[str], place: int) -> bool:
    """Whether a paragraph begins here that mail servers and virus scanners put under every mail."""
    if place and lines[place - 1].strip():
        return False
    following = " ".join(lines[place : place + 2])[:_LONGEST_ATTRIBUTION]
    return _NOTICE.match(following) is not None


def _without_notice(lines: list[str]) -> list[str]:
    end = next((place for place in range(len(lines)) if _is_notice(lines, place)), len(lines))
    return lines[:end]


def _is_quotation(lines: list[str], place: int) -> bool:
    """Whether a quotation begins here: its marks, its introduction, or the block of headers Outlook writes."""
    line = lines[place]
    if line.startswith(">") or _ORIGINAL.match(line):
        return True
    if _RULE.match(line):
        return any(_FROM_LINE.match(following) for following in lines[place + 1 : place + 3])
    if _FROM_LINE.match(line):
        headers = sum(_HEADER_LINE.match(following) is not None for following in lines[place : place + 6])
        return headers >= 3
    return _is_attribution(lines, place)


def _is_attribution(lines: list[str], place: int) -> bool:
    """ "Pada … menulis:", which mail programs fold over a few lines."""
    if not _ATTRIBUTION_BEGIN.match(lines[place]):
        return False
    joined = ""
    for line in lines[place : place + _LOOK_AHEAD]:
        if not line.strip():
            return False
        joined = f"{joined} {line.strip()}"[-_LONGEST_ATTRIBUTION:]
        if _ATTRIBUTION_END.search(joined):
            return True
    return False


def _without_headers(lines: list[str]) -> list[str]:
    """The lines behind the block of headers at the top of a forwarded mail."""
    place = 0
    while place < min(len(lines), 15) and (not lines[place].strip() or _HEADER_LINE.match(lines[place].lstrip("> "))):
        place += 1
    return lines[place:]


def _unquoted(lines: list[str]) -> list[str]:
    """Lines without one level of quotation marks, where all of them have one."""
    filled = [line for line in lines if line.strip()]
    if filled and sum(line.startswith(">") for line in filled) * 2 > len(filled):
        lines = [line[1:].removeprefix(" ") if line.startswith(">") else line for line in lines]
    return lines
