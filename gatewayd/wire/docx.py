"""A Word document → its text as wire/form.py reads it: paragraphs as lines, tabs between the cells of a table.

In: the bytes of a docx. Out: the text. Kept: what a reader of the
printed page sees, with tracked insertions, and text boxes once. Left out: deletions, what is struck out ("coret yang
tidak perlu") or hidden, placeholders of content controls, codes of fields; headers, footers, notes and comments are
other parts. Boxes of every kind become ☑ and ☐. A date picked from a calendar is written year first, since its display
may be month first.

One pass with expat, no tree is kept; a document type, and with it every entity, is refused.
Source: ECMA-376 part 1 §17, [MS-DOCX] §2.2.1.
"""

from collections.abc import Mapping
from typing import Final
from xml.parsers import expat

from gatewayd.wire import symbols
from gatewayd.wire.archive import main_part
from gatewayd.wire.docxpage import Control, Page, Run
from gatewayd.wire.plaintext import MAX_TEXT, tidy
from gatewayd.wire.unreadable import Unreadable

MAX_ELEMENTS: Final = 400_000
MAX_DEPTH: Final = 250
#: Of elements and attributes; the standard has fewer than 2,000.
MAX_NAMES: Final = 2000

_PREFIXES: Final[Mapping[str, str]] = {
    "http://schemas.openxmlformats.org/wordprocessingml/2006/main": "w:",
    "http://purl.oclc.org/ooxml/wordprocessingml/main": "w:",
    "http://schemas.microsoft.com/office/word/2010/wordml": "w14:",
    "http://schemas.openxmlformats.org/markup-compatibility/2006": "mc:",
}
_OFF: Final = frozenset({"0", "false", "off"})
#: Not there any more, or properties as they were before a change.
_GONE: Final = frozenset({"w:del", "w:moveFrom", "w:rPrChange", "w:pPrChange", "w:tcPrChange", "w:trPrChange"})
_SIGNS: Final = {"w:tab": "\t", "w:ptab": "\t", "w:br": "\n", "w:cr": "\n", "w:noBreakHyphen": "-"}


def text_of(data: bytes) -> str:
    """The text of a document. Raises Unreadable."""
    xml = main_part(data)
    if isinstance(xml, str):
        raise Unreadable(xml)
    return text_of_part(xml)


def text_of_part(xml: bytes) -> str:
    """The text of a main part. Raises Unreadable."""
    reader = _Reader()
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    parser.StartDoctypeDeclHandler = _refuse
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.characters
    try:
        parser.Parse(xml, True)
    except Unreadable:
        raise
    except (expat.ExpatError, ValueError, LookupError):
        raise Unreadable("attachment.unreadable") from None
    return tidy(reader.page.text())


def _refuse(_name: str, _system: str | None, _public: str | None, _internal: bool) -> None:
    raise Unreadable("attachment.bomb")


class _Reader:
    """Tells the page what the elements say. `path` holds the open elements; all inside a skipped one says nothing."""

    def __init__(self) -> None:
        self.page = Page()
        self._path: list[str] = []
        self._names: dict[str, str] = {}
        self._skipped = 0
        self._elements = self._size = 0

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        self._elements += 1
        if self._elements > MAX_ELEMENTS or len(self._path) >= MAX_DEPTH:
            raise Unreadable("attachment.too_big")
        tag = self._short(name)
        self._path.append(tag)
        if self._skipped:
            return
        if tag.startswith(("w:", "w14:", "mc:")) and self._is_skipped(tag):
            self._skipped = len(self._path)
        elif attributes:
            self._open(tag, {self._short(key): value for key, value in attributes.items()})
        else:
            self._open(tag, attributes)

    def end(self, _name: str) -> None:
        depth = len(self._path)
        tag = self._path.pop()
        if not self._skipped:
            self._close(tag)
        elif self._skipped == depth:
            self._skipped = 0

    def characters(self, text: str) -> None:
        if self._skipped or self._path[-1] != "w:t":
            return
        self._size += len(text)
        if self._size > MAX_TEXT:
            raise Unreadable("attachment.too_big")
        self.page.write(text.replace("\n", " "))

    def _short(self, name: str) -> str:
        found = self._names.get(name)
        if found is None:
            space, _, local = name.rpartition(" ")
            found = f"{_PREFIXES.get(space, '-')}{local}"
            # Names of the document's own making fill the memory, expat's before ours.
            if len(self._names) >= MAX_NAMES:
                raise Unreadable("attachment.too_big")
            self._names[name] = found
        return found

    def _within(self, *parents: str) -> bool:
        """Whether the element in hand stands right inside these."""
        return tuple(self._path[-1 - len(parents) : -1]) == parents

    def _is_skipped(self, tag: str) -> bool:
        if tag == "w:del" and self._within("w:tr", "w:trPr"):
            self.page.tables[-1].is_row_gone = True
        if tag in _GONE:
            return True
        if tag in ("mc:Choice", "mc:Fallback") and self.page.choices:
            is_second, self.page.choices[-1] = self.page.choices[-1], True
            return is_second
        return False

    def _open(self, tag: str, attributes: Mapping[str, str]) -> None:
        page = self.page
        match tag:
            case "w:r":
                page.runs.append(Run())
            case "w:tbl" | "w:tr" | "w:tc" | "w:txbxContent":
                page.open(tag)
            case "w:sdt":
                page.controls.append(Control())
            case "w:sdtContent" if page.controls:
                page.controls[-1].begin()
            case "mc:AlternateContent":
                page.choices.append(False)
            case "w:tab" | "w:ptab" | "w:br" | "w:cr" | "w:noBreakHyphen" if self._within("w:r"):
                page.write(_SIGNS[tag])
            case "w:sym":
                page.write(_symbol(attributes))
            case _ if self._within("w:r", "w:rPr"):
                self._look(tag, attributes)
            case _ if page.controls and ("w:sdtPr" in self._path[-3:]):
                self._control(tag, attributes)
            case "w:vMerge" if page.tables and attributes.get("w:val", "continue") == "continue":
                page.tables[-1].is_cell_covered = True
            case _ if "w:ffData" in self._path[-3:]:
                self._form_field(tag, attributes)
            case _:
                pass

    def _look(self, tag: str, attributes: Mapping[str, str]) -> None:
        """A property of the run in hand."""
        run = self.page.runs[-1]
        match tag:
            case "w:strike" | "w:dstrike" | "w:vanish":
                run.is_left_out |= _is_on(attributes)
            case "w:rFonts":
                run.font = attributes.get("w:ascii", attributes.get("w:hAnsi", ""))
            case _:
                pass

    def _control(self, tag: str, attributes: Mapping[str, str]) -> None:
        """A property of the content control in hand."""
        control = self.page.controls[-1]
        match tag:
            case "w14:checkbox":
                control.is_box = True
            case "w14:checked":
                control.is_ticked = attributes.get("w14:val", "1") not in _OFF
            case "w:showingPlcHdr":
                control.is_placeholder = _is_on(attributes)
            case "w:date":
                control.date = attributes.get("w:fullDate", "")[:10]
            case _:
                pass

    def _form_field(self, tag: str, attributes: Mapping[str, str]) -> None:
        """A property of the legacy form field in hand. Its state stands behind its default and overrides it."""
        field, value = self.page.field, attributes.get("w:val", "")
        match tag:
            case "w:checkBox":
                field.is_box = True
            case "w:checked" | "w:default" if field.is_box:
                field.is_ticked = _is_on(attributes)
            case "w:listEntry":
                field.choices.append(value)
            case "w:result" | "w:default" if value.isdecimal() and self._within("w:ddList"):
                field.chosen = int(value[:6])
            case _:
                pass

    def _close(self, tag: str) -> None:
        page = self.page
        match tag:
            case "w:p":
                page.flows[-1].end_paragraph()
            case "w:r":
                page.runs.pop()
            case "w:tbl" | "w:tr" | "w:tc" | "w:txbxContent":
                page.close(tag)
            case "w:sdt":
                page.controls.pop()
            case "w:sdtContent" if page.controls:
                page.controls[-1].end()
            case "mc:AlternateContent":
                page.choices.pop()
            case "w:ffData":
                page.end_field()
            case _:
                pass


def _is_on(attributes: Mapping[str, str]) -> bool:
    return attributes.get("w:val", "true").lower() not in _OFF


def _symbol(attributes: Mapping[str, str]) -> str:
    try:
        code = int(attributes.get("w:char", ""), 16)
    except ValueError:
        return ""
    return symbols.sign_of(attributes.get("w:font", ""), code)
