"""The recipients on paper, all of them, with the titles on every page; then the lines to sign on."""

from collections.abc import Iterator
from typing import Final

from gatewayd.core.report import DeliveryLog, ReportRow, Result, refusal
from gatewayd.log import mask
from gatewayd.render import safe
from gatewayd.render.colours import COLOURS
from gatewayd.render.pdf_pen import Pen, fit, wrap
from gatewayd.render.pdf_style import INK, INNER, LEFT, QUIET, RIGHT, RULE, SHADE, TEXT, Block, gap, heading
from gatewayd.render.voice import Voice

_SIZE: Final = 8.0
_LINE: Final = 10.5
_MOST_LINES: Final = 3
#: Left ends of the columns: row, name, destination, parts, sent, outcome.
_COLUMNS: Final = (LEFT, LEFT + 30, LEFT + 156, LEFT + 271, LEFT + 309, LEFT + 376)
_ENDS: Final = (*_COLUMNS[1:], RIGHT)
_SIGNERS: Final = 3
_SIGNATURE: Final = 118.0


def row_blocks(log: DeliveryLog, voice: Voice) -> Iterator[Block]:
    """Every recipient, then every entry that was not sent to."""
    say = voice.words.say
    if log.rows:
        yield heading(say("Recipients (numbers are masked)"))
        titles = _titles(
            [say("Row"), say("Name or NPM/NIP"), say("Destination"), say("Parts"), say("Sent at"), say("Outcome")]
        )
        yield titles
        for row in log.rows:
            yield _block(_cells(row, voice), COLOURS[row.result], titles)
    if log.refused:
        yield heading(say("Not sent because of the entry in the list"))
        titles = _titles([say("Row"), say("Name or NPM/NIP"), say("Destination"), "", "", say("Cause")])
        yield titles
        for refused in log.refused:
            cells = [str(refused.row), refused.name, safe.typed(refused.typed), "", "", voice.words.fault(refused.code)]
            yield _block(cells, COLOURS[refusal(refused)], titles)


def _titles(words: list[str]) -> Block:
    def draw(pen: Pen, y: float) -> None:
        pen.box(LEFT, y, INNER, 17, SHADE)
        for place, (x, word) in enumerate(zip(_COLUMNS, words, strict=True)):
            pen.text(x + 4, y + 12, fit(word, _ENDS[place] - x - 6, _SIZE, bold=True), _SIZE, INK, bold=True)

    return Block(18, draw, keep=30)


def _cells(row: ReportRow, voice: Voice) -> list[str]:
    cause = "" if row.result is Result.DELIVERED else voice.words.cause(row.cause_code, row.cause_text)
    outcome = voice.words.result(row.result)
    at = row.submitted_at
    return [
        str(row.row), row.name or row.id_number,
        " · ".join(filter(None, (mask(row.address), voice.words.operator(row.operator)))), str(row.parts),
        voice.loc.brief(at) if at else "", f"{outcome}: {cause}" if cause else _ended(outcome, row, voice),
    ]  # fmt: skip


def _ended(outcome: str, row: ReportRow, voice: Voice) -> str:
    """The outcome with its time of the day, or with the day where that is another one."""
    if row.final_at is None:
        return outcome
    is_same_day = row.submitted_at and voice.loc.local(row.submitted_at).date() == voice.loc.local(row.final_at).date()
    return f"{outcome} {voice.loc.clock(row.final_at) if is_same_day else voice.loc.brief(row.final_at)}"


def _block(cells: list[str], colour: str, titles: Block) -> Block:
    """One entry: as many lines as its longest cell takes."""
    lines = [
        wrap(cell, end - x - 8, _SIZE, most=_MOST_LINES) if cell else []
        for cell, x, end in zip(cells, _COLUMNS, _ENDS, strict=True)
    ]
    height = 5 + _LINE * max(len(cell) for cell in lines)

    def draw(pen: Pen, y: float) -> None:
        for place, cell in enumerate(lines):
            ink = colour if place == len(lines) - 1 else QUIET if place in (0, 3, 4) else TEXT
            for index, line in enumerate(cell):
                pen.text(_COLUMNS[place] + 4, y + 10 + index * _LINE, line, _SIZE, ink)
        pen.rule(LEFT, y + height, INNER, RULE, 0.3)

    return Block(height, draw, titles)


def signature_blocks(log: DeliveryLog, voice: Voice) -> Iterator[Block]:
    """A place for each who approved, else for one, whoever it is."""
    signers = [(one.step, one.person) for one in log.decisions if one.verdict == "approve"][:_SIGNERS] or [("", "")]
    width = INNER / max(len(signers), 2)

    def draw(pen: Pen, y: float) -> None:
        pen.text(LEFT, y + 12, voice.words.say("Place and date: %(dots)s", dots="…" * 24), 9.5, TEXT)
        for index, (step, person) in enumerate(signers):
            x = LEFT + index * width
            pen.text(
                x, y + 34, fit(step or voice.words.say("Seen by"), width - 16, 9.5, bold=True), 9.5, INK, bold=True
            )
            pen.rule(x, y + 92, width - 24, TEXT, 0.6)
            pen.text(
                x, y + 104, fit(person or voice.words.say("Name"), width - 16, 9.5), 9.5, TEXT if person else QUIET
            )

    yield gap(14)
    yield Block(_SIGNATURE, draw)
