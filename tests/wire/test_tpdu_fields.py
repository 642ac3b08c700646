"""The fields of a TPDU one by one: addresses, times, validity, coding, header. Vectors: test_vectors.py."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewayd.core.model import Concat, Encoding
from gatewayd.wire.gsm7_tables import NO_SHIFT, Shift
from gatewayd.wire.tpdu import Alphabet, Kind, address, coding, header, semioctet, timestamp, validity
from gatewayd.wire.tpdu.octets import Malformed, Octets

M, H, D = 60, 3600, 86400
WEEK = 7 * D


@pytest.mark.parametrize(
    ("number", "field"),
    [
        ("+6281200000101", "0D91261802000001F1"),
        ("3636", "04816363"),
        ("*123#", "05811A32FB"),
    ],
)
def test_a_number_is_written_and_read(number: str, field: str) -> None:
    assert address.encode(number).hex().upper() == field
    assert address.decode(Octets(bytes.fromhex(field)), "address").text == number


@pytest.mark.parametrize(
    ("field", "text", "kind"),
    [
        ("0AA11092997856", "0129998765", Kind.NATIONAL),
        ("06D061F118", "abc", Kind.NAME),
        ("0085", "", Kind.SHORT),
        ("0485" + "6363", "3636", Kind.SHORT),
        ("04E0" + "6363", "3636", Kind.SHORT),
        ("0481" + "6363", "3636", Kind.UNKNOWN),
        ("04B1" + "6363", "3636", Kind.UNKNOWN),
        ("04C1" + "6363", "3636", Kind.UNKNOWN),
        ("04F1" + "6363", "3636", Kind.UNKNOWN),
        ("0498" + "6363", "+3636", Kind.INTERNATIONAL),
        ("03912133", "+123", Kind.INTERNATIONAL),
        ("0391F1F2", "+1", Kind.INTERNATIONAL),
        ("0091", "", Kind.INTERNATIONAL),
        ("00D0", "", Kind.NAME),
    ],
    ids=[
        "national",
        "name",
        "empty short code",
        "code of the service centre",
        "abbreviated",
        "unknown",
        "network specific",
        "subscriber",
        "reserved",
        "another numbering plan",
        "garbage in the odd place",
        "early filler",
        "empty international",
        "empty name",
    ],
)
def test_an_address_says_its_kind(field: str, text: str, kind: Kind) -> None:
    assert address.decode(Octets(bytes.fromhex(field)), "address") == address.Address(text, kind)


@pytest.mark.parametrize("text", ["", "+", "0812-0000-0101", "budi", "1" * 21, "+62 812", "+6281200000１"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a number"):
        address.encode(text)


@pytest.mark.parametrize("text", ["", "nama yang panjang", "тест"])
def test_what_is_no_sender_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a sender"):
        address.encode_sender(text)


def test_no_service_centre_is_one_zero_octet() -> None:
    assert address.encode_service_centre("") == b"\x00"
    assert address.decode_service_centre(Octets(b"\x00")) == ""


@given(st.text(st.sampled_from(semioctet.DIGITS), min_size=1, max_size=20), st.sampled_from(["", "+"]))
def test_every_number_comes_back(digits: str, plus: str) -> None:
    field = address.encode(plus + digits)
    assert address.decode(Octets(field), "address").text == plus + digits


@given(st.text(st.sampled_from("abcXYZ019 @ΔÇ-"), min_size=1, max_size=11))
def test_every_name_comes_back(name: str) -> None:
    read = address.decode(Octets(address.encode_sender(name)), "address")
    assert read.text == name


@given(st.integers(631_238_400, 3_786_825_600), st.integers(-48, 56), st.integers(0, 999_999))
def test_every_moment_comes_back_to_the_second(seconds: int, quarters: int, fraction: int) -> None:
    moment = datetime.fromtimestamp(seconds, UTC).replace(microsecond=fraction)
    local = moment.astimezone(timezone(timedelta(minutes=15 * quarters)))
    assert timestamp.decode(timestamp.encode(local)) == moment.replace(microsecond=0)


def test_an_offset_of_odd_minutes_goes_out_as_utc() -> None:
    moment = datetime(2026, 3, 1, 7, 7, tzinfo=timezone(timedelta(minutes=427)))
    assert timestamp.encode(moment).hex().upper() == "62301000000000"
    assert timestamp.decode(timestamp.encode(moment)) == moment


@pytest.mark.parametrize("field", ["00000000000000", "FFFFFFFFFFFFFF", "62312000000000"])
def test_what_is_no_time_is_unknown(field: str) -> None:
    assert timestamp.decode(bytes.fromhex(field)) is None


@given(st.binary(min_size=7, max_size=7))
def test_any_seven_octets_are_a_time_or_unknown(field: bytes) -> None:
    moment = timestamp.decode(field)
    assert moment is None or moment.tzinfo is UTC


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        timestamp.encode(datetime(2026, 1, 1))  # noqa: DTZ001 - the fault under test


@given(st.integers(0, 63 * WEEK))
def test_a_validity_period_is_rounded_up_to_the_next_step(seconds: int) -> None:
    value = validity.encode(seconds)
    assert validity.seconds_of(value) >= seconds
    assert value == 0 or validity.seconds_of(value - 1) < seconds


def test_a_longer_period_than_there_is_becomes_the_longest() -> None:
    assert validity.encode(10**9) == 255


@pytest.mark.parametrize(
    ("first_octet", "field", "expected"),
    [
        (0x01, "", validity.Validity()),
        (0x11, "AA", validity.Validity(seconds=4 * D)),
        (0x19, "70402132522423", validity.Validity(until=datetime(2007, 4, 12, 15, 25, 42, tzinfo=UTC))),
        (0x09, "00000000000000", validity.Validity()),
        (0x09, "01A70000000000", validity.Validity(seconds=D)),
        (0x09, "021E0000000000", validity.Validity(seconds=30)),
        (0x09, "03100302000000", validity.Validity(seconds=H + 30 * M + 20)),
        (0x09, "03FF0302000000", validity.Validity()),
        (0x09, "8100A700000000", validity.Validity(seconds=D)),
        (0x09, "07000000000000", validity.Validity()),
        (0x09, "81FFFFFFFFFFFF", validity.Validity()),
    ],
    ids=[
        "none",
        "relative",
        "absolute",
        "enhanced without",
        "enhanced relative",
        "enhanced seconds",
        "enhanced clock",
        "enhanced clock of nonsense",
        "enhanced with an extension",
        "enhanced reserved",
        "enhanced all extensions",
    ],
)
def test_all_three_formats_of_validity_are_read(first_octet: int, field: str, expected: validity.Validity) -> None:
    assert validity.decode(Octets(bytes.fromhex(field)), first_octet) == expected


@pytest.mark.parametrize(
    ("octet", "alphabet", "message_class"),
    [
        (0x00, Alphabet.GSM7, None),
        (0x01, Alphabet.GSM7, None),
        (0x04, Alphabet.OCTETS, None),
        (0x08, Alphabet.UCS2, None),
        (0x0C, Alphabet.GSM7, None),
        (0x10, Alphabet.GSM7, 0),
        (0x18, Alphabet.UCS2, 0),
        (0x19, Alphabet.UCS2, 1),
        (0x20, Alphabet.OCTETS, None),
        (0x48, Alphabet.UCS2, None),
        (0x80, Alphabet.GSM7, None),
        (0xC8, Alphabet.GSM7, None),
        (0xD0, Alphabet.GSM7, None),
        (0xE0, Alphabet.UCS2, None),
        (0xF1, Alphabet.GSM7, 1),
        (0xF6, Alphabet.OCTETS, 2),
    ],
)
def test_a_coding_octet_names_alphabet_and_class(octet: int, alphabet: Alphabet, message_class: int | None) -> None:
    assert coding.decode(octet) == coding.Coding(alphabet, message_class)


@pytest.mark.parametrize("encoding", list(Encoding))
@pytest.mark.parametrize("message_class", [None, 0, 1, 2, 3])
def test_our_coding_comes_back(encoding: Encoding, message_class: int | None) -> None:
    read = coding.decode(coding.encode(encoding, message_class))
    assert (str(read.alphabet), read.message_class) == (str(encoding), message_class)


def test_a_class_beyond_three_is_refused() -> None:
    with pytest.raises(ValueError, match="0 to 3"):
        coding.encode(Encoding.GSM7, 4)


@pytest.mark.parametrize("place", [None, Concat(255, 255, 255), Concat(256, 2, 1)])
@pytest.mark.parametrize("shift", [NO_SHIFT, Shift(1, 0), Shift(0, 13), Shift(3, 2)])
def test_our_header_comes_back_and_has_the_size_foretold(place: Concat | None, shift: Shift) -> None:
    octets = header.encode(place, shift)
    bits = 0 if place is None else 8 if place.reference < 256 else 16
    read = header.decode(octets[1:])
    assert (read.concat, read.reference_bits, read.shift) == (place, bits, shift)
    assert len(octets) == header.size(bits, shift)
    assert octets[:1] == (bytes([len(octets) - 1]) if octets else b"")


@pytest.mark.parametrize(
    "place", [Concat(1, 2, 0), Concat(1, 2, 3), Concat(1, 256, 1), Concat(-1, 2, 1), Concat(65536, 2, 1)]
)
def test_a_place_that_cannot_be_numbered_is_refused(place: Concat) -> None:
    with pytest.raises(ValueError, match="place"):
        header.encode(place)


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        ("", header.EMPTY),
        ("0003010200", header.EMPTY),
        ("0003010203", header.EMPTY),
        ("0003010000", header.EMPTY),
        ("00040102", header.EMPTY),
        ("000301020100", header.EMPTY),
        ("700200000003170301", header.Header(concat=Concat(23, 3, 1), reference_bits=8)),
        ("00031703010003180302", header.Header(concat=Concat(24, 3, 2), reference_bits=8)),
        ("05040B8423F0", header.Header(ports=(2948, 9200))),
        ("0402F0F1", header.Header(ports=(240, 241))),
        ("240101250103", header.Header(shift=Shift(locking=3, single=1))),
    ],
    ids=[
        "empty",
        "number zero",
        "number above the total",
        "total zero",
        "element longer than the header",
        "an octet left over",
        "unknown element first",
        "twice, the last counts",
        "16-bit ports",
        "8-bit ports",
        "national shifts",
    ],
)
def test_a_header_is_read_as_the_standard_asks(octets: str, expected: header.Header) -> None:
    assert replace(header.decode(bytes.fromhex(octets)), elements=()) == expected


def test_every_element_of_a_header_is_kept_in_its_order() -> None:
    read = header.decode(bytes.fromhex("7002BEEF000317030105040B8423F02200240101"))
    assert [(element.identifier, element.value.hex()) for element in read.elements] == [
        (0x70, "beef"),
        (0x00, "170301"),
        (0x05, "0b8423f0"),
        (0x22, ""),
        (0x24, "01"),
    ]


@given(st.binary(max_size=139))
def test_any_header_is_read(octets: bytes) -> None:
    concat = header.decode(octets).concat
    assert concat is None or 1 <= concat.number <= concat.total


def test_octets_that_end_early_are_malformed() -> None:
    with pytest.raises(Malformed, match="2 octets wanted, 1 left"):
        Octets(b"\x00").take(2, "field")


def test_an_address_longer_than_the_format_allows_is_malformed() -> None:
    with pytest.raises(Malformed, match="21 digits"):
        address.decode(Octets(bytes([21, 0x91]) + bytes(11)), "address")
