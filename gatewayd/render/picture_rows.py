"""The lower half of the picture: the text, who decided, and the recipients. Each function returns where it ended."""

from gatewayd.core.model import Channel
from gatewayd.core.report import DecisionLine, DeliveryLog, Result
from gatewayd.render import report_words
from gatewayd.render.canvas import Canvas, fit, width_of, wrap
from gatewayd.render.colours import COLOURS
from gatewayd.render.fonts import face, replaces_signs
from gatewayd.render.picture_style import INK, INNER, LEFT, QUIET, RIGHT, RULE, SHADE, TEXT, heading
from gatewayd.render.rows import ShownRow, shown_rows
from gatewayd.render.voice import Voice

_TEXT_LINES = 9
_NUMBERS = 34
_OUTCOME = 190
_BELOW = 220


def draw_message(canvas: Canvas, y: float, log: DeliveryLog, voice: Voice) -> float:
    """The exact text, shortened if it is long; a line explains signs that could not be drawn."""
    say = voice.words.say
    y = heading(canvas, y, say("Text of the SMS") if log.channel is Channel.SMS else say("Text of the e-mail"))
    lines = wrap(log.text.strip(), INNER - 24, 13, most=_TEXT_LINES)
    height = 20 + 19 * len(lines)
    canvas.box(LEFT, y, INNER, height, SHADE, 6)
    for index, line in enumerate(lines):
        canvas.text(LEFT + 12, y + 10 + index * 19, line, 13, INK)
    y += height + 6
    if replaces_signs(log.text):
        note = say("%(sign)s stands for a sign that cannot be shown here", sign=face(20).placeholder)
        canvas.text(LEFT, y, fit(note, INNER, 10), 10, QUIET)
        y += 16
    return y + 8


def draw_decisions(canvas: Canvas, y: float, log: DeliveryLog, voice: Voice) -> float:
    """Step, person, verdict and time; the reason below if there is one; or the rule that made them needless."""
    rule = report_words.rule(log, voice)
    if not log.decisions and not rule:
        return y
    y = heading(canvas, y, voice.words.say("Decisions"))
    for line in wrap(rule, INNER, 12, most=3) if rule else []:
        canvas.text(LEFT, y, line, 12, TEXT)
        y += 17
    for decision in log.decisions:
        y = _draw_decision(canvas, y, decision, voice)
    return y + 10


def _draw_decision(canvas: Canvas, y: float, decision: DecisionLine, voice: Voice) -> float:
    verdict = voice.words.verdict(decision.verdict)
    colour = COLOURS[Result.DELIVERED if decision.verdict == "approve" else Result.FAILED]
    right = width_of(verdict, 12, bold=True) + 12
    canvas.text(LEFT, y, fit(f"{decision.step} · {decision.person}", INNER - right, 12), 12, TEXT)
    canvas.text(RIGHT, y, verdict, 12, colour, bold=True, anchor="ra")
    canvas.text(LEFT, y + 16, voice.loc.moment(decision.at), 11, QUIET)
    y += 34
    if decision.reason:
        canvas.text(LEFT, y, fit(decision.reason, INNER, 11), 11, TEXT)
        y += 16
    return y + 2


def draw_rows(canvas: Canvas, y: float, log: DeliveryLog, voice: Voice) -> float:
    """The recipients that there is room for, and how many more there are."""
    rows, others = shown_rows(log, voice)
    if not rows:
        return y
    label = voice.words.say("Recipients, those with trouble first") if others else voice.words.say("Recipients")
    y = heading(canvas, y, label)
    for row in rows:
        canvas.rule(y, LEFT, RIGHT, RULE)
        _draw_row(canvas, y + 4, row)
        y += 38
    canvas.rule(y, LEFT, RIGHT, RULE)
    if others:
        more = voice.words.say("and %(n)s more", n=voice.loc.number(others))
        canvas.text(LEFT + _NUMBERS, y + 8, more, 12, TEXT, bold=True)
        y += 28
    return y + 10


def _draw_row(canvas: Canvas, y: float, row: ShownRow) -> None:
    """Two lines: name and outcome, then masked address with operator, and the cause or else the time."""
    left = LEFT + _NUMBERS
    canvas.text(left - 8, y + 1, fit(str(row.row), _NUMBERS - 8, 11), 11, QUIET, anchor="ra")
    outcome = fit(row.outcome, _OUTCOME, 12, bold=True)
    room = RIGHT - left - width_of(outcome, 12, bold=True) - 10
    canvas.text(left, y, fit(row.who or row.address, room, 12), 12, TEXT)
    canvas.text(RIGHT, y, outcome, 12, COLOURS[row.result], bold=True, anchor="ra")
    below = fit(" · ".join(part for part in (row.address if row.who else "", row.operator) if part), _BELOW, 11)
    canvas.text(left, y + 16, below, 11, QUIET)
    room = RIGHT - left - width_of(below, 11) - 10
    canvas.text(RIGHT, y + 16, fit(row.cause or row.at, room, 11), 11, QUIET, anchor="ra")


def draw_foot(canvas: Canvas, y: float, voice: Voice) -> float:
    """What is not in the picture, and who made it."""
    say = voice.words.say
    notes = (
        say("Numbers are masked; the table and the print hold every recipient."),
        say("Written by %(gateway)s.", gateway=voice.look.gateway_name),
    )
    for note in notes:
        for line in wrap(note, INNER, 10, most=2):
            canvas.text(LEFT, y, line, 10, QUIET)
            y += 14
    return y + 14
