"""Cause tables: every row of the catalogue, and how numbers, words and nonsense are told apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewayd.core.outcome import Accepted, Blame, Cause, Deferred, InDoubt, Outcome, Rejected, ReportedStatus
from gatewayd.wire.causes import cme_outcome, cms_outcome, describe_status, reported_status, smtp_outcome

D, R, Q = Deferred, Rejected, InDoubt


def numbers(text: str) -> list[int]:
    """The numbers of a list such as "1 95-99"."""
    found: list[int] = []
    for piece in text.split():
        first, _, last = piece.partition("-")
        found += range(int(first), int(last or first) + 1)
    return found


@pytest.mark.parametrize(
    ("codes", "kind", "blame"),
    [
        ("1 195 196", R, Blame.DESTINATION),
        ("27", D, Blame.DESTINATION),
        ("8 10 21 28 29 30 50 69 193", D, Blame.ACCOUNT),
        ("17 22 38 41 42 47 111 127 192 194 331 615 616", D, Blame.NETWORK),
        ("81 95-99 128-145 159-161 175 176 198 199 304 305", R, Blame.MESSAGE),
        ("208 209 211 320 321 322", D, Blame.DEVICE),
        ("210 212 213 262 310-313 315-318 532 770 772", D, Blame.SIM),
        ("300-303 314 330 340 515", D, Blame.DEVICE),
        ("255 332 500", Q, Blame.NETWORK),
        ("512 513", Q, Blame.DEVICE),
        ("2 0 100 254", D, Blame.NETWORK),
        ("256 399 514 516 999", Q, Blame.DEVICE),
    ],
    ids=[
        "bad destination",
        "destination later",
        "account",
        "network",
        "our message",
        "memory",
        "SIM",
        "device",
        "proves nothing",
        "vendor's own proves nothing",
        "unlisted of the network is temporary",
        "unlisted of the modem proves nothing",
    ],
)
def test_a_cms_error_has_its_class(codes: str, kind: type[Outcome], blame: Blame) -> None:
    for code in numbers(codes):
        found = cms_outcome(code)
        assert isinstance(found, kind), code
        assert not isinstance(found, Accepted)
        assert (found.cause.code, found.cause.blame) == (f"cms-{code}", blame)
        assert found.cause.text


def test_a_duplicate_at_the_service_centre_is_accepted_without_a_reference() -> None:
    assert cms_outcome(197) == Accepted(None)


def test_a_throttled_sim_waits_longer_than_a_short_failure() -> None:
    long, short = cms_outcome(38), cms_outcome(41)
    assert isinstance(long, Deferred)
    assert isinstance(short, Deferred)
    assert (long.retry_after_s, short.retry_after_s) == (300.0, 10.0)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Network timeout", "cms-332"),
        ("+CMS ERROR: SIM busy", "cms-314"),
        ("sim  NOT inserted", "cms-310"),
        ("+CMS ERROR: 38", "cms-38"),
        ("", "error"),
        ("ERROR", "error"),
        ("Modem is tired", "error"),
        ("+CMS ERROR: 99999", "error"),
    ],
)
def test_words_are_looked_up(text: str, code: str) -> None:
    found = cms_outcome(None, text)
    assert not isinstance(found, Accepted)
    assert found.cause.code == code
    assert isinstance(found, InDoubt) == (code in {"error", "cms-332"})


@pytest.mark.parametrize(
    ("codes", "kind", "blame"),
    [
        ("3 4 14 20 106 256-258 515", D, Blame.DEVICE),
        ("10-13 15-18 103 262 772", D, Blame.SIM),
        ("30 32 111-113 134 148", D, Blame.NETWORK),
        ("104 105 108-110 114 115 122 131 149 150", D, Blame.NETWORK),
        ("107 132 133", D, Blame.ACCOUNT),
        ("31", Q, Blame.NETWORK),
        ("0 29 33 100 151 999", Q, Blame.DEVICE),
    ],
    ids=["device", "SIM", "network", "refused attach", "account", "timeout proves nothing", "unknown proves nothing"],
)
def test_a_cme_error_has_its_class(codes: str, kind: type[Outcome], blame: Blame) -> None:
    for code in numbers(codes):
        found = cme_outcome(code)
        assert isinstance(found, kind), code
        assert not isinstance(found, Accepted)
        assert (found.cause.code, found.cause.blame) == (f"cme-{code}", blame)


def test_a_cme_error_in_words_is_looked_up() -> None:
    assert cme_outcome(None, "+CME ERROR: SIM PIN required") == cme_outcome(11)
    assert isinstance(cme_outcome(None, ""), InDoubt)


@given(st.one_of(st.none(), st.integers()), st.text(max_size=30))
def test_any_error_has_an_outcome_and_none_is_accepted_but_197(code: int | None, text: str) -> None:
    found = cms_outcome(code, text)
    assert isinstance(found, Accepted) == (found == cms_outcome(197))
    assert not isinstance(cme_outcome(code, text), Accepted)


@pytest.mark.parametrize(
    ("first", "last", "status"),
    [
        (0x00, 0x1F, ReportedStatus.DELIVERED),
        (0x20, 0x3F, ReportedStatus.PENDING),
        (0x40, 0x45, ReportedStatus.FAILED),
        (0x46, 0x46, ReportedStatus.EXPIRED),
        (0x47, 0x7F, ReportedStatus.FAILED),
        (0x80, 0xFF, ReportedStatus.UNKNOWN),
    ],
)
def test_each_status_of_a_report_has_its_meaning(first: int, last: int, status: ReportedStatus) -> None:
    values = range(first, last + 1)
    assert {reported_status(value) for value in values} == {status}
    assert all(describe_status(value) for value in values)


@given(st.integers())
def test_any_number_is_a_status_or_unknown(value: int) -> None:
    assert describe_status(value)
    assert 0 <= value <= 0xFF or reported_status(value) is ReportedStatus.UNKNOWN


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0x00, "received by the recipient"),
        (0x30, "still trying (value of the service centre's own)"),
        (0x46, "validity period expired"),
        (0x61, "given up: recipient busy"),
        (0xC0, "reserved value"),
    ],
)
def test_a_status_is_described(value: int, text: str) -> None:
    assert describe_status(value) == text


def cause(code: str, text: str, blame: Blame) -> Cause:
    return Cause(code, text, blame)


@pytest.mark.parametrize(
    ("code", "message", "stage", "expected"),
    [
        (250, "2.0.0 Ok: queued", "data", Accepted()),
        (421, "4.7.0 Try later", "rcpt", D(cause("smtp-421-4.7.0", "4.7.0 Try later", Blame.NETWORK))),
        (450, "busy", "connect", D(cause("smtp-450", "busy", Blame.NETWORK))),
        (450, "4.2.0 Greylisted", "rcpt", D(cause("smtp-450-4.2.0", "4.2.0 Greylisted", Blame.DESTINATION))),
        (452, "4.3.1 Full", "rcpt", D(cause("smtp-452-4.3.1", "4.3.1 Full", Blame.NETWORK))),
        (451, "4.3.0 Error", "data", D(cause("smtp-451-4.3.0", "4.3.0 Error", Blame.NETWORK))),
        (454, "4.7.0 Later", "auth", D(cause("smtp-454-4.7.0", "4.7.0 Later", Blame.ACCOUNT))),
        (535, "5.7.8 Wrong", "auth", D(cause("smtp-535-5.7.8", "5.7.8 Wrong", Blame.ACCOUNT))),
        (530, "5.7.0 Login", "mail", D(cause("smtp-530-5.7.0", "5.7.0 Login", Blame.ACCOUNT))),
        (554, "No service", "connect", D(cause("smtp-554", "No service", Blame.NETWORK))),
        (550, "5.1.1 Nobody", "rcpt", R(cause("smtp-550-5.1.1", "5.1.1 Nobody", Blame.DESTINATION))),
        (550, "5.7.1 Sender", "mail", R(cause("smtp-550-5.7.1", "5.7.1 Sender", Blame.ACCOUNT))),
        (552, "5.3.4 Too big", "mail", R(cause("smtp-552-5.3.4", "5.3.4 Too big", Blame.MESSAGE))),
        (554, "5.7.1 Spam", "data", R(cause("smtp-554-5.7.1", "5.7.1 Spam", Blame.MESSAGE))),
        (550, "5.2.1 Off", "data", R(cause("smtp-550-5.2.1", "5.2.1 Off", Blame.DESTINATION))),
        (550, "5.1.1\n Nobody\n here", "rcpt", R(cause("smtp-550-5.1.1", "5.1.1 Nobody here", Blame.DESTINATION))),
        (550, "5.1.1x odd", "rcpt", R(cause("smtp-550", "5.1.1x odd", Blame.DESTINATION))),
        (-1, "", "data", Q(cause("smtp--1", "", Blame.NETWORK))),
        (354, "Go on", "mail", D(cause("smtp-354", "Go on", Blame.NETWORK))),
    ],
    ids=[
        "accepted",
        "closing",
        "temporary at the greeting",
        "greylisting",
        "server full",
        "temporary after the dot",
        "temporary at login",
        "login refused pauses the account",
        "login missing pauses the account",
        "greeting refused pauses the server",
        "nobody there",
        "sender refused",
        "too big",
        "content refused",
        "mailbox named after the dot",
        "several lines",
        "no enhanced code",
        "nonsense after the dot is in doubt",
        "nonsense before it is not sent",
    ],
)
def test_an_smtp_reply_has_its_outcome(code: int, message: str, stage: str, expected: Outcome) -> None:
    assert smtp_outcome(code, message, stage) == expected
