"""The delivery log as a table of text: its titles, and a line a recipient, refused entries after them.

In: a cleaned DeliveryLog. Out: strings, not yet fit for a certain kind of file. Numbers are masked unless `full`.
"""

from collections.abc import Iterator

from gatewayd.core.model import RefusedRow
from gatewayd.core.report import DeliveryLog, ReportRow, refusal
from gatewayd.log import mask
from gatewayd.render import safe
from gatewayd.render.voice import Voice


def titles(voice: Voice) -> list[str]:
    say = voice.words.say
    return [
        say("Row"), say("Destination"), say("Name"), say("NPM/NIP"), say("Operator"), say("Parts"), say("Outcome"),
        say("Sent at"), say("Ended at"), say("Cause"), say("Code"), say("Modem"),
    ]  # fmt: skip


def lines(log: DeliveryLog, voice: Voice, full: bool) -> Iterator[list[str]]:
    for row in log.rows:
        yield _line(row, voice, full)
    for refused in log.refused:
        yield _refused(refused, voice, full)


def _line(row: ReportRow, voice: Voice, full: bool) -> list[str]:
    return [
        str(row.row), _grouped(row.address) if full else mask(row.address), row.name, row.id_number,
        voice.words.operator(row.operator), str(row.parts), voice.words.result(row.result),
        voice.loc.sortable(row.submitted_at) if row.submitted_at else "",
        voice.loc.sortable(row.final_at) if row.final_at else "", voice.words.cause(row.cause_code, row.cause_text),
        row.cause_code, row.modem,
    ]  # fmt: skip


def _refused(row: RefusedRow, voice: Voice, full: bool) -> list[str]:
    typed = row.typed if full else safe.typed(row.typed)
    outcome, why = voice.words.result(refusal(row)), voice.words.fault(row.code)
    return [str(row.row), typed, row.name, "", "", "0", outcome, "", "", why, row.code, ""]


def _grouped(address: str) -> str:
    """ "+6281200000101" → "0812-0000-0101": text for a spreadsheet, and a number for a person."""
    if not address.startswith("+62"):
        return address
    national = f"0{address[3:]}"
    return "-".join(filter(None, (national[:4], national[4:8], national[8:])))
