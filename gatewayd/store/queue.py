"""The queue: what may be submitted next, the intent to submit it, and what came of it.

`advance` is the hot path, one transaction a part: the outcome of the part before and the intent for the next
one are committed together, before the first byte of the next leaves. A claim is a seek in the partial index
for each priority, so it costs the same with a thousand rows as with a million.
"""

import sqlite3
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from gatewayd.core.model import AttemptKey, Channel, DeliveryId, Kind, Priority
from gatewayd.core.outcome import Accepted, Deferred, InDoubt, Outcome, Rejected
from gatewayd.core.retry import Move
from gatewayd.core.routing import ROUTES
from gatewayd.core.states import DeliveryState, Event, step
from gatewayd.store import hold
from gatewayd.store.instants import from_ms, to_ms

#: All that leaves while the store is on hold.
_ALARMS_ONLY: Final = " AND notice IN (SELECT id FROM notices WHERE kind = 'alarm')"
#: Attempts whose answer nobody waited for any more: the process was killed, or stopped.
_CUT_SHORT: Final = frozenset({"interrupted", "stopped"})


@dataclass(frozen=True, slots=True)
class Claimed:
    """One part, committed as submitting; the stage makes a Submission of it."""

    delivery: DeliveryId
    request: str
    kind: Kind
    channel: Channel
    priority: Priority
    address: str
    name: str
    text: str
    subject: str
    notice: int | None
    part: int
    parts: int
    attempt: int
    tries: int
    expires_at: datetime | None = None
    #: The request's text with its placeholders open, and the recipient's columns (JSON or '') that fill them.
    template: str = ""
    fields: str = ""
    route: str = ""


@dataclass(frozen=True, slots=True)
class Ended:
    """What came of a claimed part."""

    claimed: Claimed
    outcome: Outcome
    move: Move
    at: datetime


@dataclass(frozen=True, slots=True)
class Claimant:
    """Who claims: a transport, the SIM in it, this run of the daemon, the priorities that may leave now, and the routes
    that are its own now ('' for what has none: our own messages, e-mail to a domain without a pace)."""

    transport: str
    channel: Channel
    sim: str
    run: int
    priorities: tuple[Priority, ...]
    routes: tuple[str, ...] = ("", *ROUTES)


def advance(conn: sqlite3.Connection, ended: Ended | None, claimant: Claimant, now: datetime) -> Claimed | None:
    """Record `ended` if given and claim the next part for `claimant`; None when nothing may leave now."""
    if ended is not None:
        _write_outcome(conn, ended)
        if _continues(ended):
            return _begin(conn, ended.claimed.delivery, claimant, now)
        _follow(conn, ended)
    is_held = hold.held(conn) is not None
    for priority in claimant.priorities:
        row = _oldest(conn, claimant, priority, now, _ALARMS_ONLY if is_held else "")
        if row is not None:
            step(DeliveryState.QUEUED, Event.SUBMIT)
            return _begin(conn, DeliveryId(row["id"]), claimant, now)
    return None


def _oldest(conn: sqlite3.Connection, claimant: Claimant, priority: Priority, now: datetime, only: str) -> Any | None:
    """The oldest delivery of `priority` that may leave: one seek a route, the oldest of what they find."""
    found = [
        row
        for route in claimant.routes
        if (
            row := conn.execute(
                "SELECT id, not_before FROM deliveries WHERE state = 'queued' AND channel = ? AND priority = ? AND route = ?"
                " AND not_before <= ? AND (expires_at IS NULL OR expires_at > ?) AND (pinned = '' OR pinned = ?)"
                f"{only} ORDER BY not_before, id LIMIT 1",
                (claimant.channel, int(priority), route, to_ms(now), to_ms(now), claimant.transport),
            ).fetchone()
        )
        is not None
    ]
    return min(found, key=lambda row: (row["not_before"], row["id"]), default=None)


def _continues(ended: Ended) -> bool:
    """A long message goes on with its next part."""
    return isinstance(ended.outcome, Accepted) and ended.claimed.part < ended.claimed.parts


def next_due(conn: sqlite3.Connection, claimant: Claimant) -> datetime | None:
    """When the next queued delivery that `claimant` may claim becomes ready; None if none is queued."""
    due: list[int] = []
    for priority in claimant.priorities:
        for route in claimant.routes:
            row = conn.execute(
                "SELECT not_before FROM deliveries WHERE state = 'queued' AND channel = ? AND priority = ? AND route = ?"
                " ORDER BY not_before LIMIT 1",
                (claimant.channel, int(priority), route),
            ).fetchone()
            if row is not None:
                due.append(row["not_before"])
    return from_ms(min(due)) if due else None


def _begin(conn: sqlite3.Connection, delivery: DeliveryId, claimant: Claimant, now: datetime) -> Claimed:
    """Write the intent: the delivery is submitting, and its first part never accepted gets an attempt."""
    done, attempts = conn.execute(
        "SELECT coalesce(max(CASE WHEN a.state = 'accepted' AND attempt > resent_after THEN part END), 0), count(attempt)"
        " FROM deliveries d LEFT JOIN attempts a ON a.delivery = d.id WHERE d.id = ?",
        (delivery,),
    ).fetchone()
    row = conn.execute(
        "UPDATE deliveries SET state = 'submitting', transport = ?, submitted_at = ? WHERE id = ?"
        " RETURNING kind, priority, address, name, fields, route, text, notice, parts, tries, request, expires_at",
        (claimant.transport, to_ms(now), delivery),
    ).fetchone()
    conn.execute(
        "INSERT INTO attempts (delivery, part, attempt, state, transport, sim, run, began_at)"
        " VALUES (?, ?, ?, 'submitting', ?, ?, ?, ?)",
        (delivery, done + 1, attempts + 1, claimant.transport, claimant.sim, claimant.run, to_ms(now)),
    )
    about = conn.execute("SELECT number, text, subject FROM requests WHERE id = ?", (row["request"],)).fetchone()
    number, text, subject = about if about is not None else ("", "", "")
    return Claimed(
        delivery=delivery, request=number, kind=Kind(row["kind"]), channel=claimant.channel, priority=Priority(row["priority"]),
        address=row["address"], name=row["name"], text=text if row["text"] is None else row["text"], subject=subject,
        notice=row["notice"], part=done + 1, parts=row["parts"], attempt=attempts + 1, tries=row["tries"],
        expires_at=from_ms(row["expires_at"]),
        template=text, fields=row["fields"], route=row["route"],
    )  # fmt: skip


def finish(conn: sqlite3.Connection, ended: Ended) -> None:
    """Record what came of a part without claiming another one, and let the delivery follow.

    A long message with parts to go waits in the queue for its next part, pinned to the SIM that took the first
    ones: a phone joins parts of one sender only.
    """
    _write_outcome(conn, ended)
    if _continues(ended):
        after = step(DeliveryState.SUBMITTING, Event.DEFER)
        conn.execute(
            "UPDATE deliveries SET state = ?, not_before = 0, pinned = transport WHERE id = ?",
            (after, ended.claimed.delivery),
        )
    else:
        _follow(conn, ended)


def _write_outcome(conn: sqlite3.Connection, ended: Ended) -> None:
    claimed, outcome, move = ended.claimed, ended.outcome, ended.move
    match outcome:
        case Accepted(reference):
            word, number = "accepted", reference
        case Deferred():
            word, number = "deferred", None
        case Rejected():
            word, number = "rejected", None
        case InDoubt():
            word, number = "in_doubt", None
    cause = move.cause
    conn.execute(
        "UPDATE attempts SET state = ?, reference = ?, ended_at = ?, cause_code = ? WHERE delivery = ? AND part = ?"
        " AND attempt = ?",
        (word, number, to_ms(ended.at), cause.code if cause else "", claimed.delivery, claimed.part, claimed.attempt),
    )


def _follow(conn: sqlite3.Connection, ended: Ended) -> None:
    claimed, move, at = ended.claimed, ended.move, to_ms(ended.at)
    after = step(DeliveryState.SUBMITTING, move.event)
    match move.event:
        case Event.ACCEPT:
            conn.execute(
                "UPDATE deliveries SET state = ?, accepted_at = ?, cause_code = '', cause_text = '' WHERE id = ?",
                (after, at, claimed.delivery),
            )
        case Event.DEFER:
            conn.execute(
                "UPDATE deliveries SET state = ?, not_before = ?, tries = tries + 1, cause_code = ?, cause_text = ?,"
                " pinned = CASE WHEN ? > 1 THEN transport ELSE '' END WHERE id = ?",
                (after, to_ms(move.not_before), *_cause(move), claimed.part, claimed.delivery),
            )
        case Event.HOLD:
            conn.execute(
                "UPDATE deliveries SET state = ?, cause_code = ?, cause_text = ?, pinned = CASE WHEN ? > 1 THEN transport"
                " ELSE '' END WHERE id = ?",
                (after, *_cause(move), claimed.part, claimed.delivery),
            )
        case _:
            conn.execute(
                "UPDATE deliveries SET state = ?, final_at = ?, cause_code = ?, cause_text = ? WHERE id = ?",
                (after, at, *_cause(move), claimed.delivery),
            )


def _cause(move: Move) -> tuple[str, str]:
    return (move.cause.code, move.cause.text) if move.cause else ("", "")


def recover(conn: sqlite3.Connection, run: int, now: datetime) -> tuple[int, int]:
    """At start: what an earlier run left as submitting is in doubt. Our own mails go back to the queue: their
    Message-ID lets the reader's system fold two of them.

    Reads every attempt once (a third of a second a million): an index for it would cost a page at every commit.
    Returns how many messages are in doubt, and how many mails are queued again.
    """
    rows = conn.execute(
        "SELECT a.delivery, a.part, a.attempt, d.kind, d.channel FROM attempts a JOIN deliveries d ON d.id = a.delivery"
        " WHERE a.state = 'submitting' AND a.run <> ?",
        (run,),
    ).fetchall()
    doubted, again = 0, 0
    for row in rows:
        conn.execute(
            "UPDATE attempts SET state = 'in_doubt', ended_at = ?, cause_code = 'interrupted'"
            " WHERE delivery = ? AND part = ? AND attempt = ?",
            (to_ms(now), row["delivery"], row["part"], row["attempt"]),
        )
        is_again = row["kind"] == Kind.NOTICE and row["channel"] == Channel.EMAIL
        doubted, again = doubted + (row["kind"] == Kind.MESSAGE), again + is_again
        event = Event.DEFER if is_again else Event.DOUBT
        after = step(DeliveryState.SUBMITTING, event)
        conn.execute(
            "UPDATE deliveries SET state = ?, cause_code = 'interrupted', final_at = CASE WHEN ? THEN ? END WHERE id = ?",
            (after, event is Event.DOUBT, to_ms(now), row["delivery"]),
        )
    return doubted, again


def left_on_air(conn: sqlite3.Connection) -> dict[str, AttemptKey]:
    """What may still be on the air of a transport when a run starts: its last attempt, if that was interrupted."""
    rows = conn.execute(
        "SELECT transport, delivery, part, attempt, state, cause_code, max(began_at) FROM attempts GROUP BY transport"
    ).fetchall()
    return {
        row["transport"]: AttemptKey(DeliveryId(row["delivery"]), row["part"], row["attempt"])
        for row in rows
        if row["state"] == "in_doubt" and row["cause_code"] in _CUT_SHORT
    }


def add_sms(conn: sqlite3.Connection, address: str, text: str, transport: str) -> None:
    """Queue one short message of our own, for the transport whose SIM was written to."""
    conn.execute(
        "INSERT INTO deliveries (kind, channel, address, text, priority, state, pinned) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (Kind.NOTICE, Channel.SMS, address, text, int(Priority.NOTICE), DeliveryState.QUEUED, transport),
    )


def expire_due(conn: sqlite3.Connection, now: datetime) -> int:
    """Queued messages whose request has run out of time expire. Returns how many."""
    step(DeliveryState.QUEUED, Event.EXPIRE)
    cursor = conn.execute(
        "UPDATE deliveries SET state = ?, final_at = ?, cause_code = 'expired' WHERE state = 'queued' AND expires_at <= ?",
        (DeliveryState.EXPIRED, to_ms(now), to_ms(now)),
    )
    return cursor.rowcount


def expire_held(conn: sqlite3.Connection, request: int, now: datetime) -> None:
    """Held messages of an approved request whose time is over expire, too."""
    after = step(DeliveryState.HELD, Event.EXPIRE)
    conn.execute(
        "UPDATE deliveries SET state = ?, final_at = ?, cause_code = 'expired' WHERE request = ? AND state = 'held'"
        " AND expires_at <= ?",
        (after, to_ms(now), request, to_ms(now)),
    )


def pace_domains(conn: sqlite3.Connection, domains: Collection[str]) -> None:
    """At start: what waits of e-mail takes the routes of the settings as they are now."""
    marks = ", ".join("?" * len(domains))
    domain = "substr(address, instr(address, '@') + 1)"
    conn.execute(
        f"UPDATE deliveries SET route = CASE WHEN {domain} IN ({marks}) THEN {domain} ELSE '' END"
        " WHERE channel = 'email' AND kind = 'message' AND state IN ('held', 'queued')",
        tuple(domains),
    )


def submitted_since(conn: sqlite3.Connection, transport: str, since: datetime) -> list[datetime]:
    """When parts were begun on `transport` after `since`, oldest first: the base of hourly and daily caps."""
    rows = conn.execute(
        "SELECT began_at FROM attempts WHERE transport = ? AND began_at > ? AND state IN ('submitting', 'accepted', 'in_doubt')"
        " ORDER BY began_at",
        (transport, to_ms(since)),
    )
    return [from_ms(row["began_at"]) for row in rows]


def start_run(conn: sqlite3.Connection, boot: str, version: str, now: datetime) -> int:
    """A new run of the daemon; its id marks the attempts it makes."""
    cursor = conn.execute("INSERT INTO runs (boot, version, started_at) VALUES (?, ?, ?)", (boot, version, to_ms(now)))
    return int(cursor.lastrowid or 0)
