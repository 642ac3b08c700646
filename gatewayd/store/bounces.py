"""What came back to deliveries: found by delivery, written once a kind, and the bad addresses for those who keep lists."""

import json
import sqlite3
from dataclasses import dataclass
from datetime import datetime

from gatewayd.core.model import DeliveryId, RequestId
from gatewayd.core.states import DeliveryState
from gatewayd.store.instants import from_ms, to_ms


@dataclass(frozen=True, slots=True)
class About:
    """The delivery that something came back to."""

    id: DeliveryId
    request: RequestId
    number: str
    address: str
    state: DeliveryState
    fields: dict[str, str]


@dataclass(frozen=True, slots=True)
class BadAddress:
    """An address that a server called dead, with the directories it was taken from and when it was told last."""

    address: str
    name: str
    groups: tuple[str, ...]
    at: datetime
    status: str
    why: str
    times: int
    request: str


def about(conn: sqlite3.Connection, delivery: DeliveryId) -> About | None:
    """None for anything but an e-mail of a request."""
    row = conn.execute(
        "SELECT d.*, r.number FROM deliveries d JOIN requests r ON r.id = d.request"
        " WHERE d.id = ? AND d.kind = 'message' AND d.channel = 'email'",
        (delivery,),
    ).fetchone()
    if row is None:
        return None
    fields = json.loads(row["fields"]) if row["fields"] else {}
    return About(
        delivery, RequestId(row["request"]), row["number"], row["address"], DeliveryState(row["state"]), fields
    )


def keep(conn: sqlite3.Connection, delivery: DeliveryId, kind: str, status: str, why: str, now: datetime) -> bool:
    """Write down what came back; False if the same is known of this delivery."""
    cursor = conn.execute(
        "INSERT INTO bounces (delivery, kind, status, why, at) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (delivery, kind, status, why, to_ms(now)),
    )
    return cursor.rowcount == 1


def bad_addresses(conn: sqlite3.Connection) -> list[BadAddress]:
    """Addresses with a hard bounce after which no mail was delivered, by directory, the latest first."""
    rows = conn.execute(
        "SELECT d.address, d.name, r.number, r.groups, b.status, b.why, max(b.at) AS at, count(*) AS times"
        " FROM bounces b JOIN deliveries d ON d.id = b.delivery JOIN requests r ON r.id = d.request"
        " WHERE b.kind = 'hard' AND d.address NOT LIKE 'hash:%' AND NOT EXISTS (SELECT 1 FROM deliveries o WHERE o.address = d.address"
        " AND o.state = 'delivered' AND o.final_at > b.at) GROUP BY d.address ORDER BY r.groups, at DESC, d.address"
    )
    return [
        BadAddress(
            row["address"], row["name"], tuple(json.loads(row["groups"])), from_ms(row["at"]), row["status"],
            row["why"], row["times"], row["number"],
        )
        for row in rows
    ]  # fmt: skip


def columns_of(conn: sqlite3.Connection, address: str) -> list[dict[str, str]]:
    """The further columns of every row in which `address` was written to."""
    rows = conn.execute(
        "SELECT DISTINCT fields FROM deliveries WHERE address = ? AND kind = 'message' AND fields <> ''", (address,)
    )
    return [json.loads(row["fields"]) for row in rows]


def last_accepted(conn: sqlite3.Connection, request: RequestId) -> datetime | None:
    """When a mail server took the last mail of `request`."""
    row = conn.execute(
        "SELECT max(accepted_at) FROM deliveries WHERE request = ? AND kind = 'message' AND channel = 'email'",
        (request,),
    ).fetchone()
    at: int | None = row[0]
    return from_ms(at)
