"""Report: when nothing more is expected, Ka. UPSI gets the delivery log, and then the applicant.

In: settled requests that are not reported. Out: notices of kind report, first to the people of
[report] first_to (or of the first step), and once the mail server has taken those over, to the applicant.
Reports are notices, so they ride the same queue and are never reported on.
"""

import sqlite3
from datetime import datetime
from typing import Final

from gatewayd.core.request import Request
from gatewayd.core.states import DeliveryState
from gatewayd.log import get_logger
from gatewayd.stages import involved
from gatewayd.stages.bells import Bell
from gatewayd.stages.context import Context
from gatewayd.stages.people import person_by_id
from gatewayd.store import events, notices, requests

_ROUND_S: Final = 30.0
_UNDERWAY: Final = frozenset({"", DeliveryState.QUEUED, DeliveryState.SUBMITTING})


async def run(ctx: Context) -> None:
    """For ever."""
    wait = ctx.bells.listen(Bell.REPORT, rest_s=0.2)
    with ctx.pulse.stage("report", limit_s=180.0):
        while True:
            ctx.pulse.beat("report")
            if await ctx.db.run(report_settled, ctx, ctx.clock.now()):
                ctx.bells.ring(Bell.COMPOSE, Bell.PUBLISH)
            await wait(_ROUND_S)


def report_settled(conn: sqlite3.Connection, ctx: Context, now: datetime) -> int:
    """One round; returns how many requests moved on."""
    return sum(
        _step(conn, ctx, request, now) for request in requests.unreported(conn) if request.settled_at is not None
    )


def _step(conn: sqlite3.Connection, ctx: Context, request: Request, now: datetime) -> bool:
    if ctx.settings.smtp is None:
        return _close(conn, request, now)
    asked = notices.states(conn, request.id, "report")
    if not asked and _ask_first(conn, ctx, request, now):
        return True
    if any(state in _UNDERWAY for _, state in asked):
        return False
    applicant = involved.applicant_address(ctx, request)
    if applicant and not any(notice.to_address == applicant for notice, _ in asked):
        _ask(conn, request, applicant, request.applicant.name, "applicant", now)
    return _close(conn, request, now)


def _close(conn: sqlite3.Connection, request: Request, now: datetime) -> bool:
    """Nothing more is owed to anybody."""
    requests.reported(conn, request.id, now)
    events.record(conn, now, "request.reported", request.id)
    get_logger().info("request.reported", request=request.number)
    return True


def _ask_first(conn: sqlite3.Connection, ctx: Context, request: Request, now: datetime) -> bool:
    """Ka. UPSI, or whoever the settings name, gets it first; False if nobody does."""
    steps = ctx.settings.approval.steps
    ids = ctx.settings.report.first_to or (steps[0].people if steps else ())
    people = [person for person in (person_by_id(ctx.settings, id_) for id_ in ids) if person is not None]
    for person in people:
        _ask(conn, request, person.addresses[0], person.name, "first", now)
    return bool(people)


def _ask(conn: sqlite3.Connection, request: Request, address: str, name: str, audience: str, now: datetime) -> None:
    notices.ask(
        conn, "report", address, now, request=request.id, to_name=name, params={"audience": audience},
        in_reply_to=request.thread if audience == "applicant" else "",
    )  # fmt: skip
    get_logger().info("report.asked", request=request.number, audience=audience)
