"""The upper half of the picture: whose report, about what, and the numbers. Each function returns where it ended."""

from collections.abc import Mapping
from datetime import datetime

from gatewayd.core.report import DeliveryLog, Result, shares, totals
from gatewayd.render import report_words
from gatewayd.render.canvas import Canvas, fit, width_of, wrap
from gatewayd.render.colours import COLOURS
from gatewayd.render.picture_style import INK, INNER, LEFT, QUIET, RIGHT, SHADE, TEXT
from gatewayd.render.voice import Voice

_LABELS = 96
_TILE_GAP = 8
_ALWAYS = (Result.DELIVERED, Result.UNREPORTED, Result.FAILED)


def draw_head(canvas: Canvas, y: float, log: DeliveryLog, voice: Voice, at: datetime) -> float:
    """Organisation, title, number and date, then who asked for what."""
    canvas.text(LEFT, y, fit(voice.look.organisation, INNER, 12), 12, QUIET)
    title = report_words.title(log, voice)
    size = next((size for size in (22, 19, 16) if width_of(title, size, bold=True) <= INNER), 14)
    canvas.text(LEFT, y + 19 + (22 - size) / 2, fit(title, INNER, size, bold=True), size, INK, bold=True)
    canvas.text(LEFT, y + 50, fit(f"{log.number} · {voice.loc.moment(at)}", INNER, 12), 12, QUIET)
    y += 80
    for label, value in report_words.facts(log, voice):
        y = _fact(canvas, y, label, value)
    return y + 10


def _fact(canvas: Canvas, y: float, label: str, value: str) -> float:
    canvas.text(LEFT, y, fit(label, _LABELS - 8, 12), 12, QUIET)
    for line in wrap(value, INNER - _LABELS, 12, most=2):
        canvas.text(LEFT + _LABELS, y, line, 12, TEXT)
        y += 17
    return y + 2


def draw_totals(canvas: Canvas, y: float, log: DeliveryLog, voice: Voice) -> float:
    """Big numbers, smaller ones for what is rare, then one bar with its legend. Refused entries stand apart."""
    sent_to = shares(log)
    y = _draw_tiles(canvas, y, len(log.rows), sent_to, voice)
    rare: list[Result] = [result for result, count in sent_to.items() if count and result not in _ALWAYS]
    y = _draw_strips(canvas, y, rare, sent_to, voice)
    if log.rows:
        y = _draw_bar(
            canvas, y, [(COLOURS[result], count) for result, count in sent_to.items() if count], len(log.rows)
        )
        y = _draw_legend(canvas, y, sent_to, len(log.rows), voice)
    return _draw_left_out(canvas, y, log, voice) + 8


def _draw_tiles(canvas: Canvas, y: float, everybody: int, counts: Mapping[Result, int], voice: Voice) -> float:
    width = (INNER - len(_ALWAYS) * _TILE_GAP) / (1 + len(_ALWAYS))
    tiles = [(voice.words.plural("recipient", "recipients", everybody), everybody, INK)]
    tiles += [(voice.words.result(result), counts[result], COLOURS[result]) for result in _ALWAYS]
    labels = [wrap(label, width - 16, 11, most=2) for label, _, _ in tiles]
    height = 46 + 14 * max(len(lines) for lines in labels)
    for index, (_, count, colour) in enumerate(tiles):
        x = LEFT + index * (width + _TILE_GAP)
        canvas.box(x, y, width, height, SHADE, 6)
        number = voice.loc.number(count)
        size = next((size for size in (24, 20, 16) if width_of(number, size, bold=True) <= width - 16), 13)
        canvas.text(x + 8, y + 7 + (24 - size) / 2, number, size, colour if count else QUIET, bold=True)
        for line, text in enumerate(labels[index]):
            canvas.text(x + 8, y + 38 + line * 14, text, 11, QUIET)
    return y + height + _TILE_GAP


def _draw_strips(canvas: Canvas, y: float, results: list[Result], counts: Mapping[Result, int], voice: Voice) -> float:
    """What happened to a few: number and word beside each other, two in a line."""
    width = (INNER - _TILE_GAP) / 2
    for index, result in enumerate(results):
        x = LEFT + (index % 2) * (width + _TILE_GAP)
        canvas.box(x, y, width, 28, SHADE, 6)
        number = voice.loc.number(counts[result])
        canvas.text(x + 8, y + 5, number, 15, COLOURS[result], bold=True)
        left = 8 + width_of(number, 15, bold=True) + 7
        canvas.text(x + left, y + 8, fit(voice.words.result(result), width - left - 8, 11), 11, QUIET)
        if index % 2 or index == len(results) - 1:
            y += 28 + _TILE_GAP
    return y + 6


def _draw_left_out(canvas: Canvas, y: float, log: DeliveryLog, voice: Voice) -> float:
    """Entries of the list that never became a message."""
    say, loc = voice.words.say, voice.loc
    notes = []
    left_out = totals(log)
    if left_out[Result.REFUSED]:
        notes.append(say("not sent to because of the entry: %(n)s", n=loc.number(left_out[Result.REFUSED])))
    if wanting_none := left_out[Result.OPTED_OUT] - shares(log)[Result.OPTED_OUT]:
        notes.append(say("want no messages: %(n)s", n=loc.number(wanting_none)))
    if not notes:
        return y
    text = "; ".join(notes)
    for line in wrap(text[:1].upper() + text[1:], INNER, 11, most=2):
        canvas.text(LEFT, y, line, 11, QUIET)
        y += 16
    return y + 2


def _draw_bar(canvas: Canvas, y: float, shares: list[tuple[str, int]], everybody: int) -> float:
    """One bar; the smallest share is still wide enough to be seen."""
    least, gap = 4.0, 1.0
    room = INNER - least * len(shares) - gap * (len(shares) - 1)
    x = float(LEFT)
    for colour, count in shares:
        width = least + room * count / everybody
        canvas.box(x, y, width, 12, colour, 2)
        x += width + gap
    return y + 22


def _draw_legend(canvas: Canvas, y: float, counts: Mapping[Result, int], everybody: int, voice: Voice) -> float:
    x = float(LEFT)
    for result, count in counts.items():
        if not count:
            continue
        text = f"{voice.words.result(result)} {voice.loc.percent(count, everybody)}"
        width = 12 + width_of(text, 11) + 14
        if x > LEFT and x + width > RIGHT + 14:
            x, y = float(LEFT), y + 18
        canvas.dot(x + 4, y + 7, 4, COLOURS[result])
        canvas.text(x + 12, y, text, 11, TEXT)
        x += width
    return y + 22
