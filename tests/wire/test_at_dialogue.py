"""The AT dialogue: answers, prompts and indications told apart, whatever the chunks and the oddities of the line."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewayd.wire.at import Answered, Dialogue, Echoed, Event, Indicated, Prompted, Stray

OK = Answered("OK", ())


def after(command: str, data: bytes, prefix: str = "", *, prompt: bool = False) -> list[Event]:
    dialogue = Dialogue()
    if command:
        dialogue.expect(command, prefix, prompt=prompt)
    return dialogue.receive(data)


@pytest.mark.parametrize(
    ("command", "prefix", "data", "events"),
    [
        pytest.param("AT", "", b"\r\nOK\r\n", [OK], id="plain"),
        pytest.param("AT", "", b"AT\r\r\nOK\r\n", [Echoed(), OK], id="echo"),
        pytest.param("AT", "", b"OK\n", [OK], id="line feed only"),
        pytest.param("AT", "", b"\x00\r\r\nOK\r\r\n", [OK], id="noise around"),
        pytest.param("AT+CIMI", "", b"\r\n5101\r\n\r\nOK\r\n", [Answered("OK", ("5101",))], id="bare"),
        pytest.param(
            "AT+CSQ", "+CSQ:", b"\r\n+CSQ: 20,0\r\n\r\nOK\r\n", [Answered("OK", ("+CSQ: 20,0",))], id="with prefix"
        ),
        pytest.param(
            "AT+CREG?", "+CREG:", b"\r\n+CREG: 1,1\r\nOK\r\n", [Answered("OK", ("+CREG: 1,1",))], id="solicited CREG"
        ),
        pytest.param(
            "AT+CSQ", "+CSQ:", b"\r\n+CREG: 2\r\n\r\n+CSQ: 9,0\r\nOK\r\n",
            [Indicated("+CREG: 2"), Answered("OK", ("+CSQ: 9,0",))], id="indication in the middle",
        ),
        pytest.param(
            "AT", "", b'\r\nOK\r\n\r\n+CMTI: "SM",4\r\n', [OK, Indicated('+CMTI: "SM",4')], id="glued behind the result"
        ),
        pytest.param("AT", "", b"\r\n+CMS ERROR: 38\r\n", [Answered("+CMS ERROR: 38", ())], id="error with a number"),
        pytest.param("AT", "", b"\r\n+CME ERROR: \r\n", [Answered("+CME ERROR:", ())], id="error without one"),
        pytest.param("AT", "", b"COMMAND NOT SUPPORT\r\n", [Answered("COMMAND NOT SUPPORT", ())], id="Huawei's own"),
        pytest.param(
            "AT+CMGR=1", "+CMGR:", b'+CMGR: 1,"say OK",5\r\n0011\r\nOK\r\n',
            [Answered("OK", ('+CMGR: 1,"say OK",5', "0011"))], id="OK inside an answer",
        ),
        pytest.param(
            "", "", b"\r\n+CDS: 25\r\n0006AB\r\n", [Indicated("+CDS: 25", "0006AB")], id="report with its PDU"
        ),
        pytest.param(
            "", "", b'\r\n+CUSD: 1,"Sisa Rp.500\r\n1. Beli\r\n2. Info",15\r\n',
            [Indicated('+CUSD: 1,"Sisa Rp.500\r\n1. Beli\r\n2. Info",15')], id="line ends inside quotes",
        ),
        pytest.param("", "", b"\r\n+CMGS: 9\r\n", [Stray("+CMGS: 9")], id="late answer"),
        pytest.param("AT", "", b"\r\n+CDS: 25\r\nOK\r\n", [OK], id="report whose PDU was lost"),
        pytest.param("", "", b"\r\nRDY\r\n", [Indicated("RDY")], id="boot"),
    ],
)  # fmt: skip
def test_lines(command: str, prefix: str, data: bytes, events: list[Event]) -> None:
    assert after(command, data, prefix) == events


@pytest.mark.parametrize("prompt", [b"\r\n> ", b"\r\n>", b">\r\n", b"AT+CMGS=23\r\r\n> ", b"\r\n+CREG: 1\r\n\r\n> "])
def test_prompt_and_result(prompt: bytes) -> None:
    dialogue = Dialogue()
    dialogue.expect("AT+CMGS=23", "+CMGS:", prompt=True)
    assert Prompted() in dialogue.receive(prompt)
    assert dialogue.receive(b"\r\n+CMGS: 7\r\n\r\nOK\r\n")[-1] == Answered("OK", ("+CMGS: 7",))


def test_error_instead_of_the_prompt() -> None:
    assert after("AT+CMGS=23", b"\r\nERROR\r\n", "+CMGS:", prompt=True) == [Answered("ERROR", ())]


def test_an_answer_to_the_submission_before_is_not_taken_for_this_one() -> None:
    dialogue = Dialogue()
    dialogue.expect("AT+CMGS=23", "+CMGS:", prompt=True)
    late = b"\r\n+CMGS: 5\r\n\r\nOK\r\n\r\n> "
    assert dialogue.receive(late) == [Stray("+CMGS: 5"), Stray("OK"), Prompted()]
    assert dialogue.receive(b"\r\n+CMGS: 6\r\n\r\nOK\r\n") == [Answered("OK", ("+CMGS: 6",))]


def test_what_comes_after_a_deadline_is_stray() -> None:
    dialogue = Dialogue()
    dialogue.expect("AT+CSQ", "+CSQ:")
    dialogue.abandon()
    assert dialogue.receive(b"\r\n+CSQ: 1,0\r\nOK\r\n") == [Stray("+CSQ: 1,0"), Stray("OK")]


STREAM = (
    b'\r\n+CREG: 1\r\n\r\n> \r\n+CDS: 5\r\n0006AB\r\n+CUSD: 1,"a\r\nb",15\r\n+CMGS: 3\r\n\r\nOK\r\n+CMTI: "SM",1\r\n'
)


@given(st.lists(st.integers(1, len(STREAM) - 1), unique=True))
def test_any_chunking_gives_the_same_events(cuts: list[int]) -> None:
    dialogue = Dialogue()
    dialogue.expect("AT+CMGS=23", "+CMGS:", prompt=True)
    edges = [0, *sorted(cuts), len(STREAM)]
    found = [event for a, b in pairwise(edges) for event in dialogue.receive(STREAM[a:b])]
    assert found == after("AT+CMGS=23", STREAM, "+CMGS:", prompt=True)


@given(st.lists(st.binary(max_size=60)), st.booleans())
def test_no_bytes_raise(chunks: list[bytes], prompt: bool) -> None:
    dialogue = Dialogue()
    dialogue.expect("AT", "+CSQ:", prompt=prompt)
    for chunk in chunks:
        dialogue.receive(chunk)


@pytest.mark.parametrize("size", [1, 999, 16_384, 50_000])
def test_a_line_that_never_ends_is_cut_at_one_place_whatever_the_chunks(size: int) -> None:
    dialogue, data = Dialogue(), b"x" * 50_000
    found = [event for at in range(0, len(data), size) for event in dialogue.receive(data[at : at + size])]
    assert found == [Stray("x" * 16_384)] * 3


def test_a_text_whose_closing_quote_got_lost_ends_with_the_deadline() -> None:
    dialogue = Dialogue()
    assert dialogue.receive(b'\r\n+CUSD: 0,"Sisa Rp.5\r\n') == []
    dialogue.expect("AT+CSQ", "+CSQ:")
    assert dialogue.receive(b"+CSQ: 9,0\r\nOK\r\n") == []
    dialogue.abandon()
    dialogue.expect("AT")
    assert dialogue.receive(b"OK\r\n")[0] == Indicated('+CUSD: 0,"Sisa Rp.5')


def test_a_text_whose_closing_quote_got_lost_holds_no_more_than_a_long_answer() -> None:
    dialogue = Dialogue()
    lines = b'+CUSD: 0,"Sisa\r\n' + b"RING\r\n" * 200
    found = [event for at in range(0, len(lines), 7) for event in dialogue.receive(lines[at : at + 7])]
    assert found == [Indicated('+CUSD: 0,"Sisa'), *[Indicated("RING")] * 200]
