"""Keys that the gateway makes for itself, once. They lie in the store, so a restored one still knows its bounces."""

import secrets
import sqlite3
from typing import Final

_MAIL: Final = "mail_key"
_OCTETS: Final = 32


def mail_key(conn: sqlite3.Connection) -> bytes:
    """What the tokens of our mails are sealed with (wire/mailtoken.py)."""
    conn.execute(
        "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO NOTHING", (_MAIL, secrets.token_hex(_OCTETS))
    )
    row = conn.execute("SELECT value FROM meta WHERE key = ?", (_MAIL,)).fetchone()
    return bytes.fromhex(row["value"])
