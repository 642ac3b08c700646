"""An operator's errands on a modem: `gatewayd modem probe | ussd | reset`, by the running daemon, between two sends.

In: a command of the control socket. Out: facts, or one line that says what to do. A USSD code may spend money, so it is
written down with the OS user's name before it is dialled, and waits while the store is on hold.
"""

import re
import sqlite3
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from gatewayd.core.approval import OPERATOR
from gatewayd.core.errand import Errand, NotDone, Probe, Reset, Ussd
from gatewayd.core.model import Channel
from gatewayd.intake.control import Command
from gatewayd.log import get_logger
from gatewayd.stages import hold
from gatewayd.stages.context import Context
from gatewayd.store import events
from gatewayd.store import hold as hold_store
from gatewayd.transport.base import Transport

_CODE: Final = re.compile(r"[*#][0-9*#]{1,18}#", re.ASCII)
#: A voucher's number is as good as money.
_VOUCHER: Final = re.compile(r"\d{6,}")


async def carry_out(ctx: Context, transports: Mapping[str, Transport], command: Command) -> dict[str, Any]:
    """The reply for the command line; `error` where it was not done."""
    name = str(command.arguments.get("name", ""))
    modems = {each.name: each for each in transports.values() if each.channel is Channel.SMS}
    if name not in modems:
        known = f"there are {', '.join(sorted(modems))}" if modems else "the settings have none"
        return {"error": f"there is no modem {name!r} ({known})"}
    errand = _errand(command)
    if isinstance(errand, str):
        return {"error": errand}
    refused = await ctx.db.run(_write_down, errand, name, command.os_user, ctx.clock.now())
    if refused:
        return {"error": refused}
    done = await modems[name].perform(errand)
    if isinstance(done, NotDone):
        get_logger().warning("modem.errand_failed", modem=name, errand=_word(errand), why=done.why)
        return {"error": f"{name}: {done.why}"}
    return {"modem": name, **done.facts}


def _errand(command: Command) -> Errand | str:
    match command.arguments.get("act"):
        case "probe":
            return Probe()
        case "reset":
            return Reset()
        case "ussd":
            code = str(command.arguments.get("code", ""))
            return Ussd(code) if _CODE.fullmatch(code) else f"{code!r} is not a USSD code such as *888#"
        case other:
            return f"unknown errand {other!r}"


def _word(errand: Errand) -> str:
    return type(errand).__name__.lower()


def _write_down(conn: sqlite3.Connection, errand: Errand, modem: str, user: str, now: datetime) -> str:
    """Why it may not be done; '' once it is written down."""
    held = hold_store.held(conn)
    if held is not None and isinstance(errand, Ussd):
        return hold.line(held)
    detail: dict[str, str | int] = {"modem": modem}
    if isinstance(errand, Ussd):
        detail["code"] = _VOUCHER.sub("…", errand.code)
    name = f"modem.{_word(errand)}"
    if not isinstance(errand, Probe):
        events.record(conn, now, name, actor=f"{OPERATOR}{user}", detail=detail)
    get_logger().info("modem.errand", errand=_word(errand), user=user, **detail)
    return ""
