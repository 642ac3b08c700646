"""The delivery log as a picture: one page as wide as a telephone, to be forwarded as it is.

In: a DeliveryLog, a Look, the moment it is true for. Out: a PNG of at most 64 colours with organisation, date,
request, totals, exact text, decisions, timeline, modems and the first rows. Addresses are masked, always.
"""

from datetime import datetime

from gatewayd.core.report import DeliveryLog
from gatewayd.render.canvas import Canvas
from gatewayd.render.clean import cleaned
from gatewayd.render.colours import COLOURS
from gatewayd.render.picture_charts import draw_correction, draw_modems, draw_timeline
from gatewayd.render.picture_head import draw_head, draw_totals
from gatewayd.render.picture_rows import draw_decisions, draw_foot, draw_message, draw_rows
from gatewayd.render.picture_style import BAR, GROUNDS, INKS, MARGIN, WIDTH
from gatewayd.render.views import Look
from gatewayd.render.voice import voice_of

#: Logical pixels: all that is not a row or a decision, and one of those.
_HEAD, _ROW = 1400, 44


def report_png(log: DeliveryLog, look: Look, at: datetime) -> bytes:
    """The picture of `log`."""
    log, voice = cleaned(log), voice_of(look)
    rows = min(len(log.rows), look.picture_rows) + len(log.decisions) + 2 * len(log.modems)
    canvas = Canvas(WIDTH, _HEAD + rows * _ROW, GROUNDS, (*INKS, *dict.fromkeys(COLOURS.values())))
    canvas.box(0, 0, WIDTH, 6, BAR)
    y = draw_head(canvas, 6 + MARGIN, log, voice, at)
    y = draw_correction(canvas, y, log, voice)
    y = draw_totals(canvas, y, log, voice)
    y = draw_message(canvas, y, log, voice)
    y = draw_decisions(canvas, y, log, voice)
    y = draw_timeline(canvas, y, log, voice)
    y = draw_modems(canvas, y, log, voice)
    y = draw_rows(canvas, y, log, voice)
    return canvas.png(draw_foot(canvas, y, voice))
