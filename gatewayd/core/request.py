"""A stored request, what one message of it looks like, and the digest every decision is bound to.

The digest covers what an approver decides on: channel, subject, exact text, every recipient with his
personal text, priority, schedule, and who asks. Any change makes another digest and voids every decision.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from gatewayd.core.model import Applicant, Channel, Enclosure, Fault, Priority, RefusedRow, RequestId, Source

_PLACEHOLDER: Final = re.compile(r"\{ {0,5}([A-Za-z_][A-Za-z0-9_ ./-]{0,39}?) {0,5}\}")
_NOT_NAME: Final = re.compile(r"[\W_]+")
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MS: Final = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class Message:
    """What one recipient will get. `text` is None where it is the request's text unchanged."""

    row: int
    address: str
    name: str
    fields: Mapping[str, str]
    text: str | None
    parts: int


@dataclass(frozen=True, slots=True)
class Request:
    """One stored request. Its state is not here: core/progress.py computes it."""

    id: RequestId
    number: str
    source: Source
    client: str
    job: str
    thread: str
    applicant: Applicant
    channel: Channel
    subject: str
    text: str
    encoding: str
    parts: int
    total_parts: int
    recipients: int
    cost_idr: int | None
    priority: Priority
    purpose: str
    groups: tuple[str, ...]
    wanted_by: str
    send_after: datetime | None
    expires_at: datetime
    faults: tuple[Fault, ...]
    warnings: tuple[Fault, ...]
    refused: tuple[RefusedRow, ...]
    duplicates: tuple[RefusedRow, ...]
    digest: bytes
    preapproved: str
    created_at: datetime
    approved_at: datetime | None
    closed_at: datetime | None
    closed_as: str
    close_reason: str
    settled_at: datetime | None
    reported_at: datetime | None
    changed_at: datetime | None


def placeholders(text: str) -> tuple[str, ...]:
    """The names in `{name}` placeholders of `text`, each once, in order."""
    return tuple(dict.fromkeys(match[1] for match in _PLACEHOLDER.finditer(text)))


def merge(text: str, fields: Mapping[str, str]) -> str | tuple[str, ...]:
    """`text` with its placeholders filled in from `fields`, or the names that miss. Of names only letters and digits
    are compared: "{No. Kursi}" is the column "NO KURSI"."""
    known = {_plain(key): value for key, value in fields.items() if value}
    missing = tuple(name for name in placeholders(text) if _plain(name) not in known)
    if missing:
        return missing
    return _PLACEHOLDER.sub(lambda match: known[_plain(match[1])], text)


def _plain(name: str) -> str:
    return _NOT_NAME.sub("", name.casefold())


def personal_fields(name: str, fields: Mapping[str, str]) -> dict[str, str]:
    """A recipient's columns; his name answers to {nama} and {name}."""
    return {"nama": name, "name": name, **fields}


def digest(
    *, channel: Channel, subject: str, text: str, priority: Priority, send_after: datetime | None,
    applicant: Applicant, messages: Iterable[Message], enclosures: Iterable[Enclosure] = (),
) -> bytes:  # fmt: skip
    """SHA-256 over the canonical form of what will be sent, to whom, when and for whom."""
    # To the millisecond, as it is stored: the digest is computed again from the store.
    at = (send_after - _EPOCH) // _MS if send_after else ""
    head = [channel, subject, text, int(priority), at, applicant.unit, applicant.address]
    head += [part for one in enclosures for part in (one.name, one.kind, one.sha256)]
    state = hashlib.sha256(_canonical(head))
    subject = subject if placeholders(subject) else ""
    for personal in sorted([m.address, m.text or "", *_personal_subject(subject, m)] for m in messages):
        state.update(_canonical(personal))
    return state.digest()


def _personal_subject(subject: str, message: Message) -> list[str]:
    if not subject:
        return []
    merged = merge(subject, personal_fields(message.name, message.fields))
    return [merged] if isinstance(merged, str) else []


def _canonical(value: list[object] | list[str]) -> bytes:
    return json.dumps(value, ensure_ascii=True, separators=(",", ":")).encode() + b"\n"
