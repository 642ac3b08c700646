"""What the clock needs of the store: the mark that outlives a run, and instants that move when a wrong clock is set
right. In: clock.Mark, a step. Out: rows. Only rows that time has yet something to do with are moved; the record of
events stays as it was written.
"""

import json
import sqlite3
from datetime import datetime, timedelta
from typing import Final

from gatewayd.clock import Mark
from gatewayd.store.instants import from_ms, to_ms

_KEY: Final = "clock"
#: Columns that hold moments of our own clock, by table. Not the moments that others named: send_after, the expiry of a
#: job, what a service centre stamped.
_MOMENTS: Final = {
    "requests": ("created_at", "approved_at", "closed_at", "settled_at", "reported_at", "changed_at", "booked_at"),
    "notices": ("created_at", "not_before"),
    "deliveries": ("submitted_at", "accepted_at", "final_at"),
    "attempts": ("began_at", "ended_at"),
    "incoming_mails": ("received_at",),
    "incoming_parts": ("received_at",),
    "incoming_sms": ("received_at",),
    "orphan_reports": ("at",),
    "health": ("since", "rests_until"),
}


def mark(conn: sqlite3.Connection) -> Mark | None:
    """The mark of an earlier run, None in a new store."""
    row = conn.execute("SELECT value FROM meta WHERE key = ?", (_KEY,)).fetchone()
    if row is None:
        return None
    boot, ticks, wall, since, is_sure = json.loads(row["value"])
    return Mark(boot, ticks, from_ms(wall), from_ms(since), is_sure)


def keep_mark(conn: sqlite3.Connection, mark: Mark) -> None:
    value = json.dumps([mark.boot, mark.ticks, to_ms(mark.wall), to_ms(mark.since), mark.is_sure])
    conn.execute(
        "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        (_KEY, value),
    )


def shift(conn: sqlite3.Connection, since: datetime, step: timedelta, undecided: timedelta) -> None:
    """The clock was wrong by `step` from `since` on: what was reckoned by it moves along, so that nothing expires, is
    sent or is counted sooner or later than it should. `undecided` is how long a token counts."""
    moved, start = step // timedelta(milliseconds=1), to_ms(since)
    first = {"moved": moved, "start": start, "undecided": undecided // timedelta(milliseconds=1)}
    # A retry was reckoned from now; a first try is when the applicant wants it.
    conn.execute(
        "UPDATE deliveries SET not_before = not_before + :moved WHERE tries > 0 AND not_before >= :start", first
    )
    conn.execute(
        "UPDATE deliveries SET expires_at = expires_at + :moved WHERE request IN (SELECT id FROM requests"
        " WHERE created_at >= :start AND job = '' AND send_after IS NULL)",
        first,
    )
    conn.execute(
        "UPDATE requests SET expires_at = expires_at + :moved WHERE created_at >= :start AND job = '' AND send_after IS NULL",
        first,
    )
    conn.execute("UPDATE tokens SET expires_at = expires_at + :moved WHERE expires_at - :undecided >= :start", first)
    for table, columns in _MOMENTS.items():
        for column in columns:
            conn.execute(f"UPDATE {table} SET {column} = {column} + :moved WHERE {column} >= :start", first)
