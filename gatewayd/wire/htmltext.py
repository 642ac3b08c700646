"""HTML of a mail → the text a person sees: lines for blocks, tabs between table cells, "> " before quotations.

In: HTML. Out: text. Left out: what is hidden (display:none, visibility:hidden, mso-hide, font-size:0, the hidden
attribute, style, script, title) and what is struck out ("coret yang tidak perlu"), by element, style or class. Tick
boxes become [x] and [ ], signs of Word's symbol fonts the characters they look like. A cell stands in its row's line.

The scanner is ours: html.parser of CPython 3.11 is quadratic on comments and tags that never end. This one only
moves forward; a tag ends at the next ">". Nothing of HTML is passed on, so it need not be an exact parser.
"""

import html
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from gatewayd.wire import symbols
from gatewayd.wire.plaintext import MAX_TEXT

#: Characters of HTML that are looked at, and depth of elements that is followed.
MAX_HTML: Final = 1_000_000
_MAX_DEPTH: Final = 200
_MAX_TAG: Final = 4000

#: Where markup begins; any other "<" is text.
_MARKUP: Final = re.compile(r"<(?=[A-Za-z!?]|/[A-Za-z])")
_NAME: Final = re.compile(r"/?[A-Za-z][A-Za-z0-9:-]{0,30}")
_ATTRIBUTE: Final = re.compile(r"""([a-z:-]{1,30})\s*=\s*("[^"]{0,2000}"|'[^']{0,2000}'|[^\s"'>]{1,500})""", re.I)
_SPACES: Final = re.compile(r"[ \t\r\n\f]+")
_LONG_REFERENCE: Final = re.compile(r"&#[xX]?[0-9A-Fa-f]{8,}")
_HIDING: Final = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all|font-size\s*:\s*0(?:px|pt|em|%)?\s*(?:;|$|!)", re.I
)
_STRIKING: Final = re.compile(r"text-decoration[a-z-]*\s*:[^;]*line-through", re.I)

_KEEPING: Final = re.compile(r"white-space\s*:\s*pre", re.I)
#: Gmail indents with a quotation that has no line beside it.
_INDENTING: Final = re.compile(r"border\s*:\s*none", re.I)

_VOID: Final = frozenset({"br", "hr", "img", "input", "meta", "link", "col", "area", "base", "wbr", "source", "embed"})
_BLOCKS: Final = frozenset(
    {"p", "div", "table", "tr", "ul", "ol", "li", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "section",
     "article", "header", "footer", "center", "form", "fieldset", "dl", "dt", "dd", "hr"}
)  # fmt: skip
_PARAGRAPHS: Final = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6"})
#: Blocks that people write a cell's text in.
_INNER: Final = frozenset({"p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "center"})
_RAW: Final = frozenset({"script", "style", "title", "template", "noframes", "textarea"})
_RAW_ENDS: Final = {tag: re.compile(f"</{tag}", re.I) for tag in _RAW}
_STRUCK: Final = frozenset({"s", "strike", "del"})
_STRIKES: Final = re.compile(rb"<(?:s|strike|del)[\s>]|line-through", re.I)
_STRUCK_CLASS: Final = re.compile(r"\.([\w-]{1,60})[^{}.]{0,100}\{[^{}]{0,1000}line-through", re.I)
#: Characters of one style sheet that are looked at.
_MAX_SHEET: Final = 50_000
_FONT: Final = re.compile(r"(?<![\w-])font-family\s*:[\s\"'&]*(?:quot;)?([^;,\"'&]{1,40})", re.I)


@dataclass(slots=True)
class _Open:
    """An element that is open: whether it hides its content, whether line breaks of the source are breaks in it, and
    the font of signs it sets ('' for any other)."""

    name: str
    is_hidden: bool
    is_quotation: bool
    symbols: str = ""
    is_kept: bool = False


@dataclass(slots=True)
class _Page:
    """The text so far. `quoted` is the depth of quotations, `hidden` that of hiding elements. In a cell, `owed` is a
    break that only counts if more of the cell follows, `is_fresh` says that nothing of it was written yet."""

    lines: list[str] = field(default_factory=list)
    line: list[str] = field(default_factory=list)
    stack: list[_Open] = field(default_factory=list)
    names: Counter[str] = field(default_factory=Counter)
    quoted: int = 0
    hidden: int = 0
    kept: int = 0
    cells: int = 0
    owed: bool = False
    is_fresh: bool = False
    struck: set[str] = field(default_factory=set)

    def write(self, text: str) -> None:
        if self.hidden or not text:
            return
        if text.strip():
            self.settle()
            self.is_fresh = False
        font = self.stack[-1].symbols if self.stack else ""
        if font:
            text = symbols.in_font(font, text)
        if text[0] == " " and (not self.line or self.line[-1].endswith((" ", "\t"))):
            text = text[1:]
        if text:
            self.line.append(text)

    def settle(self) -> None:
        if self.owed:
            self.owed = False
            cells = self.cells
            self.end_line()
            self.cells = cells

    def end_line(self, *, forced: bool = False) -> None:
        text = "".join(self.line).rstrip()
        self.line = []
        self.cells = 0
        if text or forced:
            self.lines.append(f"{'> ' * min(self.quoted, 5)}{text}".rstrip())

    def blank(self) -> None:
        if self.lines and self.lines[-1]:
            self.lines.append("")


def strikes_out(source: bytes) -> bool:
    """Whether something in the HTML may be struck out, which its plain counterpart cannot show."""
    return _STRIKES.search(source) is not None


def html_to_text(source: str) -> str:
    """The visible text of `source`, at most MAX_TEXT characters of it."""
    source = source[:MAX_HTML]
    page = _Page()
    place = written = 0
    while place < len(source) and written <= MAX_TEXT:
        found = _MARKUP.search(source, place)
        mark = found.start() if found else len(source)
        text = source[place:mark]
        lines = text.replace("\r\n", "\n").split("\n") if page.kept else [text]
        for count, line in enumerate(lines):
            if count:
                page.end_line(forced=True)
            page.write(_visible(line))
        written += len(text)
        place = _markup(source, mark, page) if mark < len(source) else mark
    page.end_line()
    return "\n".join(page.lines)[:MAX_TEXT].strip("\n")


def _visible(text: str) -> str:
    return _SPACES.sub(" ", html.unescape(_LONG_REFERENCE.sub("", text)).replace("\u00a0", " "))


def _markup(source: str, mark: int, page: _Page) -> int:
    """Act on the markup at `mark`; returns the place behind it."""
    if source.startswith("<!--", mark):
        end = source.find("-->", mark + 4)
        return len(source) if end < 0 else end + 3
    name = _NAME.match(source, mark + 1)
    end = source.find(">", mark)
    if end < 0 or name is None:
        return len(source) if end < 0 else end + 1
    tag, rest = name[0].lower(), source[name.end() : min(end, name.end() + _MAX_TAG)]
    if tag in _RAW:
        found = _RAW_ENDS[tag].search(source, end)
        if tag == "style" and found:
            page.struck.update(_STRUCK_CLASS.findall(source[end : min(found.start(), end + _MAX_SHEET)]))
        return found.start() if found else len(source)
    if tag.startswith("/"):
        _close(page, tag[1:])
    else:
        _open(page, tag, rest)
    return end + 1


def _open(page: _Page, tag: str, rest: str) -> None:
    attributes = {found[1].lower(): found[2].strip("\"'") for found in _ATTRIBUTE.finditer(rest)} if rest else {}
    _break(page, tag)
    match tag:
        case "br":
            page.settle()
            page.end_line(forced=True)
        case "td" | "th":
            if page.cells:
                page.line.append("\t")
            page.cells += 1
            page.owed, page.is_fresh = False, True
        case "input" if attributes.get("type", "").lower() in ("checkbox", "radio"):
            page.write("[x] " if "checked" in rest.lower() else "[ ] ")
        case _:
            pass
    if tag in _VOID or rest.endswith("/") or len(page.stack) >= _MAX_DEPTH:
        return
    hides = _is_hidden(tag, attributes, rest) or not page.struck.isdisjoint(attributes.get("class", "").split())
    style = attributes.get("style", "")
    is_quotation = tag == "blockquote" and not _INDENTING.search(style)
    is_kept = tag == "pre" or _KEEPING.search(style) is not None
    opened = _Open(tag, hides, is_quotation, _symbols(page, attributes), is_kept)
    page.stack.append(opened)
    page.names[tag] += 1
    page.hidden += opened.is_hidden
    page.quoted += opened.is_quotation
    page.kept += opened.is_kept


def _is_hidden(tag: str, attributes: dict[str, str], rest: str) -> bool:
    style = attributes.get("style", "")
    if tag in _STRUCK or _HIDING.search(style) or _STRIKING.search(style):
        return True
    return any(word == "hidden" for word in rest.lower().split())


def _break(page: _Page, tag: str) -> None:
    """The line break around a block; one at the edge of a cell is none, or each cell would be a line of its own."""
    if tag not in _BLOCKS:
        return
    if page.cells and tag in _INNER:
        page.owed = not page.is_fresh
        return
    page.owed = False
    page.end_line()
    if tag in _PARAGRAPHS:
        page.blank()


def _symbols(page: _Page, attributes: dict[str, str]) -> str:
    """The font of symbols in force inside an element."""
    told = _FONT.search(attributes.get("style", ""))
    font = told[1] if told else attributes.get("face", "")
    if font:
        return font if symbols.is_symbol_font(font) else ""
    return page.stack[-1].symbols if page.stack else ""


def _close(page: _Page, tag: str) -> None:
    _break(page, tag)
    if not page.names[tag]:
        return
    closed = ""
    while closed != tag:
        top = page.stack.pop()
        closed = top.name
        page.names[closed] -= 1
        page.hidden -= top.is_hidden
        page.quoted -= top.is_quotation
        page.kept -= top.is_kept
