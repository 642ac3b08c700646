"""HTML of a mail → the text a person sees: lines for blocks, tabs between table cells, "> " before quotations.

In: HTML. Out: text. Left out: what is hidden (display:none, visibility:hidden, mso-hide, font-size:0, the hidden
attribute, style, script, title) and what is struck out ("coret yang tidak perlu"). Tick boxes become [x] and [ ].

The scanner is ours: html.parser of CPython 3.11 is quadratic on comments and tags that never end. This one only
moves forward; a tag ends at the next ">". Nothing of HTML is passed on, so it need not be an exact parser.
"""

import html
import re
from dataclasses import dataclass, field
from typing import Final

from gatewayd.wire.plaintext import MAX_TEXT

#: Characters of HTML that are looked at, and depth of elements that is followed.
MAX_HTML: Final = 2_000_000
_MAX_DEPTH: Final = 200
_MAX_TAG: Final = 4000

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
        mark = source.find("<", place)
        if mark < 0:
            mark = len(source)
        text = _visible(source[place:mark])
        page.write(text)
        written += len(text)
        place = _markup(source, mark, page)
    page.end_line()
    return "\n".join(page.lines)[:MAX_TEXT].strip("\n")


def _visible(text: str) -> str:
    return _SPACES.sub(" ", html.unescape(_LONG_REFERENCE.sub("", text)).replace("\u00a0", " "))


def _markup(source: str, mark: int, page: _Page) -> int:
    """Act on the markup at `mark`; returns the place behind it."""
    if source.startswith("<!--", mark):
        end = source.find("-->", mark + 4)
        return len(source) if end < 0 else end + 3
    end = source.find(">", mark)
    if end < 0:
        return len(source)
    inside = source[mark + 1 : end][:_MAX_TAG]
    name = _NAME.match(inside)
    if name is None:
        if not inside.startswith(("!", "?")):
            page.write("<")
            return mark + 1
        return end + 1
    tag = name[0].lower()
    if tag in _RAW:
        found = _RAW_ENDS[tag].search(source, end)
        return found.start() if found else len(source)
    if tag.startswith("/"):
        _close(page, tag[1:])
    else:
        _open(page, tag, inside[name.end() :])
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
    place = next((at for at in range(len(page.stack) - 1, -1, -1) if page.stack[at].name == tag), None)
    if place is None:
        return
    for closed in page.stack[place:]:
        page.hidden -= closed.is_hidden
        page.quoted -= closed.is_quotation
    del page.stack[place:]
