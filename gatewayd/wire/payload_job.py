"""A job of another system: bytes of one MQTT publish → `Job`, or every reason why it is refused, at once.

In: the payload, the time, and whether the broker kept the publish (retained). Out: `Job` with times in UTC, or
`JobRefusal`. Invariants: nothing in the payload says who asks; over 64 KiB nothing is decoded; an unknown field
refuses the job. Required: v, id, created, expires, channel, text, and one of to and group; subject for e-mail.

The digest tells "the same job again" from "the same id for something else". It covers the content as it was
understood (absent fields with their defaults, times in UTC), so spacing and the order of keys do not matter.
`created` is not content: a publisher that builds its job anew for each attempt still repeats the same job.
Source: contract §4; reference/reliability §1.5, §3.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from gatewayd.core.model import Channel, Fault, Priority
from gatewayd.wire.payload_fields import Fields, TextRule, quoted
from gatewayd.wire.payload_json import MAX_BYTES, Members, decode

VERSION: Final = 1
#: One level of a topic: no "/", no wildcard, nothing that a shell or a log would trip over.
_ID: Final = TextRule(128, required=True, pattern=re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]*"), code="id.invalid")
#: The limit of the payload is the limit of the text.
_TEXT: Final = TextRule(MAX_BYTES, required=True, lines=True)
_SUBJECT: Final = {False: TextRule(255), True: TextRule(255, required=True)}
_GROUP: Final = TextRule(64, required=True)
_PURPOSE: Final = TextRule(500, lines=True)
_TO: Final = TextRule(254, required=True)
_NAME: Final = TextRule(200)
_VAR: Final = TextRule(1000, lines=True)
_VAR_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_ ]{0,39}")
#: How far ahead a job may reach: beyond, sums of times overflow.
_FARTHEST: Final = timedelta(days=36525)
_JOB_FIELDS: Final = frozenset(
    {"v", "id", "created", "expires", "channel", "to", "group", "text", "subject", "priority", "send_after", "purpose"}
)
_PRIORITIES: Final = {"urgent": Priority.URGENT, "normal": Priority.NORMAL, "bulk": Priority.BULK}


@dataclass(frozen=True, slots=True)
class JobRecipient:
    """One entry of "to", as it was typed; a bare string is an entry with an address only."""

    to: str
    name: str = ""
    vars: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Job:
    """A job that keeps every rule of the format. What its client may do is not decided here."""

    id: str
    channel: Channel
    to: tuple[JobRecipient, ...]
    group: str
    text: str
    subject: str
    priority: Priority
    created: datetime
    expires: datetime
    send_after: datetime | None
    purpose: str
    digest: bytes


@dataclass(frozen=True, slots=True)
class JobRefusal:
    """Why a job is refused. `id` is '' if it could not be read. `digest` is there if only the time is wrong with
    the job, or it is retained: an accepted job that comes again too late is still a duplicate; the store can tell."""

    id: str
    faults: tuple[Fault, ...]
    digest: bytes = b""


@dataclass(frozen=True, slots=True)
class Window:
    """When a job may have been created: not longer ago than `oldest`, and no further ahead than clocks differ."""

    oldest: timedelta = timedelta(days=7)
    skew: timedelta = timedelta(minutes=10)


def parse_job(payload: bytes, *, now: datetime, retained: bool, window: Window | None = None) -> Job | JobRefusal:
    """Read one job. Never raises."""
    found = decode(payload)
    stale = [Fault("", "retained")] if retained else []
    if isinstance(found, Fault):
        return JobRefusal("", (*stale, found))
    faults: list[Fault] = []
    fields = Fields(found, "", faults)
    name = fields.text("id", _ID)
    job = _read(fields, name, faults)
    if job is None:
        return JobRefusal(name, (*stale, *faults))
    stale += _untimely(job, now, window or Window())
    if job.expires > now + _FARTHEST:
        return JobRefusal(name, (*stale, Fault("expires", "time.too_far", str(_FARTHEST.days))))
    return JobRefusal(name, tuple(stale), job.digest) if stale else job


def _untimely(job: Job, now: datetime, window: Window) -> list[Fault]:
    """What is wrong with the times of a job that came at `now`."""
    faults: list[Fault] = []
    if job.created > now + window.skew:
        faults.append(Fault("created", "created.ahead", _stamp(now)))
    # The age is a difference of two clocks, so they may differ here too.
    if job.created < now - window.oldest - window.skew:
        faults.append(Fault("created", "created.too_old", _stamp(job.created)))
    if job.expires <= now:
        faults.append(Fault("expires", "expired", _stamp(job.expires)))
    return faults


def _read(fields: Fields, name: str, faults: list[Fault]) -> Job | None:
    """The job, if nothing but its age can be wrong with it."""
    fields.only(_JOB_FIELDS)
    _version(fields)
    channel = fields.choice("channel", tuple(Channel), required=True)
    to, group = _recipients(fields, faults)
    text, subject = fields.text("text", _TEXT), fields.text("subject", _SUBJECT[channel == Channel.EMAIL])
    priority = fields.choice("priority", _PRIORITIES) or "normal"
    purpose = fields.text("purpose", _PURPOSE)
    created, expires = fields.time("created", required=True), fields.time("expires", required=True)
    send_after = fields.time("send_after")
    _order(fields, created, expires, "expires.order")
    _order(fields, send_after, expires, "send_after.order")
    if faults or created is None or expires is None:
        return None
    content = {
        "v": VERSION, "id": name, "channel": channel, "group": group, "text": text, "subject": subject,
        "to": [[who.to, who.name, dict(who.vars)] for who in to], "priority": priority, "purpose": purpose,
        "expires": _stamp(expires), "send_after": _stamp(send_after) if send_after else "",
    }  # fmt: skip
    return Job(
        id=name, channel=Channel(channel), to=to, group=group, text=text, subject=subject,
        priority=_PRIORITIES[priority], created=created, expires=expires, send_after=send_after, purpose=purpose,
        digest=_digest(content),
    )  # fmt: skip


def _version(fields: Fields) -> None:
    value = fields.value("v", required=True)
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value != VERSION):
        fields.fault("v", "v.value", value)


def _recipients(fields: Fields, faults: list[Fault]) -> tuple[tuple[JobRecipient, ...], str]:
    """The entries of "to", or the name of a group; one of the two, never both."""
    if ("to" in fields) == ("group" in fields):
        fields.fault("to", "to.one_of" if "to" in fields else "to.missing")
    group = fields.text("group", _GROUP) if "group" in fields else ""
    entries = fields.value("to")
    if entries is None:
        return (), group
    if not isinstance(entries, list):
        fields.fault("to", "type.list", entries)
        return (), group
    if not entries:
        fields.fault("to", "to.empty")
    return tuple(_recipient(entry, f"to[{place}]", faults) for place, entry in enumerate(entries)), group


def _recipient(entry: object, path: str, faults: list[Fault]) -> JobRecipient:
    if isinstance(entry, str):
        whole: list[Fault] = []
        address = Fields(Members((("to", entry),)), path, whole).text("to", _TO)
        faults += [Fault(path, fault.code, fault.typed) for fault in whole]
        return JobRecipient(address)
    if not isinstance(entry, Members):
        faults.append(Fault(path, "type.recipient", quoted(entry)))
        return JobRecipient("")
    fields = Fields(entry, path, faults)
    fields.only(("to", "name", "vars"))
    return JobRecipient(fields.text("to", _TO), fields.text("name", _NAME), _vars(fields, faults))


def _vars(fields: Fields, faults: list[Fault]) -> Mapping[str, str]:
    value = fields.value("vars")
    if value is None:
        return {}
    if not isinstance(value, Members):
        fields.fault("vars", "type.object", value)
        return {}
    inner = Fields(value, fields.path("vars"), faults)
    for name in inner:
        if _VAR_NAME.fullmatch(name) is None:
            inner.fault(name, "vars.name")
    return {name: inner.text(name, _VAR) for name in inner}


def _order(fields: Fields, first: datetime | None, second: datetime | None, code: str) -> None:
    if first is not None and second is not None and first >= second:
        fields.fault(code.partition(".")[0], code)


def _stamp(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")


def _digest(content: Mapping[str, object]) -> bytes:
    canonical = json.dumps(content, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("ascii")).digest()
