"""The HTML pages of the mails that deserve one: the question to an approver and the delivery log.

In: cleaned views. Out: one page with inline CSS that reads without pictures, narrow or wide, light or dark.
Everything is escaped by the template engine; the only reference is the picture inside the same mail.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from gatewayd.core.report import DeliveryLog, shares, totals
from gatewayd.render import pages, report_words
from gatewayd.render.colours import COLOURS, DARK_COLOURS
from gatewayd.render.forecast import shown_plan
from gatewayd.render.rows import masked_refusals, shown_causes, shown_rows
from gatewayd.render.views import ApprovalQuestion
from gatewayd.render.voice import Voice

#: Slots of the sending in text and page.
_MOST_BARS: Final = 12


def question_html(view: ApprovalQuestion, voice: Voice) -> str:
    """The question, on one screen."""
    return pages.html(
        "approval", voice, view=view, title=voice.words.say("Approval needed"), number=view.head.number,
        **question_values(view, voice),
    )  # fmt: skip


def question_values(view: ApprovalQuestion, voice: Voice) -> dict[str, object]:
    """What text and page of a question have in common."""
    return {
        "summary": voice.summary(view),
        "measure": voice.measure(view.what.channel, view.size),
        "audience": voice.audience_of(view),
        "cost": voice.cost(view.what.channel, view.size),
        "resources": [voice.resource(one, view.head.date) for one in view.modems],
        "forecast": shown_plan(view.plan, view.what.channel, voice),
    }


@dataclass(frozen=True, slots=True)
class Bar:
    """One slot of the sending: `percent` of the fullest one, and its colours with their shares in percent."""

    label: str
    total: int
    percent: int
    colours: tuple[tuple[str, int], ...]


def report_page(log: DeliveryLog, voice: Voice, at: datetime, picture: str, *, may_forward: bool = False) -> str:
    """The delivery log; `picture` is where its picture is found ("cid:…" or a file name), '' for none."""
    return pages.html(
        "report", voice, log=log, at=at, picture=picture, number=log.number, colours=COLOURS, dark=DARK_COLOURS,
        title=report_words.title(log, voice), shares=shares(log), may_forward=may_forward, **report_values(log, voice),
    )  # fmt: skip


def report_values(log: DeliveryLog, voice: Voice) -> dict[str, object]:
    """What text and page of a report have in common."""
    rows, others = shown_rows(log, voice)
    return {
        "headline": report_words.headline(log, voice),
        "correction": report_words.correction(log, voice),
        "totals": totals(log),
        "facts": report_words.facts(log, voice),
        "bars": _bars(log, voice),
        "modems": report_words.modems(log, voice),
        "rule": report_words.rule(log, voice),
        "causes": shown_causes(log, voice),
        "refused": masked_refusals(log),
        "rows": rows,
        "others": others,
    }


def _bars(log: DeliveryLog, voice: Voice) -> list[Bar]:
    slots = report_words.slots(log, voice, _MOST_BARS)
    most = max((slot.total for slot in slots), default=0)
    return [
        Bar(
            label, slot.total, max(1, round(100 * slot.total / most)) if slot.total else 0,
            tuple((COLOURS[result], round(100 * count / slot.total)) for result, count in slot.counts.items() if count),
        )
        for label, slot in zip(report_words.slot_labels(slots, voice), slots, strict=True)
    ]  # fmt: skip
