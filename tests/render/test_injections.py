"""A thousand generated injections through every field of a report: nothing of them is live in any kind of file, in the
mail or in a line of the log."""

import csv
import io
import random
import re
import zipfile
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from itertools import cycle
from typing import Any

import pytest
from pypdf import PdfReader

from gatewayd.core.report import DeliveryLog
from gatewayd.log import escape
from gatewayd.render.clean import cleaned
from gatewayd.render.compose import compose
from gatewayd.render.csv import report_csv
from gatewayd.render.example_data import HEAD, LOOK, NOW, log
from gatewayd.render.html import report_page
from gatewayd.render.pdf import report_pdf
from gatewayd.render.png import report_png
from gatewayd.render.views import Report
from gatewayd.render.voice import voice_of
from gatewayd.render.xlsx import report_xlsx
from tests.render.reading import body, parse, parts
from tests.render.test_hostile import _CONTROL, HOSTILE, OWN, live
from tests.render.test_pdf import acting

COUNT = 1000
_MORE = (
    "=cmd|' /C calc'!A0", "@SUM(1+1)*cmd", "＝1+1", "\x1b]8;;http://x.example\x07klik\x1b]8;;\x07", "\x9b31m",
    "javascript:alert(1)", "<svg/onload=alert(1)>", "</td></tr></table><form action=//x.example>", "]]><x/>",
    "&#x3c;b>",
    "_x003D_1+1", "\u2067\u202e0001\u2069", "\r\n\r\n--boundary\r\n", ") Tj /JS (app.alert(1))", "\\) >> endobj",
    "{{7*7}}",
)  # fmt: skip
_AROUND = ("", " ", "\t", "\n", "\r\n", "'", '"', ";", "0", "\u200b", "\ufeff", "\u00a0", "a", "🎉")


def injections(count: int, seed: int = 5) -> list[str]:
    """Fragments that do something somewhere, joined and wrapped in what hides them."""
    pick = random.Random(seed)
    fragments = (*HOSTILE.values(), *_MORE)
    made: set[str] = set()
    while len(made) < count:
        parts = [pick.choice(_AROUND) + pick.choice(fragments) for _ in range(pick.choice((1, 1, 1, 2, 3)))]
        made.add("".join(parts) + pick.choice(_AROUND) + str(len(made)))
    return sorted(made)


def filled(value: Any, source: Iterator[str], name: str = "") -> Any:
    """`value` with another injection in each of its strings that people type."""
    if type(value) is str:
        return value if name in OWN else next(source)
    if isinstance(value, tuple):
        return tuple(filled(item, source, name) for item in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{f.name: filled(getattr(value, f.name), source, f.name) for f in fields(value)})
    return value


def logs() -> list[DeliveryLog]:
    """As many as it takes for every injection to stand in one of them."""
    waiting = injections(COUNT)
    source = cycle(waiting)
    strings = 0

    def counted() -> Iterator[str]:
        nonlocal strings
        for text in source:
            strings += 1
            yield text

    made: list[DeliveryLog] = []
    while strings < COUNT:
        made.append(filled(log(12), counted()))
    return made


LOGS = logs()


@pytest.mark.parametrize("index", range(len(LOGS)))
def test_tables_hold_text_only(index: int) -> None:
    rows = list(csv.reader(io.StringIO(report_csv(LOGS[index], LOOK).decode("utf-8-sig")), delimiter=";"))
    assert {len(row) for row in rows} == {12}
    for value in (value for row in rows for value in row):
        assert not re.match(r"\s*[=+\-@|%\t\r＝＋－＠]", value), value
        assert not _CONTROL.search(value)
    with zipfile.ZipFile(io.BytesIO(report_xlsx(LOGS[index], LOOK, NOW))) as book:
        text = "".join(book.read(name).decode("utf-8") for name in book.namelist())
    assert not re.search(r"<(f|hyperlink|ddeLink|externalReference)[ />]", text)
    assert not _CONTROL.search(text.replace("\n", " "))
    assert not re.search(r"(?<!_x005F)_x003D_", text)


@pytest.mark.parametrize("index", range(len(LOGS)))
def test_page_holds_the_tags_of_an_honest_one(index: int) -> None:
    honest = live(report_page(log(12), voice_of(LOOK), NOW, "cid:x"))
    page = report_page(cleaned(LOGS[index]), voice_of(LOOK), NOW, "cid:x")
    assert not _CONTROL.search(page)
    assert live(page).tags == honest.tags
    assert live(page).attributes == honest.attributes
    assert live(page).references == {"cid:x"}


@pytest.mark.parametrize("index", range(len(LOGS)))
def test_print_and_picture_hold_no_action_and_no_control(index: int) -> None:
    data = report_pdf(LOGS[index], LOOK, NOW)
    assert acting(data) == set()
    reader = PdfReader(io.BytesIO(data))
    assert set(reader.trailer["/Root"].get_object()) <= {"/Type", "/Pages", "/PageMode", "/Lang", "/Outlines"}
    assert not _CONTROL.search("".join(page.extract_text() for page in reader.pages))
    if index % 8 == 0:
        assert report_png(LOGS[index], LOOK, NOW)


@pytest.mark.parametrize("index", range(0, len(LOGS), 4))
def test_mail_has_the_fields_of_an_honest_one(index: int) -> None:
    mail = parse(compose(Report(HEAD, LOGS[index]), LOOK))
    assert len(parts(mail, "application/pdf")) == 1
    assert not _CONTROL.search(body(mail))
    assert not any(line.startswith(("Kode: INJ", "Bcc:", "--boundary")) for line in body(mail).splitlines())
    assert mail["Bcc"] is None


def test_no_line_of_the_log_is_forged_or_moves_a_cursor() -> None:
    for text in injections(COUNT):
        assert not _CONTROL.search(escape(text))
        assert "\n" not in escape(text)
