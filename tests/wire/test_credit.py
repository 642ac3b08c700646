"""Operators' answers about a SIM: the whole collection, and what must stay unknown."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewayd.wire import ussd
from gatewayd.wire.credit import CreditReading, CreditState, parse_credit
from gatewayd.wire.credit_terms import find_dates, whole_number

REPLIES: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "vectors" / "ussd_replies.json").read_text("utf-8")
)


def expected(reply: dict[str, Any]) -> CreditReading:
    known = reply["expect"]
    active, grace = known["active_until"], reply.get("grace_until")
    return CreditReading(
        balance_idr=None if known["balance_idr"] is None else int(known["balance_idr"]),
        active_until=date.fromisoformat(active) if active else None,
        grace_until=date.fromisoformat(grace) if grace else None,
        sms_left=known["sms_left"],
        state=reply["state"],
    )


@pytest.mark.parametrize("reply", REPLIES, ids=lambda reply: f"{reply['operator']} {reply['text'][:40]!r}")
def test_a_collected_answer_is_read(reply: dict[str, Any]) -> None:
    assert parse_credit(reply["text"], reply.get("session", 0)) == expected(reply)


def test_the_collection_is_whole() -> None:
    assert len(REPLIES) == 37


@pytest.mark.parametrize(
    "reply", [reply for reply in REPLIES if "raw_cusd" in reply], ids=lambda reply: str(reply["operator"])
)
def test_the_line_of_a_modem_leads_to_the_same_text(reply: dict[str, Any]) -> None:
    assert ussd.parse(reply["raw_cusd"]).text == reply["text"]


@pytest.mark.parametrize(
    ("text", "balance"),
    [
        ("Pulsa Rp15.000,- s.d 1/2/27", 15000),
        ("Sisa pulsa -Rp1.500", -1500),
        ("Pulsa Anda saat ini Rp 10rb", 10000),
        ("Saldo Rp 1.234.567", 1234567),
        ("Pulsa Anda adalah Rp 12.345 berlaku hingga 31 Desember 2026", 12345),
        ("Pulsa\u00a0Rp\u00a05.000", 5000),
        ("Isi pulsa Rp 50.000 dapat bonus. Pulsa Rp 700", 700),
        ("Pulsa Rp 100. Sisa pulsa Rp 200", 200),
        ("Pulsa 100 mnt", None),
        ("Pulsa Rp 5.000/hari", None),
        ("Bonus pulsa Rp 5.000", None),
        ("Promo pulsa Rp 5.000", None),
        ("Pulsa Rp 25.000 berhasil diisi", None),
        ("1 Pulsa 2 Kuota 3 SMS", None),
        ("Cek Pulsa\n2.Paket", None),
        ("Pulsa Anda tidak cukup. Tarif Rp 350", None),
        ("Pulsa 0812000001010000", None),
        ("Harga Rp 5.000", None),
        ("", None),
    ],
)
def test_an_amount_is_the_balance_only_behind_a_word_for_it(text: str, balance: int | None) -> None:
    assert parse_credit(text).balance_idr == balance


@pytest.mark.parametrize(
    ("text", "active", "grace"),
    [
        ("Pulsa Rp 500. Masa aktif s/d 31-01-2027", date(2027, 1, 31), None),
        ("Pulsa Rp 500, Bonus SMS 85. Masa aktif 25-12-2026", date(2026, 12, 25), None),
        ("Kuota 2GB aktif sd 1/1/27. Pulsa Rp5.000 aktif sd 2/2/27", date(2027, 2, 2), None),
        ("Pulsa Rp5.000. Kuota 2GB. Berlaku s/d 31-12-2026", None, None),
        ("Paket Internet 10GB aktif s.d 31/12/2026", None, None),
        ("Pulsa Rp5.000 s.d 31/13/2026", None, None),
        ("Pulsa Rp5.000 s.d 2027-01-31", date(2027, 1, 31), None),
        ("Perpanjang masa aktif sebelum 05/12/2026", None, None),
        ("Pulsa Rp 0. Kartu dalam masa tenggang s.d 26/08/2026", None, date(2026, 8, 26)),
        ("Promo s.d 31/12/2026: Pulsa Rp 700", None, None),
    ],
)
def test_a_date_is_the_sims_own_only_by_its_words(text: str, active: date | None, grace: date | None) -> None:
    reading = parse_credit(text)
    assert (reading.active_until, reading.grace_until) == (active, grace)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Sisa 12 SMS", 12),
        ("Kuota SMS: 1.000", 1000),
        ("Bonus SMS 30/11/2026", None),
        ("4 Nelp&SMS 5 Pkt Seru", None),
        ("1 Pulsa 2 SMS 3 Nelp", None),
        ("Gratis 100 SMS tiap isi ulang", None),
        ("Bonus 100 SMS/hari", None),
    ],
)
def test_a_count_is_of_sms_left_only_by_its_words(text: str, left: int | None) -> None:
    assert parse_credit(text).sms_left == left


@pytest.mark.parametrize(
    ("text", "mode", "state"),
    [
        ("", ussd.TIMEOUT, CreditState.ERROR),
        ("", ussd.NOT_SUPPORTED, CreditState.ERROR),
        ("", ussd.DONE, CreditState.UNKNOWN),
        ("Terima kasih", ussd.ENDED, CreditState.UNKNOWN),
        ("Info saldo akan dikirim lewat SMS", ussd.DONE, CreditState.ASYNC_SMS),
        ("Pulsa Rp 100, segera isi ulang", ussd.DONE, CreditState.LOW),
    ],
)
def test_an_answer_without_a_balance_says_what_it_is(text: str, mode: int, state: CreditState) -> None:
    assert parse_credit(text, mode).state == state


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("24025", 24025),
        ("12.345", 12345),
        ("1.234,56", 1234),
        ("1,234.50", 1234),
        ("0,00", 0),
        ("12,5", 12),
        ("12345678901", None),
    ],
)
def test_three_digits_behind_a_separator_are_thousands(text: str, value: int | None) -> None:
    assert whole_number(text) == value


@pytest.mark.parametrize(
    "text",
    ["31/12/2026", "31-12-26", "31.12.26", "31des26", "31 desember 2026", "31-dec-2026", "2026-12-31"],
)
def test_a_date_is_read_day_first(text: str) -> None:
    assert [found.day for found in find_dates(text)] == [date(2026, 12, 31)]


@pytest.mark.parametrize("text", ["32/01/2026", "30 feb 2026", "1/2-2026", "12/2026", "110/12/20261", "00:30:26"])
def test_what_is_no_date_is_not_read(text: str) -> None:
    assert list(find_dates(text)) == []


#: What the patterns look for, to be thrown together in any order.
WORDS = [
    *("Pulsa", "sisa", "Rp.", "5.000", ",", "s.d.", "aktif", "tenggang", "31/12/2026", "Masa", "SMS", "Bonus"),
    *("12", "kuota", "-", "\n", "1.", "sebelum", "9999999999999"),
]


@given(
    st.one_of(st.text(max_size=300), st.lists(st.sampled_from(WORDS), max_size=40).map(" ".join)), st.integers(-1, 9)
)
def test_no_text_breaks_the_reader(text: str, mode: int) -> None:
    reading = parse_credit(text, mode)
    assert reading.state in set(CreditState)
    assert reading.sms_left is None or reading.sms_left >= 0


@pytest.mark.parametrize("word", ["sisa pulsa anda ", "pulsa rp ", "1.000.", "1\n", "berlaku until ", ". ", "a\n"])
def test_a_hostile_text_takes_bounded_work(word: str) -> None:
    assert parse_credit(word * 20_000).active_until is None
