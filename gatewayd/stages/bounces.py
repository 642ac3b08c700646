"""Bounces: what came back to a mail of a request is read in the sandbox, proven by its token, and given its effect.

In: mails of the bounce mailbox, and automatic ones of the request mailbox. Out, in one transaction: a delivery
failed or delivered by the table of states, a bad address written down, a person on the opt-out list. Invariants:
without a genuine token of ours nothing happens, whatever a mail says; a token for bounces takes nobody off a list,
unless the recipient's provider reports a complaint. A repeated bounce changes nothing. Source: wire/bounce.py.
"""

import sqlite3
from datetime import datetime
from typing import Final

from gatewayd import sandbox
from gatewayd.core.model import DeliveryId
from gatewayd.core.states import DeliveryState, Event, step
from gatewayd.errors import SandboxError
from gatewayd.intake.base import Disposition, IncomingMail
from gatewayd.log import get_logger, mask
from gatewayd.stages import leaving
from gatewayd.stages.bells import Bell
from gatewayd.stages.context import Context
from gatewayd.store import bounces, deliveries, events, keys, mails
from gatewayd.store.bounces import About
from gatewayd.wire import bounce, mailtoken
from gatewayd.wire.bounce import Bounce, BounceKind
from gatewayd.wire.mailtoken import Purpose

_CHILD: Final = "gatewayd.wire.bounce:read"
_ATTEMPTS: Final = 3
#: What a token must be for, by what a mail says.
_PURPOSES: Final = {
    BounceKind.HARD: (Purpose.BOUNCE,),
    BounceKind.SOFT: (Purpose.BOUNCE,),
    BounceKind.DELIVERED: (Purpose.BOUNCE,),
    BounceKind.COMPLAINT: (Purpose.BOUNCE, Purpose.LEAVE),
    BounceKind.LEAVE: (Purpose.LEAVE,),
}
#: Another attempt is still to come, or its answer: the bounce is about an earlier one, or too early.
_WAITING: Final = frozenset({DeliveryState.QUEUED, DeliveryState.HELD})
LATER: Final = "later"


class BounceDesk:
    """The `accept` of the bounce mailbox."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx

    async def accept(self, mail: IncomingMail) -> Disposition:
        stored = await self._ctx.db.run(
            mails.store, folder=mail.folder, uidvalidity=mail.uidvalidity, uid=mail.uid, size=mail.size, raw=mail.raw,
            now=self._ctx.clock.now(),
        )  # fmt: skip
        if stored.state != "stored":
            return Disposition.QUARANTINE if stored.state == "quarantined" else Disposition.PROCESSED
        result = await self.take(mail.raw)
        if result == LATER and stored.attempts < _ATTEMPTS:
            return Disposition.LATER
        if result in ("", LATER):
            await self._ctx.db.run(mails.quarantine, stored.id, "it could not be read as a bounce")
            return Disposition.QUARANTINE
        await self._ctx.db.run(mails.done, stored.id, result, sender="", auth="", content=b"")
        return Disposition.PROCESSED

    async def take(self, raw: bytes) -> str:
        """Give `raw` its effect and say what it was: "bounce.hard UPSI-…", or "bounce.unproven" and the like where it
        has none; LATER while the mail it is about is still being sent; '' if it cannot be read."""
        try:
            read = bounce.from_json(await sandbox.call(_CHILD, raw))
        except (SandboxError, ValueError) as error:
            get_logger().error("bounce.unreadable", size=len(raw), why=str(error))
            return ""
        result = await self._ctx.db.run(self._effect, read, self._ctx.clock.now())
        get_logger().info("bounce.read", result=result, status=read.status)
        if result != LATER:
            self._ctx.bells.ring(Bell.TRACK, Bell.REPORT, Bell.PUBLISH)
        return result

    # In one transaction.

    def _effect(self, conn: sqlite3.Connection, read: Bounce, now: datetime) -> str:
        if read.kind not in _PURPOSES:
            return f"bounce.{read.kind}"
        delivery = _genuine(keys.mail_key(conn), read)
        about = bounces.about(conn, delivery) if delivery is not None else None
        if about is None:
            return "bounce.unproven"
        if about.state is DeliveryState.SUBMITTING and read.kind is not BounceKind.LEAVE:
            return LATER
        match read.kind:
            case BounceKind.HARD | BounceKind.SOFT:
                self._lost(conn, about, read, now)
            case BounceKind.DELIVERED:
                self._happen(conn, about, Event.DELIVER, read, now)
            case _:
                self._leave(conn, about, read, now)
        return f"bounce.{read.kind} {about.number}"

    def _lost(self, conn: sqlite3.Connection, about: About, read: Bounce, now: datetime) -> None:
        if not bounces.keep(conn, about.id, read.kind, read.status, read.diagnostic, now):
            return
        self._happen(conn, about, Event.FAIL, read, now)

    def _happen(self, conn: sqlite3.Connection, about: About, event: Event, read: Bounce, now: datetime) -> None:
        if about.state in _WAITING or step(about.state, event) is about.state:
            return
        code = f"bounce-{read.status or '5.0.0'}" if event is Event.FAIL else ""
        text = read.diagnostic if event is Event.FAIL else ""
        state = deliveries.apply(conn, about.id, event, now, cause_code=code, cause_text=text)
        get_logger().info(
            "delivery.reported", request=about.number, delivery=about.id, to=mask(about.address), state=state,
            was=about.state, code=code,
        )  # fmt: skip

    def _leave(self, conn: sqlite3.Connection, about: About, read: Bounce, now: datetime) -> None:
        source = "complaint" if read.kind is BounceKind.COMPLAINT else "mail"
        if read.kind is BounceKind.COMPLAINT:
            bounces.keep(conn, about.id, read.kind, "", read.diagnostic, now)
        is_new, stopped = leaving.leave(conn, self._ctx, about.address, source, now)
        if is_new:
            events.record(conn, now, "optout.added", about.request, detail={"source": source})
        get_logger().info(
            "optout.changed", command="stop", to=mask(about.address), new=is_new, stopped=stopped, source=source
        )


def _genuine(key: bytes, read: Bounce) -> DeliveryId | None:
    """The delivery of the first token that is ours and may do what the mail says."""
    found = (
        mailtoken.delivery_of(key, purpose, one) for one in read.tokens for purpose in _PURPOSES[read.kind]
    )  # fmt: skip
    return next((delivery for delivery in found if delivery is not None), None)
