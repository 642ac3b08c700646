"""Who wants nothing any more, as a person: the address he left by, and those that stood beside it in lists.

In: an address or number, one that a token stands for, and how it came. Out, in the caller's transaction: all of
them on the opt-out list, and what waits for them cancelled. A way back (MULAI) frees only what it names: the rest
is his to say.
"""

import sqlite3
from collections.abc import Iterable, Mapping
from datetime import datetime

from gatewayd.log import get_logger, mask
from gatewayd.stages.context import Context
from gatewayd.store import bounces, keys, optouts
from gatewayd.wire import mailbox, mailtoken, phone
from gatewayd.wire.mailtoken import Purpose


def leave(conn: sqlite3.Connection, ctx: Context, address: str, source: str, now: datetime) -> tuple[bool, int]:
    """Put the person of `address` on the list. Returns whether the address is new there, and how many waiting messages
    were cancelled."""
    is_new, stopped = optouts.add(conn, address, source, now), optouts.stop(conn, address, now)
    for other in sorted(_beside(ctx, address, bounces.columns_of(conn, address))):
        if optouts.add(conn, other, source, now):
            get_logger().info("optout.changed", command="stop", to=mask(other), because=mask(address), source=source)
        stopped += optouts.stop(conn, other, now)
    return is_new, stopped


def address_of(conn: sqlite3.Connection, typed: str) -> str | None:
    """The address that the token of a List-Unsubscribe stands for; None for anything else."""
    delivery = mailtoken.delivery_of(keys.mail_key(conn), Purpose.LEAVE, typed.strip())
    found = bounces.about(conn, delivery) if delivery is not None else None
    return found.address if found is not None else None


def _beside(ctx: Context, address: str, rows: Iterable[Mapping[str, str]]) -> set[str]:
    """The person's other channel: numbers beside an address, addresses beside a number."""
    country = ctx.settings.gateway.country
    found: set[str] = set()
    for cell in (cell for row in rows for cell in row.values()):
        other = phone.normalise(cell, country, foreign=False) if "@" in address else mailbox.normalise(cell)
        if isinstance(other, str):
            found.add(other)
    return found - {address}
