"""The store on hold (store/hold.py): the staff is told once, with the command that ends it, and a person ends it.

While it is held the daemon takes nothing in and lets nothing out but alarms; it listens to its modems, since a status
report may settle a doubt, and answers the command line. Every other order of an operator waits, too.
"""

import sqlite3
from datetime import datetime
from typing import Any, Final

from gatewayd.core.approval import OPERATOR
from gatewayd.log import get_logger
from gatewayd.stages.bells import Bell
from gatewayd.stages.context import Context
from gatewayd.store import events, hold, notices
from gatewayd.store.hold import Held

COMMAND: Final = "gatewayd release --store"


def line(held: Held) -> str:
    """One line for `status`, systemd and whoever is refused."""
    return f"the store is on hold since {held.since}: {held.why}. Nothing is sent. Look, then: {COMMAND}"


def tell_staff(conn: sqlite3.Connection, ctx: Context, now: datetime) -> Held | None:
    """The hold, if there is one; the staff is written to at its beginning."""
    held = hold.held(conn)
    if held is None or held.is_told:
        return held
    params = {
        "code": "store.held", "name": ctx.settings.gateway.name, "why": held.why, "since": held.since, "was": "",
    }  # fmt: skip
    for address in ctx.settings.gateway.staff:
        notices.ask(conn, "alarm", address, now, params=params)
    hold.told(conn, held)
    ctx.bells.ring(Bell.COMPOSE)
    return held


def release(conn: sqlite3.Connection, user: str, reason: str, now: datetime) -> dict[str, Any]:
    """A person has looked: from now on what is asked for anew may leave."""
    held = hold.held(conn)
    if held is None:
        return {"error": "the store is not on hold"}
    hold.release(conn)
    count = hold.in_doubt(conn)
    detail: dict[str, str | int] = {"code": held.code, "since": held.since, "in_doubt": count, "reason": reason[:200]}
    events.record(conn, now, "store.released", actor=f"{OPERATOR}{user}", detail=detail)
    get_logger().warning("store.released", user=user, code=held.code, in_doubt=count)
    return {"released": True, "why": held.why, "in_doubt": count}
