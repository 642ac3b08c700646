"""Small XLSX files made by hand: sheets of rows, and single files swapped for damaged ones."""

import io
import zipfile
from collections.abc import Mapping, Sequence

Cell = str | int | float | None
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>'


def xlsx(sheets: Mapping[str, Sequence[Sequence[Cell]]], *, hidden: Sequence[str] = ()) -> bytes:
    """A workbook; None leaves a cell out, numbers are numeric cells."""
    names = list(sheets)
    files = {
        "[Content_Types].xml": _content_types(len(names)),
        "_rels/.rels": _relationships([("officeDocument", "xl/workbook.xml")]),
        "xl/workbook.xml": _workbook(names, hidden),
        "xl/_rels/workbook.xml.rels": _relationships(
            [("worksheet", f"worksheets/sheet{number}.xml") for number in range(1, len(names) + 1)]
        ),
    }
    for number, rows in enumerate(sheets.values(), start=1):
        files[f"xl/worksheets/sheet{number}.xml"] = sheet_xml(rows)
    return packed(files)


def packed(files: Mapping[str, str | bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def swapped(workbook: bytes, name: str, old: str, new: str) -> bytes:
    """`workbook` with `old` replaced in one of its files."""
    with zipfile.ZipFile(io.BytesIO(workbook)) as archive:
        files = {entry: archive.read(entry) for entry in archive.namelist()}
    assert old.encode() in files[name]
    return packed(files | {name: files[name].replace(old.encode(), new.encode())})


def sheet_xml(rows: Sequence[Sequence[Cell]]) -> str:
    lines = [f'<row r="{number}">{_cells(number, row)}</row>' for number, row in enumerate(rows, start=1)]
    return f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetData>{"".join(lines)}</sheetData></worksheet>'


def _cells(number: int, row: Sequence[Cell]) -> str:
    cells: list[str] = []
    for column, value in enumerate(row):
        reference = f"{chr(ord('A') + column)}{number}"
        match value:
            case None:
                continue
            case str():
                cells.append(f'<c r="{reference}" t="inlineStr"><is><t>{value}</t></is></c>')
            case _:
                cells.append(f'<c r="{reference}"><v>{value!r}</v></c>')
    return "".join(cells)


def _content_types(count: int) -> str:
    parts = "".join(
        f'<Override PartName="/xl/worksheets/sheet{number}.xml" ContentType="{_SPREADSHEET}.worksheet+xml"/>'
        for number in range(1, count + 1)
    )
    return (
        f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types"><Default Extension="xml" ContentType="application/xml"/>'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_SPREADSHEET}.sheet.main+xml"/>{parts}</Types>'
    )


def _relationships(targets: Sequence[tuple[str, str]]) -> str:
    lines = "".join(
        f'<Relationship Id="rId{number}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, start=1)
    )
    return f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{lines}</Relationships>'


def _workbook(names: Sequence[str], hidden: Sequence[str]) -> str:
    sheets = "".join(_sheet(name, number, name in hidden) for number, name in enumerate(names, start=1))
    return f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{sheets}</sheets></workbook>'


def _sheet(name: str, number: int, is_hidden: bool) -> str:
    state = ' state="hidden"' if is_hidden else ""
    return f'<sheet name="{name}" sheetId="{number}" r:id="rId{number}"{state}/>'


_ODF = "urn:oasis:names:tc:opendocument:xmlns"


def ods(sheets: Mapping[str, Sequence[Sequence[Cell | bool]]], *, filler: str = "") -> bytes:
    """An OpenDocument workbook; `filler` is XML behind the rows of each sheet, as programs pad theirs."""
    names = " ".join(f'xmlns:{name}="{_ODF}:{name}:1.0"' for name in ("office", "table", "text"))
    tables = "".join(
        f'<table:table table:name="{name}">{"".join(_ods_row(row) for row in rows)}{filler}</table:table>'
        for name, rows in sheets.items()
    )
    body = f"<office:body><office:spreadsheet>{tables}</office:spreadsheet></office:body>"
    return packed(
        {
            "mimetype": "application/vnd.oasis.opendocument.spreadsheet",
            "content.xml": f"{_HEAD}<office:document-content {names}>{body}</office:document-content>",
            "META-INF/manifest.xml": f'{_HEAD}<m:manifest xmlns:m="{_ODF}:manifest:1.0"/>',
        }
    )


def _ods_row(row: Sequence[Cell | bool]) -> str:
    return f"<table:table-row>{''.join(_ods_cell(value) for value in row)}</table:table-row>"


def _ods_cell(value: Cell | bool) -> str:
    match value:
        case None:
            return "<table:table-cell/>"
        case bool():
            word = str(value).lower()
            return f'<table:table-cell office:value-type="boolean" office:boolean-value="{word}"/>'
        case str():
            lines = "".join(f"<text:p>{line}</text:p>" for line in value.split("\n"))
            return f'<table:table-cell office:value-type="string">{lines}</table:table-cell>'
        case _:
            return f'<table:table-cell office:value-type="float" office:value="{value!r}"/>'
