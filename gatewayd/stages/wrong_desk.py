"""A form for another desk (SI BARU, AKUN BARU, passwords, repairs, new mailboxes): passed on once, and answered once.

In: a mail of somebody registered whose form ticks such boxes. Out: the mail asked to be forwarded to each staff
address, and its event. It happens in the transaction that ends the mail, so a mail is passed on once, whatever happens.
"""

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from gatewayd.core.model import RequestId
from gatewayd.log import get_logger, mask
from gatewayd.stages.context import Context
from gatewayd.store import events, notices

FORWARD: Final = "forward"


def pass_on(
    conn: sqlite3.Connection, ctx: Context, mail: int, sender: str, services: Sequence[str], now: datetime,
    request: RequestId | None = None,
) -> tuple[str, ...]:  # fmt: skip
    """Ask for the stored `mail` to be forwarded; returns to whom. Nobody gets his own mail back."""
    staff = tuple(dict.fromkeys(ctx.settings.gateway.staff))
    to = tuple(address for address in staff if address.lower() != sender.lower())
    for address in to:
        notices.ask(
            conn, FORWARD, address, now, request=request,
            params={"mail": mail, "sender": sender, "services": list(services)},
        )  # fmt: skip
    events.record(
        conn, now, "request.wrong_desk", request, actor=sender,
        detail={"mail": mail, "services": ", ".join(services), "forwarded": len(to)},
    )  # fmt: skip
    get_logger().info(
        "request.wrong_desk", mail=mail, sender=mask(sender), services=", ".join(services), forwarded=len(to)
    )
    return to
