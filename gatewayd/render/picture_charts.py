"""The middle of the picture: when the messages left, and with which modem. Each function returns where it ended."""

from gatewayd.core.report import DeliveryLog
from gatewayd.core.timeline import Slot
from gatewayd.render import report_words
from gatewayd.render.canvas import Canvas, fit, width_of, wrap
from gatewayd.render.colours import COLOURS
from gatewayd.render.picture_style import BAR, HIGHLIGHT, INK, INNER, LEFT, QUIET, RIGHT, RULE, TEXT, heading
from gatewayd.render.voice import Voice

_MOST_SLOTS = 24
_CHART = 54
_GAP = 2.0
_WIDEST = 26.0


def draw_correction(canvas: Canvas, y: float, log: DeliveryLog, voice: Voice) -> float:
    """What is different from the report before."""
    lines = wrap(report_words.correction(log, voice), INNER - 24, 12, most=5) if log.before else []
    if not lines:
        return y
    height = 16 + 17 * len(lines)
    canvas.box(LEFT, y, INNER, height, HIGHLIGHT, 6)
    for index, line in enumerate(lines):
        canvas.text(LEFT + 12, y + 8 + index * 17, line, 12, INK)
    return y + height + 10


def draw_timeline(canvas: Canvas, y: float, log: DeliveryLog, voice: Voice) -> float:
    """A column for each slot, with the fullest named."""
    slots = report_words.slots(log, voice, _MOST_SLOTS)
    if not slots:
        return y
    y = heading(canvas, y, voice.words.say("When the messages left"))
    most = max(slot.total for slot in slots)
    width = min(_WIDEST, (INNER - _GAP * (len(slots) - 1)) / len(slots))
    top = y + 14
    for index, slot in enumerate(slots):
        _draw_column(canvas, LEFT + index * (width + _GAP), top, width, slot, most)
    _draw_most(canvas, y, [slot.total for slot in slots], width, voice)
    canvas.rule(top + _CHART + 1, LEFT, RIGHT, RULE)
    labels = report_words.slot_labels(slots, voice)
    canvas.text(LEFT, top + _CHART + 5, labels[0], 10, QUIET)
    right = LEFT + len(slots) * (width + _GAP) - _GAP
    least = LEFT + width_of(labels[0], 10) + 12 + width_of(labels[-1], 10)
    canvas.text(max(right, least), top + _CHART + 5, labels[-1], 10, QUIET, anchor="ra")
    return top + _CHART + 32


def _draw_column(canvas: Canvas, x: float, top: float, width: float, slot: Slot, most: int) -> None:
    """One slot, its results on each other, the first of them at the foot; the smallest share is still seen."""
    foot = top + _CHART
    for result, count in slot.counts.items():
        height = max(1.5, _CHART * count / most)
        canvas.box(x, foot - height, width, height, COLOURS[result])
        foot -= height


def _draw_most(canvas: Canvas, y: float, totals: list[int], width: float, voice: Voice) -> None:
    """The count of the fullest slot, above it and inside the page."""
    fullest = totals.index(max(totals))
    text = voice.loc.number(totals[fullest])
    half = width_of(text, 10) / 2
    middle = LEFT + fullest * (width + _GAP) + width / 2
    canvas.text(min(max(middle, LEFT + half), RIGHT - half), y, text, 10, QUIET, anchor="ma")


def draw_modems(canvas: Canvas, y: float, log: DeliveryLog, voice: Voice) -> float:
    """What each modem sent, what it cost and what is left; a bar of the shares where there are several."""
    shares = report_words.modems(log, voice)
    if not shares:
        return y
    y = heading(canvas, y, voice.words.say("Sent with"))
    most = max(share.parts for share in log.modems)
    for (name, said), share in zip(shares, log.modems, strict=True):
        canvas.text(LEFT, y, fit(name, INNER, 12), 12, TEXT)
        if len(shares) > 1 and most:
            canvas.box(LEFT, y + 18, max(2.0, INNER * share.parts / most), 4, BAR, 2)
            y += 8
        for line in wrap(said, INNER, 11, most=2):
            canvas.text(LEFT, y + 16, line, 11, QUIET)
            y += 15
        y += 26
    return y + 2
