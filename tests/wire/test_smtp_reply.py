"""SMTP replies: whole replies come out in order, however the octets were cut; what is no reply is refused."""

from itertools import chain, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewayd.wire.smtp_reply import MAX_REPLY, MalformedReply, Reply, ReplyReader

words = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Zs", "Zl", "Zp", "Cs")), max_size=20)
replies = st.lists(st.tuples(st.integers(200, 599), st.lists(words, min_size=1, max_size=4)), max_size=6)


def written(code: int, lines: list[str], end: str) -> bytes:
    heads = ["-"] * (len(lines) - 1) + [" "]
    return "".join(f"{code}{head}{line}{end}" for head, line in zip(heads, lines, strict=True)).encode()


@given(replies, st.sampled_from(["\r\n", "\n"]), st.lists(st.integers(0, 400), max_size=8))
def test_replies_come_out_in_order_however_they_were_cut(
    given_replies: list[tuple[int, list[str]]], end: str, cuts: list[int]
) -> None:
    octets = b"".join(written(code, lines, end) for code, lines in given_replies)
    places = [0, *sorted(min(cut, len(octets)) for cut in cuts), len(octets)]
    reader = ReplyReader()
    found = [
        reply
        for start, stop in pairwise(places)
        for reply in reader.feed(octets[start:stop])
    ]  # fmt: skip
    assert found == [Reply(code, "\n".join(lines)) for code, lines in given_replies]


@pytest.mark.parametrize(
    "octets",
    [b"what?\r\n", b"\r\n", b"25 OK\r\n", b"2500 OK\r\n", b"150 go on\r\n", b"600 no\r\n", b"250-a\r\n\r\n", b"2\r\n"],
)
def test_what_is_no_reply_is_refused(octets: bytes) -> None:
    with pytest.raises(MalformedReply):
        list(ReplyReader().feed(octets))


@pytest.mark.parametrize("piece", [b"250-more\r\n", b"x"])
def test_a_reply_without_an_end_is_refused(piece: bytes) -> None:
    reader = ReplyReader()
    with pytest.raises(MalformedReply):
        list(chain.from_iterable(reader.feed(piece) for _ in range(MAX_REPLY + 1)))


@given(st.binary(max_size=200))
def test_no_octets_make_anything_but_replies_or_a_refusal(octets: bytes) -> None:
    reader = ReplyReader()
    try:
        found = list(reader.feed(octets))
    except MalformedReply:
        return
    assert all(200 <= reply.code <= 599 for reply in found)


def test_what_was_said_before_nonsense_counts() -> None:
    replies = ReplyReader().feed(b"250 taken\r\nwhat?\r\n")
    assert next(replies) == Reply(250, "taken")
    with pytest.raises(MalformedReply):
        next(replies)
