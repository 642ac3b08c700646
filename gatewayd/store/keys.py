"""Keys that the gateway makes for itself, once, and the functions of SQL that use them.

The mail key lies in the store, so a restored one still knows its bounces. The number key lies beside it (`number.key`,
0600): what is left of a number after its retention is a keyed hash, and a copy of the store alone does not tell whose.
`keyed` and `chained` serve the triggers of the audit (migrations/0001_first.sql), `hidden` what is kept of an address.
"""

import hashlib
import hmac
import os
import secrets
import sqlite3
from datetime import UTC, datetime
from functools import lru_cache, partial
from pathlib import Path
from typing import Final

from gatewayd.core import audit
from gatewayd.errors import StoreError
from gatewayd.log import get_logger
from gatewayd.store import events

FILE: Final = "number.key"
#: What an address begins with after its retention: nothing that can be sent to.
HIDDEN: Final = "hash:"
#: The event that says that the store lost its key: hashes from before cannot be compared any more.
REPLACED: Final = "key.replaced"
_MAIL: Final = "mail_key"
_FINGERPRINT: Final = "number_key"
_OCTETS: Final = 32
#: Hexadecimal digits of a hidden address, and of any word in the audit.
_DIGITS, _SHORT = 32, 16


def mail_key(conn: sqlite3.Connection) -> bytes:
    """What the tokens of our mails are sealed with (wire/mailtoken.py)."""
    conn.execute(
        "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO NOTHING", (_MAIL, secrets.token_hex(_OCTETS))
    )
    row = conn.execute("SELECT value FROM meta WHERE key = ?", (_MAIL,)).fetchone()
    return bytes.fromhex(row["value"])


def number_key(state_dir: Path, *, make: bool = True) -> bytes:
    """The key of keyed hashes, made at the first start. Raises StoreError where it cannot be read or made."""
    path = state_dir / FILE
    try:
        if make and not path.exists():
            _make(path)
        key = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except (OSError, ValueError) as error:
        raise StoreError(f"{path}: the key cannot be read: {error}") from error
    if len(key) != _OCTETS:
        raise StoreError(f"{path}: this is not a key of {_OCTETS} octets in hexadecimal digits")
    return key


def _make(path: Path) -> None:
    """Whole or not at all: half a key would be another one after the next start."""
    unfinished = path.with_suffix(".new")
    unfinished.unlink(missing_ok=True)
    file = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(file, "w", encoding="ascii") as out:
        out.write(f"{secrets.token_hex(_OCTETS)}\n")
        out.flush()
        os.fsync(out.fileno())
    unfinished.rename(path)


def recognise(conn: sqlite3.Connection, key: bytes) -> None:
    """Whether the store's hashes were made with `key`; a store that has none is for any key. Raises StoreError where
    the opt-out list holds people that nobody would recognise any more."""
    mine = _digits(key, "gatewayd number key")[:_SHORT]
    row = conn.execute("SELECT value FROM meta WHERE key = ?", (_FINGERPRINT,)).fetchone()
    if row is not None and row["value"] == mine:
        return
    if conn.execute("SELECT 1 FROM optouts WHERE address LIKE ?", (f"{HIDDEN}%",)).fetchone():
        raise StoreError(
            f"{FILE} is not the key of this store, and people who were erased are on its opt-out list: put the old key back"
        )
    if row is not None:
        get_logger().error("key.replaced", why=f"{FILE} is not the key that this store was written with")
        events.record(conn, datetime.now(UTC), REPLACED)
    conn.execute("INSERT OR REPLACE INTO meta (key, value) VALUES (?, ?)", (_FINGERPRINT, mine))


def register(conn: sqlite3.Connection, key: bytes) -> None:
    """Make the functions known to a connection."""
    hide = lru_cache(maxsize=256)(partial(_hidden, key))
    conn.create_function("hidden", 1, hide, deterministic=True)
    conn.create_function("keyed", 1, lambda word: hide(word)[len(HIDDEN) :][:_SHORT], deterministic=True)
    conn.create_function("chained", 5, audit.chained, deterministic=True)


def hidden(conn: sqlite3.Connection, word: str) -> str:
    """`word` as it stands where it was taken out."""
    row = conn.execute("SELECT hidden(?)", (word,)).fetchone()
    return str(row[0])


def _hidden(key: bytes, word: str | None) -> str:
    """`word` as a keyed hash; one that is hidden already stays, and nothing stays nothing."""
    if not word or word.startswith(HIDDEN):
        return word or ""
    return f"{HIDDEN}{_digits(key, word)}"


def _digits(key: bytes, word: str) -> str:
    return hmac.digest(key, word.encode("utf-8", "surrogatepass"), hashlib.sha256).hex()[:_DIGITS]
