"""The delivery log as a table that Excel in Indonesia opens by a double click: UTF-8 with BOM, semicolons, CRLF.

In: a DeliveryLog. Out: octets, one line a recipient, refused rows after them. Numbers are masked unless
`full_numbers`. No cell can become a formula, and no long number loses digits: such cells start with an apostrophe.
"""

import csv
import io
import re
from collections.abc import Iterator
from typing import Final

from gatewayd.core.model import RefusedRow
from gatewayd.core.report import DeliveryLog, ReportRow, Result, result_of
from gatewayd.log import mask
from gatewayd.render import safe
from gatewayd.render.clean import cleaned
from gatewayd.render.views import Look
from gatewayd.render.voice import Voice, voice_of

#: What starts a formula in a spreadsheet, also in its full-width form.
_FORMULA: Final = frozenset("=+-@\t\r|%＝＋－＠")
#: Digits that a spreadsheet would round or strip of zeros.
_LOSES_DIGITS: Final = re.compile(r"0\d+|\d{12,}")


def report_csv(log: DeliveryLog, look: Look, *, full_numbers: bool = False) -> bytes:
    """All rows of `log`."""
    log, voice = cleaned(log), voice_of(look)
    table = io.StringIO()
    writer = csv.writer(table, delimiter=";", lineterminator="\r\n", quoting=csv.QUOTE_MINIMAL)
    writer.writerow(_titles(voice))
    writer.writerows([cell(value) for value in row] for row in _lines(log, voice, full_numbers))
    return b"\xef\xbb\xbf" + table.getvalue().encode("utf-8", "replace")


def cell(value: str) -> str:
    """`value` as a cell that stays text."""
    text = safe.line(value)
    if text[:1] in _FORMULA or _LOSES_DIGITS.fullmatch(text):
        return f"'{text}"
    return text


def _titles(voice: Voice) -> list[str]:
    say = voice.words.say
    return [
        say("Row"), say("Destination"), say("Name"), say("NPM/NIP"), say("Operator"), say("Parts"), say("Outcome"),
        say("Sent at"), say("Ended at"), say("Cause"), say("Code"), say("Modem"),
    ]  # fmt: skip


def _lines(log: DeliveryLog, voice: Voice, full: bool) -> Iterator[list[str]]:
    for row in log.rows:
        yield _line(row, voice, full)
    for refused in log.refused:
        yield _refused(refused, voice, full)


def _line(row: ReportRow, voice: Voice, full: bool) -> list[str]:
    return [
        str(row.row), _grouped(row.address) if full else mask(row.address), row.name, row.id_number,
        voice.words.operator(row.operator), str(row.parts), voice.words.result(result_of(row.state)),
        voice.loc.sortable(row.submitted_at) if row.submitted_at else "",
        voice.loc.sortable(row.final_at) if row.final_at else "", voice.words.cause(row.cause_code, row.cause_text),
        row.cause_code, row.modem,
    ]  # fmt: skip


def _refused(row: RefusedRow, voice: Voice, full: bool) -> list[str]:
    typed = row.typed if full else safe.typed(row.typed)
    outcome, why = voice.words.result(Result.REFUSED), voice.words.fault(row.code)
    return [str(row.row), typed, row.name, "", "", "0", outcome, "", "", why, row.code, ""]


def _grouped(address: str) -> str:
    """ "+6281200000101" → "0812-0000-0101": text for a spreadsheet, and a number for a person."""
    if not address.startswith("+62"):
        return address
    national = f"0{address[3:]}"
    return "-".join(filter(None, (national[:4], national[4:8], national[8:])))
