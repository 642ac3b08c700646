"""The first page of the print: who asked for what, what came of it, the text, the decisions, and how it was sent."""

from collections.abc import Iterator
from datetime import datetime

from gatewayd.core.report import DeliveryLog, Result, shares, totals
from gatewayd.core.timeline import Slot
from gatewayd.render import report_words
from gatewayd.render.colours import COLOURS
from gatewayd.render.fonts import face, replaces_signs
from gatewayd.render.pdf_pen import Pen, fit, width_of, wrap
from gatewayd.render.pdf_style import (
    BAR,
    HIGHLIGHT,
    INK,
    INNER,
    LEFT,
    QUIET,
    RIGHT,
    RULE,
    SHADE,
    TEXT,
    Block,
    gap,
    heading,
)
from gatewayd.render.rows import shown_causes
from gatewayd.render.voice import Voice

_LABELS = 92.0
_LINE = 13.5
_CHART = 60.0
_MOST_SLOTS = 36
_COUNTS = 60.0


def head_blocks(log: DeliveryLog, voice: Voice, at: datetime) -> Iterator[Block]:
    """Everything above the recipients."""
    yield _title(log, voice, at)
    yield from _correction(log, voice)
    yield from _facts(report_words.facts(log, voice))
    yield from _results(log, voice)
    yield from _message(log, voice)
    yield from _decisions(log, voice)
    yield from _sending(log, voice)
    yield from _causes(log, voice)


def _title(log: DeliveryLog, voice: Voice, at: datetime) -> Block:
    def draw(pen: Pen, y: float) -> None:
        pen.text(LEFT, y + 10, fit(voice.look.organisation, INNER, 10), 10, QUIET)
        pen.text(LEFT, y + 34, report_words.title(log, voice), 20, INK, bold=True)
        pen.text(LEFT, y + 52, f"{log.number} · {voice.loc.moment(at)}", 10, QUIET)
        pen.rule(LEFT, y + 62, INNER, BAR, 1.5)

    return Block(76, draw)


def _correction(log: DeliveryLog, voice: Voice) -> Iterator[Block]:
    lines = wrap(report_words.correction(log, voice), INNER - 20, 9.5) if log.before else []
    if lines:
        yield _shaded(lines, HIGHLIGHT)
        yield gap(10)


def _shaded(lines: list[str], colour: str) -> Block:
    height = 14 + _LINE * len(lines)

    def draw(pen: Pen, y: float) -> None:
        pen.box(LEFT, y, INNER, height, colour)
        for index, line in enumerate(lines):
            pen.text(LEFT + 10, y + 17 + index * _LINE, line, 9.5, INK)

    return Block(height, draw)


def _facts(pairs: list[report_words.Pair], size: float = 9.5, labels: float = _LABELS) -> Iterator[Block]:
    """Label and value, a line of the value at a time."""
    for label, value in pairs:
        for index, line in enumerate(wrap(value, INNER - labels, size)):
            yield _pair("" if index else fit(label, labels - 6, size), line, size, labels)


def _pair(label: str, line: str, size: float, labels: float) -> Block:
    def draw(pen: Pen, y: float) -> None:
        pen.text(LEFT, y + 10, label, size, QUIET)
        pen.text(LEFT + labels, y + 10, line, size, TEXT)

    return Block(_LINE, draw)


def _results(log: DeliveryLog, voice: Voice) -> Iterator[Block]:
    """The outcome in a sentence, a bar, and a line a result."""
    yield heading(voice.words.say("Outcome"))
    for line in wrap(report_words.headline(log, voice), INNER, 10.5, bold=True):
        yield _sentence(line)
    if log.rows:
        yield Block(18, lambda pen, y: _bar(pen, y + 4, log))
    for result, count in totals(log).items():
        if count:
            yield from _result(log, voice, result, count)


def _sentence(line: str) -> Block:
    return Block(16, lambda pen, y: pen.text(LEFT, y + 11, line, 10.5, INK, bold=True))


def _bar(pen: Pen, y: float, log: DeliveryLog) -> None:
    """The shares of those who were to be sent to; the smallest is still seen."""
    counts = [(result, count) for result, count in shares(log).items() if count]
    least, x = 3.0, LEFT
    room = INNER - least * len(counts)
    for result, count in counts:
        width = least + room * count / len(log.rows)
        pen.box(x, y, width - 0.7, 8, COLOURS[result])
        x += width


def _result(log: DeliveryLog, voice: Voice, result: Result, count: int) -> Iterator[Block]:
    percent = "" if result in (Result.REFUSED, Result.OPTED_OUT) else voice.loc.percent(count, len(log.rows))

    def draw(pen: Pen, y: float) -> None:
        pen.box(LEFT, y + 3, 7, 7, COLOURS[result])
        pen.text(LEFT + 14, y + 10, voice.words.result(result), 9.5, TEXT)
        pen.text(RIGHT - _COUNTS, y + 10, voice.loc.number(count), 9.5, INK, bold=True, right=True)
        pen.text(RIGHT, y + 10, percent, 9.5, QUIET, right=True)

    yield Block(_LINE, draw)
    for line in wrap(voice.words.explained(result), INNER - 100, 8) if voice.words.explained(result) else []:
        yield _small(line, LEFT + 14)


def _small(line: str, x: float = LEFT) -> Block:
    return Block(11, lambda pen, y: pen.text(x, y + 8, line, 8, QUIET))


def _message(log: DeliveryLog, voice: Voice) -> Iterator[Block]:
    """The exact text, whole."""
    yield heading(voice.words.say("Message text"))
    lines = wrap(log.text.strip(), INNER - 20, 9.5)
    for index, line in enumerate(lines):
        yield _text_line(line, is_first=index == 0, is_last=index == len(lines) - 1)
    if replaces_signs(log.text):
        sign = face(20).placeholder
        yield gap(3)
        yield _small(voice.words.say("%(sign)s stands for a sign that cannot be shown here", sign=sign))


def _text_line(line: str, *, is_first: bool, is_last: bool) -> Block:
    above, below = 5.0 * is_first, 6.0 * is_last

    def draw(pen: Pen, y: float) -> None:
        pen.box(LEFT, y, INNER, above + _LINE + below + 0.2, SHADE)
        pen.text(LEFT + 10, y + above + 10, line, 9.5, INK)

    return Block(above + _LINE + below, draw)


def _decisions(log: DeliveryLog, voice: Voice) -> Iterator[Block]:
    rule = report_words.rule(log, voice)
    if not log.decisions and not rule:
        return
    yield heading(voice.words.say("Decisions"))
    for line in wrap(rule, INNER, 9.5) if rule else []:
        yield _pair("", line, 9.5, 0)
    for one in log.decisions:
        said = f"{one.person}: {voice.words.verdict(one.verdict)}, {voice.loc.moment(one.at)}"
        yield from _facts([(one.step, f"{said} – {one.reason}" if one.reason else said)])


def _sending(log: DeliveryLog, voice: Voice) -> Iterator[Block]:
    slots = report_words.slots(log, voice, _MOST_SLOTS)
    if slots:
        yield heading(voice.words.say("When the messages left"))
        yield Block(_CHART + 32, lambda pen, y: _chart(pen, y, slots, voice))
    sent = report_words.modems(log, voice)
    if sent:
        yield heading(voice.words.say("Sent with"))
        yield from _facts(sent)


def _chart(pen: Pen, y: float, slots: tuple[Slot, ...], voice: Voice) -> None:
    """A column for each slot, with the fullest named."""
    most = max(slot.total for slot in slots)
    fullest = [slot.total for slot in slots].index(most)
    width = min(30.0, INNER / len(slots))
    foot = y + 12 + _CHART
    for index, slot in enumerate(slots):
        top, x = foot, LEFT + index * width
        for result, count in slot.counts.items():
            height = max(0.8, _CHART * count / most)
            pen.box(x, top - height, width - 1.5, height, COLOURS[result])
            top -= height
        if index == fullest:
            pen.text(x, top - 3, voice.loc.number(most), 8, QUIET)
    pen.rule(LEFT, foot + 0.5, INNER, RULE)
    labels = report_words.slot_labels(slots, voice)
    pen.text(LEFT, foot + 11, labels[0], 8, QUIET)
    least = LEFT + width_of(labels[0], 8) + 10 + width_of(labels[-1], 8)
    pen.text(max(LEFT + len(slots) * width, least), foot + 11, labels[-1], 8, QUIET, right=True)


def _causes(log: DeliveryLog, voice: Voice) -> Iterator[Block]:
    causes = shown_causes(log, voice)
    if causes:
        yield heading(voice.words.say("Why messages did not arrive"))
    for cause, count in causes:
        yield from _facts([(f"{voice.loc.number(count)} ×", cause)], labels=40)
