"""Raw bytes of one mail → ParsedMail: who, about what, proven how, with which text and files.

In: the bytes and what the settings trust. Out: a ParsedMail; nothing raises, whatever the bytes are. The sender is
taken from the one From field by raw scan and counts as proven only if the header block has no defect at all and the
own mail server says so.
Text: of each multipart/alternative the plain part, or the HTML where the plain one is blank or cannot show what was
struck out.
Source: RFC 5322, RFC 8601, reference/reliability §2.1 and §2.2.
"""

import email.utils
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import Final

from gatewayd.wire import authres, automatic
from gatewayd.wire.charset import decode
from gatewayd.wire.headers import Header, decoded, split
from gatewayd.wire.htmltext import MAX_HTML, html_to_text, strikes_out
from gatewayd.wire.mailbox import Mailbox, single_mailbox
from gatewayd.wire.mime import Part, parts_of
from gatewayd.wire.plaintext import MAX_TEXT, tidy

_ID: Final = re.compile(r"<[\x21-\x3b\x3d\x3f-\x7e]{1,250}>")
#: Bytes of text parts that are decoded; the part that passes it is the last.
_MAX_SOURCE: Final = 1_500_000
_MAX_IDS: Final = 50
#: Multiple fields of these names make a mail mean two things.
_ONCE: Final = ("from", "sender", "subject", "date", "message-id", "content-type", "in-reply-to", "references")


@dataclass(frozen=True, slots=True)
class Trust:
    """Whose word on the sender counts, and which domain is our own."""

    authserv_ids: tuple[str, ...] = ()
    all_senders: bool = False
    own_domain: str = ""


@dataclass(frozen=True, slots=True)
class ParsedMail:
    """A mail in pieces. `text` is the mail's own, `enclosed` that of attached mails; `files` are other parts."""

    message_id: str
    in_reply_to: tuple[str, ...]
    sender: str
    sender_name: str
    subject: str
    date: str
    verdict: authres.Verdict
    automatic_reason: str
    text: str
    enclosed: str
    files: tuple[Part, ...]
    defects: tuple[str, ...]


def parse(raw: bytes, trust: Trust) -> ParsedMail:
    """Take `raw` apart."""
    header = split(raw)
    mailbox = _mailbox(header)
    sender = mailbox.address if mailbox else ""
    parts, mime_defects = parts_of(header) if header.is_complete else ((), ())
    text, text_defects = _text([part for part in parts if not part.is_enclosed])
    enclosed, _ = _text([part for part in parts if part.is_enclosed])
    return ParsedMail(
        message_id=next(iter(_ids(header.first("message-id"))), ""),
        in_reply_to=_answered(header),
        sender=sender,
        sender_name=decoded(mailbox.name, 200) if mailbox else "",
        subject=decoded(header.first("subject"), 500),
        date=_date(header.first("date")),
        verdict=_verdict(header, sender, trust),
        automatic_reason=automatic.reason(header, sender, trust.own_domain),
        text=text,
        enclosed=enclosed,
        files=tuple(part for part in parts if not _is_text(part)),
        defects=(*header.defects, *_repeated(header), *mime_defects, *text_defects),
    )


def _mailbox(header: Header) -> Mailbox | None:
    values = header.values("from")
    return single_mailbox(values[0]) if len(values) == 1 else None


def _repeated(header: Header) -> tuple[str, ...]:
    return tuple(f"header.repeated {name}" for name in _ONCE if len(header.values(name)) > 1)


def _verdict(header: Header, sender: str, trust: Trust) -> authres.Verdict:
    """Whether the From address is proven. Every doubt about the header comes before what the server says."""
    if not sender:
        return authres.Verdict(False, "not exactly one clean From")
    defects = (*header.defects, *_repeated(header))
    if defects:
        return authres.Verdict(False, f"defect: {defects[0]}")
    if any(name.startswith("resent-") for name, _ in header.fields):
        return authres.Verdict(False, "the mail was resent")
    if trust.all_senders:
        return authres.Verdict(True, "every sender is trusted by the settings")
    return authres.verdict(header.values("authentication-results"), trust.authserv_ids, sender.rpartition("@")[2])


def _ids(value: str) -> list[str]:
    return _ID.findall(value)


def _answered(header: Header) -> tuple[str, ...]:
    """References, then In-Reply-To: the newest last, each once."""
    references = [*_ids(header.first("references")), *_ids(header.first("in-reply-to"))[:1]]
    newest_first = dict.fromkeys(reversed(references))
    return tuple(reversed(list(newest_first)[:_MAX_IDS]))


def _date(value: str) -> str:
    """ISO 8601 in UTC, '' for a date that is none."""
    try:
        moment = email.utils.parsedate_to_datetime(value[:100])
        return moment.replace(tzinfo=moment.tzinfo or UTC).astimezone(UTC).isoformat()
    except (ValueError, TypeError, IndexError, OverflowError):
        return ""


def _is_text(part: Part) -> bool:
    return part.kind in ("text/plain", "text/html") and not part.is_attachment


def _text(parts: Sequence[Part]) -> tuple[str, tuple[str, ...]]:
    """The text of all parts in order, one of each multipart/alternative; and the defects met."""
    pieces: list[str] = []
    defects: list[str] = []
    texts: list[tuple[Part, str]] = []
    left = _MAX_SOURCE
    for part in filter(_is_text, parts):
        if left <= 0:
            defects.append("text.cut")
            break
        left -= len(part.content)
        texts.append((part, _decoded(part, defects)))
    answered: set[int] = set()
    struck = {part.group for part, text in texts if _is_struck(part) and text.strip()}
    for part, text in texts:
        if part.group in struck and not _is_struck(part):
            continue
        if part.group and part.group in answered:
            continue
        better = [other for candidate, other in texts if candidate.group == part.group and other.strip()]
        if part.group and not text.strip() and better:
            continue
        if part.group and text.strip():
            answered.add(part.group)
        pieces.append(text)
    joined = "\n".join(pieces)
    if len(joined) > MAX_TEXT:
        defects.append("text.cut")
    return tidy(joined).strip("\n"), tuple(dict.fromkeys(defects))


def _is_struck(part: Part) -> bool:
    return part.group > 0 and part.kind == "text/html" and strikes_out(part.content[:_MAX_SOURCE])


def _decoded(part: Part, defects: list[str]) -> str:
    text, fits = decode(part.content[:_MAX_SOURCE], part.parameters.get("charset", ""))
    if len(part.content) > _MAX_SOURCE or (part.kind == "text/html" and len(text) > MAX_HTML):
        defects.append("text.cut")
    if not fits:
        defects.append("text.charset")
    if part.kind == "text/html":
        return html_to_text(text)
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if part.parameters.get("format", "").lower() == "flowed":
        return _unflowed(text, part.parameters.get("delsp", "").lower() == "yes")
    return text


def _unflowed(text: str, joins_tight: bool) -> str:
    """Paragraphs of format=flowed (RFC 3676 §4.2) put together again; quoted lines are left as they are."""
    lines: list[str] = []
    flows = False
    for line in text.split("\n"):
        is_quoted = line.startswith(">")
        line = line[1:] if line.startswith(" ") else line
        if flows and not is_quoted and lines:
            lines[-1] += line
        else:
            lines.append(line)
        flows = line.endswith(" ") and line != "-- " and not is_quoted
        if flows and joins_tight:
            lines[-1] = lines[-1][:-1]
    return "\n".join(lines)
