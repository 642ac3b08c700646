"""The fields of a TPDU one by one: addresses, times, validity, coding, header (V09–V12, V30–V32)."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewayd.core.model import Concat, Encoding
from gatewayd.wire.tpdu import Alphabet, address, coding, header, semioctet, timestamp, validity
from gatewayd.wire.tpdu.octets import Malformed, Octets

M, H, D = 60, 3600, 86400
WEEK = 7 * D


@pytest.mark.parametrize(
    ("number", "field"),
    [
        ("+19037029920", "0B919130079229F0"),
        ("9037029920", "0A810973209902"),
        ("+987654321", "099189674523F1"),
        ("+27829135934", "0B917228195339F4"),
        ("*123#", "05811A32FB"),
    ],
)
def test_a_number_is_written_and_read(number: str, field: str) -> None:
    assert address.encode(number).hex().upper() == field
    assert address.decode(Octets(bytes.fromhex(field)), "address").text == number


@pytest.mark.parametrize(
    ("field", "text", "is_name"),
    [
        ("0AA11092997856", "0129998765", False),
        ("06D061F118", "abc", True),
        ("0ED04669D0397C26A7", "FRANCOIS", True),
        ("14D0E10D6FE3DBA036A94D19", "a[]{}€", True),
        ("14D04937BD2C7797E9D3E614", "InternetSMS", True),
        ("0085", "", False),
        ("03912133", "+123", False),
        ("0391F1F2", "+1", False),
    ],
    ids=["national", "abc", "8 signs", "extension", "11 signs", "empty", "garbage in the odd place", "early filler"],
)
def test_an_address_of_another_kind_is_read(field: str, text: str, is_name: bool) -> None:
    assert address.decode(Octets(bytes.fromhex(field)), "address") == address.Address(text, is_name)


@pytest.mark.parametrize(
    ("sender", "field"),
    [("abc", "06D061F118"), ("FRANCOIS", "0ED04669D0397C26A7"), ("InternetSMS", "14D04937BD2C7797E9D3E614")],
)
def test_a_name_is_written_as_a_sender(sender: str, field: str) -> None:
    assert address.encode_sender(sender).hex().upper() == field


@pytest.mark.parametrize("text", ["", "+", "0812-0000-0101", "budi", "1" * 21, "+62 812", "+6281200000１"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a number"):
        address.encode(text)


@pytest.mark.parametrize("text", ["", "nama yang panjang", "тест"])
def test_what_is_no_sender_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a sender"):
        address.encode_sender(text)


@pytest.mark.parametrize(
    ("text", "field"),
    [("+19037029920", "07919130079229F0"), ("9037029920", "06810973209902"), ("", "00")],
)
def test_a_service_centre_counts_octets(text: str, field: str) -> None:
    assert address.encode_service_centre(text).hex().upper() == field
    assert address.decode_service_centre(Octets(bytes.fromhex(field))) == text


@given(st.text(st.sampled_from(semioctet.DIGITS), min_size=1, max_size=20), st.sampled_from(["", "+"]))
def test_every_number_comes_back(digits: str, plus: str) -> None:
    field = address.encode(plus + digits)
    assert address.decode(Octets(field), "address").text == plus + digits


@given(st.text(st.sampled_from("abcXYZ019 @ΔÇ-"), min_size=1, max_size=11))
def test_every_name_comes_back(name: str) -> None:
    read = address.decode(Octets(address.encode_sender(name)), "address")
    assert read.text == name


@pytest.mark.parametrize(("field", "hours"), [("70402132522423", 8), ("7040213252242B", -8)], ids=["east", "west"])
def test_a_time_stamp_carries_its_zone(field: str, hours: int) -> None:
    moment = datetime(2007, 4, 12, 23, 25, 42, tzinfo=timezone(timedelta(hours=hours)))
    assert timestamp.encode(moment).hex().upper() == field
    assert timestamp.decode(bytes.fromhex(field)) == moment


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


@pytest.mark.parametrize(
    ("seconds", "value"),
    [
        (5 * M, 0x00),
        (30 * M, 0x05),
        (11 * H, 0x83),
        (12 * H, 0x8F),
        (16 * H, 0x97),
        (23 * H, 0xA5),
        (24 * H, 0xA7),
        (3 * D, 0xA9),
        (4 * D, 0xAA),
        (29 * D, 0xC3),
        (30 * D, 0xC4),
        (5 * WEEK, 0xC5),
        (62 * WEEK, 0xFE),
        (63 * WEEK, 0xFF),
    ],
)
def test_a_validity_period_has_its_value(seconds: int, value: int) -> None:
    assert validity.encode(seconds) == value
    assert validity.seconds_of(value) == seconds


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


@pytest.mark.parametrize(
    ("place", "element", "bits"),
    [(Concat(23, 3, 1), "0003170301", 8), (Concat(384, 4, 2), "080401800402", 16)],
)
def test_a_place_in_a_long_message_is_written_and_read(place: Concat, element: str, bits: int) -> None:
    octets = bytes.fromhex(element)
    assert header.encode(place) == bytes([len(octets)]) + octets
    assert header.decode(octets) == header.Header(concat=place, reference_bits=bits)


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
        ("240101250103", header.Header(single_shift=1, locking_shift=3)),
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
    assert header.decode(bytes.fromhex(octets)) == expected


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
