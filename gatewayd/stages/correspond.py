"""What a mail leads to: a request, a correction, a decision, an answer, or nothing. One transaction each.

The order of the questions matters: automatic mail and unproven senders first (no answer, no effect), then
decisions (a token in a reply), then commands about a request, then forms, then one helpful answer.
"""

import hashlib
import re
import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from gatewayd.core.approval import Verdict
from gatewayd.core.model import Fault
from gatewayd.core.request import Request
from gatewayd.log import get_logger, mask
from gatewayd.stages import decide, report, wrong_desk
from gatewayd.stages.context import Context
from gatewayd.stages.forms import PreparedForm, store_form, unread_files
from gatewayd.stages.people import person_of, unit_of
from gatewayd.store import notices, requests
from gatewayd.wire.reading import ReadMail

#: Answers that no person asked for; at most this many to one address in a day. A registered person who gets none would
#: believe that his word counted, so his limit only ends loops of machines.
_ANSWERS: Final = ("help", "unknown_sender", "unreadable", "unclear", "token_problem", "status", "form", "wrong_desk")
_MOST_TO_STRANGERS: Final = 5
_MOST_TO_KNOWN: Final = 50
_DAY: Final = timedelta(days=1)
#: A machine that hides what it is answers each of our answers in the same words: after two we are silent.
_LOOPING: Final = ("help", "unclear", "unknown_sender", "wrong_desk")
_MOST_ALIKE: Final = 2
_HOUR: Final = timedelta(hours=1)
_PREFIXES: Final = re.compile(r"^(?:(?:re|aw|bls|balas|fwd?|trs)(?:\[\d+\])?\s*:\s*)*", re.I)
#: Files that are named in an answer.
_MOST_FILES: Final = 10
#: Codes that were never this person's; after so many in a day his address is locked.
_WRONG: Final = frozenset({"token.wrong_person", "token.unknown"})
_MOST_WRONG: Final = 5


@dataclass(frozen=True, slots=True)
class Correspondence:
    """A stored mail and what was read in it."""

    mail: int
    read: ReadMail
    too_big: bool

    @property
    def is_proven(self) -> bool:
        """A person's mail whose sender is proven."""
        return not self.read.automatic and self.read.authenticated and bool(self.read.sender)

    @property
    def proof(self) -> decide.MailProof:
        return decide.MailProof(self.read.sender, self.read.auth_detail[:200], self.mail)


def effect(
    conn: sqlite3.Connection, ctx: Context, letter: Correspondence, form: PreparedForm | None, now: datetime
) -> str:
    """Give `letter` its effect and say in a word what it was."""
    read = letter.read
    if read.automatic:
        return f"ignored.automatic {read.automatic_reason}"
    request = _about(conn, read)
    if unit_of(ctx.settings, read.sender) is None and person_of(ctx.settings, read.sender) is None:
        return _answer(conn, ctx, letter, "unknown_sender", None, {}, now)
    if letter.too_big:
        return _unreadable(conn, ctx, letter, None, [Fault("mail", "mail.too_big")], now)
    word = read.reply.word if read.reply else ""
    unread = [] if read.tokens else unread_files(read)
    # "Mohon diproses, terlampir" beside a scan decides nothing.
    if word in ("approve", "reject") and (read.tokens or (request is not None and not unread)):
        return _decision(conn, ctx, letter, request, now)
    if word == "cancel" and request is not None:
        return _cancel(conn, ctx, letter, request, now)
    if word == "status" and request is not None and _may_see(ctx, request, read.sender):
        return _answer(conn, ctx, letter, "status", request, {}, now)
    if word == "forward" and request is not None:
        return _forward(conn, ctx, letter, request, now)
    if form is not None:
        return store_form(conn, ctx, form, read.sender_name, letter.proof, now)
    if read.form is not None and read.form.is_wrong_desk and not read.tokens:
        return _wrong_desk(conn, ctx, letter, read.form.other_services, now)
    if unread:
        return _unreadable(conn, ctx, letter, request, unread, now)
    if word == "form":
        return _answer(conn, ctx, letter, "form", None, {}, now)
    if read.tokens:
        return _answer(conn, ctx, letter, "unclear", request, {}, now)
    return _answer(conn, ctx, letter, "help", request, {}, now)


def _wrong_desk(
    conn: sqlite3.Connection, ctx: Context, letter: Correspondence, services: tuple[str, ...], now: datetime
) -> str:
    """One answer, and the mail goes to the staff; neither where the brake on answers holds."""
    if _is_braked(conn, "wrong_desk", letter.read, now):
        return _answer(conn, ctx, letter, "wrong_desk", None, {}, now)
    to = wrong_desk.pass_on(conn, ctx, letter.mail, letter.read.sender, services, now)
    return _answer(conn, ctx, letter, "wrong_desk", None, {"services": list(services), "forwarded": list(to)}, now)


def _unreadable(
    conn: sqlite3.Connection, ctx: Context, letter: Correspondence, request: Request | None, files: list[Fault],
    now: datetime,
) -> str:  # fmt: skip
    """The one answer to a mail in which nothing could be read: which files, why, and what can be read."""
    return _answer(
        conn, ctx, letter, "unreadable", request, {"files": [[one.typed, one.code] for one in files[:_MOST_FILES]]}, now
    )


def _may_see(ctx: Context, request: Request, address: str) -> bool:
    """Whether `address` belongs to the request's unit, or to somebody who decides."""
    unit = unit_of(ctx.settings, address)
    return person_of(ctx.settings, address) is not None or (unit is not None and unit.name == request.applicant.unit)


def _about(conn: sqlite3.Connection, read: ReadMail) -> Request | None:
    """The request a mail is about: by its subject, else by the mail of ours that it answers."""
    if read.request_number:
        return requests.by_number(conn, read.request_number)
    found = notices.request_of_message_id(conn, read.in_reply_to)
    return None if found is None else requests.get(conn, found)


def _decision(
    conn: sqlite3.Connection, ctx: Context, letter: Correspondence, request: Request | None, now: datetime
) -> str:
    """Try the tokens of a reply, the newest first; one that counts is enough. They must all be about one request, the
    one of the subject: which of two is meant is not guessed."""
    read = letter.read
    if read.reply is None:
        raise AssertionError("a decision without a reply")
    verdict = Verdict.APPROVE if read.reply.word == "approve" else Verdict.REJECT
    problem = decide.NotDecided("token.missing", request.id if request else None, request.number if request else "")
    if len(meant := decide.requests_of(conn, read.tokens) | ({request.id} if request else set())) > 1:
        get_logger().warning(
            "decision.refused", problem="token.ambiguous", requests=len(meant), sender=mask(read.sender)
        )
        return _answer(conn, ctx, letter, "token_problem", request, {"problem": "token.ambiguous"}, now)
    if _is_locked(conn, read.sender, now):
        get_logger().warning("decision.refused", problem="token.locked", sender=mask(read.sender))
        return _answer(conn, ctx, letter, "token_problem", request, {"problem": "token.locked"}, now)
    for token in read.tokens:
        done = decide.by_mail(conn, ctx, token, verdict, read.reply.reason, letter.proof, now)
        if isinstance(done, decide.Decided):
            return f"decision.{verdict} {done.request.number}"
        problem = done
    get_logger().warning("decision.refused", problem=problem.problem, request=problem.number, sender=mask(read.sender))
    if problem.problem in _WRONG:
        _alarm(conn, ctx, problem, read.sender, now)
    about = requests.get(conn, problem.request) if problem.request is not None else request
    return _answer(conn, ctx, letter, "token_problem", about, {"problem": problem.problem}, now)


def _is_locked(conn: sqlite3.Connection, address: str, now: datetime) -> bool:
    """Whether so many wrong codes came from `address` that none of its words counts for the rest of the day."""
    told = notices.since(conn, "token_problem", now - _DAY, address)
    return sum(params.get("problem") in _WRONG for params in told) >= _MOST_WRONG


def _alarm(conn: sqlite3.Connection, ctx: Context, problem: decide.NotDecided, sender: str, now: datetime) -> None:
    """Somebody used a token that is not his: the staff hears of it."""
    params = {
        "code": "token.misuse", "name": problem.number or "?", "why": f"{problem.problem}: {mask(sender)}",
        "since": now.isoformat(), "was": "",
    }  # fmt: skip
    for address in ctx.settings.gateway.staff:
        notices.ask(conn, "alarm", address, now, request=problem.request, params=params)


def _cancel(conn: sqlite3.Connection, ctx: Context, letter: Correspondence, request: Request, now: datetime) -> str:
    actor = decide.may_cancel(ctx, request, letter.read.sender, now)
    reason = letter.read.reply.reason if letter.read.reply else ""
    if not actor:
        return _answer(conn, ctx, letter, "token_problem", request, {"problem": "decision.not_yours"}, now)
    if decide.cancel(conn, ctx, request, actor, reason, "mail", now) is None:
        return _answer(conn, ctx, letter, "status", request, {}, now)
    return f"cancelled {request.number}"


def _forward(conn: sqlite3.Connection, ctx: Context, letter: Correspondence, request: Request, now: datetime) -> str:
    """TERUSKAN counts from those who get the report first; everybody else who may see it gets the status."""
    person = person_of(ctx.settings, letter.read.sender)
    if person is None or not report.may_forward(ctx, person):
        kind = "status" if _may_see(ctx, request, letter.read.sender) else "help"
        return _answer(conn, ctx, letter, kind, request, {}, now)
    forwarded = report.forward(conn, ctx, request, now)
    answered = _answer(conn, ctx, letter, "status", request, {"forwarded": forwarded}, now)
    return f"forwarded {request.number}" if forwarded else answered


def _is_loop(conn: sqlite3.Connection, kind: str, read: ReadMail, now: datetime) -> bool:
    """Whether the sender was answered like this twice within the hour when he said the same."""
    if kind not in _LOOPING:
        return False
    told = notices.since(conn, kind, now - _HOUR, read.sender)
    return sum(params.get("said") == _said(read) for params in told) >= _MOST_ALIKE


def _said(read: ReadMail) -> str:
    """What tells two mails apart: subject without "Re:" and text, as a short hash."""
    words = f"{_PREFIXES.sub('', read.subject.strip())}\n{read.own_text}".casefold()
    return hashlib.sha256(" ".join(words.split()).encode("utf-8", "replace")).hexdigest()[:16]


def _answer(
    conn: sqlite3.Connection, ctx: Context, letter: Correspondence, kind: str, request: Request | None,
    params: dict[str, object], now: datetime,
) -> str:  # fmt: skip
    """One helpful answer, within the brake that ends loops."""
    read = letter.read
    if _is_braked(conn, kind, read, now):
        get_logger().warning("answer.braked", kind=kind, sender=mask(read.sender))
        return f"braked.{kind}"
    notices.ask(
        conn, kind, read.sender, now, request=request.id if request else None, to_name=read.sender_name,
        params={**params, "subject": read.subject[:200], "said": _said(read)}, in_reply_to=read.message_id,
    )  # fmt: skip
    return f"answered.{kind}"


def _is_braked(conn: sqlite3.Connection, kind: str, read: ReadMail, now: datetime) -> bool:
    most = _MOST_TO_STRANGERS if kind == "unknown_sender" else _MOST_TO_KNOWN
    return notices.count_to(conn, read.sender, _ANSWERS, now - _DAY) >= most or _is_loop(conn, kind, read, now)
