"""What transports hear, on its way into the store: status reports, facts of the link, incoming messages.

Each call returns after its commit; only then does a modem delete what it held.
"""

import hashlib
import sqlite3
from datetime import datetime
from typing import Final

from gatewayd.core.health import Health, IncomingSms
from gatewayd.core.model import AttemptKey
from gatewayd.core.outcome import StatusReport
from gatewayd.log import get_logger, mask
from gatewayd.stages.bells import Bell
from gatewayd.stages.context import Context
from gatewayd.stages.watch import Watch
from gatewayd.store import inbox, tracking
from gatewayd.wire.joined import joined

#: A status report may wait so long for another transaction to be written with; the network waits 12 s for its
#: acknowledgement (TS 24.011 §5.3.2.2, TR2M).
_JOIN_S: Final = 0.5


class TransportListener:
    """The Listener of every transport (transport/base.py)."""

    def __init__(self, ctx: Context, watch: Watch) -> None:
        self._ctx, self._watch = ctx, watch

    async def status_report(self, report: StatusReport) -> None:
        matched = await self._ctx.db.join(_JOIN_S, tracking.take_report, report, self._ctx.clock.now())
        self._ctx.tally.report(report.modem, report.status)
        log = get_logger().bind(modem=report.modem, status=report.status, tp_status=f"{report.tp_status:02x}")
        if matched is None:
            log.info("status_report.unmatched", mr=report.reference, to=mask(report.recipient))
            return
        log.info(
            "delivery.reported", request=matched.number, delivery=matched.delivery, part=matched.part,
            state=matched.state, was=matched.before,
        )  # fmt: skip
        self._ctx.bells.ring(Bell.TRACK, Bell.PUBLISH, Bell.DISPATCH)

    async def late_answer(self, attempt: AttemptKey, reference: int) -> bool:
        now = self._ctx.clock.now()
        settled = await self._ctx.db.run(
            tracking.late_answer, attempt.delivery, attempt.part, attempt.attempt, reference, now
        )
        if settled is None:
            return False
        get_logger().info(
            "delivery.accepted_late", request=settled.number, delivery=settled.delivery, part=settled.part,
            mr=reference, state=settled.state, was=settled.before,
        )  # fmt: skip
        self._ctx.bells.ring(Bell.TRACK, Bell.PUBLISH, Bell.DISPATCH)
        return True

    async def health(self, health: Health) -> None:
        await self._watch.take(health)

    async def incoming(self, message: IncomingSms) -> None:
        new = await self._ctx.db.run(_store_incoming, message, self._ctx.clock.now())
        get_logger().info("sms.received", modem=message.modem, sender=mask(message.sender), new=new)
        self._ctx.bells.ring(Bell.INBOX)


def _store_incoming(conn: sqlite3.Connection, message: IncomingSms, now: datetime) -> bool:
    digest = hashlib.sha256(message.raw_pdu.encode()).digest()
    return inbox.store(conn, message, digest, now, joined)
