"""What a reply says: SETUJU, TOLAK, BATAL, STATUS, TERUSKAN, FORMULIR, or their natural variants.

In: the sender's own text (wire/quoted.py). Out: a Reply. The text must begin with the word, after greetings: a letter
that speaks of approving somewhere ("harus disetujui Rektor") decides nothing. A negation turns an approval into a
refusal ("belum dapat disetujui"); an approval with a condition, a question, or beside a refusal is unclear: the person
is asked, nothing is guessed. Source: context §6.2.
"""

import re
from typing import Final

from gatewayd.wire.mailvalues import Reply, ReplyWord

#: Characters of a reply that says one clear thing; a longer one is a letter.
_LONGEST: Final = 8000
_MAX_REASON: Final = 500

_NEGATION: Final = r"(?:tidak|tdk|tak|belum|blm|bukan|jangan|jgn|gak|ga|nggak|ngga|tanpa|not|don'?t|cannot)"
_BETWEEN: Final = r"(?:\s+(?:dapat|bisa|boleh|akan|pernah|saya|kami|perlu|usah|be|dulu|untuk))*"
_APPROVING: Final = r"(?:di|me|meny)?(?:setuj|etuj)ui?|acc|approved?|lanjut(?:kan)?|dilanjutkan"
_PROCEEDING: Final = (
    r"(?:sila(?:h)?kan|mohon|tolong|harap)\s+(?:segera\s+)?(?:di)?(?:proses|lanjutkan|lanjut|kirim(?:kan)?)"
)
_REFUSING: Final = r"(?:di|men)?tolak|menolak|reject(?:ed)?|tunda|ditunda|(?:di)?revisi|keberatan"
#: What may stand before the word: an apology, somebody's name, an "ok", who speaks.
_OPENING: Final = (
    r"\W*(?:(?:mohon\s+)?maaf[\s,]+)?(?:(?:pak|bu|bapak|ibu)\b[^,\n]{0,40},\s*)?"
    r"(?:(?:bismillah|alhamdulillah)[\s,.]+)?(?:(?:ok(?:e|ay)?|baik|ya|sip|siap)[\s,]+)?(?:(?:saya|sy|kami)\s+)?"
)
#: What may follow it in the same clause. Anything else ("disetujui Rektor", "kirim daftarnya") is another statement.
_OBJECT: Final = (
    r"(?:\s+(?:pak|bu|bapak|ibu|ya|saja|permohonan|pengiriman|usulan|pesan|ini|tersebut|untuk|segera|dikirim(?:kan)?"
    r"|dilaksanakan|diproses|dilanjutkan|terima\s?kasih|trims))*(?=\s*(?:[.!,;:()\-–—]|\n|$))"
)
_APPROVAL: Final = re.compile(rf"{_OPENING}(?:{_APPROVING}|{_PROCEEDING})\b{_OBJECT}", re.I)
_REFUSAL: Final = re.compile(
    rf"{_OPENING}(?:{_NEGATION}{_BETWEEN}\s+(?:{_APPROVING}|(?:di)?(?:proses|kirim(?:kan)?))|{_REFUSING}"
    r"|jangan(?=\W*(?:\n|$)))\b",
    re.I,
)
_APPROVE: Final = re.compile(rf"\b(?:{_APPROVING}|{_PROCEEDING})\b", re.I)
_NEGATED: Final = re.compile(rf"\b{_NEGATION}{_BETWEEN}\s+(?:{_APPROVING}|(?:di)?(?:proses|kirim(?:kan)?))\b", re.I)
_REJECT: Final = re.compile(rf"\b(?:{_REFUSING}|jangan)\b", re.I)
#: Whatever it denies, it is no plain approval.
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
    r"\s*(?:(?:mohon|tolong|harap|minta|ingin|bagaimana|gimana|menanyakan|mau tanya)\s+)?"
    r"(?:(?:info|informasi|kirim(?:kan)?|cek)\s+)?"
    r"(?:(?P<cancel>(?:di)?batal(?:kan)?|cancel)|(?P<status>status)|(?P<forward>(?:di)?teruskan|forward)"
    r"|(?P<form>formulir(?:nya)?|form))\b",
    re.I,
)


def read_reply(own_text: str) -> Reply:
    """The one word of a reply and the reason behind it."""
    body = _without_greetings(own_text)
    if not body or len(own_text) > _LONGEST:
        return Reply("unclear")
    command = _COMMAND.match(body)
    if command is not None:
        return _command(command, body)
    return _decision(body)


def speaks_of_deciding(own_text: str) -> bool:
    """Whether a text that decides nothing clear has words of a decision in it."""
    return bool(_APPROVE.search(own_text) or _REJECT.search(own_text))


def _command(command: re.Match[str], body: str) -> Reply:
    words: tuple[ReplyWord, ...] = ("cancel", "status", "forward", "form")
    word = next(word for word in words if command[word])
    rest = body[command.end() :]
    # "BATAL" and "TERUSKAN" act; beside a decision they say two things. A reason to cancel may sound like a refusal.
    if (word in ("cancel", "forward") and _APPROVE.search(rest)) or (word == "forward" and _REJECT.search(rest)):
        return Reply("unclear")
    return Reply(word, _reason(rest))


def _decision(body: str) -> Reply:
    approval, refusal = _APPROVAL.match(body), _REFUSAL.match(body)
    if refusal is not None:
        says_yes = _APPROVE.search(_NEGATED.sub(" ", body))
        is_asked = "?" in body[refusal.end() :].split("\n")[0]
        if says_yes or is_asked:
            return Reply("unclear")
        return Reply("reject", _reason(body[refusal.end() :]))
    if approval is None or any(doubt.search(body) for doubt in (_REJECT, _CONDITION, _ANY_NEGATION)) or "?" in body:
        return Reply("unclear")
    return Reply("approve", _reason(body[approval.end() :]))


def _without_greetings(text: str) -> str:
    """From the first line that is no greeting on."""
    lines = text.split("\n")
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
