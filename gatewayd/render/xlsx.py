"""The delivery log as an Excel workbook: a sheet of what was asked and counted, and a sheet with all rows.

In: a DeliveryLog. Out: octets. Whatever somebody typed is an inline string, which no spreadsheet calculates and which
keeps its zeros; only our own counts are numbers. Rows are written as they are made. Source: ECMA-376 part 1, §18 and
§22.9.2.19 (the escape `_xHHHH_`).
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import chain
from typing import Final

from gatewayd.core.report import DeliveryLog, totals
from gatewayd.render import report_words, safe, table
from gatewayd.render.clean import cleaned
from gatewayd.render.office_package import RELATIONS, package, relations, text
from gatewayd.render.views import Look
from gatewayd.render.voice import Voice, voice_of

KIND: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_PART: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_BOOK: Final = "xl/workbook.xml"
_SHEETS: Final = ("xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml")
_STYLES: Final = "xl/styles.xml"
_LETTERS: Final = "ABCDEFGHIJKL"
_WIDTHS: Final = (7, 20, 32, 16, 13, 7, 22, 20, 20, 40, 16, 10)
#: Columns that hold counts of our own.
_NUMBERS: Final = "AF"
#: Places in the list of cell formats below.
_BOLD: Final = 1
_WRAPPED: Final = 2
#: What a cell holds.
_LONGEST: Final = 32_000
#: No XML document may have these.
_NOT_XML: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ESCAPE: Final = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")


def report_xlsx(log: DeliveryLog, look: Look, at: datetime, *, full_numbers: bool = False) -> bytes:
    """The workbook of `log`."""
    log, voice = cleaned(log), voice_of(look)
    kinds = {_BOOK: f"{_PART}.sheet.main+xml", _STYLES: f"{_PART}.styles+xml"}
    kinds |= dict.fromkeys(_SHEETS, f"{_PART}.worksheet+xml")
    targets = {
        "worksheet#1": "worksheets/sheet1.xml", "worksheet#2": "worksheets/sheet2.xml", "styles": "styles.xml",
    }  # fmt: skip
    parts: dict[str, str | Iterable[str]] = {
        _BOOK: _book(voice, len(log.rows) + len(log.refused) + 1), "xl/_rels/workbook.xml.rels": relations(targets),
        _STYLES: _styles(), _SHEETS[0]: _summary(log, voice, at), _SHEETS[1]: _rows(log, voice, full_numbers),
    }  # fmt: skip
    return package(_BOOK, kinds, parts)


def _book(voice: Voice, last: int) -> str:
    say = voice.words.say
    names = [text(safe.shorten(name, 31)) for name in (say("Summary"), say("Recipients"))]
    sheets = "".join(f'<sheet name="{name}" sheetId="{n}" r:id="rId{n}"/>' for n, name in enumerate(names, start=1))
    quoted = names[1].replace("'", "''")
    return (
        f'<workbook xmlns="{_MAIN}" xmlns:r="{RELATIONS}"><sheets>{sheets}</sheets><definedNames>'
        f'<definedName name="_xlnm._FilterDatabase" localSheetId="1" hidden="1">'
        f"'{quoted}'!$A$1:${_LETTERS[-1]}${last}</definedName></definedNames></workbook>"
    )


def _styles() -> str:
    """Plain, bold, and wrapped."""
    return (
        f'<styleSheet xmlns="{_MAIN}"><fonts count="2"><font><sz val="11"/><name val="Arial"/></font>'
        '<font><b/><sz val="11"/><name val="Arial"/></font></fonts>'
        '<fills count="2"><fill><patternFill patternType="none"/></fill>'
        '<fill><patternFill patternType="gray125"/></fill></fills>'
        '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
        '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
        '<cellXfs count="3"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
        '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/>'
        '<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0" applyAlignment="1">'
        '<alignment vertical="top" wrapText="1"/></xf></cellXfs></styleSheet>'
    )


def _summary(log: DeliveryLog, voice: Voice, at: datetime) -> Iterator[str]:
    """Label and value, with a line between what belongs apart."""
    say = voice.words.say
    yield (
        f'<worksheet xmlns="{_MAIN}"><cols><col min="1" max="1" width="28" customWidth="1"/>'
        '<col min="2" max="2" width="80" customWidth="1"/></cols><sheetData>'
    )
    groups: Sequence[Sequence[tuple[str, str | int]]] = (
        [(report_words.title(log, voice), ""), (log.number, voice.loc.moment(at))],
        report_words.facts(log, voice),
        [(voice.words.result(result), count) for result, count in totals(log).items() if count],
        report_words.modems(log, voice),
        [(f"{one.step}: {one.person}", f"{voice.words.verdict(one.verdict)}, {voice.loc.moment(one.at)}"
          + (f" – {one.reason}" if one.reason else "")) for one in log.decisions],
        [(say("Decisions"), report_words.rule(log, voice))] if report_words.rule(log, voice) else [],
        [(say("Message text:"), log.text)],
    )  # fmt: skip
    lines = chain.from_iterable([*group, ("", "")] for group in groups if group)
    for number, (label, value) in enumerate(lines, start=1):
        cells = _cell(f"A{number}", label, _BOLD)
        cells += _number(f"B{number}", value) if isinstance(value, int) else _cell(f"B{number}", value, _WRAPPED)
        yield f'<row r="{number}">{cells}</row>'
    yield "</sheetData></worksheet>"


def _rows(log: DeliveryLog, voice: Voice, full: bool) -> Iterator[str]:
    """The table, with its titles standing still and a filter on them."""
    widths = "".join(
        f'<col min="{place}" max="{place}" width="{width}" customWidth="1"/>'
        for place, width in enumerate(_WIDTHS, start=1)
    )
    yield (
        f'<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
        f"<cols>{widths}</cols><sheetData>"
    )
    heads = "".join(
        _cell(f"{letter}1", title, _BOLD) for letter, title in zip(_LETTERS, table.titles(voice), strict=True)
    )
    yield f'<row r="1">{heads}</row>'
    last = 1
    for last, values in enumerate(table.lines(log, voice, full), start=2):
        cells = "".join(
            _number(f"{letter}{last}", int(value)) if letter in _NUMBERS else _cell(f"{letter}{last}", value)
            for letter, value in zip(_LETTERS, values, strict=True)
        )
        yield f'<row r="{last}">{cells}</row>'
    yield f'</sheetData><autoFilter ref="A1:{_LETTERS[-1]}{last}"/></worksheet>'


def _number(place: str, value: int) -> str:
    return f'<c r="{place}"><v>{value}</v></c>'


def _cell(place: str, words: str, style: int = 0) -> str:
    if not words:
        return ""
    shown = _ESCAPE.sub("_x005F_", _NOT_XML.sub("\ufffd", safe.shorten(words, _LONGEST)))
    return f'<c r="{place}" s="{style}" t="inlineStr"><is><t xml:space="preserve">{text(shown)}</t></is></c>'
