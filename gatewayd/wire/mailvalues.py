"""The values that a read mail consists of. Frozen; made in the sandbox child, checked again in the parent."""

from dataclasses import dataclass
from typing import Literal

from gatewayd.core.form import FormReading

ReplyWord = Literal["approve", "reject", "cancel", "status", "forward", "form", "unclear"]
AttachmentKind = Literal["table", "text", "document", "pdf", "image", "mail", "other"]


@dataclass(frozen=True, slots=True)
class Reply:
    """What the sender's own text says: one word, and the reason that stood behind it ('' if none)."""

    word: ReplyWord
    reason: str = ""


@dataclass(frozen=True, slots=True)
class AttachmentInfo:
    """An attached file: its name as given (cleaned), its kind by content, its size in bytes when decoded.

    `problem` is a code of wire/faultcodes.py, '' for a file that was read."""

    name: str
    kind: AttachmentKind
    size: int
    problem: str = ""


@dataclass(frozen=True, slots=True)
class ReadMail:
    """All that is known of one mail. An unreadable mail has defects and no form; nothing here is trusted input.

    `sender` is the one From address in lower case, '' unless there is exactly one and it is clean. `in_reply_to`
    holds References and In-Reply-To, newest last; `tokens` are upper case, those of In-Reply-To first. `date` is
    ISO 8601 in UTC or ''. `reply` is None for a mail that brings a form or no text of its own."""

    message_id: str = ""
    in_reply_to: tuple[str, ...] = ()
    sender: str = ""
    sender_name: str = ""
    subject: str = ""
    date: str = ""
    authenticated: bool = False
    auth_detail: str = ""
    automatic: bool = False
    automatic_reason: str = ""
    request_number: str = ""
    own_text: str = ""
    tokens: tuple[str, ...] = ()
    reply: Reply | None = None
    form: FormReading | None = None
    attachments: tuple[AttachmentInfo, ...] = ()
    defects: tuple[str, ...] = ()
