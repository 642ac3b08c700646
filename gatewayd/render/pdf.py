"""The delivery log as an A4 print to be signed and filed: all rows, numbered pages, the request's number on each.

In: a DeliveryLog, a Look, the moment it is true for. Out: a PDF. Numbers are masked, always. The blocks are laid out
first, so that every page knows how many there are; they are drawn afterwards.
"""

from collections.abc import Iterable
from datetime import datetime
from itertools import chain

from gatewayd.core.report import DeliveryLog
from gatewayd.render import report_words
from gatewayd.render.clean import cleaned
from gatewayd.render.pdf_head import head_blocks
from gatewayd.render.pdf_pen import Pen, fit
from gatewayd.render.pdf_rows import row_blocks, signature_blocks
from gatewayd.render.pdf_style import BOTTOM, INNER, LEFT, QUIET, RIGHT, RULE, TOP, Block
from gatewayd.render.views import Look
from gatewayd.render.voice import Voice, voice_of

_FIRST_TOP = 44.0


def report_pdf(log: DeliveryLog, look: Look, at: datetime) -> bytes:
    """The print of `log`."""
    log, voice = cleaned(log), voice_of(look)
    pages = _laid_out(chain(head_blocks(log, voice, at), row_blocks(log, voice), signature_blocks(log, voice)))
    title = report_words.title(log, voice)
    pen = Pen(f"{title} {log.number}", look.organisation, log.number, look.language)
    for number, page in enumerate(pages, start=1):
        _frame(pen, log, voice, number, len(pages))
        for y, block in page:
            block.draw(pen, y)
        pen.next_page()
    return pen.pdf()


def _laid_out(blocks: Iterable[Block]) -> list[list[tuple[float, Block]]]:
    """The blocks of each page with their tops."""
    pages: list[list[tuple[float, Block]]] = [[]]
    y = _FIRST_TOP
    for block in blocks:
        if y + block.height + block.keep > BOTTOM and pages[-1]:
            pages.append([])
            y = TOP
            if block.titles is not None:
                pages[-1].append((y, block.titles))
                y += block.titles.height
        pages[-1].append((y, block))
        y += block.height
    return pages


def _frame(pen: Pen, log: DeliveryLog, voice: Voice, number: int, of: int) -> None:
    """What stands on every page: whose report it is, and where in it this page belongs."""
    if number > 1:
        name = f"{voice.look.organisation} · {report_words.title(log, voice)}"
        pen.text(LEFT, 42, fit(name, INNER - 130, 8.5), 8.5, QUIET)
        pen.text(RIGHT, 42, log.number, 8.5, QUIET, right=True)
        pen.rule(LEFT, 49, INNER, RULE)
    pen.rule(LEFT, 803, INNER, RULE)
    pen.text(LEFT, 815, fit(f"{log.number} · {log.unit}", INNER - 130, 8.5), 8.5, QUIET)
    said = voice.words.say("Page %(number)s of %(all)s", number=voice.loc.number(number), all=voice.loc.number(of))
    pen.text(RIGHT, 815, said, 8.5, QUIET, right=True)
