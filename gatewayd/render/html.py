"""The HTML pages of the mails that deserve one: the question to an approver and the delivery log.

In: cleaned views. Out: one page with inline CSS that reads without pictures, narrow or wide, light or dark.
Everything is escaped by the template engine; the only reference is the picture inside the same mail.
"""

from datetime import datetime

from gatewayd.core.report import DeliveryLog, totals
from gatewayd.render import pages
from gatewayd.render.colours import COLOURS
from gatewayd.render.rows import masked_refusals, shown_causes, shown_rows
from gatewayd.render.views import ApprovalQuestion
from gatewayd.render.voice import Voice


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
        "enough": voice.enough(view),
    }


def report_page(log: DeliveryLog, voice: Voice, at: datetime, picture: str) -> str:
    """The delivery log; `picture` is where its picture is found ("cid:…" or a file name)."""
    return pages.html(
        "report", voice, log=log, at=at, picture=picture, number=log.number, colours=COLOURS,
        title=voice.words.say("Delivery report"), **report_values(log, voice),
    )  # fmt: skip


def report_values(log: DeliveryLog, voice: Voice) -> dict[str, object]:
    """What text and page of a report have in common."""
    rows, others = shown_rows(log, voice)
    return {
        "headline": voice.headline(log),
        "totals": totals(log),
        "sent_parts": voice.sent_parts(log),
        "spent": voice.spent(log),
        "causes": shown_causes(log, voice),
        "refused": masked_refusals(log),
        "rows": rows,
        "others": others,
    }
