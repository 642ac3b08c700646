"""The page that wire/docx.py writes on: flows of lines inside tables, cells and text boxes.

In: text and marks in the order of the document. Out: the whole text. A flow is the body, a cell or a text box; the one
in hand is the last of `flows`. Nothing is known of XML here.
"""

from dataclasses import dataclass, field
from typing import Final

from gatewayd.wire import grid, symbols

#: A text box of one line and at most so many characters is a tick or a word in the line where it hangs.
_SHORT: Final = 80


@dataclass(slots=True)
class Flow:
    """Lines so far; `below` are lines of tables and text boxes that follow the line in hand."""

    lines: list[str] = field(default_factory=list)
    line: list[str] = field(default_factory=list)
    below: list[str] = field(default_factory=list)

    def end_paragraph(self) -> None:
        self.lines.extend("".join(self.line).rstrip().split("\n"))
        self.lines.extend(self.below)
        self.line.clear()
        self.below.clear()

    def text(self) -> str:
        if self.line or self.below:
            self.end_paragraph()
        return "\n".join(self.lines).strip("\n")


@dataclass(slots=True)
class Table:
    """Rows so far; a covered cell is one that a merged cell above it hides."""

    rows: list[list[str]] = field(default_factory=list)
    is_row_gone: bool = False
    is_cell_covered: bool = False


@dataclass(slots=True)
class Run:
    """Text of one look; left out if it is struck out or hidden."""

    is_left_out: bool = False
    font: str = ""


@dataclass(slots=True)
class Control:
    """A content control. Inside it, `instead` stands for what its content shows; None lets the content stand."""

    is_box: bool = False
    is_ticked: bool = False
    is_placeholder: bool = False
    date: str = ""
    instead: str | None = None

    def begin(self) -> None:
        if self.is_box:
            self.instead = symbols.TICKED if self.is_ticked else symbols.BLANK
        elif self.is_placeholder:
            self.instead = ""
        elif self.date:
            self.instead = self.date

    def end(self) -> None:
        self.instead = None


@dataclass(slots=True)
class FormField:
    """A legacy form field: a box, or a list of choices of which one is chosen."""

    is_box: bool = False
    is_ticked: bool = False
    choices: list[str] = field(default_factory=list)
    chosen: int = 0


class Page:
    def __init__(self) -> None:
        self.flows = [Flow()]
        self.tables: list[Table] = []
        self.runs: list[Run] = []
        self.controls: list[Control] = []
        #: For each alternative that is open: whether a branch of it was read.
        self.choices: list[bool] = []
        self.field = FormField()

    def text(self) -> str:
        return self.flows[0].text()

    def write(self, text: str) -> None:
        run = self.runs[-1] if self.runs else None
        if run is not None and run.is_left_out:
            return
        standing = next((control for control in self.controls if control.instead is not None), None)
        if standing is not None:
            # Once, where the content begins; the rest of the content says nothing more.
            text, standing.instead = standing.instead or "", ""
        elif run is not None and symbols.is_symbol_font(run.font):
            text = symbols.in_font(run.font, text)
        self.flows[-1].line.append(symbols.without_private(text))

    def end_field(self) -> None:
        """The legacy field's look, where it has no text of its own."""
        found, self.field = self.field, FormField()
        if found.is_box:
            self.write(symbols.TICKED if found.is_ticked else symbols.BLANK)
        elif found.chosen < len(found.choices):
            self.write(found.choices[found.chosen])

    def open(self, tag: str) -> None:
        match tag:
            case "w:tbl":
                self.tables.append(Table())
            case "w:tr" if self.tables:
                self.tables[-1].rows.append([])
                self.tables[-1].is_row_gone = False
            case "w:tc":
                self.flows.append(Flow())
                if self.tables:
                    self.tables[-1].is_cell_covered = False
            case "w:txbxContent":
                self.flows.append(Flow())
            case _:
                pass

    def close(self, tag: str) -> None:
        match tag:
            case "w:tbl":
                self._block(grid.lines_of(self.tables.pop().rows))
            case "w:tr" if self.tables and self.tables[-1].is_row_gone:
                self.tables[-1].rows.pop()
            case "w:tc":
                self._end_cell(self.flows.pop().text())
            case "w:txbxContent":
                self._end_text_box(self.flows.pop().text())
            case _:
                pass

    def _end_cell(self, text: str) -> None:
        if not self.tables or not self.tables[-1].rows:
            self._block(text.split("\n"))
            return
        table = self.tables[-1]
        table.rows[-1].append("" if table.is_cell_covered else text)

    def _end_text_box(self, text: str) -> None:
        line = self.flows[-1].line
        if "\n" in text or len(text) > _SHORT:
            self.flows[-1].below.extend(text.split("\n"))
        elif text:
            line.append(f" {text} ")

    def _block(self, lines: list[str]) -> None:
        """Lines beside paragraphs. A table that stands inside a paragraph (of a text box) comes after its line."""
        flow = self.flows[-1]
        if flow.line:
            flow.below.extend(lines)
        else:
            flow.lines.extend(lines)
