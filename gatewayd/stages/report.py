"""Report: who gets the delivery log when. First Ka. UPSI, then the applicant; interim, final and corrected ones.

In: requests that are underway, settled, or changed after their report. Out: notices of kind report, in rounds: each
goes first to the people of [report] first_to (or of the first step); once the mail server has taken those over, to the
applicant, by itself or after TERUSKAN. A round of one number follows another only then. The applicant may get one SMS.
Reports are notices, so they ride the same queue and are never reported on.
"""

import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from gatewayd.config import Person
from gatewayd.core.report import Stage, with_refused
from gatewayd.core.request import Request
from gatewayd.core.rounds import Life, Patience, Round, due
from gatewayd.core.states import DeliveryState
from gatewayd.log import get_logger
from gatewayd.stages import involved
from gatewayd.stages.bells import Bell
from gatewayd.stages.context import Context
from gatewayd.stages.people import person_by_id
from gatewayd.store import audit, deliveries, events, notices, optouts, requests
from gatewayd.wire import phone

_ROUND_S: Final = 30.0
_UNDERWAY: Final = frozenset({"", DeliveryState.QUEUED, DeliveryState.SUBMITTING})


@dataclass(frozen=True, slots=True)
class _Asked:
    """One report that was asked for: of which round, to whom, and whether it is still on its way to the mail server."""

    round: int
    stage: Stage
    address: str
    at: datetime
    counts: object
    is_underway: bool


async def run(ctx: Context) -> None:
    """For ever."""
    wait = ctx.bells.listen(Bell.REPORT, rest_s=0.2)
    with ctx.pulse.stage("report", limit_s=180.0):
        while True:
            ctx.pulse.beat("report")
            if await ctx.db.run(report_due, ctx, ctx.clock.now()):
                ctx.bells.ring(Bell.COMPOSE, Bell.PUBLISH)
            await wait(_ROUND_S)


def report_due(conn: sqlite3.Connection, ctx: Context, now: datetime) -> int:
    """One round over all requests; returns how many moved on."""
    requests.reopen_changed(conn, now - timedelta(seconds=ctx.settings.report.correct_after))
    return sum(
        _step(conn, ctx, request, now) for request in requests.unreported(conn) if request.approved_at is not None
    )


def forward(conn: sqlite3.Connection, ctx: Context, request: Request, now: datetime) -> bool:
    """TERUSKAN: the applicant gets the last report; False if there is none yet, or he has it."""
    asked = _asked(conn, request)
    return bool(asked) and _relay(conn, ctx, request, asked, now)


def may_forward(ctx: Context, person: Person) -> bool:
    """Whether the report comes to `person` first."""
    return person.addresses[0] in _first(ctx)


def _step(conn: sqlite3.Connection, ctx: Context, request: Request, now: datetime) -> bool:
    if ctx.settings.smtp is None:
        return request.settled_at is not None and _close(conn, request, now)
    asked = _asked(conn, request)
    if any(one.is_underway for one in asked if one.address in _first(ctx)):
        return False
    if asked and _relays_by_itself(ctx, request, asked) and _relay(conn, ctx, request, asked, now):
        return True
    patience = _patience(ctx)
    rounds = list(dict.fromkeys(Round(one.stage, one.at) for one in asked))
    stage = due(Life(_may_start(request), request.settled_at, request.changed_at), rounds, patience, now)
    if stage is not None:
        return _begin(conn, ctx, request, stage, asked, now)
    if request.settled_at is None:
        return False
    if request.changed_at is not None and now - request.changed_at >= patience.correction:
        requests.told(conn, request.id)
    return _close(conn, request, now)


def _asked(conn: sqlite3.Connection, request: Request) -> list[_Asked]:
    return [
        _Asked(
            int(str(notice.params["round"])), Stage(str(notice.params["stage"])), notice.to_address,
            datetime.fromisoformat(str(notice.params["at"])), notice.params["counts"], state in _UNDERWAY,
        )
        for notice, state in notices.states(conn, request.id, "report")
    ]  # fmt: skip


def _patience(ctx: Context) -> Patience:
    report = ctx.settings.report
    return Patience(timedelta(seconds=report.interim_after), timedelta(seconds=report.correct_after))


def _may_start(request: Request) -> datetime | None:
    if request.approved_at is None or request.send_after is None:
        return request.approved_at
    return max(request.approved_at, request.send_after)


def _first(ctx: Context) -> dict[str, str]:
    """Address → name of those who get it first: by the settings, else the people of the first step."""
    steps = ctx.settings.approval.steps
    ids = ctx.settings.report.first_to or (steps[0].people if steps else ())
    people = [person for person in (person_by_id(ctx.settings, id_) for id_ in ids) if person is not None]
    return {person.addresses[0]: person.name for person in people}


def _begin(
    conn: sqlite3.Connection, ctx: Context, request: Request, stage: Stage, asked: list[_Asked], now: datetime
) -> bool:
    """A new round: to those who get it first, or straight to the applicant where there is nobody."""
    counts = with_refused(deliveries.results(conn, request.id), request.refused)
    params = {
        "round": max((one.round for one in asked), default=0) + 1, "stage": stage, "at": now.isoformat(),
        "counts": dict(counts), "before": _told(asked),
    }  # fmt: skip
    if stage is not Stage.INTERIM:
        requests.told(conn, request.id)
    first = _first(ctx)
    for address, name in first.items():
        thread = notices.message_id_of(conn, request.id, "report", address)
        kept = {**params, "audience": "first", "head": str(audit.note_head(conn))}
        _ask(conn, request, address, name, kept, thread, now)
    applicant = involved.applicant_address(ctx, request)
    if not first and applicant:
        _ask(conn, request, applicant, request.applicant.name, {**params, "audience": "applicant"}, request.thread, now)
    events.record(conn, now, f"report.{stage}", request.id)
    return bool(first) or bool(applicant)


def _told(asked: list[_Asked]) -> object:
    """What the last report of the whole sending counted."""
    return next((one.counts for one in reversed(asked) if one.stage is not Stage.INTERIM), None)


def _relays_by_itself(ctx: Context, request: Request, asked: list[_Asked]) -> bool:
    """By the settings; and a correction follows wherever the wrong report went."""
    applicant = involved.applicant_address(ctx, request)
    has_wrong_one = asked[-1].stage is Stage.CORRECTED and any(
        one.address == applicant and one.stage is not Stage.INTERIM for one in asked
    )
    return ctx.settings.report.relay == "automatic" or has_wrong_one


def _relay(conn: sqlite3.Connection, ctx: Context, request: Request, asked: list[_Asked], now: datetime) -> bool:
    """The last round goes to the applicant too; False if he has it, or reads no mail."""
    last = asked[-1]
    applicant = involved.applicant_address(ctx, request)
    if not applicant or any(one.address == applicant for one in asked if one.round == last.round):
        return False
    params = {
        "round": last.round, "stage": last.stage, "at": last.at.isoformat(), "counts": last.counts,
        "before": _told([one for one in asked if one.round < last.round]), "audience": "applicant",
    }  # fmt: skip
    _ask(conn, request, applicant, request.applicant.name, params, request.thread, now)
    if last.stage is Stage.FINAL:
        _ask_sms(conn, ctx, request, now)
    return True


def _ask_sms(conn: sqlite3.Connection, ctx: Context, request: Request, now: datetime) -> None:
    """One SMS to the applicant's own number, where the settings want it and he did not refuse it."""
    number = phone.normalise(request.applicant.phone, ctx.settings.gateway.country) if request.applicant.phone else None
    if not ctx.settings.report.sms_to_applicant or not ctx.settings.modems or not isinstance(number, str):
        return
    if not optouts.among(conn, [number]) and not notices.states(conn, request.id, "done_sms"):
        notices.ask(conn, "done_sms", number, now, request=request.id, to_name=request.applicant.name)


def _close(conn: sqlite3.Connection, request: Request, now: datetime) -> bool:
    """Nothing more is owed to anybody."""
    requests.reported(conn, request.id, now)
    events.record(conn, now, "request.reported", request.id)
    head = audit.note_head(conn)
    get_logger().info("request.reported", request=request.number)
    get_logger().info("audit.head", count=head.count, head=str(head))
    return True


def _ask(
    conn: sqlite3.Connection, request: Request, address: str, name: str, params: notices.Params, thread: str,
    now: datetime,
) -> None:  # fmt: skip
    notices.ask(conn, "report", address, now, request=request.id, to_name=name, params=params, in_reply_to=thread)
    get_logger().info(
        "report.asked", request=request.number, audience=params["audience"], stage=str(params["stage"]),
        round=params["round"],
    )  # fmt: skip
