"""The hold after doubt: a store that was put back, is older than it should be, or was damaged lets nothing leave.

It may call queued what left long ago. So everything of it that could leave is in doubt, for good, until a person orders
it anew (`resend`); and until a person releases the store nothing leaves at all but alarms to the staff. The doubt is a row
of `meta`, written in the transaction that puts the messages in doubt; store/queue.py looks at it at every claim.
"""

import json
import sqlite3
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final, Literal

from gatewayd.core.model import Kind
from gatewayd.core.states import FINAL, DeliveryState, Event, sources
from gatewayd.store import copies, events, notices
from gatewayd.store.instants import to_ms

_KEY: Final = "held"
#: Numbers of requests that a copy may not know of are not given out again.
_LEAP: Final = 10_000
#: Left alone: what the far side took over is known, and waits for its report only.
_KNOWN: Final = frozenset({DeliveryState.ACCEPTED})
Code = Literal["restored", "older", "damaged"]


@dataclass(frozen=True, slots=True)
class Doubt:
    """Why the store is not trusted."""

    code: Code
    why: str


@dataclass(frozen=True, slots=True)
class Held:
    """Since when the store is held, why, and whether the staff was written to."""

    code: Code
    why: str
    since: str
    is_told: bool = False


def enter(conn: sqlite3.Connection, doubt: Doubt, now: datetime) -> None:
    """Put on hold, with everything that could leave in doubt. A store that is held already keeps its first reason."""
    before = held(conn)
    if before is None:
        _write(conn, Held(doubt.code, doubt.why, now.isoformat(timespec="seconds")))
    conn.execute(
        "UPDATE attempts SET state = 'in_doubt', ended_at = ?, cause_code = 'interrupted' WHERE state = 'submitting'",
        (to_ms(now),),
    )
    count = _doubt_deliveries(conn, now) + notices.doubt_uncomposed(conn, now)
    copies.forget_copied(conn)
    if doubt.code != "damaged":
        conn.execute("UPDATE counters SET last = (last / ?1 + 1) * ?1", (_LEAP,))
    events.record(conn, now, "store.held", detail={"code": doubt.code, "why": doubt.why, "in_doubt": count})


def _doubt_deliveries(conn: sqlite3.Connection, now: datetime) -> int:
    moves = sources(Event.DOUBT)
    if missing := set(DeliveryState) - FINAL - _KNOWN - set(moves):
        raise AssertionError(f"no way to doubt {missing}")
    marks = ", ".join("?" * len(moves))
    cursor = conn.execute(
        f"UPDATE deliveries SET state = ?, final_at = ?, cause_code = 'store-doubt', cause_text = '' WHERE state IN ({marks})",
        (DeliveryState.IN_DOUBT, to_ms(now), *moves),
    )
    return cursor.rowcount


def held(conn: sqlite3.Connection) -> Held | None:
    """None where the store is trusted."""
    row = conn.execute("SELECT value FROM meta WHERE key = ?", (_KEY,)).fetchone()
    return None if row is None else Held(**json.loads(row[0]))


def told(conn: sqlite3.Connection, now_held: Held) -> None:
    """The staff was written to."""
    _write(conn, Held(now_held.code, now_held.why, now_held.since, is_told=True))


def release(conn: sqlite3.Connection) -> None:
    conn.execute("DELETE FROM meta WHERE key = ?", (_KEY,))


def in_doubt(conn: sqlite3.Connection) -> int:
    """How many messages to recipients the hold put in doubt and nobody has settled."""
    row = conn.execute(
        "SELECT count(*) FROM deliveries WHERE kind = ? AND state = 'in_doubt' AND cause_code = 'store-doubt'",
        (Kind.MESSAGE,),
    ).fetchone()
    return int(row[0])


def _write(conn: sqlite3.Connection, now_held: Held) -> None:
    conn.execute("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", (_KEY, json.dumps(asdict(now_held))))
