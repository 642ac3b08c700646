"""The small safe Markdown: what it shows, and what can never become live in it."""

import html.parser
import re
import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewayd.wire import markdown

TAGS = frozenset(
    {"p", "br", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "hr", "pre", "code", "em",
     "strong", "a"}
)  # fmt: skip


class Live(html.parser.HTMLParser):
    """Every tag of a page, with the targets of its links."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]


def body(text: str, **values: str) -> str:
    page = markdown.filled(markdown.pieces(text), values)
    return page.partition('px">\n')[2].removesuffix("</div></body></html>\n")


def live(page: str) -> Live:
    found = Live()
    found.feed(page)
    found.close()
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Halo **Budi**", "<p>Halo <strong>Budi</strong></p>\n"),
        ("satu\ndua", "<p>satu<br>\ndua</p>\n"),
        ("# Wisuda\n\n- satu\n- dua", "<h1>Wisuda</h1>\n<ul>\n<li>satu</li>\n<li>dua</li>\n</ul>\n"),
        (
            "[jadwal](https://kampus.example/a?b=1&c=2)",
            '<p><a href="https://kampus.example/a?b=1&amp;c=2">jadwal</a></p>\n',
        ),
        (
            "<mailto:upsi@kampus.example>",
            '<p><a href="mailto:upsi@kampus.example">mailto:upsi@kampus.example</a></p>\n',
        ),
        ("    bukan kode", "<p>bukan kode</p>\n"),
    ],
)
def test_text_becomes_a_page(text: str, expected: str) -> None:
    assert body(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>", "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))", "[x](JaVaScRiPt:alert(1))", "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "[x](vbscript:x)", "[x](file:///etc/passwd)", "[x](//luar.example)", "<javascript:alert(1)>",
        "&lt;script&gt;", "[x]( java\tscript:alert(1))", "[a]: javascript:alert(1)\n\n[a]",
    ],
)  # fmt: skip
def test_nothing_foreign_becomes_live(text: str) -> None:
    found = live(body(text))
    assert set(found.tags) <= TAGS - {"a"}


def test_a_picture_from_elsewhere_is_a_link_at_most() -> None:
    assert live(body("![x](https://luar.example/pixel.png)")).tags == ["p", "a"]


@pytest.mark.parametrize(
    "name",
    [
        "<b>Budi</b>", "**Budi**", "[klik](https://luar.example)", "<https://luar.example>", "](https://luar.example)",
        "# Budi", "\n\n# Budi", "{nama}", "\ue0f00\ue0f1", "O'Contoh & \"Putra\"",
    ],
)  # fmt: skip
def test_a_name_brings_no_markup(name: str) -> None:
    page = body("Halo {nama}, [jadwal](https://kampus.example)", nama=name)
    assert [tag for tag in live(page).tags if tag != "br"] == ["p", "a"]
    assert live(page).attributes == [("href", "https://kampus.example")]


def test_a_name_stands_inside_the_markup_of_the_text_and_keeps_its_letters() -> None:
    assert body("**{Nama}**", nama="Siti & Agus") == "<p><strong>Siti &amp; Agus</strong></p>\n"


def test_a_link_whose_target_holds_a_placeholder_is_none() -> None:
    assert "<a" not in body("[x](https://luar.example/{nama})", nama="Budi")


@given(st.text(alphabet=string.printable + "éß😁\ue0f0\ue0f1\u202e", max_size=200), st.text(max_size=40))
def test_any_text_and_any_name_leave_only_the_small_set_of_tags(text: str, name: str) -> None:
    found = live(body(text + "\n\n{nama}", nama=name))
    assert set(found.tags) <= TAGS
    assert {attribute for attribute, _ in found.attributes} <= {"href", "class", "start", "title"}
    assert all(
        re.match(r"(?:https?://|mailto:)", value, re.I) for attribute, value in found.attributes if attribute == "href"
    )


def test_the_answer_of_the_child_is_checked() -> None:
    assert markdown.from_json(markdown.render(b"Halo {nama}")) == ("<p>Halo ", "nama", "</p>\n")
    for broken in (b"[]", b"{}", b'["a", "b"]', b"[1]"):
        with pytest.raises(ValueError, match="pieces"):
            markdown.from_json(broken)
