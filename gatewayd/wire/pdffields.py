"""Form fields of a PDF page → Widgets: what each is called, what it holds, where it stands.

In: a page of pypdf. Out: its Widgets; the text of the form where the names of all filled ones are labels of it, or
Pieces to stand among the printed text. Of check boxes and radio buttons the state that shows counts: /AS, else /V.
Source: ISO 32000-1 §12.5.6.19 and §12.7.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gatewayd.wire.formboxes import is_group
from gatewayd.wire.formlabels import KETERANGAN, STRONG, key_of
from gatewayd.wire.pdfpage import Piece
from gatewayd.wire.plaintext import tidy
from gatewayd.wire.symbols import BLANK, TICKED

if TYPE_CHECKING:
    import pypdf
    from pypdf.generic import DictionaryObject

_MAX_WIDGETS: Final = 500
_MAX_PARENTS: Final = 10
_MAX_VALUE: Final = 30_000
_LETTER: Final = 10.0
#: A field as tall as this has several lines, the first one at its top.
_TALL: Final = 2.4 * _LETTER
_LEADING: Final = 12.0
_PUSH_BUTTON: Final = 1 << 16
_CAMEL: Final = re.compile(r"(?<=[a-z])(?=[A-Z])")
_WORDS: Final = re.compile(r"[^A-Za-z]+")
_LEAST: Final = 2
#: Behind KETERANGAN few labels count.
_LAST: Final = (KETERANGAN, "text", "recipients")


@dataclass(frozen=True, slots=True)
class Widget:
    """A field as it shows: its names, best first; its text; or whether it is ticked, and the name of that state."""

    names: tuple[str, ...]
    text: str
    is_box: bool
    is_ticked: bool
    state: str
    box: tuple[float, float, float, float]


def widgets_of(page: "pypdf.PageObject") -> Iterator[Widget]:
    """The fields of `page` that hold text or a state."""
    from pypdf.generic import ArrayObject, DictionaryObject

    found = page.get("/Annots")
    annotations = found.get_object() if found is not None else None
    if not isinstance(annotations, ArrayObject):
        return
    for one in annotations[:_MAX_WIDGETS]:
        widget = one.get_object()
        if isinstance(widget, DictionaryObject) and widget.get("/Subtype") == "/Widget":
            made = _widget(widget)
            if made is not None:
                yield made


def _widget(widget: "DictionaryObject") -> Widget | None:
    chain = _chain(widget)
    names = [str(one[key]) for key in ("/TU", "/T") for one in chain if key in one]
    kind, value = _inherited(chain, "/FT"), _inherited(chain, "/V")
    rectangle = widget.get("/Rect")
    box = tuple(float(number) for number in rectangle.get_object())[:4] if rectangle is not None else ()
    if len(box) < len(("left", "bottom", "right", "top")):
        return None
    place = (min(box[0], box[2]), min(box[1], box[3]), max(box[0], box[2]), max(box[1], box[3]))
    clean = tuple(_CAMEL.sub(" ", tidy(name[:200]).replace("_", " ")) for name in names)
    if kind == "/Btn":
        flags = _inherited(chain, "/Ff")
        if isinstance(flags, int) and flags & _PUSH_BUTTON:
            return None
        shown = str(widget.get("/AS", value if value is not None else "/Off"))
        return Widget(clean, "", True, shown not in ("/Off", "", "None"), tidy(shown.lstrip("/"))[:80], place)
    if kind in ("/Tx", "/Ch"):
        return Widget(clean, tidy(_value(value)).strip(), False, False, "", place)
    return None


def _chain(widget: "DictionaryObject") -> "list[DictionaryObject]":
    """The widget and what it inherits from."""
    from pypdf.generic import DictionaryObject

    chain = [widget]
    while len(chain) < _MAX_PARENTS and "/Parent" in chain[-1]:
        parent = chain[-1]["/Parent"].get_object()
        if not isinstance(parent, DictionaryObject):
            break
        chain.append(parent)
    return chain


def _inherited(chain: "Sequence[DictionaryObject]", key: str) -> object:
    return next((one[key] for one in chain if key in one), None)


def _value(value: object) -> str:
    from pypdf.generic import ArrayObject, StreamObject

    match value:
        case None:
            return ""
        case ArrayObject():
            return ", ".join(str(one)[:200] for one in value[:50])
        case StreamObject():
            return value.get_data()[:_MAX_VALUE].decode("utf-8", "replace")
        case _:
            return str(value)[:_MAX_VALUE].replace("\r\n", "\n").replace("\r", "\n")


def by_name(widgets: Sequence[Widget]) -> str:
    """The form's text by the names of the fields; '' unless that tells all that is filled in."""
    values: dict[str, tuple[str, str]] = {}
    boxes: dict[str, list[str]] = {}
    for widget in widgets:
        label = next((name for name in widget.names if key_of(name)), "")
        group = _group(widget)
        if widget.is_box and group:
            boxes.setdefault(_boxes_label(widget), []).append(f"{TICKED if widget.is_ticked else BLANK} {group}")
        elif label and not widget.is_box:
            values.setdefault(key_of(label), (label, widget.text))
        elif widget.text or widget.is_ticked:
            return ""
    if len(STRONG.intersection(values)) < _LEAST:
        return ""
    order = sorted(values, key=lambda key: _LAST.index(key) if key in _LAST else -1)
    lines = [f"{label}: {' '.join(signs)}" for label, signs in boxes.items()]
    return "\n".join([*lines, *(f"{values[key][0]}: {values[key][1]}" for key in order)])


def _group(widget: Widget) -> str:
    """The group whose box this is, by the name of the field or of the button in its set."""
    named = [word for name in (widget.state, *widget.names) for word in _WORDS.split(name) if is_group(word)]
    return named[0].upper() if named else ""


def _boxes_label(widget: Widget) -> str:
    words = {word.upper() for name in widget.names for word in _WORDS.split(name)}
    return "EMAIL MASSAL" if words & {"EMAIL", "MAIL", "SUREL"} else "SMS MASSAL"


def pieces_of(widget: Widget) -> Iterator[Piece]:
    """The widget as if it were printed."""
    left, bottom, right, top = widget.box
    is_tall = top - bottom > _TALL
    y = top - _LEADING if is_tall else (top + bottom - 0.7 * _LETTER) / 2
    if widget.is_box:
        yield Piece(left, right, y, _LETTER, f"{TICKED if widget.is_ticked else BLANK} ")
        return
    for number, line in enumerate(widget.text.split("\n")):
        if line.strip():
            yield Piece(left, max(left + 1.0, right), y - number * _LEADING, _LETTER, line, is_whole=True)
