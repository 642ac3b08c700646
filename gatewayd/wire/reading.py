"""The sandbox entry for mails: everything that is to be known of one mail, and the parent's way to get it back.

In: a JSON line of our own making (who is trusted, where numbers are from, limits) and the raw mail. Out: JSON of a
ReadMail. `read_mail` runs in a child; it ends in values for any mail, since a child that dies costs the mail three
attempts. `from_json` runs in the parent and believes nothing.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final, Literal

from gatewayd.core.form import FormReading, checked
from gatewayd.core.model import Channel, Fault
from gatewayd.wire import formfiles
from gatewayd.wire import mail as wire_mail
from gatewayd.wire.attachments import read_attachments
from gatewayd.wire.enclosures import enclosures_of
from gatewayd.wire.form import Numbering, read_form, sections_of
from gatewayd.wire.formlabels import STRONG
from gatewayd.wire.jsonvalues import loads, mapping
from gatewayd.wire.mail import ParsedMail, Trust
from gatewayd.wire.mailjson import mail_from, mail_json
from gatewayd.wire.mailvalues import AttachmentInfo, ReadMail, Reply
from gatewayd.wire.quoted import MAX_OWN, forwarded_text, own_part
from gatewayd.wire.replies import read_reply, speaks_of_deciding

__all__ = ["AttachmentInfo", "FormReading", "ReadMail", "Reply", "from_json", "read_mail"]

_NUMBER: Final = re.compile(r"\[([A-Z]{2,10}-\d{4}-\d{1,9})\]")
_ASKED: Final = re.compile(
    r"\W*(?:bagaimana\s+|mohon\s+)?(?:status|batal)\W+(?:permohonan\W+|pengajuan\W+)?([A-Z]{2,10}-\d{4}-\d{1,9})\W*",
    re.I,
)
_KODE: Final = re.compile(r"\bkode\s*:\s*([A-Z2-7]{32})(?![A-Za-z0-9])", re.I)
_ID_TOKEN: Final = re.compile(r"\.([a-z2-7]{32})@")
#: What a subject may ask for by itself.
_HARMLESS: Final = re.compile(
    r"(?P<form>(?:(?:mohon|minta|permintaan)\s+)?formulir)|status(?:\s+permohonan|\s+pengajuan)?(?:\W+[A-Z]{2,10}-\d{4}-\d{1,9})?",
    re.I,
)
_MAX_TOKENS: Final = 20
_ABOUT: Final = re.compile(r"^(?:(?:re|bls|balas|fwd?|trs)\s*:\s*)*", re.I)


def read_mail(payload: bytes) -> bytes:
    """JSON of the ReadMail of a mail. Runs in the sandbox child."""
    line, _, raw = payload.partition(b"\n")
    head = mapping(loads(line))
    read = _read(raw, _trust(head), _numbering(head), is_cut=head.get("too_big") is True)
    # Lone surrogates cannot stand in UTF-8; JSON escapes carry what little gets so far.
    return json.dumps(mail_json(read), ensure_ascii=False).encode("utf-8", "replace")


def from_json(data: bytes) -> ReadMail:
    """The ReadMail in a child's answer. Raises ValueError for any other shape."""
    return mail_from(loads(data))


def _trust(head: Mapping[str, object]) -> Trust:
    ids = head.get("trusted_authserv_ids")
    return Trust(
        tuple(str(one) for one in ids) if isinstance(ids, list) else (),
        head.get("trust_all_senders") is True,
        str(head.get("own_domain", "")),
    )


def _numbering(head: Mapping[str, object]) -> Numbering:
    most = head.get("max_recipients")
    return Numbering(
        str(head.get("country", "ID")), head.get("foreign") is True, most if isinstance(most, int) else 20_000
    )


def _read(raw: bytes, trust: Trust, numbering: Numbering, *, is_cut: bool) -> ReadMail:
    parsed = wire_mail.parse(raw, trust)
    own = own_part(parsed.text)
    number = _NUMBER.search(parsed.subject) or _ASKED.fullmatch(parsed.subject) or _ASKED.match(own)
    read = ReadMail(
        message_id=parsed.message_id, in_reply_to=parsed.in_reply_to, sender=parsed.sender,
        sender_name=parsed.sender_name, subject=parsed.subject, date=parsed.date,
        authenticated=parsed.verdict.authenticated, auth_detail=parsed.verdict.detail,
        automatic=bool(parsed.automatic_reason), automatic_reason=parsed.automatic_reason,
        request_number=number[1].upper() if number else "", own_text=own[:MAX_OWN],
        tokens=_tokens(parsed), defects=parsed.defects,
    )  # fmt: skip
    # Of a mail that came cut, and of a machine's mail, only the header counts.
    if is_cut or read.automatic:
        return replace(read, own_text="", tokens=())
    return _with_content(read, parsed, own, numbering)


def _tokens(parsed: ParsedMail) -> tuple[str, ...]:
    """Approval codes, those of the newest answered mail first, then those quoted in the text."""
    found = [token for identity in reversed(parsed.in_reply_to) for token in _ID_TOKEN.findall(identity)]
    found += [match[1] for match in _KODE.finditer(parsed.text)]
    return tuple(dict.fromkeys(token.upper() for token in found))[:_MAX_TOKENS]


def _with_content(read: ReadMail, parsed: ParsedMail, own: str, numbering: Numbering) -> ReadMail:
    """`read` with what its `own` text and files say: a form or a reply, never both."""
    files = read_attachments(parsed.files, numbering)
    is_reply = bool(read.in_reply_to or read.request_number)
    text, form = own, read_form(own, files.lists, numbering, is_reply=is_reply)
    inside = "" if is_reply or form is not None else forwarded_text(parsed.text, parsed.subject) or parsed.enclosed
    if inside:
        forwarded = read_form(inside, files.lists, numbering, is_reply=False)
        text, form = (own, None) if forwarded is None else (inside, forwarded)
    found = formfiles.choose(text, form, files, numbering)
    form, read = found.form, replace(read, attachments=found.infos)
    if form is not None and "text.cut" in parsed.defects:
        form = checked(replace(form, faults=(*form.faults, Fault("recipients", "recipients.too_many"))))
    reply = _reply(read)
    if form is None:
        return replace(read, reply=reply)
    if form.channel is Channel.EMAIL:
        form = replace(form, enclosures=enclosures_of(parsed.files, found.infos))
    strong = sections_of(own).labels & STRONG
    if found.document is not None and (reply is None or reply.word in ("approve", "reject", "unclear")):
        strong |= sections_of(found.document.text).labels & STRONG
    match _form_or_reply(read, strong, reply, bool(files.lists)):
        case "form":
            return replace(read, form=form)
        case "reply":
            return replace(read, reply=reply)
        case "unclear":
            return replace(read, reply=Reply("unclear"))


def _reply(read: ReadMail) -> Reply | None:
    """What the own text says; of a text that says nothing, whether the subject asks for something harmless."""
    said = read_reply(read.own_text)
    if said.word != "unclear":
        return said
    asked = _HARMLESS.fullmatch(_NUMBER.sub("", _ABOUT.sub("", read.subject)).strip(" .!"))
    if asked is not None:
        return Reply("form" if asked["form"] else "status")
    return said if read.own_text else None


def _form_or_reply(
    read: ReadMail, strong: frozenset[str], reply: Reply | None, has_list: bool
) -> Literal["form", "reply", "unclear"]:
    """Which of the two a mail is that has labels in it, as signatures have. A text that answers an approval question
    (it has a code) and changes the form in the same breath is neither."""
    word = reply.word if reply else "unclear"
    is_answer = bool(read.tokens)
    if not read.in_reply_to and not read.request_number:
        return "form"
    if word == "unclear":
        if is_answer and speaks_of_deciding(read.own_text):
            return "unclear"
        return "form" if strong or has_list or not is_answer else "unclear"
    if word in ("approve", "reject"):
        if not is_answer:
            return "form" if strong or has_list else "reply"
        changes = strong - {"unit_name"} if word == "approve" else strong - {"keterangan", "unit_name"}
        return "unclear" if changes else "reply"
    return "form" if len(strong) > 1 else "reply"
