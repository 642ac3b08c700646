"""Views → mails. The door of this room, beside report_files.py; runs in a short-lived child.

In: a view, with everything it says, and a Look. Out: one RFC 5322 mail with CRLF line ends: a plain text that says
everything, for approval and report also a page, for the report also its picture (inline) and its files (attached),
for the answer to STATUS the picture while it is sent (attached), and for the form its files to fill (attached).
Every string is cleaned before anything is rendered; a header that must not be sent raises wire.outmail.UnsafeHeader.
"""

from dataclasses import replace
from datetime import datetime
from pathlib import PurePosixPath
from typing import Final, assert_never

from gatewayd.core.form import PATHS
from gatewayd.core.model import Fault
from gatewayd.core.report import DeliveryLog
from gatewayd.render import html, mail, pages, report_words, safe
from gatewayd.render.blank_form import form_files
from gatewayd.render.clean import cleaned
from gatewayd.render.forecast import shown_plan
from gatewayd.render.png import report_png
from gatewayd.render.progress import shown_progress
from gatewayd.render.report_files import attached
from gatewayd.render.summary import month_csv, month_file, summary_values
from gatewayd.render.views import (
    Alarm,
    ApprovalQuestion,
    Cancelled,
    Correction,
    Decision,
    Expired,
    FormMail,
    Forward,
    Help,
    IncomingSms,
    Look,
    Receipt,
    Report,
    StatusAnswer,
    Summary,
    TokenProblem,
    Unclear,
    UnknownSender,
    Unreadable,
    View,
    WrongDesk,
)
from gatewayd.render.voice import Voice, voice_of

_MOST_EXAMPLES: Final = 3
#: Labels of the paper form whose path is spelt otherwise, and those that a reply cannot give in a line.
_PAPER: Final = {"nip_npm_nidn": "NIP / NPM / NIDN", "subject": "SUBJEK", "priority": "PRIORITAS"}
_NOT_A_LINE: Final = frozenset({"recipients", "channel", "other_services"})
#: Faults that a list of recipients mends.
_LISTLESS: Final = frozenset({"group.needs_list", "group.narrower", "group.none", "recipients.none"})


def compose(view: View, look: Look) -> bytes:
    """The mail of `view`."""
    voice = voice_of(look)
    view = cleaned(view)
    return mail.build(look, view.head, _header(_subject(view, voice)), _bodies(view, voice))


def _header(subject: str) -> str:
    """A subject that no name in it can turn into an encoded-word or make too long."""
    return safe.shorten(subject.replace("=?", "= ?"), 150)


def _subject(view: View, voice: Voice) -> str:
    say = voice.words.say
    match view:
        case Receipt():
            return say("Request received")
        case Correction():
            return say("Request needs a correction")
        case ApprovalQuestion(reminder=True):
            return say("Reminder: approval needed (%(step)s)", step=view.step)
        case ApprovalQuestion():
            return say("Approval needed (%(step)s)", step=view.step)
        case Decision():
            return f"{view.decision.step}: {voice.words.verdict(view.decision.verdict)}"
        case Unclear():
            return say("Your reply was not understood")
        case TokenProblem():
            return say("Your reply was not counted")
        case Help():
            return say("How to ask for a sending")
        case FormMail():
            return say("Form FM-UPSI-01-01")
        case WrongDesk():
            return say("Your form is for another desk")
        case Forward():
            return say("For another desk: %(services)s", services=", ".join(view.services))
        case UnknownSender():
            return say("Your address is not registered")
        case Unreadable():
            return say("Your mail could not be read")
        case StatusAnswer():
            return say("Status: %(state)s", state=voice.words.state(view.state))
        case Cancelled():
            return say("Request taken back")
        case Expired():
            return say("Request ended without a decision")
        case IncomingSms():
            return say("SMS from %(sender)s", sender=view.sender)
        case Alarm():
            return f"{voice.words.alarm(view.code)}: {view.name}"
        case Summary():
            return _summary_title(view, voice)
        case Report(log=log):
            return report_words.title(log, voice)
        case _:
            assert_never(view)


def _bodies(view: View, voice: Voice) -> mail.Bodies:
    match view:
        case Receipt():
            return _text("receipt", view, voice, **_counted(view, voice))
        case Correction():
            return _text("correction", view, voice, example=_example(view.faults))
        case ApprovalQuestion():
            text = pages.text("approval", voice, view=view, **html.question_values(view, voice))
            files = (
                mail.Attachment(f"lampiran-{place}{PurePosixPath(name).suffix}", kind, data)
                for place, (name, kind, data) in enumerate(view.files, 1)
            )
            return mail.Bodies(text, html.question_html(view, voice), files=tuple(files))
        case Decision():
            return _text("decision", view, voice, headline=_decided(view, voice))
        case Unclear():
            return _text("unclear", view, voice)
        case TokenProblem():
            return _text("token_problem", view, voice)
        case Help():
            return _text("help", view, voice)
        case FormMail():
            return mail.Bodies(pages.text("form_mail", voice, view=view), files=form_files())
        case WrongDesk():
            return _text("wrong_desk", view, voice)
        case Forward():
            return mail.Bodies(pages.text("forward", voice, view=view), original=view.original)
        case UnknownSender():
            return _text("unknown_sender", view, voice)
        case Unreadable():
            return mail.Bodies(pages.text("unreadable", voice, view=view), files=form_files())
        case StatusAnswer():
            return _status(view, voice)
        case Cancelled():
            return _text("cancelled", view, voice)
        case Expired():
            return _text("expired", view, voice)
        case IncomingSms():
            return _text("incoming_sms", view, voice)
        case Alarm():
            return _text("alarm", view, voice)
        case Summary():
            return _summary(view, voice)
        case Report():
            return _report(view, voice)
        case _:
            assert_never(view)


def _text(template: str, view: View, voice: Voice, **values: object) -> mail.Bodies:
    return mail.Bodies(pages.text(template, voice, view=view, **values))


def _counted(view: Receipt, voice: Voice) -> dict[str, object]:
    return {
        "measure": voice.measure(view.what.channel, view.size),
        "audience": voice.audience_of(view),
        "cost": voice.cost(view.what.channel, view.size),
        "forecast": shown_plan(view.plan, view.what.channel, voice),
    }


def _decided(view: Decision, voice: Voice) -> str:
    """The news in one sentence."""
    say, number, step = voice.words.say, view.head.number, view.decision.step
    match view.decision.verdict:
        case "approve":
            return say("Request %(number)s was approved by %(step)s.", number=number, step=step)
        case "reject":
            return say("Request %(number)s was rejected by %(step)s.", number=number, step=step)
        case verdict:
            return f"{number}: {voice.words.verdict(verdict)}."


def _example(faults: tuple[Fault, ...]) -> list[str]:
    """Lines of the form that a reply should bring, without their values."""
    paths = dict.fromkeys(fault.path for fault in faults)
    wants_list = any(fault.code in _LISTLESS for fault in faults)
    lines = [path for path in paths if path in PATHS.values() and path not in _NOT_A_LINE]
    if wants_list:
        lines = [path for path in lines if path != PATHS["groups"]]
    examples = [f"{_PAPER.get(path, path.replace('_', ' ').upper())}: …" for path in lines[:_MOST_EXAMPLES]]
    return [*examples, "PENERIMA:", "0812-…", "0813-…"] if wants_list else examples


def _status(view: StatusAnswer, voice: Voice) -> mail.Bodies:
    text = pages.text("status_answer", voice, view=view, progress=shown_progress(view.progress, voice))
    return mail.Bodies(text, files=(_picture(view.log, voice, view.head.date),) if view.log else ())


def _picture(log: DeliveryLog, voice: Voice, at: datetime) -> mail.Attachment:
    return mail.Attachment(f"{log.number}.png", "image/png", report_png(log, voice.look, at))


def _summary_title(view: Summary, voice: Voice) -> str:
    return voice.words.say("Summary of %(day)s", day=voice.loc.day(view.facts.until))


def _summary(view: Summary, voice: Voice) -> mail.Bodies:
    values = summary_values(view, voice)
    facts = view.facts
    page = pages.html("summary", voice, view=view, title=_summary_title(view, voice), number="", **values)
    files = (
        (mail.Attachment(month_file(facts.month), "text/csv", month_csv(facts.month_sums, voice)),)
        if facts.month is not None
        else ()
    )
    return mail.Bodies(pages.text("summary", voice, view=view, **values), page, files=files)


def _report(view: Report, voice: Voice) -> mail.Bodies:
    view = replace(view, log=report_words.with_removals(view.log, voice))
    log, at = view.log, view.head.date
    page = html.report_page(log, voice, at, f"cid:{mail.PICTURE_ID}", may_forward=view.may_forward)
    picture = _picture(log, voice, at)
    room = voice.look.report_bytes - 2 * (len(page) + len(picture.data))
    files = attached(log, voice.look, at, full_numbers=view.full_numbers, room=room)
    values = html.report_values(log, voice)
    text = pages.text("report", voice, view=view, attached=files.sentence, **values)
    return mail.Bodies(text, page, picture, files.files)
