"""Small Word documents made by hand, in the shapes that Word, LibreOffice and Google Docs write."""

from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape

from tests.fakes.spreadsheets import packed

_SPACES = {
    "w": "http://schemas.openxmlformats.org/wordprocessingml/2006/main",
    "w14": "http://schemas.microsoft.com/office/word/2010/wordml",
    "mc": "http://schemas.openxmlformats.org/markup-compatibility/2006",
    "wps": "http://schemas.microsoft.com/office/word/2010/wordprocessingShape",
    "v": "urn:schemas-microsoft-com:vml",
}
_NAMES = " ".join(f'xmlns:{prefix}="{space}"' for prefix, space in _SPACES.items())
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def docx(body: str, *, files: Mapping[str, str | bytes] | None = None, part: str = "word/document.xml") -> bytes:
    """A document with `body` (XML) and further files."""
    return packed(
        {
            "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"/>',
            part: document(body),
            **(files or {}),
        }
    )


def document(body: str) -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?><w:document {_NAMES}><w:body>{body}</w:body></w:document>'


def p(*content: str) -> str:
    return f"<w:p>{''.join(content)}</w:p>"


def r(text: str = "", *, look: str = "", raw: str = "") -> str:
    """A run of `text` or of XML, with properties."""
    properties = f"<w:rPr>{look}</w:rPr>" if look else ""
    inside = raw or f'<w:t xml:space="preserve">{escape(text)}</w:t>'
    return f"<w:r>{properties}{inside}</w:r>"


def tbl(*rows: Sequence[str]) -> str:
    """A table of cells, each a text or (if it begins with "<") XML."""
    return f"<w:tbl><w:tblPr/>{''.join(tr(*row) for row in rows)}</w:tbl>"


def tr(*cells: str, properties: str = "") -> str:
    return f"<w:tr>{properties}{''.join(tc(cell) for cell in cells)}</w:tr>"


def tc(content: str, properties: str = "") -> str:
    if content.startswith("<w:tc>"):
        return content
    inside = content if content.startswith("<") else p(r(content))
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{inside}</w:tc>"


def sdt(properties: str, content: str) -> str:
    return f"<w:sdt><w:sdtPr>{properties}</w:sdtPr><w:sdtContent>{content}</w:sdtContent></w:sdt>"


def box(is_ticked: bool, glyph: str = "") -> str:
    """Word's check box: its glyph says nothing, its state does."""
    state = f'<w14:checkbox><w14:checked w14:val="{int(is_ticked)}"/></w14:checkbox>'
    return sdt(state, r(glyph or ("☒" if is_ticked else "☐"), look='<w:rFonts w:ascii="MS Gothic"/>'))


def form_box(state: str) -> str:
    """A legacy check box; `state` is XML behind its size."""
    begin = (
        '<w:fldChar w:fldCharType="begin"><w:ffData><w:name w:val="Check1"/><w:enabled/>'
        f"<w:checkBox><w:sizeAuto/>{state}</w:checkBox></w:ffData></w:fldChar>"
    )
    return r(raw=begin) + r(raw="<w:instrText> FORMCHECKBOX </w:instrText>") + r(raw='<w:fldChar w:fldCharType="end"/>')


def sym(char: str, font: str = "Wingdings") -> str:
    return r(raw=f'<w:sym w:font="{font}" w:char="{char}"/>')


def either(choice: str, fallback: str) -> str:
    return (
        f'<mc:AlternateContent><mc:Choice Requires="wps">{choice}</mc:Choice>'
        f"<mc:Fallback>{fallback}</mc:Fallback></mc:AlternateContent>"
    )


def text_box(content: str) -> str:
    return f"<wps:wsp><wps:txbx><w:txbxContent>{content}</w:txbxContent></wps:txbx></wps:wsp>"
