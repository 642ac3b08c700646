"""A person's decision: proven, on this exact content, once, in time. Everybody involved hears of it.

The mail road needs the one-time token and the authenticated address of the person it was made for. The
command line road needs the OS user; he acts as his person in [[people]], or as an operator where the
settings allow one. `cancel` needs the applicant or somebody who decides.
"""

import hashlib
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from gatewayd.core.approval import OPERATOR, Ask, Decision, Question, Verdict, may_decide, own_step
from gatewayd.core.model import RequestId
from gatewayd.core.request import Request
from gatewayd.core.states import Event
from gatewayd.log import get_logger
from gatewayd.stages import involved
from gatewayd.stages.bells import Bell
from gatewayd.stages.context import Context
from gatewayd.stages.people import person_of, person_of_os_user
from gatewayd.stages.rules import deciding, local_day, move_of, rules_of
from gatewayd.store import approvals, deliveries, events, requests

#: Ways in which a decision does not count, for the command line and the log; people read the catalogues' words.
EXPLAINED: Final = {
    "token.missing": "the reply has no approval code (reply with the question quoted below)",
    "token.unknown": "the approval code is not known",
    "token.used": "the approval code was used before",
    "token.expired": "the approval code is over its time",
    "token.changed": "the request was changed after the question was asked",
    "token.ambiguous": "the reply holds the codes of several requests",
    "token.locked": "too many wrong codes came from this address today",
    "token.wrong_person": "the approval code was made for somebody else",
    "request.closed": "the request has ended, or needs a correction first",
    "request.decided": "the request does not wait for a decision",
    "decision.not_yours": "the step that waits is not yours to decide",
    "decision.own_request": "nobody decides on his own request",
}


@dataclass(frozen=True, slots=True)
class Decided:
    request: Request


@dataclass(frozen=True, slots=True)
class NotDecided:
    """Why a decision does not count, and for which request ('' if that is not known)."""

    problem: str
    request: RequestId | None = None
    number: str = ""


@dataclass(frozen=True, slots=True)
class MailProof:
    """What a reply brings: whose address it provably comes from, and the stored mail's id."""

    address: str
    auth: str
    mail: int


def token_hash(token: str) -> bytes:
    """What the store keeps of a token (base32, compared without case)."""
    return hashlib.sha256(token.upper().encode("ascii")).digest()


def requests_of(conn: sqlite3.Connection, tokens: Iterable[str]) -> set[RequestId]:
    """The requests that these tokens are about, as far as they are known."""
    found = (approvals.find_token(conn, token_hash(token)) for token in tokens)
    return {token.request for token in found if token is not None}


def by_mail(
    conn: sqlite3.Connection, ctx: Context, token: str, verdict: Verdict, reason: str, proof: MailProof, now: datetime
) -> Decided | NotDecided:
    """Count a reply's decision, or say why it does not count. The token is spent only by one that counts."""
    hash_ = token_hash(token)
    found = approvals.find_token(conn, hash_)
    if found is None:
        return NotDecided("token.unknown")
    request = requests.get(conn, found.request)
    person = person_of(ctx.settings, proof.address)
    problem = _token_problem(found, request, person.id if person else "", now)
    if not problem and not _waits(conn, ctx, request, found.step, found.person, now):
        problem = "request.decided"
    if not problem and not approvals.use_token(conn, hash_, request.digest, now):
        problem = "token.used"
    if problem:
        return NotDecided(problem, request.id, request.number)
    day = local_day(ctx.settings, now)
    given = Decision(found.step, found.person, verdict, request.digest, day, reason)
    _write(conn, ctx, request, given, "mail", proof, now)
    return Decided(request)


def _token_problem(token: approvals.Token, request: Request, person: str, now: datetime) -> str:
    if token.person != person:
        return "token.wrong_person"
    if token.used_at is not None:
        return "token.used"
    if request.closed_as:
        return "request.closed"
    if token.digest != request.digest:
        return "token.changed"
    if token.expires_at <= now:
        return "token.expired"
    return "decision.own_request" if person == request.applicant.person else ""


def _waits(conn: sqlite3.Connection, ctx: Context, request: Request, step: int, person: str, now: datetime) -> bool:
    """Whether `step` waits for `person`: a second question to the same one may hold an unused token, and the days of a
    deputy may be over."""
    open_for = [question.step for question in _questions(conn, ctx, request, now) if person in question.people]
    return step in open_for


def _questions(conn: sqlite3.Connection, ctx: Context, request: Request, now: datetime) -> tuple[Question, ...]:
    """The open steps of a request that is not approved yet."""
    move = move_of(conn, ctx.settings, request, now)
    return move.questions if request.approved_at is None and isinstance(move, Ask) else ()


def by_operator(
    conn: sqlite3.Connection, ctx: Context, request: Request, verdict: Verdict, reason: str, os_user: str, now: datetime
) -> Decided | NotDecided:
    """Count a decision from the command line for the first open step that is its person's."""
    if request.closed_as or request.faults:
        return NotDecided("request.closed", request.id, request.number)
    move = move_of(conn, ctx.settings, request, now)
    if request.approved_at is not None or not isinstance(move, Ask):
        return NotDecided("request.decided", request.id, request.number)
    person = person_of_os_user(ctx.settings, os_user)
    name = person.id if person else f"{OPERATOR}{os_user}"
    if name == request.applicant.person:
        return NotDecided("decision.own_request", request.id, request.number)
    rules, day = rules_of(ctx.settings, request.recipients), local_day(ctx.settings, now)
    applicant = request.applicant.person
    steps = [q.step for q in move.questions if may_decide(rules, q.step, applicant, move.deciders, name, day)]
    if not steps or (person is None and not ctx.settings.approval.operator):
        return NotDecided("decision.not_yours", request.id, request.number)
    proof = MailProof("", f"uid of {os_user}", 0)
    _write(conn, ctx, request, Decision(steps[0], name, verdict, request.digest, day, reason), "cli", proof, now)
    return Decided(request)


def by_own_form(conn: sqlite3.Connection, ctx: Context, request: Request, proof: MailProof, now: datetime) -> None:
    """Count the form that somebody who decides sent himself as his approval, where the settings say so."""
    day, person = local_day(ctx.settings, now), request.applicant.person
    step = own_step(rules_of(ctx.settings, request.recipients), person, day)
    if step is None or request.faults:
        return
    given = Decision(step, person, Verdict.APPROVE, request.digest, day, own_form=True)
    _write(conn, ctx, request, given, approvals.OWN_FORM, proof, now)


def _write(
    conn: sqlite3.Connection,
    ctx: Context,
    request: Request,
    decision: Decision,
    via: str,
    proof: MailProof,
    now: datetime,
) -> None:
    approvals.decide(conn, request.id, decision, via=via, proof=proof.auth, mail=proof.mail or None, now=now)
    detail: dict[str, str | int] = {"step": decision.step, "verdict": decision.verdict, "via": via}
    events.record(conn, now, "decision.counted", request.id, actor=decision.person, detail=detail)
    params = {
        "person": decision.person, "verdict": decision.verdict, "reason": decision.reason, "step": decision.step,
        "at": now.isoformat(),
    }  # fmt: skip
    involved.tell(conn, ctx, request, "decision", params, now)
    get_logger().info(
        "decision.counted", request=request.number, person=decision.person, verdict=decision.verdict, via=via
    )
    ctx.bells.ring(Bell.APPROVE, Bell.COMPOSE)


def cancel(
    conn: sqlite3.Connection, ctx: Context, request: Request, actor: str, reason: str, via: str, now: datetime
) -> int | None:
    """Take a request back: what is sent stays sent. How many messages it stopped; None if it had ended."""
    if request.settled_at is not None or not requests.close(conn, request.id, "cancelled", reason, now):
        return None
    count = deliveries.apply_all(conn, request.id, Event.CANCEL, now)
    if request.approved_at is None:
        requests.reported(conn, request.id, now)
    # An applicant goes by his address: the audit keeps that as a keyed hash, and cannot tell a name from an id.
    who = request.applicant.address if actor == request.applicant.name else actor
    events.record(conn, now, "request.cancelled", request.id, actor=who, detail={"stopped": count, "via": via})
    involved.tell(conn, ctx, request, "cancelled", {"person": actor, "reason": reason, "stopped": count}, now)
    get_logger().info("request.cancelled", request=request.number, person=actor, stopped=count, via=via)
    ctx.bells.ring(Bell.COMPOSE, Bell.TRACK, Bell.PUBLISH)
    return count


def may_cancel(ctx: Context, request: Request, address: str, now: datetime) -> str:
    """The name under which `address` may cancel `request`: the applicant or a decider; '' for anybody else."""
    if address.lower() == request.applicant.address.lower():
        return request.applicant.name or address
    person = person_of(ctx.settings, address)
    if person is not None and person.id in deciding(ctx.settings, request.recipients, now):
        return person.id
    return ""
