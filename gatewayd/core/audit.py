"""The audit: entries in a chain of hashes (SHA-256), and what their facts mean.

In: entries as they are stored. Out: whether the chain holds, the state of each thing as the entries tell it, and the
names of the facts for readers. Invariants: an entry's hash covers the hash before it, its number, time, kind and facts,
so none can be changed, dropped, put in or moved without another hash at every later entry; who rewrites them all is
found only by a head that was noted elsewhere.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

Facts = list[Any]
#: Of a hash; more would be written to the card for each part that is sent, and prove nothing more.
_OCTETS: Final = 16
#: kind → what its facts are, in order. Words of people are keyed hashes.
NAMES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType({
    "run": ("run", "boot", "version", "started_at"),
    "request": (
        "request", "number", "source", "client", "job", "job_digest", "mail", "mail_digest", "digest", "preapproved",
        "created_at", "approved_at", "closed_as",
    ),
    "decision": (
        "decision", "request", "step", "person", "verdict", "reason", "digest", "via", "proof", "mail", "mail_digest",
        "decided_at",
    ),
    "event": ("event", "happened_at", "request", "name", "actor", "detail"),
    "attempt": ("delivery", "part", "attempt", "request", "to", "transport", "sim", "run", "began_at"),
    "outcome": ("delivery", "part", "attempt", "state", "reference", "ended_at", "cause_code"),
    "report": ("delivery", "part", "attempt", "report", "tp_status", "reported_at"),
    "moved": ("delivery", "part", "attempt", "began_at"),
    "optout": ("address", "since", "source"),
    "optin": ("address",),
})  # fmt: skip
#: kind → how many of its first facts name the thing it is about.
_KEY: Final = MappingProxyType({"attempt": 3, "outcome": 3, "report": 3, "moved": 3})
#: What is known of an attempt behind the facts of its entry: that it began, then what outcomes and reports tell.
_BEGUN: Final[Facts] = ["submitting", None, None, "", "", None, None]
#: Everything that an attempt is made of in the end.
ATTEMPT: Final = (*NAMES["attempt"], *NAMES["outcome"][3:], *NAMES["report"][3:])
_CHANGES: Final = MappingProxyType({
    kind: tuple(ATTEMPT.index(name) for name in NAMES[kind][3:]) for kind in ("outcome", "report", "moved")
})  # fmt: skip
#: kind → the only facts of a thing that may be told anew; words are taken out by retention.
_MAY_CHANGE: Final = MappingProxyType({
    "request": frozenset({"mail", "mail_digest", "digest", "preapproved", "created_at", "approved_at", "closed_as"}),
    "decision": frozenset({"reason"}),
    "event": frozenset({"actor", "detail"}),
    "optout": frozenset(NAMES["optout"]),
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    id: int
    at: int
    kind: str
    facts: str
    hash: bytes


@dataclass(frozen=True, slots=True)
class Head:
    """The last entry at some moment: how many there were, and its hash."""

    count: int
    hash: bytes

    def __str__(self) -> str:
        return f"{self.count}:{self.hash.hex()}"


def head_of(text: str) -> Head | None:
    """ "412:9f2c…" → the head; None for anything else."""
    count, _, digits = text.strip().partition(":")
    try:
        return Head(int(count), bytes.fromhex(digits))
    except ValueError:
        return None


def chained(before: bytes, id_: int, at: int, kind: str, facts: str) -> bytes:
    """The hash of an entry; `before` is that of the one before it, b"" for the first."""
    text = f"{id_}\n{at}\n{kind}\n{facts}".encode("utf-8", "surrogatepass")
    return hashlib.sha256(before + text).digest()[:_OCTETS]


def breaks(entries: Iterable[Entry], heads: Iterable[Head]) -> Iterator[str]:
    """Where the chain does not hold, in words; nothing if it does. `heads` are what was noted of it before."""
    wanted = sorted((head for head in heads if head.count), key=lambda head: head.count)
    before, last = b"", 0
    for entry in entries:
        if entry.id != last + 1:
            yield f"entry {entry.id}: {last + 1} should stand here"
        elif entry.hash != chained(before, entry.id, entry.at, entry.kind, entry.facts):
            yield f"entry {entry.id}: it does not follow from the one before, or was changed"
        while wanted and wanted[0].count <= entry.id:
            head = wanted.pop(0)
            if head != Head(entry.id, entry.hash):
                yield f"entry {head.count}: it is another one than when its hash was noted"
        before, last = entry.hash, entry.id
    for head in wanted:
        yield f"entry {head.count}: its hash was noted, and it is not there; {last} entries are"


def about(kind: str) -> str:
    """The kind of thing that an entry is about."""
    return {"outcome": "attempt", "report": "attempt", "moved": "attempt", "optin": "optout"}.get(kind, kind)


def named(entry: Entry) -> dict[str, Any]:
    """An entry for readers."""
    names = NAMES.get(entry.kind, ())
    facts = dict(zip(names, json.loads(entry.facts), strict=True))
    return {"id": entry.id, "at": entry.at, "kind": entry.kind, **facts, "hash": entry.hash.hex()}


def read(entry: Entry) -> tuple[str, str, Facts] | None:
    """What an entry is about (kind and key) and its facts; None for what no gateway writes."""
    try:
        facts = json.loads(entry.facts)
        if not isinstance(facts, list) or len(facts) != len(NAMES[entry.kind]):
            return None
    except (ValueError, KeyError):
        return None
    key = ".".join(str(fact) for fact in facts[: _KEY.get(entry.kind, 1)])
    return entry.kind, key, facts


def follow(kind: str, known: Facts | None, facts: Facts) -> Facts | None:
    """The facts of a thing after an entry; None where the entry cannot be: an outcome of nothing, or nothing new, or
    another past."""
    if kind in _CHANGES:
        if known is None:
            return None
        changed = dict(zip(_CHANGES[kind], facts[3:], strict=True))
        after = [changed.get(place, fact) for place, fact in enumerate(known)]
        return None if after == known else after
    if kind == "attempt":
        return [*facts, *_BEGUN] if known is None else None
    if known is None:
        return facts
    may_change = _MAY_CHANGE.get(kind, frozenset())
    kept = [(old, new) for name, old, new in zip(NAMES[kind], known, facts, strict=True) if name not in may_change]
    return facts if facts != known and all(old == new for old, new in kept) else None
