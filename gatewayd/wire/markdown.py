"""The text of a request as a page: a small safe Markdown, rendered once with its placeholders still open.

In: the text as it was approved (`render`, in the sandbox child). Out: pieces of HTML and, between them, the names
of the placeholders; `filled` puts one recipient's values in, escaped. Invariants: no HTML of the text's own, no
image, no link but http, https and mailto; a value is text whatever stands in it, since it comes in after the
Markdown was read; a link whose target holds a placeholder is no link. Single line ends stay line ends. Source:
CommonMark 0.31.
"""

import html
import json
import re
from collections.abc import Mapping, Sequence
from typing import Final

from gatewayd.core.request import placeholders

#: Marks the place of a value; taken out of the text first, so that nobody brings his own.
_OPEN, _CLOSE = "\ue0f0", "\ue0f1"
_MARK: Final = re.compile(f"{_OPEN}(\\d+){_CLOSE}")
_PRIVATE: Final = re.compile(f"[{_OPEN}{_CLOSE}]")
_TARGET: Final = re.compile(r"(?:https?://|mailto:)[^\s\ue0f0\ue0f1]+", re.I)
_RULES: Final = (
    "paragraph", "heading", "lheading", "list", "blockquote", "hr", "fence", "newline", "escape", "backticks",
    "emphasis", "link", "autolink", "entity",
)  # fmt: skip
_HEAD: Final = (
    '<!DOCTYPE html>\n<html><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
    '<meta name="color-scheme" content="light dark"></head>'
    '<body style="margin:0;padding:16px;font-family:Arial,Helvetica,sans-serif;font-size:16px;line-height:1.5">'
    '<div style="max-width:640px">\n'
)
_FOOT: Final = "</div></body></html>\n"


def render(text: bytes) -> bytes:
    """The sandbox entry: JSON of [html, name, html, name, …, html]."""
    return json.dumps(pieces(text.decode("utf-8"))).encode("ascii")


def pieces(text: str) -> list[str]:
    """HTML and placeholder names in turn, HTML first and last."""
    text = _PRIVATE.sub("", text)
    names = placeholders(text)
    for place, name in enumerate(names):
        text = text.replace("{" + name + "}", f"{_OPEN}{place}{_CLOSE}")
    parts = _MARK.split(_page(text))
    return [part if place % 2 == 0 else names[int(part)] for place, part in enumerate(parts)]


def from_json(data: bytes) -> tuple[str, ...]:
    """The pieces in a child's answer. Raises ValueError for any other shape."""
    found = json.loads(data)
    if not isinstance(found, list) or len(found) % 2 == 0 or not all(isinstance(one, str) for one in found):
        raise ValueError("not the pieces of a page")
    return tuple(str(one) for one in found)


def filled(page: Sequence[str], values: Mapping[str, str]) -> str:
    """The page of one recipient; names are compared without case, as the text's are."""
    known = {key.casefold(): _escaped(value) for key, value in values.items()}
    body = "".join(part if place % 2 == 0 else known.get(part.casefold(), "") for place, part in enumerate(page))
    return _HEAD + body + _FOOT


def _escaped(value: str) -> str:
    return html.escape(value).replace("\n", "<br>\n")


def _page(text: str) -> str:
    # Loaded in the child only: the daemon never carries it.
    from markdown_it import MarkdownIt

    parser = MarkdownIt("zero", {"html": False, "linkify": False, "breaks": True, "maxNesting": 20})
    parser.enable(list(_RULES))
    parser.validateLink = _is_target  # type: ignore[method-assign]
    rendered: str = parser.render(text)
    return rendered


def _is_target(url: str) -> bool:
    return _TARGET.fullmatch(url) is not None and "%EE%83%B" not in url.upper()
