"""HTML of a mail → the text a person sees: lines for blocks, tabs between table cells, "> " before quotations.

In: HTML. Out: text. Left out: what is hidden (display:none, visibility:hidden, mso-hide, font-size:0, the hidden
attribute, style, script, title) and what is struck out ("coret yang tidak perlu"). Tick boxes become [x] and [ ].

The scanner is ours: html.parser of CPython 3.11 is quadratic on comments and tags that never end. This one only
moves forward; a tag ends at the next ">". Nothing of HTML is passed on, so it need not be an exact parser.
"""

import html
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

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

_VOID: Final = frozenset({"br", "hr", "img", "input", "meta", "link", "col", "area", "base", "wbr", "source", "embed"})
_BLOCKS: Final = frozenset(
    {"p", "div", "table", "tr", "ul", "ol", "li", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "section",
     "article", "header", "footer", "center", "form", "fieldset", "dl", "dt", "dd", "hr"}
)  # fmt: skip
_PARAGRAPHS: Final = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6"})
_RAW: Final = frozenset({"script", "style", "title", "template", "noframes", "textarea"})
_RAW_ENDS: Final = {tag: re.compile(f"</{tag}", re.I) for tag in _RAW}
_STRUCK: Final = frozenset({"s", "strike", "del"})


@dataclass(slots=True)
class _Open:
    """An element that is open: whether it hides its content."""

    name: str
    is_hidden: bool
    is_quotation: bool


@dataclass(slots=True)
class _Page:
    """The text so far. `quoted` is the depth of quotations, `hidden` that of hiding elements."""

    lines: list[str] = field(default_factory=list)
    line: list[str] = field(default_factory=list)
    stack: list[_Open] = field(default_factory=list)
    names: Counter[str] = field(default_factory=Counter)
    quoted: int = 0
    hidden: int = 0
    cells: int = 0

    def write(self, text: str) -> None:
        if self.hidden or not text:
            return
        if text[0] == " " and (not self.line or self.line[-1].endswith((" ", "\t"))):
            text = text[1:]
        if text:
            self.line.append(text)

    def end_line(self, *, forced: bool = False) -> None:
        text = "".join(self.line).rstrip()
        self.line = []
        self.cells = 0
        if text or forced:
            self.lines.append(f"{'> ' * min(self.quoted, 5)}{text}".rstrip())

    def blank(self) -> None:
        if self.lines and self.lines[-1]:
            self.lines.append("")


def html_to_text(source: str) -> str:
    """The visible text of `source`, at most MAX_TEXT characters of it."""
    source = source[:MAX_HTML]
    page = _Page()
    place = written = 0
    while place < len(source) and written <= MAX_TEXT:
        found = _MARKUP.search(source, place)
        mark = found.start() if found else len(source)
        text = _visible(source[place:mark])
        page.write(text)
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
        return found.start() if found else len(source)
    if tag.startswith("/"):
        _close(page, tag[1:])
    else:
        _open(page, tag, rest)
    return end + 1


def _open(page: _Page, tag: str, rest: str) -> None:
    attributes = {found[1].lower(): found[2].strip("\"'") for found in _ATTRIBUTE.finditer(rest)} if rest else {}
    if tag in _BLOCKS:
        page.end_line()
    if tag in _PARAGRAPHS:
        page.blank()
    match tag:
        case "br":
            page.end_line(forced=True)
        case "td" | "th":
            if page.cells:
                page.line.append("\t")
            page.cells += 1
        case "input" if attributes.get("type", "").lower() in ("checkbox", "radio"):
            page.write("[x] " if "checked" in rest.lower() else "[ ] ")
        case _:
            pass
    if tag in _VOID or rest.endswith("/") or len(page.stack) >= _MAX_DEPTH:
        return
    opened = _Open(tag, _is_hidden(tag, attributes, rest), tag == "blockquote")
    page.stack.append(opened)
    page.names[tag] += 1
    page.hidden += opened.is_hidden
    page.quoted += opened.is_quotation


def _is_hidden(tag: str, attributes: dict[str, str], rest: str) -> bool:
    style = attributes.get("style", "")
    if tag in _STRUCK or _HIDING.search(style) or _STRIKING.search(style):
        return True
    return any(word == "hidden" for word in rest.lower().split())


def _close(page: _Page, tag: str) -> None:
    if tag in _BLOCKS:
        page.end_line()
    if tag in _PARAGRAPHS:
        page.blank()
    if not page.names[tag]:
        return
    closed = ""
    while closed != tag:
        top = page.stack.pop()
        closed = top.name
        page.names[closed] -= 1
        page.hidden -= top.is_hidden
        page.quoted -= top.is_quotation
