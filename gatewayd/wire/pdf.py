"""A PDF → its text as wire/form.py reads it: what is printed, with the values of form fields in their places.

In: the bytes. Out: the text, '' for pages without any (a scan). Fields whose names or tooltips are labels of the form
are taken by name, where all filled ones can be; else each stands where its box is on the page. pypdf is loaded in the
sandbox child only, with limits far below its own, and is stopped by the clock: its work is bounded nowhere else.
Source: ISO 32000-1 §9.4 (text), §12.7 (fields).
"""

import io
import logging
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from gatewayd.wire.deadline import TimeUp, within
from gatewayd.wire.pdffields import Widget, by_name, pieces_of, widgets_of
from gatewayd.wire.pdfpage import Piece, lines_of
from gatewayd.wire.plaintext import MAX_TEXT, tidy
from gatewayd.wire.symbols import without_private
from gatewayd.wire.unreadable import Unreadable

if TYPE_CHECKING:
    import pypdf

MAX_BYTES: Final = 10 * 1024 * 1024
MAX_PAGES: Final = 20
_SECONDS: Final = 1.2
_MAX_PIECES: Final = 30_000
_STREAM: Final = 4 * 1024 * 1024
#: Of pypdf's configuration. A form is small; what is above is not read at all.
_LIMITS: Final[dict[str, int | None]] = {
    "maximum_declared_stream_length": MAX_BYTES, "array_based_stream_maximum_output_length": _STREAM,
    "lzw_maximum_output_length": _STREAM, "run_length_maximum_output_length": _STREAM,
    "zlib_maximum_output_length": _STREAM, "zlib_maximum_recovery_input_length": 1024 * 1024,
    "brotli_maximum_output_length": _STREAM, "image_maximum_buffer_size": _STREAM,
    "stream_decoding_work_maximum_length": 4 * _STREAM, "stream_parsing_work_maximum_count": 100_000,
    "array_maximum_element_count": 50_000, "dictionary_maximum_element_count": 20_000,
    "page_tree_maximum_entries": 500, "page_tree_maximum_depth": 50, "page_tree_maximum_page_entries": 10_000,
    "form_fields_maximum_entries": 2000, "form_fields_maximum_depth": 20, "jbig2dec_binary": None,
}  # fmt: skip


def text_of(data: bytes) -> str:
    """The text of all pages. Raises Unreadable."""
    if len(data) > MAX_BYTES:
        raise Unreadable("attachment.too_big")
    import pypdf

    logging.getLogger("pypdf").setLevel(logging.CRITICAL + 1)
    try:
        with within(_SECONDS), pypdf.apply_configuration(None, **_LIMITS):
            return _text(pypdf.PdfReader(io.BytesIO(data), root_object_recovery_limit=1000))
    except Unreadable:
        raise
    except (TimeUp, MemoryError):
        raise Unreadable("attachment.too_big") from None
    except Exception as error:
        # Whatever the library makes of a damaged file: it raises nearly every exception there is.
        costly = isinstance(error, pypdf.errors.LimitReachedError)
        raise Unreadable("attachment.too_big" if costly else "attachment.unreadable") from None


def _text(reader: "pypdf.PdfReader") -> str:
    if reader.is_encrypted:
        raise Unreadable("attachment.locked")
    if len(reader.pages) > MAX_PAGES:
        raise Unreadable("attachment.too_big")
    widgets = [list(widgets_of(page)) for page in reader.pages]
    named = by_name([widget for on_page in widgets for widget in on_page])
    if named:
        return tidy(named)
    lines: list[str] = []
    for page, on_page in zip(reader.pages, widgets, strict=True):
        lines += _page(page, on_page)
        if sum(map(len, lines)) > MAX_TEXT:
            raise Unreadable("attachment.too_big")
    return tidy("\n".join(lines)).strip("\n")


def _page(page: "pypdf.PageObject", widgets: list[Widget]) -> list[str]:
    pieces = [*_printed(page), *(piece for widget in widgets for piece in pieces_of(widget))]
    return lines_of(pieces)


def _printed(page: "pypdf.PageObject") -> Iterator[Piece]:
    """The printed text. pypdf's own layouts tear boxes from their words; only its positions are used, which are not
    public."""
    from pypdf._text_extraction._layout_mode._fixed_width_page import recurse_to_target_op
    from pypdf._text_extraction._layout_mode._text_state_manager import TextStateManager
    from pypdf.generic import ArrayObject, ContentStream, StreamObject

    contents = page.get("/Contents")
    contents = contents.get_object() if contents is not None else None
    if not isinstance(contents, ArrayObject | StreamObject):
        return
    operations = ContentStream(contents, page.pdf, "bytes").operations
    rest, count = iter(operations), 0
    state, fonts = TextStateManager(), page._layout_mode_fonts()
    # A page that closes more than it opened ends the walk too early.
    for _ in range(100):
        _, shown = recurse_to_target_op(rest, state, b"Q", fonts)
        for one in shown:
            count += 1
            if count > _MAX_PIECES:
                raise Unreadable("attachment.too_big")
            if one.rotated or not one.font.interpretable or not one.text:
                continue
            y = -one.ty if one.flip_vertical else one.ty
            text = without_private(one.text)
            yield Piece(one.tx, max(one.tx, one.displaced_tx), y, max(1.0, one.font_height), text)
        if next(rest, None) is None:
            return
