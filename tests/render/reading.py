"""How the tests read a mail: with the standard library, as a mail program would."""

import email
import email.policy
from email.message import EmailMessage


def parse(raw: bytes) -> EmailMessage:
    """The mail; it must be clean RFC 5322 with CRLF line ends only."""
    assert raw.count(b"\n") == raw.count(b"\r\n")
    assert raw.count(b"\r") == raw.count(b"\r\n")
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    assert raw.isascii()
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    assert isinstance(mail, EmailMessage)
    assert not mail.defects
    assert all(not part.defects for part in mail.walk())
    return mail


def body(mail: EmailMessage, kind: str = "plain") -> str:
    part = mail.get_body((kind,))
    return "" if part is None else str(part.get_content()).replace("\r\n", "\n")


def parts(mail: EmailMessage, kind: str) -> list[EmailMessage]:
    return [part for part in mail.walk() if isinstance(part, EmailMessage) and part.get_content_type() == kind]
