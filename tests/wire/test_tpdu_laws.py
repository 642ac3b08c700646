"""Laws of the TPDU codec: what we write comes back, and no string breaks the reader."""

from datetime import UTC, datetime
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewayd.core.model import Concat, Encoding
from gatewayd.wire.gsm7_tables import ENCODE, Language, Shift, encoding, shifts_of
from gatewayd.wire.segment import segment
from gatewayd.wire.tpdu import (
    Alphabet,
    Decoded,
    Deliver,
    StatusReportPdu,
    Submit,
    SubmitPdu,
    decode,
    encode_deliver,
    encode_status_report,
    encode_submit,
    text_of,
    tpdu_length,
)

NUMBERS = st.from_regex(r"\+?[0-9]{1,15}", fullmatch=True)
TEXTS = st.one_of(
    st.text(max_size=400), st.text(st.sampled_from(sorted(ENCODE)), max_size=500), st.text("a😁€", max_size=300)
)
#: Whole seconds of the century that two digits of a year can name.
MOMENTS = st.integers(631_238_400, 3_786_825_600).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
HEX = st.binary(max_size=180).map(bytes.hex)
AT = datetime(2026, 3, 1, 2, 3, 4, tzinfo=UTC)


@given(NUMBERS, TEXTS, st.integers(0, 0xFFFF), st.booleans(), st.sampled_from([None, 0, 1, 2, 3]))
def test_a_segmented_text_goes_out_and_comes_back(
    recipient: str, text: str, reference: int, report: bool, message_class: int | None
) -> None:
    cut = segment(text, 16 if reference > 0xFF else 8)
    joined = b""
    for number, part in enumerate(cut.parts, 1):
        place = Concat(reference, len(cut.parts), number) if len(cut.parts) > 1 else None
        submit = Submit(recipient, part, cut.encoding, place, report, 3600, message_class)
        pdu = encode_submit(submit)
        read = decode(pdu.hex, incoming=False)
        assert isinstance(read, SubmitPdu)
        assert pdu.length == tpdu_length(pdu.hex) == len(pdu.hex) // 2 - 1 <= 164
        assert (read.recipient, read.text, read.concat) == (recipient, part, place)
        assert (read.status_report, read.validity_s, read.message_class) == (report, 3600, message_class)
        joined += read.data
    assert text_of(Alphabet(cut.encoding.value), joined) == text


@given(st.sampled_from(list(Language)), st.data(), st.integers(0, 0xFFFF), st.integers(0, 7))
def test_a_text_in_national_tables_goes_out_and_comes_back(
    language: Language, data: st.DataObject, reference: int, replaces: int
) -> None:
    shift = data.draw(st.sampled_from(shifts_of(language)))
    text = data.draw(st.text(st.sampled_from(sorted(encoding(shift))), max_size=400))
    cut = segment(text, 16 if reference > 0xFF else 8, (language,))
    for number, part in enumerate(cut.parts, 1):
        place = Concat(reference, len(cut.parts), number) if len(cut.parts) > 1 else None
        submit = Submit("+6281200000101", part, cut.encoding, place, shift=cut.shift, replaces=replaces)
        pdu = encode_submit(submit)
        read = decode(pdu.hex, incoming=False)
        assert isinstance(read, SubmitPdu)
        assert pdu.length <= 164
        assert (read.text, read.concat, read.shift, read.replaces) == (part, place, cut.shift, replaces)
        assert text_of(read.alphabet, read.data, read.shift) == part


def test_a_text_may_be_in_tables_it_would_not_need() -> None:
    shift = Shift(Language.URDU, Language.URDU)
    read = decode(encode_submit(Submit("3636", "abc", Encoding.GSM7, shift=shift)).hex, incoming=False)
    assert isinstance(read, SubmitPdu)
    assert (read.text, read.shift, [element.identifier for element in read.elements]) == ("abc", shift, [0x24, 0x25])


def test_tables_say_nothing_about_ucs2() -> None:
    shift = Shift(Language.URDU, Language.URDU)
    plain = encode_submit(Submit("3636", "д", Encoding.UCS2))
    assert encode_submit(Submit("3636", "д", Encoding.UCS2, shift=shift)) == plain


@given(st.one_of(NUMBERS, st.sampled_from(["UNPAB", "3", "INDOSAT", "Info-XL"])), TEXTS, MOMENTS)
def test_an_incoming_message_comes_back(sender: str, text: str, sent_at: datetime) -> None:
    part = segment(text).parts[0]
    read = decode(encode_deliver(sender, part, sent_at).hex)
    assert isinstance(read, Deliver)
    assert (read.sender, read.text, read.sent_at, read.concat) == (sender, part, sent_at, None)


@given(st.integers(0, 255), NUMBERS, MOMENTS, st.one_of(st.none(), MOMENTS), st.integers(0, 255))
def test_a_status_report_comes_back(
    reference: int, recipient: str, submitted: datetime, discharged: datetime | None, status: int
) -> None:
    pdu = encode_status_report(reference, recipient, submitted, discharged, status)
    assert decode(pdu.hex) == StatusReportPdu(reference, recipient, submitted, discharged, status)


def test_a_service_centre_comes_back_and_does_not_count_for_the_length() -> None:
    pdu = encode_deliver("+6281200000101", "BERHENTI", AT, service_centre="+6281100000")
    read = decode(pdu.hex)
    assert isinstance(read, Deliver)
    assert read.service_centre == "+6281100000"
    assert pdu.length == tpdu_length(pdu.hex) == len(pdu.hex) // 2 - 7


def test_a_part_of_a_long_incoming_message_says_its_place() -> None:
    read = decode(encode_deliver("+6281200000101", "satu", AT, Concat(7, 3, 2)).hex)
    assert isinstance(read, Deliver)
    assert (read.concat, read.reference_bits) == (Concat(7, 3, 2), 8)


@given(st.one_of(st.text(max_size=60), HEX, st.text("0123456789ABCDEF", max_size=360)), st.booleans())
def test_no_string_breaks_the_reader(text: str, incoming: bool) -> None:
    assert isinstance(decode(text, incoming), get_args(Decoded))


@given(st.integers(0, 400), st.integers(0, 255), st.booleans())
def test_no_changed_octet_breaks_the_reader(place: int, value: int, incoming: bool) -> None:
    pdu = encode_submit(Submit("+6281200000101", "€" * 60, Encoding.GSM7, Concat(1, 2, 1), True, 3600))
    octets = bytearray.fromhex(pdu.hex)
    octets[place % len(octets)] = value
    assert isinstance(decode(octets.hex(), incoming), get_args(Decoded))


@given(st.integers(0, 400))
def test_no_cut_breaks_the_reader(length: int) -> None:
    pdu = encode_deliver("INDOSAT", "Sisa pulsa Rp 5.000 😁", AT, Concat(300, 2, 1)).hex
    assert isinstance(decode(pdu[:length]), get_args(Decoded))


@pytest.mark.parametrize(("protocol", "replaced"), [(0x00, 0), (0x40, 0), (0x41, 1), (0x47, 7), (0x48, 0)])
def test_a_replacing_message_says_which_type_it_replaces(protocol: int, replaced: int) -> None:
    assert Deliver("3", "", None, protocol=protocol).replaces == replaced


@pytest.mark.parametrize(
    "submit",
    [
        Submit("", "rahasia", Encoding.GSM7),
        Submit("0812-0000-0101", "rahasia", Encoding.GSM7),
        Submit("+6281200000101", "д", Encoding.GSM7),
        Submit("+6281200000101", "a" * 161, Encoding.GSM7),
        Submit("+6281200000101", "a" * 154, Encoding.GSM7, Concat(1, 2, 1)),
        Submit("+6281200000101", "д" * 71, Encoding.UCS2),
        Submit("+6281200000101", "rahasia", Encoding.GSM7, Concat(1, 2, 3)),
        Submit("+6281200000101", "rahasia", Encoding.GSM7, message_class=9),
        Submit("+6281200000101", "rahasia", Encoding.GSM7, replaces=8),
        Submit("+6281200000101", "rahasia", Encoding.GSM7, shift=Shift(single=256)),
        Submit("+6281200000101", "a" * 156, Encoding.GSM7, shift=Shift(single=1)),
    ],
    ids=[
        "nobody",
        "typed number",
        "alphabet",
        "septets",
        "septets of a part",
        "octets",
        "place",
        "class",
        "type",
        "language",
        "room",
    ],
)
def test_what_cannot_be_expressed_is_a_value_error_without_the_text(submit: Submit) -> None:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the message is checked below
        encode_submit(submit)
    assert submit.text not in str(caught.value)
