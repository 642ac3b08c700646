"""The blank form as an Excel workbook: a sheet of label and value, and a sheet PENERIMA for the list.

All cells to fill are text, so that Excel keeps the zero that a number starts with. Source: ECMA-376 part 1, §18.
"""

from typing import Final

from gatewayd.render.blank_form_fields import FIELDS, HINTS, SUBTITLE, TITLE, Field
from gatewayd.render.office_package import RELATIONS, package, relations, text

_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_KIND: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_BOOK: Final = "xl/workbook.xml"
_SHEETS: Final = ("xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml")
_STYLES: Final = "xl/styles.xml"
#: Places in the list of cell formats below.
_BOLD: Final = 1
_TEXT: Final = 2
_LINE_HEIGHT: Final = 16
_COLUMNS: Final = ("NPM", "Nama", "No HP")
#: The rows of the list that are checked: more than anyone may send to at once.
_LAST_ROW: Final = 20_001
_SHEET_HINTS: Final = (
    "Lembar PENERIMA hanya untuk nomor SMS; daftar untuk EMAIL MASSAL dilampirkan sebagai CSV tersendiri.",
)
_LIST_RULE: Final = 'OR(LEFT(C2,1)="0",LEFT(C2,3)="+62")'


def workbook() -> bytes:
    """The file."""
    kinds = {_BOOK: f"{_KIND}.sheet.main+xml", _STYLES: f"{_KIND}.styles+xml"}
    kinds |= dict.fromkeys(_SHEETS, f"{_KIND}.worksheet+xml")
    targets = {
        "worksheet#1": "worksheets/sheet1.xml",
        "worksheet#2": "worksheets/sheet2.xml",
        "styles": "styles.xml",
    }
    parts = {_BOOK: _book(), "xl/_rels/workbook.xml.rels": relations(targets), _STYLES: _styles()}
    return package(_BOOK, kinds, parts | {_SHEETS[0]: _form_sheet(), _SHEETS[1]: _list_sheet()})


def _book() -> str:
    return (
        f'<workbook xmlns="{_MAIN}" xmlns:r="{RELATIONS}"><sheets>'
        '<sheet name="FORMULIR" sheetId="1" r:id="rId1"/><sheet name="PENERIMA" sheetId="2" r:id="rId2"/>'
        "</sheets></workbook>"
    )


def _styles() -> str:
    """Plain, bold, and text (number format 49) that wraps."""
    return (
        f'<styleSheet xmlns="{_MAIN}"><fonts count="2"><font><sz val="11"/><name val="Arial"/></font>'
        '<font><b/><sz val="11"/><name val="Arial"/></font></fonts>'
        '<fills count="2"><fill><patternFill patternType="none"/></fill>'
        '<fill><patternFill patternType="gray125"/></fill></fills>'
        '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
        '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
        '<cellXfs count="3"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
        '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/>'
        '<xf numFmtId="49" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1" applyAlignment="1">'
        '<alignment vertical="top" wrapText="1"/></xf></cellXfs></styleSheet>'
    )


def _form_sheet() -> str:
    above = [_row(1, _cell("A1", TITLE, _BOLD)), _row(2, _cell("A2", SUBTITLE))]
    above += [_row(number, _cell(f"A{number}", hint)) for number, hint in enumerate((*HINTS, *_SHEET_HINTS), start=3)]
    first = len(above) + 2
    lines = [_line(number, field) for number, field in enumerate(FIELDS, start=first)]
    page = '<pageSetup paperSize="9" orientation="portrait" fitToHeight="0"/>'
    return (
        f'<worksheet xmlns="{_MAIN}"><sheetPr><pageSetUpPr fitToPage="1"/></sheetPr>'
        '<cols><col min="1" max="1" width="36" customWidth="1"/>'
        '<col min="2" max="2" width="64" customWidth="1"/></cols>'
        f"<sheetData>{''.join(above + lines)}</sheetData>{page}</worksheet>"
    )


def _line(number: int, field: Field) -> str:
    cells = _cell(f"A{number}", field.label, _BOLD) + _cell(f"B{number}", field.value, _TEXT)
    return _row(number, cells, field.lines * _LINE_HEIGHT)


def _list_sheet() -> str:
    heads = "".join(_cell(f"{letter}1", name, _BOLD) for letter, name in zip("ABC", _COLUMNS, strict=True))
    error = "Nomor dimulai dengan 0 atau +62, misalnya 0812-0000-0101."
    return (
        f'<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">'
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
        f'<cols><col min="1" max="1" width="18" style="{_TEXT}" customWidth="1"/>'
        f'<col min="2" max="2" width="36" style="{_TEXT}" customWidth="1"/>'
        f'<col min="3" max="3" width="22" style="{_TEXT}" customWidth="1"/></cols>'
        f"<sheetData>{_row(1, heads)}</sheetData>"
        f'<dataValidations count="1"><dataValidation type="custom" allowBlank="1" showErrorMessage="1"'
        f' errorTitle="No HP" error="{text(error)}" sqref="C2:C{_LAST_ROW}">'
        f"<formula1>{text(_LIST_RULE)}</formula1></dataValidation></dataValidations></worksheet>"
    )


def _row(number: int, cells: str, height: int = 0) -> str:
    tall = f' ht="{height}" customHeight="1"' if height else ""
    return f'<row r="{number}"{tall}>{cells}</row>'


def _cell(place: str, words: str, style: int = 0) -> str:
    if not words:
        return f'<c r="{place}" s="{style}"/>'
    return f'<c r="{place}" s="{style}" t="inlineStr"><is><t xml:space="preserve">{text(words)}</t></is></c>'
