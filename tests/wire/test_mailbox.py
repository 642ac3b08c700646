"""Addresses in lists, and the one mailbox of a From field."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewayd.wire.mailbox import Mailbox, MailboxFault, addr_spec, normalise, single_mailbox


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("budi@kampus.example", "budi@kampus.example"),
        (" Budi@Kampus.Example ; ", "budi@kampus.example"),
        ("Budi Contoh <budi@kampus.example>", "budi@kampus.example"),
        ("mailto:budi@kampus.example", "budi@kampus.example"),
        ("budi.contoh+a@mail.kampus.example", "budi.contoh+a@mail.kampus.example"),
        ("\u200ebudi@kampus.example\u00a0", "budi@kampus.example"),
        ("budi@kämpus.example", "budi@xn--kmpus-gra.example"),
    ],
)
def test_one_address_in_a_cell_is_taken(typed: str, address: str) -> None:
    assert normalise(typed) == address


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("", "row.empty"),
        (" - ", "row.empty"),
        ("budi", "row.not_email"),
        ("budi@", "row.not_email"),
        ("@kampus.example", "row.not_email"),
        ("budi@kampus", "row.not_email"),
        ("budi contoh@kampus.example", "row.not_email"),
        ("budi..c@kampus.example", "row.not_email"),
        (".budi@kampus.example", "row.not_email"),
        ("budi@-kampus.example", "row.not_email"),
        ("budi@kampus..example", "row.not_email"),
        ('"budi c"@kampus.example', "row.not_email"),
        ("büdi@kampus.example", "row.not_email"),
        ("a@x.example, b@x.example", "row.two_addresses"),
        ("a@x.example b@x.example", "row.two_addresses"),
        ("a" * 65 + "@kampus.example", "row.not_email"),
        ("a@" + "b" * 64 + ".example", "row.not_email"),
    ],
)
def test_anything_else_is_refused_with_its_reason(typed: str, code: str) -> None:
    assert normalise(typed) == MailboxFault(code)


@pytest.mark.parametrize(
    ("value", "mailbox"),
    [
        ("budi@kampus.example", Mailbox("", "budi@kampus.example")),
        ("<budi@kampus.example>", Mailbox("", "budi@kampus.example")),
        ("Budi Contoh <Budi@Kampus.Example>", Mailbox("Budi Contoh", "budi@kampus.example")),
        ('"Contoh, Budi" <budi@kampus.example>', Mailbox("Contoh, Budi", "budi@kampus.example")),
        ('"rektor@kampus.example" <x@jahat.example>', Mailbox("rektor@kampus.example", "x@jahat.example")),
        (r'"Budi \"B\" Contoh" <budi@kampus.example>', Mailbox('Budi "B" Contoh', "budi@kampus.example")),
        ("=?utf-8?q?Budi?= <budi@kampus.example>", Mailbox("=?utf-8?q?Budi?=", "budi@kampus.example")),
    ],
)
def test_a_clean_from_names_one_mailbox(value: str, mailbox: Mailbox) -> None:
    assert single_mailbox(value) == mailbox


@pytest.mark.parametrize(
    "value",
    [
        "",
        "budi",
        "a@kampus.example, b@kampus.example",
        "Budi <a@kampus.example>, Rina <b@kampus.example>",
        "Unit: a@kampus.example, b@kampus.example;",
        "Unit: a@kampus.example;",
        "<@lain.example:a@kampus.example>",
        "rektor@kampus.example <x@jahat.example>",
        "<rektor@kampus.example> <x@jahat.example>",
        "Budi <x@jahat.example> <rektor@kampus.example>",
        "Budi <=?utf-8?q?a=40kampus.example?=>",
        "=?utf-8?q?a?=@kampus.example",
        "a@kampus.example (rektor)",
        "a(x)@kampus.example",
        "Budi <a@kampus.example\x00>",
        "Budi <a @kampus.example>",
        "Budi <a@kampus.example> x",
        '"Budi" "Rina" <a@kampus.example>',
        '"Budi\\" <a@kampus.example>',
        "Budi <a@kаmpus.example>",
        "Budi <a@kampus.example",
    ],
)
def test_a_from_that_can_be_read_in_two_ways_names_nobody(value: str) -> None:
    assert single_mailbox(value) is None


@given(st.text(max_size=80) | st.text('ab@.<>",;:()= ', max_size=40))
def test_what_is_taken_is_plain_ascii_with_one_at_sign(value: str) -> None:
    found = single_mailbox(value)
    if found is not None:
        assert found.address == addr_spec(found.address)
        assert found.address.isascii()
        assert found.address.count("@") == 1
