"""Bounces: forty real shapes, each told for what it is; and any octets at all without an exception."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewayd.wire import bounce
from gatewayd.wire.bounce import Bounce, BounceKind
from tests.fakes.bounces import CASES, TOKEN, Case, dsn, fields


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_each_shape_is_told(case: Case) -> None:
    found = bounce.parse(case.raw)
    assert (found.kind, found.status) == (case.kind, case.status)


@pytest.mark.parametrize("case", [c for c in CASES if c.kind is not BounceKind.LEAVE], ids=lambda case: case.name)
def test_each_shape_gives_up_its_token(case: Case) -> None:
    assert bounce.parse(case.raw).tokens[:1] == (TOKEN,)


def test_a_wish_to_leave_names_only_the_token_of_its_subject() -> None:
    (case,) = [case for case in CASES if case.kind is BounceKind.LEAVE]
    assert bounce.parse(case.raw).tokens == ("u1f-abcdefghijklmnop",)


def test_of_several_recipients_the_gravest_counts() -> None:
    both = (
        fields("delivered", "2.1.5") + "\nFinal-Recipient: rfc822; ani@tujuan.example\nAction: failed\nStatus: 5.1.1\n"
    )
    assert bounce.parse(dsn("MAILER-DAEMON@x.example", "x", "x", both)).kind is BounceKind.HARD


def test_an_encoded_report_is_read_too() -> None:
    plain = dsn("MAILER-DAEMON@x.example", "x", "x", fields("failed", "5.1.1"))
    head = b"Content-Type: message/delivery-status\r\n"
    assert head in plain
    encoded = plain.replace(head, head + b"Content-Transfer-Encoding: 7bit\r\n")
    assert bounce.parse(encoded).kind is BounceKind.HARD


def test_what_the_child_says_comes_back_and_nothing_else_does() -> None:
    for case in CASES:
        assert bounce.from_json(bounce.read(case.raw)) == bounce.parse(case.raw)
    for broken in (b"[]", b"{}", b'{"kind": "x", "tokens": [], "status": "", "diagnostic": ""}',
                   b'{"kind": "hard", "tokens": [], "status": "<b>", "diagnostic": ""}'):  # fmt: skip
        with pytest.raises(ValueError, match=r".+"):
            bounce.from_json(broken)


@given(st.binary(max_size=400), st.sampled_from(CASES), st.integers(0, 2000))
def test_no_octets_raise(noise: bytes, case: Case, place: int) -> None:
    for raw in (noise, case.raw[:place] + noise + case.raw[place:], case.raw[:place]):
        found = bounce.parse(raw)
        assert isinstance(found, Bounce)
        assert bounce.from_json(bounce.read(raw)) == found
