"""Text, page, picture and table → one complete RFC 5322 mail with CRLF line ends.

In: a Look, a Head, a subject and bodies, all cleaned. Out: octets. The head is made by wire/outmail.py, which
refuses control characters and encodes the rest; what threads a mail (In-Reply-To, References) is taken over only
where it is a plain Message-ID, else left out. The finished mail is parsed again and must hold what was meant.
Sources: RFC 5322 §3.6.4, RFC 2387 (related), RFC 2392 (cid), RFC 3834 §5.
"""

import email
import email.policy
import re
from dataclasses import dataclass
from email.message import EmailMessage
from typing import Final

from gatewayd.render.views import Head, Look
from gatewayd.wire import outmail

#: What a picture is called inside its mail.
PICTURE_ID: Final = "laporan@gatewayd.invalid"
_MESSAGE_ID: Final = re.compile(r"<[\x21-\x3b\x3d\x3f-\x7e]{1,240}>")
_MOST_REFERENCES: Final = 10
#: What a mail that is passed on is called.
_FORWARDED: Final = "formulir.eml"
#: RFC 5322 §2.1.1.
_LONGEST_LINE: Final = 998
_MIME: Final = ("MIME-Version", "Content-Type", "Content-Transfer-Encoding")
_THREAD: Final = ("In-Reply-To", "References")
_POLICY: Final = email.policy.SMTP.clone(max_line_length=76)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of ours; `name` is ASCII, `kind` its MIME type."""

    name: str
    kind: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Bodies:
    """What a mail says: always `text`; a page and a picture in it where there is one; files beside it."""

    text: str
    html: str = ""
    picture: Attachment | None = None
    files: tuple[Attachment, ...] = ()
    #: A mail that is passed on, as it came.
    original: bytes = b""


def build(look: Look, head: Head, subject: str, bodies: Bodies) -> bytes:
    """The mail. Raises outmail.UnsafeHeader for an address, a Message-ID or a subject that must not be sent."""
    subject = f"[{head.number}] {subject}" if head.number else subject
    further = {"Reply-To": look.reply_to} if outmail.is_address(look.reply_to) else {}
    plain = outmail.message(
        sender=look.sender, sender_name=look.sender_name, to=head.to_address, to_name=head.to_name, subject=subject,
        text="", message_id=head.message_id, date=head.date, auto_submitted="auto-replied", headers=further,
    )  # fmt: skip
    entity = _entity(bodies)
    raw = _fields(plain) + _thread(head) + b"MIME-Version: 1.0\r\n" + _without_version(entity)
    _compare(raw, plain, head, bodies)
    return raw


def _fields(plain: bytes) -> bytes:
    """The header of `plain` without its MIME fields, which stand last in it."""
    return plain[: plain.index(b"MIME-Version:")]


def _thread(head: Head) -> bytes:
    """In-Reply-To and References of a well-formed conversation; nothing that could start another line."""
    answered = head.in_reply_to if _MESSAGE_ID.fullmatch(head.in_reply_to) else ""
    known = [one for one in dict.fromkeys((*head.references, answered)) if _MESSAGE_ID.fullmatch(one)]
    lines = [f"In-Reply-To: {answered}"] if answered else []
    if known:
        lines.append("References: " + "\r\n ".join(known[-_MOST_REFERENCES:]))
    return "".join(f"{line}\r\n" for line in lines).encode("ascii")


def _entity(bodies: Bodies) -> EmailMessage:
    """The MIME tree: mixed(alternative(text, related(page, picture)), files), without the levels not needed."""
    entity = EmailMessage(_POLICY)
    entity.set_content(bodies.text, cte="quoted-printable")
    if bodies.html:
        entity.add_alternative(bodies.html, subtype="html", cte="quoted-printable")
        if bodies.picture is not None:
            _add_picture(entity, bodies.picture)
    for file in bodies.files:
        main, _, sub = file.kind.partition("/")
        charset = {"charset": "utf-8"} if main == "text" else None
        entity.add_attachment(file.data, maintype=main, subtype=sub, filename=file.name, params=charset)
    if bodies.original:
        _attach_mail(entity, bodies.original)
    return entity


def _attach_mail(entity: EmailMessage, original: bytes) -> None:
    """`original` byte for byte: as message/rfc822 where that may stand in a mail of 7 bit, whose transfer encoding must
    not be another (RFC 2046 §5.2.1), else as a file that mail programs open."""
    text = b"\r\n".join(original.splitlines()) + b"\r\n"
    if not text.isascii() or b"\0" in text or any(len(line) > _LONGEST_LINE for line in text.split(b"\r\n")):
        entity.add_attachment(original, maintype="application", subtype="octet-stream", filename=_FORWARDED)
        return
    part = EmailMessage(_POLICY)
    part["Content-Type"] = "message/rfc822"
    part["Content-Disposition"] = f'attachment; filename="{_FORWARDED}"'
    part.set_payload(text.decode("ascii"))
    entity.make_mixed()
    entity.attach(part)


def _add_picture(entity: EmailMessage, picture: Attachment) -> None:
    page = list(entity.iter_parts())[-1]
    if not isinstance(page, EmailMessage):
        raise AssertionError("a part of another class")
    main, _, sub = picture.kind.partition("/")
    page.add_related(
        picture.data, maintype=main, subtype=sub, cid=f"<{PICTURE_ID}>", filename=picture.name, disposition="inline",
    )  # fmt: skip


def _without_version(entity: EmailMessage) -> bytes:
    del entity["MIME-Version"]
    return entity.as_bytes(policy=_POLICY)


def _compare(raw: bytes, plain: bytes, head: Head, bodies: Bodies) -> None:
    """Parse the mail again: the same fields as meant, and the same text."""
    parsed = email.message_from_bytes(raw, policy=email.policy.default)
    meant = email.message_from_bytes(plain, policy=email.policy.default)
    if not isinstance(parsed, EmailMessage):
        raise outmail.UnsafeHeader("the finished mail is of another class")
    fields = [name for name in meant.keys() if name not in _MIME]  # noqa: SIM118 - no mapping: it iterates by number
    names = parsed.keys()
    if not set(names) <= {*fields, *_THREAD, *_MIME} or len(names) != len(set(names)):
        raise outmail.UnsafeHeader("the finished mail has fields that were not meant")
    if any(str(parsed[name]) != str(meant[name]) for name in fields):
        raise outmail.UnsafeHeader("a field of the finished mail parses to another value")
    text = parsed.get_body(("plain",))
    if text is None or text.get_content().replace("\r\n", "\n").rstrip("\n") != bodies.text.rstrip("\n"):
        raise outmail.UnsafeHeader("the text of the finished mail parses to another text")
    if str(parsed["Message-ID"]) != head.message_id:
        raise outmail.UnsafeHeader("Message-ID: parses to another value")
