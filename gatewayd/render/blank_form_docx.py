"""The blank form as a Word document: A4, a head, hints, and a table of label and room to write.

Lengths are twentieths of a point, sizes of letters half points. Source: ECMA-376 part 1, §17.
"""

from typing import Final

from gatewayd.render.blank_form_fields import FIELDS, HINTS, SUBTITLE, TITLE, Field
from gatewayd.render.office_package import package, text

_WORD: Final = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_KIND: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_DOCUMENT: Final = "word/document.xml"
#: A4 with margins of 2 cm leaves 9638 for the table.
_PAGE: Final = (
    '<w:sectPr><w:pgSz w:w="11906" w:h="16838"/>'
    '<w:pgMar w:top="1134" w:right="1134" w:bottom="1134" w:left="1134" w:header="567" w:footer="567" w:gutter="0"/>'
    "</w:sectPr>"
)
_WIDTHS: Final = (3402, 6236)
_ROW_HEIGHT: Final = 420
_LINE_HEIGHT: Final = 280
_SIDES: Final = ("top", "left", "bottom", "right", "insideH", "insideV")


def document() -> bytes:
    """The file."""
    head = _paragraph(TITLE, size=28, bold=True) + _paragraph(SUBTITLE, size=20)
    hints = "".join(_paragraph(hint, size=18) for hint in HINTS)
    # A table must be followed by a paragraph before the end of the body (Word adds one otherwise).
    body = head + hints + _table() + _paragraph("", size=4) + _PAGE
    xml = f'<w:document xmlns:w="{_WORD}"><w:body>{body}</w:body></w:document>'
    return package(_DOCUMENT, {_DOCUMENT: _KIND}, {_DOCUMENT: xml})


def _table() -> str:
    borders = "".join(f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="808080"/>' for side in _SIDES)
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in _WIDTHS)
    rows = "".join(_row(field) for field in FIELDS)
    return (
        f'<w:tbl><w:tblPr><w:tblW w:w="{sum(_WIDTHS)}" w:type="dxa"/><w:tblBorders>{borders}</w:tblBorders>'
        f'<w:tblLayout w:type="fixed"/></w:tblPr><w:tblGrid>{grid}</w:tblGrid>{rows}</w:tbl>'
    )


def _row(field: Field) -> str:
    height = _ROW_HEIGHT + (field.lines - 1) * _LINE_HEIGHT
    return (
        f'<w:tr><w:trPr><w:cantSplit/><w:trHeight w:val="{height}" w:hRule="atLeast"/></w:trPr>'
        + _cell(_WIDTHS[0], _paragraph(field.label, bold=True))
        + _cell(_WIDTHS[1], _paragraph(field.value))
        + "</w:tr>"
    )


def _cell(width: int, content: str) -> str:
    return f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/></w:tcPr>{content}</w:tc>'


def _paragraph(words: str, *, size: int = 20, bold: bool = False) -> str:
    # The boxes are in a font of symbols on every machine that has Word; others choose their own for them.
    look = (
        '<w:rPr><w:rFonts w:ascii="Arial" w:hAnsi="Arial" w:eastAsia="MS Gothic" w:cs="Arial"/>'
        f'{"<w:b/>" if bold else ""}<w:sz w:val="{size}"/></w:rPr>'
    )
    run = f'<w:r>{look}<w:t xml:space="preserve">{text(words)}</w:t></w:r>' if words else ""
    return f'<w:p><w:pPr><w:spacing w:before="40" w:after="40"/>{look}</w:pPr>{run}</w:p>'
