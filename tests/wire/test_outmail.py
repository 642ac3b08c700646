"""Outgoing mails: what is built is what is read back, and no value brings a header of its own."""

import email
import email.policy
from datetime import UTC, datetime, timedelta, timezone
from email.header import decode_header, make_header
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewayd.wire.outmail import AutoSubmitted, UnsafeHeader, is_address, is_safe, message

DATE = datetime(2026, 11, 23, 8, 30, tzinfo=timezone(timedelta(hours=7)))


def build(
    *, subject: str = "Undangan", text: str = "Halo Budi\n", to: str = "budi@contoh.example", to_name: str = "",
    sender: str = "gateway@kampus.example", sender_name: str = "UPSI", message_id: str = "<1.7@kampus.example>",
    date: datetime = DATE, auto_submitted: AutoSubmitted = "", headers: dict[str, str] | None = None,
) -> bytes:  # fmt: skip
    return message(
        sender=sender, sender_name=sender_name, to=to, to_name=to_name, subject=subject, text=text,
        message_id=message_id, date=date, auto_submitted=auto_submitted, headers=headers or {},
    )  # fmt: skip


def parsed(raw: bytes) -> EmailMessage:
    """By the parser that our code does not use."""
    return email.message_from_bytes(raw, policy=email.policy.default)


def test_a_plain_mail_is_readable_as_it_stands() -> None:
    assert build() == (
        b"From: UPSI <gateway@kampus.example>\r\n"
        b"To: budi@contoh.example\r\n"
        b"Subject: Undangan\r\n"
        b"Date: Mon, 23 Nov 2026 08:30:00 +0700\r\n"
        b"Message-ID: <1.7@kampus.example>\r\n"
        b"MIME-Version: 1.0\r\n"
        b"Content-Type: text/plain; charset=utf-8\r\n"
        b"Content-Transfer-Encoding: 7bit\r\n"
        b"\r\n"
        b"Halo Budi\r\n"
    )


def test_an_automatic_mail_says_so() -> None:
    read = parsed(build(auto_submitted="auto-replied"))
    assert read["Auto-Submitted"] == "auto-replied"
    assert read["X-Auto-Response-Suppress"] == "All"
    assert "Auto-Submitted" not in parsed(build())


def test_further_headers_are_written() -> None:
    references = " ".join(f"<{number}.abcdefghijkl@kampus.example>" for number in range(20))
    read = parsed(build(headers={"In-Reply-To": "<1@x.example>", "References": references}))
    assert read["In-Reply-To"] == "<1@x.example>"
    assert read["References"] == references


@pytest.mark.parametrize(
    "subject",
    [
        pytest.param("Halo\r\nBcc: x@y.example", id="CRLF"),
        pytest.param("Halo\nBcc: x@y.example", id="LF"),
        pytest.param("Halo\rBcc: x@y.example", id="CR"),
        pytest.param("Halo\x00", id="NUL"),
        pytest.param("Halo\x7f", id="DEL"),
        pytest.param("Halo\x85Bcc: x@y.example", id="NEL"),
        pytest.param("Halo\u2028Bcc: x@y.example", id="line separator"),
        pytest.param("Halo\ttab", id="TAB"),
        pytest.param("=?UTF-8?Q?=0A?=Bcc: x@y.example", id="encoded newline (CVE-2024-6923)"),
        pytest.param("a =?x?= b", id="half an encoded-word"),
        pytest.param("\ud800", id="lone surrogate"),
        pytest.param("a" * 2001, id="too long"),
    ],
)
def test_an_unsafe_value_is_refused_and_not_quoted_in_the_error(subject: str) -> None:
    assert not is_safe(subject)
    with pytest.raises(UnsafeHeader) as refused:
        build(subject=subject)
    assert "y.example" not in str(refused.value)
    with pytest.raises(UnsafeHeader):
        build(headers={"X-Note": subject})


def test_an_unsafe_display_name_is_left_out() -> None:
    raw = build(to_name="Budi\r\nBcc: x@y.example", sender_name="=?utf-8?q?x?=")
    assert raw.startswith(b"From: gateway@kampus.example\r\nTo: budi@contoh.example\r\nSubject:")


@pytest.mark.parametrize(
    "address",
    ["", "budi", "budi@", "@x.example", "budi@x.example, siti@x.example", "<budi@x.example>", "budi @x.example",
     "büdi@x.example", "budi@x.example\n", "budi@x_y", ".budi@x.example", "bu..di@x.example", "budi@-x.example",
     '"budi x"@x.example', "=?utf-8?q?a?=@x.example", "a" * 65 + "@x.example"],
)  # fmt: skip
def test_an_address_that_is_not_plain_is_refused(address: str) -> None:
    assert not is_address(address)
    with pytest.raises(UnsafeHeader, match="To"):
        build(to=address)
    with pytest.raises(UnsafeHeader, match="From"):
        build(sender=address)


@pytest.mark.parametrize(
    "address", ["budi@x.example", "b.u-d_i+1@sub.x-y.example", "o'brien@x.example", "a=b@x.example"]
)
def test_a_plain_address_is_taken(address: str) -> None:
    assert parsed(build(to=address))["To"].addresses[0].addr_spec == address


@pytest.mark.parametrize("name", ["Bcc", "subject", "FROM", "Content-Type", "X Y", "X:Y", "", "X\r\nY", "Reply-Tö"])
def test_a_header_that_is_ours_or_ill_named_is_refused(name: str) -> None:
    with pytest.raises(UnsafeHeader):
        build(headers={name: "x"})


def test_a_header_given_twice_in_other_letters_is_refused() -> None:
    with pytest.raises(UnsafeHeader):
        build(headers={"X-Note": "a", "x-note": "b"})


@pytest.mark.parametrize("message_id", ["", "1@x.example", "<1@x.example", "<1>", "<1 2@x.example>", "<1@x.example>\n"])
def test_a_message_id_that_is_none_is_refused(message_id: str) -> None:
    with pytest.raises(UnsafeHeader, match="Message-ID"):
        build(message_id=message_id)


def test_a_date_without_a_zone_is_refused() -> None:
    with pytest.raises(UnsafeHeader, match="Date"):
        build(date=DATE.replace(tzinfo=None))
    assert parsed(build(date=datetime(2026, 1, 2, tzinfo=UTC)))["Date"].datetime == datetime(2026, 1, 2, tzinfo=UTC)


@pytest.mark.parametrize(
    "name", ["Budi Contoh", "Budi, Contoh", 'Budi "Bi" Contoh', "Bu\\di", "Bùdi", "Dr. Budi", "布迪" * 6]
)
def test_a_display_name_is_read_back(name: str) -> None:
    (address,) = parsed(build(to_name=name))["To"].addresses
    assert (address.display_name, address.addr_spec) == (name, "budi@contoh.example")


def test_a_long_display_name_is_read_back_over_several_lines() -> None:
    name = "布迪" * 60
    raw_name = email.message_from_bytes(build(to_name=name))["To"].rpartition(" <")[0]
    assert str(make_header(decode_header(raw_name))) == name


SAFE = st.text(max_size=300).filter(is_safe)
TEXT = st.text(alphabet=st.characters(blacklist_categories=["Cs"]), max_size=400)


@given(subject=SAFE, name=SAFE, text=TEXT)
def test_what_is_sent_is_what_was_meant(subject: str, name: str, text: str) -> None:
    raw = build(subject=subject, to_name=name, text=text)
    read = parsed(raw)
    assert read.keys() == [
        "From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type", "Content-Transfer-Encoding",
    ]  # fmt: skip
    assert str(read["Subject"]).strip() == subject.strip()
    assert [address.addr_spec for address in read["To"].addresses] == ["budi@contoh.example"]
    sent = text.replace("\r\n", "\n").replace("\r", "\n")
    got = read.get_content().replace("\r\n", "\n")
    assert got == (sent if sent == "" or sent.endswith("\n") else f"{sent}\n")


@given(subject=SAFE, text=TEXT)
def test_a_mail_is_short_lines_of_ascii_that_end_in_crlf(subject: str, text: str) -> None:
    raw = build(subject=subject, text=text)
    assert raw.isascii()
    assert raw.endswith(b"\r\n")
    for line in raw.split(b"\r\n"):
        assert len(line) <= 78
        assert b"\r" not in line
        assert b"\n" not in line
        assert b"\0" not in line


@given(value=st.text(max_size=200))
def test_any_value_is_refused_or_stays_one_header(value: str) -> None:
    try:
        raw = build(subject=value, headers={"X-Note": value})
    except UnsafeHeader:
        assert not is_safe(value)
        return
    assert len(parsed(raw).keys()) == 9
