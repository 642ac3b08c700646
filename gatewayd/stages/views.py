"""Rows → the views that mails are made from. Runs in the composing child, on a read-only connection.

In: a notice, its request, and the settings. Out: one view of render/views.py. Nothing here decides anything.
"""

import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from gatewayd.config import Settings
from gatewayd.core.forecast import Plan
from gatewayd.core.health import Health
from gatewayd.core.model import Channel, Fault
from gatewayd.core.progress import request_state
from gatewayd.core.reckoning import forecast
from gatewayd.core.report import DecisionLine, DeliveryLog, with_refused
from gatewayd.core.request import Request
from gatewayd.core.resources import Pause, active_period_ends
from gatewayd.core.states import DeliveryState
from gatewayd.render import views
from gatewayd.stages import rules, wrong_desk
from gatewayd.stages.delivery_log import log_of
from gatewayd.stages.draft import parts_of, segmented
from gatewayd.stages.forecast import plan_of
from gatewayd.stages.people import shown_name, shown_step
from gatewayd.stages.summary_facts import facts_of
from gatewayd.stages.underway import underway_of
from gatewayd.store import approvals, deliveries, enclosures, health, inbox, mails, notices, requests
from gatewayd.store.notices import Notice, Params
from gatewayd.wire.gsm7 import cost
from gatewayd.wire.transliterate import transliterate

#: Characters named as those that cost the short alphabet.
_MOST_FORCING: Final = 6
_SAMPLE: Final = 5
_SENT: Final = (
    DeliveryState.SUBMITTING, DeliveryState.ACCEPTED, DeliveryState.DELIVERED, DeliveryState.IN_DOUBT,
    DeliveryState.UNDELIVERED_UNKNOWN,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Desk:
    """What every view is built from."""

    conn: sqlite3.Connection
    settings: Settings
    now: datetime
    token: str = ""


def view_of(desk: Desk, notice: Notice, message_id: str) -> views.View:
    """The view of `notice`. Raises KeyError for a kind that has none: a bug of ours."""
    request = requests.get(desk.conn, notice.request) if notice.request is not None else None
    head = views.Head(
        to_address=notice.to_address, message_id=message_id, date=desk.now, to_name=notice.to_name,
        number=request.number if request else "", in_reply_to=notice.in_reply_to,
        references=(notice.in_reply_to,) if notice.in_reply_to else (),
    )  # fmt: skip
    if request is None:
        return _ABOUT_NOTHING[notice.kind](desk, notice, head)
    if notice.kind in _ABOUT_REQUEST:
        return _ABOUT_REQUEST[notice.kind](desk, notice, head, request)
    return _ABOUT_NOTHING[notice.kind](desk, notice, head)


def _understood(desk: Desk, request: Request) -> views.Understood:
    return views.Understood(
        unit=request.applicant.unit, applicant=request.applicant.name, channel=request.channel, text=request.text,
        recipients=request.recipients, subject=request.subject, groups=request.groups, purpose=request.purpose,
        send_after=request.send_after, wanted_by=request.wanted_by,
        enclosures=enclosures.shown(desk.conn, request.id),
    )  # fmt: skip


def _size(request: Request, plan: Plan | None) -> views.Size:
    """The cost is that of the SIMs that would send now; as it was reckoned at first where nothing is left to send."""
    sms = request.channel is Channel.SMS
    return views.Size(
        characters=segmented(request.text).characters if sms and request.text else len(request.text),
        encoding=request.encoding, parts=request.parts, total_parts=request.total_parts,
        cost_idr=plan.price_idr if plan else request.cost_idr,
        forced_by=tuple(dict.fromkeys(char for char in request.text if not cost(char)))[:_MOST_FORCING] if sms else (),
    )  # fmt: skip


def decision_lines(desk: Desk, request: Request) -> tuple[DecisionLine, ...]:
    """Every decision on the request's present content, with names for people."""
    return tuple(
        DecisionLine(
            step=shown_step(desk.settings, row.step, row.person), person=shown_name(desk.settings, row.person),
            verdict=row.verdict, reason=row.reason, at=row.at, via=row.via,
        )
        for row in approvals.decisions(desk.conn, request.id)
        if row.digest == request.digest
    )  # fmt: skip


def _waits_for(desk: Desk, request: Request) -> tuple[str, ...]:
    """The steps still to come."""
    if request.preapproved or request.closed_as or request.approved_at is not None:
        return ()
    return _undecided(desk, request)


def _undecided(desk: Desk, request: Request) -> tuple[str, ...]:
    return rules.undecided(desk.conn, desk.settings, request, desk.now)


def _receipt(desk: Desk, notice: Notice, head: views.Head, request: Request) -> views.View:
    plan = plan_of(desk.conn, desk.settings, request, desk.now)
    return views.Receipt(
        head, _understood(desk, request), _size(request, plan), _waits_for(desk, request), request.refused,
        len(request.duplicates), _other_services(request), _forwarded(desk, request), _warnings(request),
        replaces=bool(notice.params.get("replaces")), merged=_merged(desk, request), plain_parts=_plain_parts(request),
        plan=plan,
    )  # fmt: skip


def _merged(desk: Desk, request: Request) -> tuple[views.Merged, ...]:
    """The text as it is merged for an example and for the longest case; nothing where all get the same."""
    longest = deliveries.longest(desk.conn, request.id)
    if longest is None:
        return ()
    some = deliveries.sample(desk.conn, request.id, 2)
    example = next(((address, name, text) for address, name, text in some if text and address != longest[0]), None)
    shown = (*([(example, False)] if example else []), (longest, True))
    return tuple(
        views.Merged(address, name, text, parts_of(request.channel, text), is_longest)
        for (address, name, text), is_longest in shown
    )


def _plain_parts(request: Request) -> int:
    if request.channel is not Channel.SMS or not request.text:
        return 0
    parts = len(segmented(transliterate(request.text).text).parts)
    return parts if parts < len(segmented(request.text).parts) else 0


def _other_services(request: Request) -> tuple[str, ...]:
    return tuple(fault.typed for fault in request.warnings if fault.code == "service.other")


def _forwarded(desk: Desk, request: Request) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.to_address for one, _ in notices.states(desk.conn, request.id, wrong_desk.FORWARD)))


def _warnings(request: Request) -> tuple[Fault, ...]:
    return tuple(fault for fault in request.warnings if fault.code != "service.other")


def _correction(desk: Desk, notice: Notice, head: views.Head, request: Request) -> views.View:
    return views.Correction(
        head, request.faults, _understood(desk, request), request.refused, len(request.duplicates),
        _other_services(request), _forwarded(desk, request),
    )  # fmt: skip


def _approval(desk: Desk, notice: Notice, head: views.Head, request: Request) -> views.View:
    step = int(str(notice.params["step"]))
    sample = deliveries.sample(desk.conn, request.id, _SAMPLE)
    modems = modem_facts(desk) if request.channel is Channel.SMS else ()
    plan = plan_of(desk.conn, desk.settings, request, desk.now)
    return views.ApprovalQuestion(
        head, _understood(desk, request), _size(request, plan),
        step=shown_step(desk.settings, step, str(notice.params["person"])),
        token=desk.token,
        expires_at=request.created_at + timedelta(seconds=desk.settings.approval.expires),
        sample=tuple(views.Sample(a, name) for a, name, _ in sample),
        modems=modems, plan=plan,
        decisions=decision_lines(desk, request), warnings=_warnings(request), refused=len(request.refused),
        duplicates=len(request.duplicates), reminder=bool(notice.params.get("reminder")),
        replaces=any(
            asked.params.get("digest") != notice.params["digest"]
            for asked, _ in notices.states(desk.conn, request.id, "approval")
        ),
        merged=_merged(desk, request),
        files=tuple((one.name, one.kind, data) for one, data in enclosures.of_request(desk.conn, request.id)),
    )  # fmt: skip


def modem_facts(desk: Desk) -> tuple[views.ModemFacts, ...]:
    """Every modem of the settings as the store knows it."""
    known = {row.health.name: row for row in health.all_links(desk.conn) if row.kind == "modem"}
    today = desk.now.astimezone(ZoneInfo(desk.settings.gateway.timezone)).date()
    return tuple(
        views.ModemFacts(
            row.health, Pause(row.paused, row.paused_why) if row.paused else None,
            forecast(row.health.credit, modem.price_idr, modem.credit_floor_idr, today),
        )
        for modem in desk.settings.modems
        if (row := known.get(modem.name)) is not None
    )  # fmt: skip


def _decision(desk: Desk, notice: Notice, head: views.Head, request: Request) -> views.View:
    params = notice.params
    person = str(params["person"])
    line = DecisionLine(
        step=shown_step(desk.settings, int(str(params["step"])), person), person=shown_name(desk.settings, person),
        verdict=str(params["verdict"]), reason=str(params["reason"]), at=datetime.fromisoformat(str(params["at"])),
        via="",
    )  # fmt: skip
    return views.Decision(head, line, _understood(desk, request), _waits_for(desk, request))


def _status(desk: Desk, notice: Notice, head: views.Head, request: Request) -> views.View:
    counts = deliveries.counts(desk.conn, request.id)
    is_sent = request.approved_at is not None and request.settled_at is None and not request.closed_as
    progress = underway_of(desk.conn, desk.settings, request, desk.now) if is_sent else None
    return views.StatusAnswer(
        head, request_state(request, counts), with_refused(deliveries.results(desk.conn, request.id), request.refused),
        _understood(desk, request),
        decision_lines(desk, request), _waits_for(desk, request), request.close_reason,
        forwarded=bool(notice.params.get("forwarded")), progress=progress,
        log=delivery_log(desk, request) if progress is not None and progress.handled else None,
    )  # fmt: skip


def _cancelled(desk: Desk, notice: Notice, head: views.Head, request: Request) -> views.View:
    counts = deliveries.counts(desk.conn, request.id)
    sent = sum(counts.get(state, 0) for state in _SENT)
    stopped = int(str(notice.params["stopped"]))
    person = shown_name(desk.settings, str(notice.params["person"]))
    return views.Cancelled(head, person, str(notice.params["reason"]), stopped, sent)


def _expired(desk: Desk, notice: Notice, head: views.Head, request: Request) -> views.View:
    """`waits_for` as it was when the time was over; nothing where it waited for a correction."""
    waited = () if request.faults else _undecided(desk, request)
    return views.Expired(head, request.created_at, waited)


def _token_problem(desk: Desk, notice: Notice, head: views.Head) -> views.View:
    return views.TokenProblem(head, str(notice.params["problem"]))


def _unclear(desk: Desk, notice: Notice, head: views.Head) -> views.View:
    return views.Unclear(head, str(notice.params.get("quoted", "")))


def _unreadable(desk: Desk, notice: Notice, head: views.Head) -> views.View:
    box = desk.settings.mailbox
    limit_mb = (box.max_bytes if box else 0) // 2**20 or 10
    files = tuple(Fault("attachment", str(code), str(name)) for name, code in _pairs(notice.params.get("files")))
    return views.Unreadable(head, files, limit_mb=limit_mb)


def _pairs(value: object) -> list[tuple[object, object]]:
    """Two values each, as the store's JSON has them."""
    found = value if isinstance(value, list) else []
    return [(one[0], one[1]) for one in found if isinstance(one, list) and len(one) == len(("name", "code"))]


def _wrong_desk(desk: Desk, notice: Notice, head: views.Head) -> views.View:
    return views.WrongDesk(head, _texts(notice, "services"), _texts(notice, "forwarded"))


def _forward(desk: Desk, notice: Notice, head: views.Head) -> views.View:
    mail = mails.original(desk.conn, int(str(notice.params["mail"])))
    box = desk.settings.mailbox
    fits = len(mail.raw) <= desk.settings.report.max_bytes // 4 * 3
    return views.Forward(
        head, _texts(notice, "services"), str(notice.params["sender"]), mail.received_at, mail.size,
        box.processed_folder if box else "", mail.raw if fits else b"",
    )  # fmt: skip


def _texts(notice: Notice, name: str) -> tuple[str, ...]:
    found = notice.params.get(name)
    return tuple(str(one) for one in found) if isinstance(found, list) else ()


def _alarm(desk: Desk, notice: Notice, head: views.Head) -> views.View:
    params = notice.params
    return views.Alarm(
        head, str(params["code"]), str(params["name"]), datetime.fromisoformat(str(params["since"])),
        str(params["why"]),
        str(params.get("was", "")), _active_until(desk, str(params["name"])),
    )  # fmt: skip


def _summary(desk: Desk, notice: Notice, head: views.Head) -> views.View:
    since, until = (datetime.fromisoformat(str(notice.params[key])) for key in ("since", "until"))
    return views.Summary(head, facts_of(desk.conn, desk.settings, since, until, desk.now))


def _inbound(desk: Desk, notice: Notice, head: views.Head) -> views.View:
    sms = inbox.get(desk.conn, int(str(notice.params["message"])))
    return views.IncomingSms(head, sms.modem, sms.sender, sms.text, sms.received_at, sms.sent_at, sms.missing)


def _active_until(desk: Desk, name: str) -> date | None:
    settings = next((modem for modem in desk.settings.modems if modem.name == name), None)
    facts: Health | None = next((r.health for r in health.all_links(desk.conn) if r.health.name == name), None)
    return active_period_ends(facts, desk.now, settings.active_warning) if facts and settings else None


def _report(desk: Desk, notice: Notice, head: views.Head, request: Request) -> views.View:
    is_first = notice.params.get("audience") == "first"
    full = desk.settings.report.full_numbers and is_first
    may_forward = is_first and desk.settings.report.relay == "after_forward"
    noted = str(notice.params.get("head", "")) if is_first else ""
    return views.Report(head, delivery_log(desk, request, notice.params), full, may_forward, noted)


def delivery_log(desk: Desk, request: Request, params: Params = MappingProxyType({})) -> DeliveryLog:
    """Everything a report says of `request`; `params` are those of its notice."""
    return log_of(desk.conn, desk.settings, request, decision_lines(desk, request), params)


_ABOUT_REQUEST: Final[Mapping[str, Callable[[Desk, Notice, views.Head, Request], views.View]]] = MappingProxyType(
    {
        "receipt": _receipt,
        "correction": _correction,
        "approval": _approval,
        "decision": _decision,
        "status": _status,
        "cancelled": _cancelled,
        "expired": _expired,
        "report": _report,
    }
)
_ABOUT_NOTHING: Final[Mapping[str, Callable[[Desk, Notice, views.Head], views.View]]] = MappingProxyType(
    {
        "token_problem": _token_problem,
        "unclear": _unclear,
        "unreadable": _unreadable,
        "alarm": _alarm,
        "wrong_desk": _wrong_desk,
        "forward": _forward,
        "summary": _summary,
        "inbound": _inbound,
        "help": lambda desk, notice, head: views.Help(head, str(notice.params.get("subject", ""))),
        "form": lambda desk, notice, head: views.FormMail(head),
        "unknown_sender": lambda desk, notice, head: views.UnknownSender(head),
        "status": lambda desk, notice, head: views.Help(head, str(notice.params.get("subject", ""))),
    }
)
