"""The weakest signal of each hour of each modem, for the summary's chart; kept for forty days."""

import sqlite3
from datetime import datetime
from typing import Final

from gatewayd.store.instants import to_ms

HOUR_MS: Final = 3_600_000
_KEPT_HOURS: Final = 40 * 24


def heard(conn: sqlite3.Connection, modem: str, dbm: int, now: datetime) -> None:
    """Written only where the hour is new or the signal weaker than any before in it."""
    hour = to_ms(now) // HOUR_MS
    row = conn.execute("SELECT dbm FROM signals WHERE modem = ? AND hour = ?", (modem, hour)).fetchone()
    if row is None:
        conn.execute("DELETE FROM signals WHERE modem = ? AND hour < ?", (modem, hour - _KEPT_HOURS))
    if row is None or dbm < row["dbm"]:
        conn.execute("INSERT OR REPLACE INTO signals (modem, hour, dbm) VALUES (?, ?, ?)", (modem, hour, dbm))


def between(conn: sqlite3.Connection, modem: str, since: datetime, until: datetime) -> dict[int, int]:
    """Hours since 1970 → dBm."""
    rows = conn.execute(
        "SELECT hour, dbm FROM signals WHERE modem = ? AND hour >= ? AND hour < ?",
        (modem, to_ms(since) // HOUR_MS, -(-to_ms(until) // HOUR_MS)),
    )
    return dict(rows.fetchall())
