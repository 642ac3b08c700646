"""Approve: asks the next person, queues what has every approval, ends what is refused or too late.

In: requests without faults that are neither approved nor closed, and their decisions. Out: an approval
question to each eligible person of the step that waits (asked once for a step and digest, reminded once,
over at `expires`); deliveries queued; or the request rejected or expired. Everybody involved is told.
Invariant: deliveries are queued in the transaction that has just computed Approved from the decisions on the
present digest; nothing else queues a message. A recipient who has got too much since the request came in is left out.
"""

import sqlite3
from datetime import datetime, timedelta
from typing import Final, assert_never

from gatewayd.core.approval import Approved, Ask, Question, Refused
from gatewayd.core.caution import Limits
from gatewayd.core.model import RequestId
from gatewayd.core.request import Request
from gatewayd.core.states import Event
from gatewayd.log import get_logger
from gatewayd.stages import involved
from gatewayd.stages.bells import Bell
from gatewayd.stages.context import Context
from gatewayd.stages.people import person_by_id
from gatewayd.stages.rules import move_of
from gatewayd.store import audit, deliveries, events, limits, notices, requests

_ROUND_S: Final = 60.0


async def run(ctx: Context) -> None:
    """For ever."""
    wait = ctx.bells.listen(Bell.APPROVE)
    with ctx.pulse.stage("approve", limit_s=300.0):
        while True:
            ctx.pulse.beat("approve")
            for request in await ctx.db.run(_waiting):
                await ctx.db.run(_move, ctx, request.id, ctx.clock.now())
            ctx.bells.ring(Bell.COMPOSE, Bell.DISPATCH, Bell.PUBLISH, Bell.TRACK)
            await wait(_ROUND_S)


def _waiting(conn: sqlite3.Connection) -> list[Request]:
    return [
        request for request in requests.unreported(conn)
        if request.approved_at is None and not request.closed_as
    ]  # fmt: skip


def _move(conn: sqlite3.Connection, ctx: Context, request_id: RequestId, now: datetime) -> None:
    request = requests.get(conn, request_id)
    if request.closed_as or request.approved_at is not None:
        return
    undecided_until = request.created_at + timedelta(seconds=ctx.settings.approval.expires)
    if now >= min(undecided_until, request.expires_at):
        _expire(conn, ctx, request, now)
        return
    if request.faults:
        return
    match move_of(conn, ctx.settings, request, now):
        case Ask(questions):
            for question in questions:
                _ask(conn, ctx, request, question, now)
        case Approved():
            _queue(conn, ctx, request, now)
        case Refused(_, person, reason):
            _reject(conn, ctx, request, person, reason, now)
        case other:
            assert_never(other)


def _ask(conn: sqlite3.Connection, ctx: Context, request: Request, question: Question, now: datetime) -> None:
    """One question for each person, step and digest; one reminder when it lasts. The staff hears of a step that
    nobody may decide."""
    if not question.people:
        _stuck(conn, ctx, request, question.step, now)
    asked = notices.states(conn, request.id, "approval")
    for id_ in question.people:
        person = person_by_id(ctx.settings, id_)
        if person is None:
            continue
        key = {"step": question.step, "person": id_, "digest": request.digest.hex()}
        mine = [notice for notice, _ in asked if {k: notice.params.get(k) for k in key} == key]
        reminded = len(mine) > 1
        if mine and (
            reminded or now < _asked_at(mine[0].params) + timedelta(seconds=ctx.settings.approval.remind_after)
        ):
            continue
        params = {**key, "at": now.isoformat(), "reminder": bool(mine)}
        notices.ask(conn, "approval", person.addresses[0], now, request=request.id, to_name=person.name, params=params)
        events.record(conn, now, "approval.asked", request.id, actor=id_, detail={"step": question.step})
        get_logger().info("approval.asked", request=request.number, person=id_, step=question.step, reminder=bool(mine))


def _asked_at(params: notices.Params) -> datetime:
    return datetime.fromisoformat(str(params["at"]))


def _queue(conn: sqlite3.Connection, ctx: Context, request: Request, now: datetime) -> None:
    requests.approve(conn, request.id, now)
    sending = ctx.settings.sending
    allowed = Limits(sending.per_recipient_hour, sending.per_recipient_day)
    at = max(now, request.send_after or now)
    for delivery, code in limits.exceeded(conn, request.id, at, allowed):
        deliveries.apply(conn, delivery, Event.FAIL, now, cause_code=code)
    count = deliveries.apply_all(conn, request.id, Event.QUEUE, now)
    why = request.preapproved or ("every step approved" if ctx.settings.approval.steps else audit.NO_STEP)
    events.record(conn, now, "request.approved", request.id, actor=why, detail={"queued": count})
    get_logger().info("request.approved", request=request.number, queued=count, by=why)


def _reject(conn: sqlite3.Connection, ctx: Context, request: Request, person: str, reason: str, now: datetime) -> None:
    if not requests.close(conn, request.id, "rejected", reason, now):
        return
    deliveries.apply_all(conn, request.id, Event.CANCEL, now)
    requests.reported(conn, request.id, now)
    events.record(conn, now, "request.rejected", request.id, actor=person)
    get_logger().info("request.rejected", request=request.number, person=person)


def _expire(conn: sqlite3.Connection, ctx: Context, request: Request, now: datetime) -> None:
    """Nobody decided (or corrected) in time."""
    if not requests.close(conn, request.id, "expired", "", now):
        return
    deliveries.apply_all(conn, request.id, Event.EXPIRE, now)
    requests.reported(conn, request.id, now)
    events.record(conn, now, "request.expired", request.id)
    involved.tell(conn, ctx, request, "expired", {}, now)
    get_logger().info("request.expired", request=request.number)


def _stuck(conn: sqlite3.Connection, ctx: Context, request: Request, step: int, now: datetime) -> None:
    """Nobody may decide this step: the staff is told once."""
    if any(notice.params.get("code") == "approval.stuck" for notice, _ in notices.states(conn, request.id, "alarm")):
        return
    params = {
        "code": "approval.stuck",
        "name": request.number,
        "why": ctx.settings.approval.steps[step].name,
        "since": now.isoformat(),
        "was": "",
    }
    for address in ctx.settings.gateway.staff:
        notices.ask(conn, "alarm", address, now, request=request.id, params=params)
    get_logger().warning("approval.stuck", request=request.number, step=step)
