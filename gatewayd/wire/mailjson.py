"""ReadMail as JSON, and back with every shape checked: the parent trusts no child.

In and out: the dataclasses of wire/mailvalues.py and plain JSON values. `mail_from` raises NotAsAgreed for anything
that the reader would not have made.
"""

from typing import Final, get_args

from gatewayd.wire.formvalues import form_from, form_json
from gatewayd.wire.jsonvalues import LONGEST, NotAsAgreed, fields_of, flag, items, number, text, texts, word
from gatewayd.wire.mailvalues import AttachmentInfo, AttachmentKind, ReadMail, Reply, ReplyWord

_WORDS: Final[tuple[ReplyWord, ...]] = get_args(ReplyWord)
_KINDS: Final[tuple[AttachmentKind, ...]] = get_args(AttachmentKind)
_MAIL: Final = (
    "message_id", "in_reply_to", "sender", "sender_name", "subject", "date", "authenticated", "auth_detail",
    "automatic", "automatic_reason", "request_number", "own_text", "tokens", "reply", "form", "attachments", "defects",
)  # fmt: skip


def mail_json(mail: ReadMail) -> dict[str, object]:
    simple = {name: getattr(mail, name) for name in _MAIL if name not in ("reply", "form", "attachments")}
    return simple | {
        "reply": [mail.reply.word, mail.reply.reason] if mail.reply else None,
        "form": form_json(mail.form) if mail.form else None,
        "attachments": [[one.name, one.kind, one.size, one.problem] for one in mail.attachments],
    }


def mail_from(value: object) -> ReadMail:
    """Raises NotAsAgreed."""
    (
        message_id, in_reply_to, sender, sender_name, subject, date, authenticated, auth_detail,
        automatic, automatic_reason, request_number, own_text, tokens, reply, form, attachments, defects,
    ) = fields_of(value, *_MAIL)  # fmt: skip
    return ReadMail(
        message_id=text(message_id), in_reply_to=texts(in_reply_to, 100), sender=text(sender, 254),
        sender_name=text(sender_name), subject=text(subject), date=text(date, 40),
        authenticated=flag(authenticated), auth_detail=text(auth_detail), automatic=flag(automatic),
        automatic_reason=text(automatic_reason), request_number=text(request_number, 40),
        own_text=text(own_text, LONGEST), tokens=texts(tokens, 100), reply=None if reply is None else _reply(reply),
        form=None if form is None else form_from(form), attachments=items(attachments, _attachment, 1000),
        defects=texts(defects, 1000),
    )  # fmt: skip


def _reply(value: object) -> Reply:
    match value:
        case [said, reason]:
            return Reply(word(said, _WORDS), text(reason))
        case _:
            raise NotAsAgreed("a reply was expected")


def _attachment(value: object) -> AttachmentInfo:
    match value:
        case [name, kind, size, problem]:
            return AttachmentInfo(text(name, 200), word(kind, _KINDS), number(size), text(problem, 40))
        case _:
            raise NotAsAgreed("an attachment was expected")
