"""The settings as approval rules of one request, and what its approval needs next.

In: settings, a request, its decisions in the store. Out: values of core/approval.py. Everybody who must know whose
turn it is asks here: the approve stage, a decision that comes in, and the mails that say what is still to come.
"""

import sqlite3
from datetime import date, datetime
from zoneinfo import ZoneInfo

from gatewayd.config import Settings
from gatewayd.core.approval import ApprovalStep, Approved, Ask, Deputy, Next, Rules, entitled, next_move
from gatewayd.core.request import Request
from gatewayd.store import approvals


def local_day(settings: Settings, moment: datetime) -> date:
    return moment.astimezone(ZoneInfo(settings.gateway.timezone)).date()


def rules_of(settings: Settings, recipients: int) -> Rules:
    """What a request to so many recipients needs."""
    approval = settings.approval
    names = [step.name for step in approval.steps]
    small = approval.small_step in names and recipients <= approval.small_recipients
    return Rules(
        steps=tuple(ApprovalStep(step.name, step.people) for step in approval.steps),
        deputies=tuple(Deputy(d.person, d.in_place_of, d.first_day, d.last_day) for d in approval.deputies),
        parallel=approval.order == "parallel",
        own_form=approval.own_form,
        needed=(names.index(approval.small_step),) if small else None,
    )


def move_of(conn: sqlite3.Connection, settings: Settings, request: Request, now: datetime) -> Next:
    """What the approval of `request` needs next, by the settings and the decisions in the store."""
    if request.preapproved:
        return Approved()
    given = approvals.as_decisions(approvals.decisions(conn, request.id), ZoneInfo(settings.gateway.timezone))
    rules = rules_of(settings, request.recipients)
    return next_move(rules, request.applicant.person, given, request.digest, local_day(settings, now))


def undecided(conn: sqlite3.Connection, settings: Settings, request: Request, now: datetime) -> tuple[str, ...]:
    """Names of the steps still to come; those that go side by side as one."""
    match move_of(conn, settings, request, now):
        case Ask(undecided=steps):
            names = tuple(settings.approval.steps[step].name for step in steps)
            return (" & ".join(names),) if settings.approval.order == "parallel" else names
        case _:
            return ()


def deciding(settings: Settings, recipients: int, now: datetime) -> tuple[str, ...]:
    """Ids of everybody who may decide a step of such a request today."""
    rules, day = rules_of(settings, recipients), local_day(settings, now)
    return tuple(dict.fromkeys(person for step in rules.wanted for person in entitled(rules, step, day)))
