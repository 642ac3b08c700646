"""Inbound: what somebody sent to one of our SIMs is acted on once, and shown to those who want to see it.

In: messages put together, not handled yet (store/inbox.py). Out, in one transaction a message: the sender on the
opt-out list or off it, what waited for him cancelled, one confirmation by the SIM he wrote to, a mail to the addresses
of the modem or of the message's first word. A second BERHENTI is not confirmed again: two machines would talk for ever.
"""

import json
import sqlite3
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from gatewayd import sandbox
from gatewayd.config import Modem
from gatewayd.core.inbound import command_of
from gatewayd.errors import SandboxError
from gatewayd.log import get_logger, mask
from gatewayd.stages import leaving
from gatewayd.stages.bells import Bell
from gatewayd.stages.context import Context
from gatewayd.store import inbox, notices, optouts, queue
from gatewayd.store.inbox import InboxRow
from gatewayd.wire import phone
from gatewayd.wire.joined import joined

_ROUND_S: Final = 60.0
_BATCH: Final = 50
_CHILD: Final = "gatewayd.render.sms:answer"


@dataclass(frozen=True, slots=True)
class _Handling:
    """What follows from a message: the sender's number ('' where nothing may be answered), his command, our answer."""

    number: str
    command: Literal["stop", "start", ""]
    answer: str


async def run(ctx: Context) -> None:
    """For ever."""
    wait = ctx.bells.listen(Bell.INBOX)
    with ctx.pulse.stage("inbound", limit_s=300.0):
        while True:
            ctx.pulse.beat("inbound")
            await ctx.db.run(inbox.give_up, ctx.clock.now() - inbox.PATIENCE, joined)
            while messages := await ctx.db.run(inbox.unhandled, _BATCH):
                ctx.pulse.beat("inbound")
                for message in messages:
                    handling = await _handling(ctx, message)
                    await ctx.db.run(_handle, ctx, message, handling, ctx.clock.now())
            ctx.bells.ring(Bell.PUBLISH)
            await wait(_ROUND_S)


async def _handling(ctx: Context, message: InboxRow) -> _Handling:
    command = command_of(message.text)
    number = phone.normalise(message.sender, ctx.settings.gateway.country, foreign=True)
    if not command or isinstance(number, phone.PhoneFault):
        # A name or a short code is a machine.
        return _Handling("", "", "")
    return _Handling(number, command, await _answer(ctx, command))


async def _answer(ctx: Context, command: str) -> str:
    gateway = ctx.settings.gateway
    asked = {"language": gateway.language, "organisation": gateway.organisation, "command": command}
    try:
        return (await sandbox.call(_CHILD, json.dumps(asked).encode())).decode("utf-8")
    except SandboxError as error:
        get_logger().error("sms.not_answered", command=command, why=str(error))
        return ""


def _handle(conn: sqlite3.Connection, ctx: Context, message: InboxRow, handling: _Handling, now: datetime) -> None:
    if handling.command:
        _obey(conn, ctx, message, handling, now)
    modem = next((modem for modem in ctx.settings.modems if modem.name == message.modem), None)
    for address in _readers(modem, message.text):
        notices.ask(conn, "inbound", address, now, params={"message": message.id})
        ctx.bells.ring(Bell.COMPOSE)
    inbox.handled(conn, message.id)


def _obey(conn: sqlite3.Connection, ctx: Context, message: InboxRow, handling: _Handling, now: datetime) -> None:
    number, stopped = handling.number, 0
    if handling.command == "stop":
        is_new, stopped = leaving.leave(conn, ctx, number, "sms", now)
    else:
        is_new = optouts.remove(conn, number)
    if is_new and handling.answer:
        queue.add_sms(conn, number, handling.answer, message.modem)
    get_logger().info(
        "optout.changed", command=handling.command, to=mask(number), new=is_new, stopped=stopped, modem=message.modem
    )
    ctx.bells.ring(Bell.DISPATCH, Bell.TRACK)


def _readers(modem: Modem | None, text: str) -> tuple[str, ...]:
    """Who is written to: the addresses of the message's first word, else those of the modem."""
    if modem is None:
        return ()
    first = text.split(maxsplit=1)[0].casefold() if text.strip() else ""
    by_word = {word.casefold(): addresses for word, addresses in modem.keywords.items()}
    return by_word.get(first, modem.forward_to)
