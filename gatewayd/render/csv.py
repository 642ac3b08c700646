"""The delivery log as a table that Excel in Indonesia opens by a double click: UTF-8 with BOM, semicolons, CRLF.

In: a DeliveryLog. Out: octets, all rows (table.py). No cell can become a formula, and no long number loses digits:
such cells start with an apostrophe.
"""

import csv
import io
import re
from typing import Final

from gatewayd.core.report import DeliveryLog
from gatewayd.render import safe, table
from gatewayd.render.clean import cleaned
from gatewayd.render.views import Look
from gatewayd.render.voice import voice_of

#: What starts a formula in a spreadsheet, also in its full-width form.
_FORMULA: Final = frozenset("=+-@\t\r|%＝＋－＠")
#: Digits that a spreadsheet would round or strip of zeros.
_LOSES_DIGITS: Final = re.compile(r"0\d+|\d{12,}")


def report_csv(log: DeliveryLog, look: Look, *, full_numbers: bool = False) -> bytes:
    """All rows of `log`."""
    log, voice = cleaned(log), voice_of(look)
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n", quoting=csv.QUOTE_MINIMAL)
    writer.writerow(table.titles(voice))
    writer.writerows([cell(value) for value in row] for row in table.lines(log, voice, full_numbers))
    return b"\xef\xbb\xbf" + out.getvalue().encode("utf-8", "replace")


def cell(value: str) -> str:
    """`value` as a cell that stays text."""
    text = safe.line(value)
    if text[:1] in _FORMULA or _LOSES_DIGITS.fullmatch(text):
        return f"'{text}"
    return text
