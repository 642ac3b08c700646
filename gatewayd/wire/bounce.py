"""What came back to a mail of ours: a bounce, a delay, a delivery report, a complaint, a wish to leave, or only noise.

In: raw octets of a mail to the bounce mailbox (`read`, in the sandbox child). Out: a Bounce, with whatever looks
like a token of ours, the likeliest first; whether one is genuine is for the parent, who has the key. Nothing
raises, whatever the octets are. A report in the standard form is believed as it stands; one in a server's own words
counts only if a server wrote it. HARD means that somebody should mend the address; SOFT that the mail is lost and
the address may be good. Sources: RFC 3464 (DSN), RFC 3463 (status codes), RFC 5965 (ARF), RFC 3834 and RFC 8098
(what is no bounce).
"""

import email
import email.message
import email.policy
import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Final

from gatewayd.wire import automatic, bounce_words, headers
from gatewayd.wire.charset import decode
from gatewayd.wire.jsonvalues import NotAsAgreed, fields_of, loads, text, texts, word
from gatewayd.wire.mailbox import single_mailbox
from gatewayd.wire.mailtoken import found_in
from gatewayd.wire.plaintext import one_line

#: What is looked at of a mail; a bounce says what it has to say at its beginning.
_MOST: Final = 400_000
_MOST_PARTS: Final = 50
_MOST_TOKENS: Final = 20
_DIAGNOSTIC: Final = 300
_ADDRESSED: Final = ("to", "delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-delivered-to")
_LEAVE: Final = re.compile(r"\s*(?:re:\s*)?(?:berhenti|unsubscribe|stop)\b", re.I)

#: Permanent codes that say nothing against the address: full, too big, routing, content, policy (RFC 3463 §3).
_NOT_THE_ADDRESS: Final = re.compile(r"5\.(?:1\.[78]|2\.[234]|3\.\d+|4\.[0235-9]|[5-7]\.\d+)")
_NO_SUCH: Final = re.compile(r"5\.(?:1\.(?:[0-6]|10)|2\.1|4\.4)")


class BounceKind(StrEnum):
    HARD = "hard"
    SOFT = "soft"
    #: A server still tries.
    DELAYED = "delayed"
    #: The recipient's server put it into the mailbox.
    DELIVERED = "delivered"
    #: The recipient called it spam.
    COMPLAINT = "complaint"
    #: The recipient wants no more of them.
    LEAVE = "leave"
    #: Out of office and the like.
    AUTO_REPLY = "auto_reply"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Bounce:
    """`status` is an enhanced code ("5.1.1"; '' where none is given), `diagnostic` the server's words on one line."""

    kind: BounceKind
    tokens: tuple[str, ...] = ()
    status: str = ""
    diagnostic: str = ""


def read(raw: bytes) -> bytes:
    """The sandbox entry: JSON of the Bounce."""
    return json.dumps(asdict(parse(raw))).encode("ascii")


def from_json(data: bytes) -> Bounce:
    """The Bounce in a child's answer. Raises ValueError for any other shape."""
    kind, tokens, status, diagnostic = fields_of(loads(data), "kind", "tokens", "status", "diagnostic")
    found = text(status, 12)
    if found and bounce_words.ENHANCED.fullmatch(found) is None:
        raise NotAsAgreed("a status code was expected")
    return Bounce(
        BounceKind(word(kind, tuple(str(one) for one in BounceKind))), texts(tokens, 40), found,
        text(diagnostic, _DIAGNOSTIC),
    )  # fmt: skip


def parse(raw: bytes) -> Bounce:
    """Tell what `raw` is."""
    raw = raw[:_MOST]
    mail = email.message_from_bytes(raw, policy=email.policy.compat32)
    parts = [part for _, part in zip(range(_MOST_PARTS), mail.walk(), strict=False)]
    tokens = _tokens(mail, raw)
    subject = _value(mail, "subject")
    if _LEAVE.match(subject) and (meant := found_in(subject)):
        return Bounce(BounceKind.LEAVE, meant)
    for part in parts:
        match part.get_content_type():
            case "message/delivery-status" | "message/global-delivery-status":
                return _delivery_report(part, tokens)
            case "message/feedback-report":
                return Bounce(BounceKind.COMPLAINT, tokens, "", _field(part, "feedback-type"))
            case "message/disposition-notification" | "message/global-disposition-notification":
                return Bounce(BounceKind.AUTO_REPLY, tokens)
    return _own_words(mail, parts, raw, tokens)


def _tokens(mail: email.message.Message, raw: bytes) -> tuple[str, ...]:
    """Those the mail was addressed to, then those it quotes."""
    addressed = " ".join(_value(mail, name) for name in _ADDRESSED)
    quoted = raw.decode("ascii", "replace")
    return tuple(dict.fromkeys((*found_in(addressed), *found_in(quoted))))[:_MOST_TOKENS]


# The standard form.


def _delivery_report(part: email.message.Message, tokens: tuple[str, ...]) -> Bounce:
    """The gravest of its recipients: a mail of ours has one, but it may have been an alias of several."""
    found = [_of_recipient(block, tokens) for block in _blocks(part) if block.get("Action") is not None]
    order = (BounceKind.HARD, BounceKind.SOFT, BounceKind.DELAYED, BounceKind.DELIVERED, BounceKind.OTHER)
    return min(found, key=lambda one: order.index(one.kind), default=Bounce(BounceKind.OTHER, tokens))


def _blocks(part: email.message.Message) -> Iterator[email.message.Message]:
    """The blocks of fields of a report. The parser knows only one kind of report; of others it takes the first block
    for the head of a mail and the rest for its text."""
    payload = part.get_payload()
    for block in payload[:_MOST_PARTS] if isinstance(payload, list) else ():
        if isinstance(block, email.message.Message):
            yield block
            yield from _split(block)
    if not isinstance(payload, list):
        yield from _split(part)


def _split(part: email.message.Message) -> Iterator[email.message.Message]:
    decoded = part.get_payload(decode=True)
    blocks = re.split(rb"(?:\r?\n){2,}", decoded if isinstance(decoded, bytes) else b"", maxsplit=_MOST_PARTS)
    for block in blocks[:_MOST_PARTS]:
        yield email.message_from_bytes(block + b"\n\n", policy=email.policy.compat32)


def _of_recipient(block: email.message.Message, tokens: tuple[str, ...]) -> Bounce:
    action = _value(block, "action").split(" ")[0].lower()
    diagnostic = one_line(_value(block, "diagnostic-code").partition(";")[2] or _value(block, "diagnostic-code"))
    status = _status(_value(block, "status"), diagnostic)
    match action:
        case "failed":
            return _lost(tokens, status, diagnostic)
        case "delayed":
            return Bounce(BounceKind.DELAYED, tokens, status, diagnostic[:_DIAGNOSTIC])
        case "delivered":
            return Bounce(BounceKind.DELIVERED, tokens, status, diagnostic[:_DIAGNOSTIC])
        case _:
            # Relayed to a server without DSN, or expanded by a list: no word on the recipient.
            return Bounce(BounceKind.OTHER, tokens, status)


def _status(given: str, diagnostic: str) -> str:
    """The more telling of the two codes: many servers write 5.0.0 and the true one in their words."""
    match = bounce_words.ENHANCED.search(given)
    own = match[0] if match else ""
    said = bounce_words.status_in(diagnostic)
    return said if said and (not own or own.endswith(".0.0") or own == "5.5.0") else own


def _lost(tokens: tuple[str, ...], status: str, diagnostic: str) -> Bounce:
    return Bounce(_gravity(status, diagnostic), tokens, status, diagnostic[:_DIAGNOSTIC])


def _gravity(status: str, diagnostic: str) -> BounceKind:
    if status.startswith("4"):
        return BounceKind.SOFT
    if bounce_words.FULL.search(diagnostic):
        return BounceKind.SOFT
    if bounce_words.UNKNOWN.search(diagnostic) or _NO_SUCH.fullmatch(status):
        return BounceKind.HARD
    if status == "5.4.1":
        # Exchange: the directory does not know the recipient.
        return BounceKind.HARD
    return BounceKind.SOFT if _NOT_THE_ADDRESS.fullmatch(status) else BounceKind.HARD


# A server's own words.


def _own_words(
    mail: email.message.Message, parts: list[email.message.Message], raw: bytes, tokens: tuple[str, ...]
) -> Bounce:
    reason = _automatic(raw)
    said = bounce_words.own_part(_text(parts))
    is_server = bool(_value(mail, "x-failed-recipients")) or _is_from_server(mail) or reason == "null return path"
    if is_server and bounce_words.DELAY.search(said):
        return Bounce(BounceKind.DELAYED, tokens, bounce_words.status_in(said), _sentence(said))
    if is_server and bounce_words.FAILURE.search(said):
        return _lost(tokens, bounce_words.status_in(said), _sentence(said))
    if reason:
        return Bounce(BounceKind.AUTO_REPLY, tokens, "", reason[:_DIAGNOSTIC])
    return Bounce(BounceKind.OTHER, tokens)


def _automatic(raw: bytes) -> str:
    return automatic.reason(headers.split(raw), "", "")


def _is_from_server(mail: email.message.Message) -> bool:
    mailbox = single_mailbox(" ".join(_value(mail, "from").split()))
    return mailbox is not None and bounce_words.SERVER.match(mailbox.address) is not None


def _text(parts: list[email.message.Message]) -> str:
    """The first plain text; else the first page with its tags taken out."""
    for kind, pattern in (("text/plain", ""), ("text/html", r"<[^>]{0,2000}>")):
        for part in parts:
            if part.get_content_type() != kind or part.get_filename():
                continue
            payload = part.get_payload(decode=True)
            found = decode(payload, part.get_content_charset() or "utf-8")[0] if isinstance(payload, bytes) else ""
            return re.sub(pattern, " ", found) if pattern else found
    return ""


def _sentence(said: str) -> str:
    """The line that tells why."""
    lines = [one_line(line) for line in said.splitlines() if line.strip()]
    telling = [line for line in lines if bounce_words.status_in(line)] or lines
    return (telling[0] if telling else "")[:_DIAGNOSTIC]


def _value(message: email.message.Message, name: str) -> str:
    return " ".join(str(value) for value in message.get_all(name, []))[:2000]


def _field(part: email.message.Message, name: str) -> str:
    """A field of a report whose part is parsed as a mail, or left as text."""
    return next((one_line(found)[:60] for block in _blocks(part) if (found := _value(block, name))), "")
