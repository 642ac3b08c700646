"""Whether a mail was sent by a machine: such mail is never answered and never decides anything.

In: the header and the address of the sender. Out: why it is automatic, '' for a person's mail. Machines quote our
tokens too (out of office, bounces, read receipts), so this question comes before all others.
Source: RFC 3834 §2 and §3.1.8, RFC 3464, RFC 2919, the habits of Exchange and of mailing lists.
"""

import re
from typing import Final

from gatewayd.wire.headers import Header, decoded
from gatewayd.wire.mime import content_type

#: Postfix gives up at so many hops.
MAX_RECEIVED: Final = 50
#: How the Message-IDs of our own mails begin (stages/compose.py).
OWN_ID: Final = "<gatewayd."

_PRECEDENCE: Final = frozenset({"bulk", "junk", "list", "auto_reply"})
_ROBOTS: Final = re.compile(r"(?:mailer-daemon|postmaster|no-?reply|do-?not-?reply|bounces?)(?:[+-].*)?@", re.I)
_MARKS: Final = ("x-autoreply", "x-autorespond", "x-auto-reply-from", "x-vacation", "x-failed-recipients", "x-loop")
_SUBJECT: Final = re.compile(
    r"(?:out of (?:the )?office|automatic reply|auto(?:matic)?[- ]?reply|balasan otomatis|jawaban otomatis"
    r"|(?:sedang )?(?:di luar|tidak (?:berada )?di) kantor|sedang cuti"
    r"|undeliver(?:ed|able)|delivery status notification|mail delivery (?:failed|failure)"
    r"|returned mail|read:|dibaca:)",
    re.I,
)


def reason(header: Header, sender: str, own_domain: str) -> str:
    """Why the mail is automatic, in a few words for the log; '' if nothing says so."""
    submitted = _word(header.first("auto-submitted"))
    if submitted not in ("", "no"):
        return f"auto-submitted {submitted[:30]}"
    if any(value.replace(" ", "") == "<>" for value in header.values("return-path")):
        return "null return path"
    precedence = _word(header.first("precedence"))
    if precedence in _PRECEDENCE:
        return f"precedence {precedence}"
    listed = next((name for name, _ in header.fields if name.startswith("list-")), "")
    marked = listed or next((name for name in _MARKS if header.has(name)), "")
    if marked:
        return marked[:40]
    return _by_shape(header, sender, own_domain)


def _by_shape(header: Header, sender: str, own_domain: str) -> str:
    kind, parameters = content_type(header.first("content-type"))
    if kind == "multipart/report" or parameters.get("report-type"):
        return "multipart/report"
    if _ROBOTS.match(sender):
        return "sender is a robot"
    identity = header.first("message-id").lower()
    if own_domain and identity.startswith(OWN_ID) and identity.endswith(f"@{own_domain.lower()}>"):
        return "our own mail"
    if len(header.values("received")) > MAX_RECEIVED:
        return "too many hops"
    return "subject" if _SUBJECT.match(decoded(header.first("subject"))) else ""


def _word(value: str) -> str:
    """The first word of a header value, without parameters and comments."""
    return re.split(r"[\s;(]", value.strip().lower(), maxsplit=1)[0]
