"""Nothing that somebody typed is live in a mail, a page or a table: 15 kinds of injection through every field."""

import csv
import dataclasses
import io
import re
from email.message import EmailMessage
from functools import lru_cache
from html.parser import HTMLParser
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gatewayd.render.clean import cleaned
from gatewayd.render.compose import compose
from gatewayd.render.csv import cell, report_csv
from gatewayd.render.example_data import HEAD, LOOK, examples, log
from gatewayd.render.views import Report
from tests.render.reading import body, parse, parts

HOSTILE = {
    "formula": '=HYPERLINK("http://x.example";"klik")',
    "formula plus": "+1+cmd|' /C calc'!A0",
    "formula behind a space": "\t=1+1",
    "script": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "attribute": '" onmouseover="alert(1)',
    "style": "</style><link rel=stylesheet href=http://x.example>",
    "template": "{{ 7 * 7 }}{% include 'x' %}",
    "percent": "100% %(number)s %s",
    "line": "a\r\nKode: INJECTEDINJECTEDINJECTEDINJECTED",
    "header": "a\nBcc: x@y.example\n\n",
    "separator": "a\u2028Kode: INJECTED\u2029\x85\x0b\x0c",
    "ansi": "\x1b[2J\x1b]0;x\x07",
    "bidi": "gpj.\u202eexe\u2066\u200f",
    "surrogate": "a\ud83d",
    "encoded word": "=?utf-8?B?QmNjOiB4?=",
}
#: What the gateway itself makes and checks elsewhere.
OWN = {"to_address", "message_id", "in_reply_to", "number", "token", "code", "verdict", "encoding", "was", "via"}
_CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")


def filled(value: Any, text: str, name: str = "") -> Any:
    """`value` with every string that people type replaced by `text`."""
    if type(value) is str:
        return value if name in OWN else text
    if isinstance(value, tuple):
        return tuple(filled(item, text, name) for item in value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return dataclasses.replace(
            value, **{f.name: filled(getattr(value, f.name), text, f.name) for f in dataclasses.fields(value)}
        )
    return value


def example(name: str) -> Any:
    return Report(HEAD, log(12)) if name == "report" else examples()[name]


@lru_cache
def honest_mail(name: str) -> EmailMessage:
    return parse(compose(example(name), LOOK))


def hostile_view(name: str, text: str) -> Any:
    view = filled(example(name), text)
    return dataclasses.replace(view, head=dataclasses.replace(view.head, references=("<form.1@kampus.example>",)))


class Page(HTMLParser):
    """Collects what is live in a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.references: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.references |= {value or "" for name, value in attrs if name in ("src", "href", "background", "action")}


def live(page: str) -> Page:
    parser = Page()
    parser.feed(page)
    return parser


@pytest.mark.parametrize("name", examples())
@pytest.mark.parametrize("kind", HOSTILE)
def test_nothing_typed_is_live_in_a_mail(name: str, kind: str) -> None:
    mail = parse(compose(hostile_view(name, HOSTILE[kind]), LOOK))
    honest = honest_mail(name)
    assert set(mail.keys()) - {"References"} <= set(honest.keys()) | {"In-Reply-To"}
    assert "\n" not in str(mail["Subject"])
    text = body(mail)
    assert not _CONTROL.search(text)
    assert not any(line.startswith(("Kode: INJ", "Bcc:")) for line in text.splitlines())
    page = body(mail, "html")
    assert not _CONTROL.search(page)
    assert live(page).tags == live(body(honest, "html")).tags
    assert live(page).attributes == live(body(honest, "html")).attributes
    assert all(reference.startswith("cid:") for reference in live(page).references)


@pytest.mark.parametrize("kind", HOSTILE)
def test_no_cell_of_the_table_is_a_formula(kind: str) -> None:
    view = hostile_view("report", HOSTILE[kind])
    assert isinstance(view, Report)
    small = dataclasses.replace(view.log, rows=view.log.rows[:3])
    (table,) = parts(parse(compose(dataclasses.replace(view, log=small), LOOK)), "text/csv")
    data = table.get_payload(decode=True)
    assert isinstance(data, bytes)
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig")), delimiter=";"))
    assert [len(row) for row in rows] == [12] * 7
    for value in (value for row in rows[1:] for value in row):
        assert not re.match(r"\s*[=+\-@|%\t\r＝＋－＠]", value), value
        assert not _CONTROL.search(value)


@given(st.text(max_size=40))
def test_a_cell_stays_one_line_of_text(value: str) -> None:
    found = cell(value)
    assert "\n" not in found
    assert "\r" not in found
    assert not _CONTROL.search(found)
    assert found[:1] not in tuple("=+-@\t\r|%＝＋－＠")


@settings(max_examples=60)
@given(st.text(max_size=60))
def test_any_text_becomes_a_mail_with_its_lines_quoted(text: str) -> None:
    mail = parse(compose(hostile_view("receipt", text), LOOK))
    assert not _CONTROL.search(body(mail))
    assert body(mail).count("\nYth. ") == 0


@given(st.text(), st.text())
def test_cleaning_keeps_lines_of_the_text_only(text: str, unit: str) -> None:
    dirty = dataclasses.replace(log(1), text=text, unit=unit)
    clean = cleaned(dirty)
    assert "\n" not in clean.unit
    assert not _CONTROL.search(clean.text)
    assert cleaned(clean) == clean


def test_cleaning_keeps_what_people_mean() -> None:
    text = "Selamat 👩‍🎓 ❤️ é Ω ا\nbaris kedua"
    assert cleaned(dataclasses.replace(log(1), text=text)).text == text


def test_refused_entries_are_masked_for_everybody() -> None:
    table = report_csv(log(2), LOOK).decode("utf-8-sig")
    assert "4567890" not in table
    mail = parse(compose(Report(HEAD, log(2)), LOOK))
    assert "4567890" not in body(mail) + body(mail, "html")
