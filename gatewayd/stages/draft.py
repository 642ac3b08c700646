"""Draft → NewRequest: one message a recipient, parts, cost, digest, and every fault that keeps it from approval.

Pure in effect: no I/O, no clock but the `now` it is given. All intakes go through here, so a form, a job and
a command obey the same rules.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from gatewayd.config import Settings
from gatewayd.core import caution
from gatewayd.core.caution import Limits, Recent
from gatewayd.core.model import Channel, Draft, Fault, Recipient, RefusedRow
from gatewayd.core.request import Message, digest, merge, personal_fields, placeholders
from gatewayd.core.routing import cost_idr, route_of
from gatewayd.stages.fleet import tariffs_of
from gatewayd.store.requests import NewRequest
from gatewayd.wire.outmail import is_address, is_safe
from gatewayd.wire.segment import Segmentation, segment
from gatewayd.wire.transliterate import transliterate

#: The longest e-mail text; the university's mail limit is far above it.
_MAX_MAIL_TEXT: Final = 100_000
_QUOTE: Final = 200
_NONE: Final = Recent()
_NOTHING: Final[Mapping[str, Recent]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request came from: what the store keeps beside its content."""

    client: str = ""
    job: str = ""
    job_digest: bytes = b""
    mail: int | None = None
    thread: str = ""
    preapproved: str = ""


@lru_cache(maxsize=256)
def segmented(text: str) -> Segmentation:
    """`segment`, remembered: a request sends one text many times."""
    return segment(text)


def build(
    draft: Draft, settings: Settings, now: datetime, origin: Origin, form: dict[str, object],
    opted_out: frozenset[str] = frozenset(), recent: Mapping[str, Recent] = _NOTHING,
) -> NewRequest:  # fmt: skip
    """Everything of a request that can be known before a number is given to it. `opted_out` are the addresses of the
    draft that want nothing from us; `recent` is what its addresses got from other requests."""
    draft = in_plain_letters(draft)
    limits = Limits(settings.sending.per_recipient_hour, settings.sending.per_recipient_day)
    messages, refused = _messages(draft, opted_out, recent, limits)
    longest = max((message.parts for message in messages), default=parts_of(draft.channel, draft.text))
    total = sum(message.parts for message in messages)
    faults = (*draft.faults, *_content_faults(draft, settings, longest), *_recipient_faults(draft, settings, messages))
    return NewRequest(
        source=draft.source, applicant=draft.applicant, channel=draft.channel, subject=draft.subject, text=draft.text,
        encoding=segmented(draft.text).encoding if draft.channel is Channel.SMS and draft.text else "",
        parts=longest, total_parts=total, cost_idr=_cost(draft.channel, messages, settings), priority=draft.priority,
        purpose=draft.purpose, groups=draft.groups, wanted_by=draft.wanted_by, send_after=draft.send_after,
        expires_at=draft.expires_at or _expires(draft, settings, now), faults=tuple(dict.fromkeys(faults)),
        warnings=(*draft.warnings, *_warnings(draft, longest, messages, recent)),
        refused=(*draft.recipients.refused, *refused),
        duplicates=draft.recipients.duplicates, messages=messages, form=form, enclosures=draft.enclosures,
        digest=digest(
            channel=draft.channel, subject=draft.subject, text=draft.text, priority=draft.priority,
            send_after=draft.send_after, applicant=draft.applicant, messages=messages,
            enclosures=draft.enclosures,
        ),
        client=origin.client, job=origin.job, job_digest=origin.job_digest, mail=origin.mail, thread=origin.thread,
        preapproved=origin.preapproved, paced=frozenset(settings.smtp.domains) if settings.smtp else frozenset(),
    )  # fmt: skip


def in_plain_letters(draft: Draft) -> Draft:
    """`draft` with its text in the short alphabet as far as that goes, and what was done among its warnings. The same
    again for one that was done before."""
    if not draft.plain_letters or draft.channel is not Channel.SMS:
        return draft
    found = transliterate(draft.text)
    told: list[Fault] = []
    if found.replaced:
        pairs = ", ".join(f"{old} → {new}" for old, new in found.replaced)
        told.append(Fault("text", "text.replaced", quoted(pairs)))
    if found.kept:
        told.append(Fault("text", "text.kept", quoted(" ".join(found.kept))))
    return replace(draft, text=found.text, warnings=(*draft.warnings, *told))


def _merged(draft: Draft, who: Recipient) -> str | tuple[str, ...]:
    """The personal text, or the placeholders that lack a value."""
    text = merge(draft.text, _fields(who))
    if isinstance(text, str) and draft.plain_letters and draft.channel is Channel.SMS:
        return transliterate(text).text
    return text


def addresses_of(draft: Draft) -> tuple[str, ...]:
    return tuple(who.address for who in draft.recipients.recipients)


def texts_of(draft: Draft) -> tuple[tuple[str, str], ...]:
    """(address, the text for it); the text as typed where a placeholder lacks its value."""
    draft = in_plain_letters(draft)
    if not placeholders(draft.text):
        return tuple((who.address, draft.text) for who in draft.recipients.recipients)
    merged = ((who.address, _merged(draft, who)) for who in draft.recipients.recipients)
    return tuple((address, text if isinstance(text, str) else draft.text) for address, text in merged)


def moment_of(draft: Draft, now: datetime) -> datetime:
    """When its messages would leave at the earliest."""
    return max(now, draft.send_after or now)


def _messages(
    draft: Draft, opted_out: frozenset[str], recent: Mapping[str, Recent], limits: Limits
) -> tuple[tuple[Message, ...], tuple[RefusedRow, ...]]:
    """One message a recipient; a row that lacks a placeholder's value, or has had enough, is refused by name."""
    personal = bool(placeholders(draft.text))
    shared = parts_of(draft.channel, draft.text)
    subject = draft.subject if placeholders(draft.subject) else ""
    messages: list[Message] = []
    refused: list[RefusedRow] = []
    for who in draft.recipients.recipients:
        if draft.channel is Channel.EMAIL and not is_address(who.address):
            refused.append(RefusedRow(who.row, quoted(who.address), "row.not_email", who.name))
            continue
        if who.address in opted_out:
            refused.append(RefusedRow(who.row, quoted(who.address), "row.opted_out", who.name))
            continue
        if code := caution.over_limit(recent.get(who.address, _NONE), limits):
            refused.append(RefusedRow(who.row, quoted(who.address), code, who.name))
            continue
        if missing := _unfit_subject(subject, who):
            refused.append(missing)
            continue
        if not personal:
            messages.append(Message(who.row, who.address, who.name, who.fields, None, shared))
            continue
        text = _merged(draft, who)
        if isinstance(text, str):
            messages.append(Message(who.row, who.address, who.name, who.fields, text, parts_of(draft.channel, text)))
        else:
            refused.append(RefusedRow(who.row, ", ".join(text), "row.placeholder", who.name))
    return tuple(messages), tuple(refused)


def _unfit_subject(subject: str, who: Recipient) -> RefusedRow | None:
    """The refusal of a row whose personal subject lacks a value, or could not stand in a header."""
    merged = merge(subject, _fields(who))
    if not isinstance(merged, str):
        return RefusedRow(who.row, ", ".join(merged), "row.placeholder", who.name)
    return None if is_safe(merged) else RefusedRow(who.row, quoted(merged), "row.placeholder", who.name)


def _fields(who: Recipient) -> dict[str, str]:
    return personal_fields(who.name, who.fields)


def parts_of(channel: Channel, text: str) -> int:
    return len(segmented(text).parts) if channel is Channel.SMS and text else 1


def _content_faults(draft: Draft, settings: Settings, longest: int) -> list[Fault]:
    faults: list[Fault] = []
    if not draft.text.strip() and not any(fault.path == "keterangan" for fault in draft.faults):
        faults.append(Fault("text", "text.empty"))
    if draft.channel is Channel.SMS and longest > settings.sending.max_parts:
        faults.append(Fault("text", "text.too_many_parts", f"{longest} > {settings.sending.max_parts}"))
    if draft.channel is Channel.EMAIL and not draft.subject.strip():
        faults.append(Fault("subject", "subject.empty"))
    if draft.channel is Channel.EMAIL and not is_safe(draft.subject):
        faults.append(Fault("subject", "subject.unsafe", quoted(draft.subject)))
    if draft.channel is Channel.EMAIL and len(draft.text) > _MAX_MAIL_TEXT:
        faults.append(Fault("text", "text.too_long", f"{len(draft.text)} > {_MAX_MAIL_TEXT}"))
    if draft.channel is Channel.SMS and not settings.modems:
        faults.append(Fault("channel", "channel.none", "sms"))
    if draft.channel is Channel.EMAIL and settings.smtp is None:
        faults.append(Fault("channel", "channel.none", "email"))
    return faults


def _warnings(
    draft: Draft, longest: int, messages: tuple[Message, ...], recent: Mapping[str, Recent]
) -> tuple[Fault, ...]:
    again = caution.repeated(recent[message.address] for message in messages if message.address in recent)
    return (*caution.text_warnings(draft.text, draft.channel, longest), *again)


def _recipient_faults(draft: Draft, settings: Settings, messages: tuple[Message, ...]) -> list[Fault]:
    if len(messages) > settings.sending.max_recipients:
        return [Fault("recipients", "recipients.too_many", f"{len(messages)} > {settings.sending.max_recipients}")]
    already = any(fault.path.startswith(("recipients", "sms_massal", "attachment", "to")) for fault in draft.faults)
    return [] if messages or already else [Fault("recipients", "recipients.none")]


def _cost(channel: Channel, messages: tuple[Message, ...], settings: Settings) -> int | None:
    if channel is Channel.EMAIL:
        return 0
    parts: Counter[str] = Counter()
    for message in messages:
        parts[route_of(message.address)] += message.parts
    return cost_idr(parts, tariffs_of(settings.modems))


def _expires(draft: Draft, settings: Settings, now: datetime) -> datetime:
    return moment_of(draft, now) + timedelta(seconds=settings.sending.expires + settings.approval.expires)


def quoted(text: str) -> str:
    """What somebody typed, cut for a fault."""
    return text[:_QUOTE]
