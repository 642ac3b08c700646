"""USSD: request strings, reply lines of all habits, and that no line breaks the reader. Vectors: test_vectors.py."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewayd.wire import ussd
from gatewayd.wire.gsm7_tables import ENCODE
from gatewayd.wire.ussd import Style, UssdReply, encode_request, encode_text, parse

SALDO = "Sisa pulsa Rp.24025.Aktif sd 28/08/2027."


def test_a_request_may_go_plainly_or_as_ucs2() -> None:
    assert encode_request("*888#", "plain") == "*888#"
    assert encode_request("*99#", "ucs2") == "002A003900390023"


@pytest.mark.parametrize("code", ["4", "*888", "*888#", "*" * 20])
def test_digits_and_signs_up_to_twenty_are_a_request(code: str) -> None:
    assert encode_request(code, "plain") == code


@pytest.mark.parametrize("code", ["", "*888#\r", '*888#"', "AT", "*888# ", "1" * 21, "*٨#", "*888#\n"])
def test_what_is_no_code_never_reaches_the_modem(code: str) -> None:
    with pytest.raises(ValueError, match="USSD code"):
        encode_request(code, "plain")


def test_a_text_outside_the_alphabet_cannot_be_packed() -> None:
    with pytest.raises(ValueError, match="alphabet"):
        encode_text("тест", "hex7")


def test_seven_spare_bits_are_filled_with_a_carriage_return() -> None:
    assert encode_text("message", "hex7") == "EDF27C1E3E971B"
    assert parse('+CUSD: 0,"' + encode_text("message", "hex7") + '",15').text == "message"


@pytest.mark.parametrize(
    ("line", "mode", "text", "dcs"),
    [
        ('+CUSD: 0,"Sisa pulsa Rp 5.000",15', 0, "Sisa pulsa Rp 5.000", 15),
        ('+CUSD:1,"Bal:$100.00 *\r\nExp 1\n1. Recharge",15', 1, "Bal:$100.00 *\r\nExp 1\n1. Recharge", 15),
        ('+CUSD: 1,"Paket "Hemat" 1.YA",15', 1, 'Paket "Hemat" 1.YA', 15),
        ('+CUSD: 2,"Initiating Release",15', 2, "Initiating Release", 15),
        ("+CUSD: 4", 4, "", None),
        ("+CUSD: 5,", 5, "", None),
        ('\r\n+CUSD: 0,"Saldo: 0,00"\r\n', 0, "Saldo: 0,00", None),
        ('+cusd: 0, "spasi" , 15', 0, "spasi", 15),
        ("+CUSD: 0,tanpa tanda,15", 0, "tanpa tanda", 15),
        ("+CUSD: 0,Saldo Rp 5,000", 0, "Saldo Rp 5,000", None),
        ('+CUSD: 0,"terputus', 0, "terputus", None),
        ('+CUSD: 0,"D4F29C0E",15', 0, "Test", 15),
        ('+CUSD: 0,"0053006100700061",72', 0, "Sapa", 72),
        ('+CUSD: 2,"0053006100700061",15', 2, "Sapa", 15),
        ('+CUSD: 0,"0073006900730061002020ac0031",15', 0, "sisa €1", 15),
        ('+CUSD: 0,"04420435044104420020043E043A",72', 0, "тест ок", 72),
        ('+CUSD: 0,"50756C73612052702031303030",68', 0, "Pulsa Rp 1000", 68),
        ('+CUSD: 0,"0053006100700061",88', 0, "Sapa", 88),
        ('+CUSD: 0,"50756C73612052702031303030",69', 0, "Pulsa Rp 1000", 69),
        ('+CUSD: 0,"id\rPulsa 5000",16', 0, "Pulsa 5000", 16),
        ('+CUSD: 0,"' + encode_text("id\rPulsa 5000", "hex7") + '",16', 0, "Pulsa 5000", 16),
        ('+CUSD: 0,"Pulsa 5000",16', 0, "Pulsa 5000", 16),
        ('+CUSD: 0,"69320053006100700061",17', 0, "Sapa", 17),
        ('+CUSD: 0,"0053006100700061",17', 0, "Sapa", 17),
        ('+CUSD: 0,"081200000101",15', 0, "081200000101", 15),
        ('+CUSD: 0,"FACADE",15', 0, "FACADE", 15),
        ('+CUSD: 0,"FFFFFFFFFFFF",15', 0, "FFFFFFFFFFFF", 15),
        ('+CUSD: 0,"0031003000300030",15', 0, "1000", 15),
        ('+CUSD: 0,"000000000000",15', 0, "000000000000", 15),
        ("+CUSD: x", -1, "", None),
        ("OK", -1, "", None),
        ("", -1, "", None),
    ],
    ids=[
        "plain",
        "several lines",
        "quotes inside",
        "text with the end",
        "not supported",
        "timeout",
        "no dcs",
        "spaces",
        "no quotes",
        "thousands are no dcs",
        "no closing quote",
        "packed",
        "UCS-2 by dcs",
        "UCS-2 against the dcs",
        "UCS-2 with a sign outside Latin",
        "UCS-2 of another script",
        "octets",
        "UCS-2 with a class",
        "octets with a class",
        "language before plain text",
        "language before packed text",
        "no language after all",
        "language before UCS-2",
        "no language before UCS-2 after all",
        "a number stays a number",
        "a short word stays a word",
        "nonsense stays as it came",
        "UCS-2 of digits",
        "zeros stay zeros",
        "no mode",
        "another line",
        "empty",
    ],
)
def test_a_reply_is_read(line: str, mode: int, text: str, dcs: int | None) -> None:
    assert parse(line) == UssdReply(mode, text, line, dcs)


@pytest.mark.parametrize("style", ["plain", "hex7", "ucs2"])
@pytest.mark.parametrize("dcs", ["", ",15", ",0", ",72"])
@pytest.mark.parametrize("length", range(20, len(SALDO) + 1))
def test_a_balance_is_read_in_every_writing(style: Style, dcs: str, length: int) -> None:
    text = SALDO[:length]
    assert parse(f'+CUSD: 0,"{encode_text(text, style)}"{dcs}').text == text


@given(st.text(st.sampled_from(sorted(set(ENCODE) - set("\r@"))), min_size=1, max_size=182))
def test_every_text_packs_so_that_it_can_be_unpacked(text: str) -> None:
    assert ussd._unpack(bytes.fromhex(encode_text(text, "hex7"))) == text


@given(
    st.one_of(
        st.text(max_size=80),
        st.text('+CUSD: 0123456789ABCDEFabcdef,"\r\n', max_size=80).map(lambda text: f"+CUSD: {text}"),
        st.binary(max_size=80).map(lambda octets: f'+CUSD: 0,"{octets.hex()}",15'),
    )
)
def test_no_line_breaks_the_reader(line: str) -> None:
    reply = parse(line)
    assert reply.raw == line
    assert -1 <= reply.mode <= 9
