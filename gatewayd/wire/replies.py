"""What a reply says: SETUJU, TOLAK, BATAL, STATUS, TERUSKAN, FORMULIR, or their natural variants.

In: the sender's own text (wire/quoted.py). Out: a Reply. A negation turns an approval into a refusal ("belum dapat
disetujui"); an approval with a condition, a question, or beside a refusal is unclear: the person is asked, nothing is
guessed. Commands other than decisions count only where the text begins with them. Source: context §6.2.
"""

import re
from typing import Final

from gatewayd.wire.mailvalues import Reply, ReplyWord

#: A decision stands near the top; a longer text is read as a letter and must begin with the word.
_LONG: Final = 2000
_MAX_REASON: Final = 500

_NEGATION: Final = r"(?:tidak|tdk|tak|belum|blm|bukan|jangan|jgn|gak|ga|nggak|ngga|tanpa|not|don'?t|cannot)"
_BETWEEN: Final = r"(?:\s+(?:dapat|bisa|boleh|akan|pernah|saya|kami|perlu|usah|be|dulu|untuk))*"
_APPROVING: Final = r"(?:di|me|meny)?(?:setuj|etuj)ui?|acc|approved?|lanjut(?:kan)?|dilanjutkan"
_PROCEEDING: Final = (
    r"(?:sila(?:h)?kan|mohon|tolong|harap)\s+(?:segera\s+)?(?:di)?(?:proses|lanjutkan|lanjut|kirim(?:kan)?)"
)
_APPROVE: Final = re.compile(rf"\b(?:{_APPROVING}|{_PROCEEDING})\b", re.I)
_NEGATED: Final = re.compile(rf"\b{_NEGATION}{_BETWEEN}\s+(?:{_APPROVING}|(?:di)?(?:proses|kirim(?:kan)?))\b", re.I)
_REJECT: Final = re.compile(
    r"\b(?:(?:di|men)?tolak|menolak|reject(?:ed)?|tunda|ditunda|jangan|(?:di)?revisi|keberatan)\b", re.I
)
_NEGATED_REJECT: Final = re.compile(
    rf"\b{_NEGATION}{_BETWEEN}\s+(?:(?:di|men)?tolak|menolak|ditunda|keberatan)\b", re.I
)
#: A negation that is bound to nothing we know: whatever it denies, it is no plain approval.
_ANY_NEGATION: Final = re.compile(rf"\b{_NEGATION}(?:nya|lah|kah)?\b", re.I)
_CONDITION: Final = re.compile(
    r"\b(?:jika|kalau|bila|apabila|asal|asalkan|tapi|tetapi|namun|kecuali|setelah|sesudah|dengan (?:catatan|syarat)"
    r"|if|but|unless|provided|perbaiki|diperbaiki|kurang|batal|akan|nanti|besok|menunggu|tunggu|sebelum|dulu|prinsipnya"
    # "Mohon disetujui" asks for an approval, it does not give one.
    r"|(?:mohon|tolong|harap|minta|agar|supaya|untuk|please)\s+(?:segera\s+|dapat\s+)?(?:di)?setujui|please approve)\b",
    re.I,
)
_GREETING: Final = re.compile(
    r"\s*(?:yth\b|kepada\b|dear\b|assalam|ass?\.?\s?wr|wa ?alaikum|wassalam|dengan hormat|salam\b"
    r"|selamat (?:pagi|siang|sore|malam)|bapak\b|ibu\b|pak\b|bu\b|terima kasih|hormat (?:kami|saya)|trims)",
    re.I,
)
_CLOSING: Final = re.compile(
    r"\s*(?:terima ?kasih|trims|hormat (?:kami|saya)|wassalam|salam|demikian|regards|ttd)\b", re.I
)
_COMMAND: Final = re.compile(
    r"\s*(?:(?:mohon|tolong|harap|minta|ingin)\s+)?(?:(?:info|informasi|kirim(?:kan)?|cek)\s+)?"
    r"(?:(?P<cancel>(?:di)?batal(?:kan)?|cancel)|(?P<status>status)|(?P<forward>(?:di)?teruskan|forward)"
    r"|(?P<form>formulir(?:nya)?|form))\b",
    re.I,
)
_FIRST_APPROVE: Final = re.compile(r"\W*(?:ok(?:e|ay)?[\s,]+)?(?:setuju|disetujui|acc|approved?)\W*(?:\n|$)", re.I)


def read_reply(own_text: str) -> Reply:
    """The one word of a reply and the reason behind it."""
    body = _without_greetings(own_text)
    if not body:
        return Reply("unclear")
    command = _COMMAND.match(body)
    if command is not None:
        return _command(command, body)
    if len(body) > _LONG and not _FIRST_APPROVE.match(body) and not re.match(r"\W*(?:tolak|ditolak)\b", body, re.I):
        return Reply("unclear")
    return _decision(body)


def _command(command: re.Match[str], body: str) -> Reply:
    words: tuple[ReplyWord, ...] = ("cancel", "status", "forward", "form")
    word = next(word for word in words if command[word])
    rest = body[command.end() :]
    # "BATAL" and "TERUSKAN" act; beside a decision they say two things.
    if word in ("cancel", "forward") and (_approves(rest) or _REJECT.search(rest)):
        return Reply("unclear")
    return Reply(word, _reason(rest))


def _decision(body: str) -> Reply:
    negated = _NEGATED.search(body)
    plain = _NEGATED.sub(" ", body)
    lifted = _NEGATED_REJECT.search(plain)
    rejected = _REJECT.search(_NEGATED_REJECT.sub(" ", plain))
    approves = _approves(plain)
    if lifted or (approves and (negated or rejected)):
        return Reply("unclear")
    if negated or rejected:
        refusal = min((found for found in (negated, _REJECT.search(body)) if found), key=lambda found: found.start())
        return Reply("reject", _reason(body[refusal.end() :]))
    if not approves or _CONDITION.search(body) or _ANY_NEGATION.search(body) or "?" in body:
        return Reply("unclear")
    return Reply("approve", _reason(body[approves.end() :]))


def _approves(text: str) -> re.Match[str] | None:
    return _APPROVE.search(text)


def _without_greetings(text: str) -> str:
    """From the first line that is no greeting on."""
    lines = text[: 4 * _LONG].split("\n")
    for place, line in enumerate(lines):
        if line.strip() and not _is_greeting(line):
            return "\n".join(lines[place:]).strip()
    return ""


def _is_greeting(line: str) -> bool:
    """A greeting with nothing else in the line: "Pak, setuju" is none."""
    return bool(_GREETING.match(line)) and not (_APPROVE.search(line) or _REJECT.search(line) or _COMMAND.search(line))


def _reason(rest: str) -> str:
    """What stands behind the word, up to a blank line or a closing formula, in one line."""
    kept: list[str] = []
    for line in rest.split("\n"):
        if (kept and not line.strip()) or _CLOSING.match(line):
            break
        if line.strip():
            kept.append(line.strip())
    words = " ".join(" ".join(kept).split())
    words = re.sub(r"^[\s.,:;!()\-–—]+|[\s,:;()\-–—]+$", "", words)
    words = re.sub(r"^(?:karena|krn|sebab|alasan(?:nya)?|dengan alasan)\b[\s:,-]*", "", words, flags=re.I)
    return words[:_MAX_REASON]
