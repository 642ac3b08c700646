"""What recipients got lately, over all requests: the ground of the limits per recipient and of "sent already".

A message counts at the moment it was submitted; while it is queued, now or at its own "not before"; while nobody
has decided on it, when its request came in. Cancelled messages do not count, nor those of a form that still has
faults: it is not asked for yet. Whatever its priority or approval, every other message counts.
"""

import sqlite3
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from gatewayd.core.caution import Limits, Recent, over_limit
from gatewayd.core.model import DeliveryId, RequestId
from gatewayd.store.instants import to_ms

_HOUR: Final = 3_600_000
_DAY: Final = 24 * _HOUR

_RECENT: Final = """
SELECT COUNT(*) FILTER (WHERE distance < :hour) AS hour, COUNT(*) FILTER (WHERE distance < :day) AS day,
       COUNT(*) FILTER (WHERE distance < :day AND text = :text) AS same
FROM (
    SELECT COALESCE(deliveries.text, requests.text) AS text, ABS(:at - COALESCE(
        submitted_at, MAX(not_before, CASE deliveries.state WHEN 'queued' THEN :at ELSE requests.created_at END)
    )) AS distance
    FROM deliveries JOIN requests ON requests.id = deliveries.request
    WHERE deliveries.address = :address AND deliveries.kind = 'message' AND deliveries.state <> 'cancelled'
      AND requests.faults = '[]' AND requests.id <> :except AND (:undecided OR deliveries.state <> 'held')
)
"""


def recent(
    conn: sqlite3.Connection, messages: Iterable[tuple[str, str]], at: datetime, corrects: RequestId | None = None, *,
    undecided: bool = True,
) -> dict[str, Recent]:  # fmt: skip
    """What each address of `messages` (address, text) got around the time `at`; addresses that got nothing are left
    out, and so is the request that is being corrected. Without `undecided` only what is on its way counts."""
    fixed = {"hour": _HOUR, "day": _DAY, "at": to_ms(at), "except": corrects or 0, "undecided": undecided}
    found: dict[str, Recent] = {}
    for address, text in messages:
        row = conn.execute(_RECENT, {**fixed, "address": address, "text": text}).fetchone()
        if row["day"]:
            found[address] = Recent(row["hour"], row["day"], row["same"] > 0)
    return found


def exceeded(
    conn: sqlite3.Connection, request: RequestId, at: datetime, limits: Limits
) -> list[tuple[DeliveryId, str]]:
    """Held messages of `request` that would give their recipient too many, with the code that says which limit: what
    other requests sent since it came in was not known then."""
    rows = conn.execute(
        "SELECT id, address FROM deliveries WHERE request = ? AND kind = 'message' AND state = 'held'", (request,)
    ).fetchall()
    known = recent(conn, ((row["address"], "") for row in rows), at, request, undecided=False)
    found = (
        (DeliveryId(row["id"]), over_limit(known[row["address"]], limits)) for row in rows if row["address"] in known
    )
    return [(delivery, code) for delivery, code in found if code]
