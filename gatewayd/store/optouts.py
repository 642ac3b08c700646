"""The opt-out list: addresses that want nothing from us any more. Applied to what is new and to what still waits."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from gatewayd.core.model import DeliveryId
from gatewayd.core.report import OPTED_OUT
from gatewayd.core.states import DeliveryState, Event, step
from gatewayd.store import deliveries
from gatewayd.store.instants import from_ms, to_ms


@dataclass(frozen=True, slots=True)
class OptOut:
    """`source` is how it came: sms, cli, mail, complaint."""

    address: str
    since: datetime
    source: str


def add(conn: sqlite3.Connection, address: str, source: str, now: datetime) -> bool:
    """Put `address` on the list; False if it stands there already, be it as the hash of one who was erased."""
    if among(conn, [address]):
        return False
    cursor = conn.execute(
        "INSERT INTO optouts (address, since, source) VALUES (?, ?, ?) ON CONFLICT (address) DO NOTHING",
        (address, to_ms(now), source),
    )
    return cursor.rowcount == 1


def remove(conn: sqlite3.Connection, address: str) -> bool:
    return conn.execute("DELETE FROM optouts WHERE address IN (?1, hidden(?1))", (address,)).rowcount > 0


def all_of(conn: sqlite3.Connection) -> list[OptOut]:
    rows = conn.execute("SELECT * FROM optouts ORDER BY since, address")
    return [OptOut(row["address"], from_ms(row["since"]), row["source"]) for row in rows]


def among(conn: sqlite3.Connection, addresses: Iterable[str]) -> frozenset[str]:
    """Those of `addresses` that are on the list."""
    return frozenset(
        address
        for address in addresses
        if conn.execute("SELECT 1 FROM optouts WHERE address IN (?1, hidden(?1))", (address,)).fetchone()
    )


def stop(conn: sqlite3.Connection, address: str, now: datetime) -> int:
    """Cancel every message to `address` that has not left yet; returns how many."""
    rows = conn.execute(
        "SELECT id, state FROM deliveries WHERE address = ? AND kind = 'message' AND state IN ('held', 'queued')",
        (address,),
    ).fetchall()
    for row in rows:
        step(DeliveryState(row["state"]), Event.CANCEL)
        deliveries.apply(conn, DeliveryId(row["id"]), Event.CANCEL, now, cause_code=OPTED_OUT)
    return len(rows)
