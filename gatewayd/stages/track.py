"""Track: time's part in the life of a request. Expiry, the end of waiting for status reports, settlement.

In: approved requests that are not settled. Out: deliveries expired or undelivered_unknown; `settled_at` once
nothing more is expected (core/progress.py reads it), which is what the report stage waits for.
"""

import sqlite3
from datetime import datetime, timedelta
from typing import Final

from gatewayd.core.model import Channel, RequestId
from gatewayd.log import get_logger
from gatewayd.stages.bells import Bell
from gatewayd.stages.context import Context
from gatewayd.store import bounces, deliveries, events, queue, requests, tracking

_ROUND_S: Final = 30.0


async def run(ctx: Context) -> None:
    """For ever."""
    wait = ctx.bells.listen(Bell.TRACK, rest_s=0.5)
    report_wait = ctx.settings.report.status_report_wait
    bounce_wait = timedelta(seconds=ctx.settings.bounces.wait if ctx.settings.bounces else 0.0)
    round_s = min(
        _ROUND_S, max(1.0, min([report_wait / 4, *([ctx.settings.bounces.wait] if ctx.settings.bounces else [])]))
    )
    with ctx.pulse.stage("track", limit_s=180.0):
        while True:
            ctx.pulse.beat("track")
            now = ctx.clock.now()
            settled = await ctx.db.run(track, now, timedelta(seconds=report_wait), bounce_wait)
            for number in settled:
                get_logger().info("request.settled", request=number)
            if settled:
                ctx.bells.ring(Bell.REPORT, Bell.PUBLISH)
            await wait(round_s)


def track(
    conn: sqlite3.Connection, now: datetime, report_wait: timedelta, bounce_wait: timedelta = timedelta(0)
) -> list[str]:
    """One round; returns the numbers of the requests that settled."""
    queue.expire_due(conn, now)
    settled: list[str] = []
    for request in requests.unreported(conn):
        if request.settled_at is not None or (request.approved_at is None and not request.closed_as):
            continue
        if request.approved_at is not None:
            queue.expire_held(conn, request.id, now)
        if request.channel is Channel.SMS:
            tracking.wait_over(conn, request.id, now - report_wait, now)
        if request.channel is Channel.EMAIL and _may_bounce(conn, request.id, now - bounce_wait):
            continue
        if tracking.unsettled(conn, request.id, now - report_wait) == 0 and requests.settle(conn, request.id, now):
            totals = {str(state): count for state, count in deliveries.counts(conn, request.id).items()}
            events.record(conn, now, "request.settled", request.id, detail=totals)
            settled.append(request.number)
    return settled


def _may_bounce(conn: sqlite3.Connection, request: RequestId, before: datetime) -> bool:
    """Whether the last mail left so late that its bounce may still be on the way."""
    last = bounces.last_accepted(conn, request)
    return last is not None and last > before
