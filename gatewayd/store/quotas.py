"""Parts booked for clients and units: what their quotas are measured by.

Every stored request books its parts, in the transaction that stores it, so a restart or a crash loses no count. What
is never sent (cancelled, refused, expired) is given back: it is counted again when the quota looks used up, from the
attempts to submit. In doubt counts as sent.

The wall clock may jump. A booking that lies in the future was made while the clock ran ahead (or the clock was set
back since); it counts from now on instead. So a clock set back never gives a second quota, and one that was set
forward and corrected costs one window at most, not the years in between. A clock that runs ahead frees the quota
early, as time that passes does: from inside the two look the same. Small corrections move nothing visibly.
"""

import sqlite3
from collections.abc import Iterator
from datetime import datetime
from typing import Final, Literal, TypeAlias

from gatewayd.core.model import RequestId
from gatewayd.core.quota import Booking
from gatewayd.store.instants import from_ms, to_ms

Owner: TypeAlias = Literal["client", "unit"]

#: Parts of a request that were sent, or still may be.
_RECOUNT: Final = """
UPDATE requests SET booked_final = settled_at IS NOT NULL OR (closed_as <> '' AND approved_at IS NULL), booked_parts = (
    SELECT coalesce(sum(CASE WHEN d.state NOT IN ('failed', 'expired', 'cancelled', 'in_doubt') THEN d.parts ELSE (
        SELECT count(DISTINCT part) FROM attempts
        WHERE delivery = d.id AND attempts.state IN ('submitting', 'accepted', 'in_doubt')
    ) END), 0) FROM deliveries d WHERE d.request = requests.id AND d.kind = 'message'
) WHERE {owner} = ? AND booked_at > ? AND booked_final = 0 AND booked_parts > 0
"""


def book(conn: sqlite3.Connection, request: RequestId, now: datetime) -> None:
    """Book the parts of a request that was stored or corrected; one that has faults asks for nothing yet."""
    conn.execute(
        "UPDATE requests SET booked_at = ?, booked_parts = CASE faults WHEN '[]' THEN total_parts ELSE 0 END,"
        " booked_final = 0 WHERE id = ?",
        (to_ms(now), request),
    )


def heal(conn: sqlite3.Connection, owner: Owner, name: str, now: datetime) -> None:
    """Bookings from the future count from now on."""
    conn.execute(f"UPDATE requests SET booked_at = ?1 WHERE {owner} = ?2 AND booked_at > ?1", (to_ms(now), name))


def used(conn: sqlite3.Connection, owner: Owner, name: str, since: datetime, but: RequestId | None) -> int:
    """Parts booked after `since`, without those of the request that is being corrected."""
    row = conn.execute(
        f"SELECT coalesce(sum(booked_parts), 0) FROM requests WHERE {owner} = ? AND booked_at > ? AND id <> ?",
        (name, to_ms(since), but or 0),
    ).fetchone()
    return int(row[0])


def give_back(conn: sqlite3.Connection, owner: Owner, name: str, since: datetime) -> None:
    """Count again what was booked after `since`: without what was never sent and never will be."""
    conn.execute(_RECOUNT.format(owner=owner), (name, to_ms(since)))


def bookings(
    conn: sqlite3.Connection, owner: Owner, name: str, since: datetime, but: RequestId | None
) -> Iterator[Booking]:
    """What was booked after `since`, oldest first; read as far as it is asked for."""
    rows = conn.execute(
        f"SELECT booked_at, booked_parts FROM requests WHERE {owner} = ? AND booked_at > ? AND id <> ?"
        " AND booked_parts > 0 ORDER BY booked_at",
        (name, to_ms(since), but or 0),
    )
    return (Booking(from_ms(row["booked_at"]), row["booked_parts"]) for row in rows)
