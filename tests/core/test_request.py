"""Merging placeholders, and the digest that decisions are bound to."""

from dataclasses import replace
from datetime import UTC, datetime

from gatewayd.core.model import Applicant, Channel, Priority
from gatewayd.core.request import Message, digest, merge, placeholders

WHO = Applicant("BAA", "Budi Contoh", "baa@kampus.example")
ONE = Message(1, "+6281200000101", "Siti", {}, None, 1)
TWO = Message(2, "+6281200000102", "Tono", {}, None, 1)


def of(**changes: object) -> bytes:
    given: dict[str, object] = {
        "channel": Channel.SMS, "subject": "", "text": "Kuliah libur", "priority": Priority.NORMAL, "send_after": None,
        "applicant": WHO, "messages": [ONE, TWO],
    }  # fmt: skip
    return digest(**{**given, **changes})  # type: ignore[arg-type]


def test_order_of_the_list_and_row_numbers_do_not_matter() -> None:
    assert of() == of(messages=[replace(TWO, row=9), ONE])


def test_everything_an_approver_decides_on_matters() -> None:
    changed = [
        of(channel=Channel.EMAIL), of(subject="x"), of(text="Kuliah libur!"), of(priority=Priority.URGENT),
        of(send_after=datetime(2026, 12, 1, tzinfo=UTC)), of(applicant=replace(WHO, address="x@kampus.example")),
        of(messages=[ONE]), of(messages=[ONE, replace(TWO, text="lain")]),
    ]  # fmt: skip
    assert len({of(), *changed}) == len(changed) + 1


def test_merge_fills_in_without_case() -> None:
    assert merge("Halo {Nama}, NPM {npm}", {"nama": "Siti", "NPM": "2110001"}) == "Halo Siti, NPM 2110001"


def test_merge_names_what_is_missing() -> None:
    assert merge("Halo {nama}, {kelas}", {"nama": ""}) == ("nama", "kelas")


def test_braces_that_name_nothing_stay() -> None:
    assert placeholders("{} {1} {nama} {nama} { x") == ("nama",)
    assert merge("{} 5 > {1}", {}) == "{} 5 > {1}"


def test_values_are_not_merged_again() -> None:
    assert merge("{a}", {"a": "{b}", "b": "x"}) == "{b}"
