"""The numbered test vectors V01–V42 that are no whole TPDU; whole ones are in tests/vectors/pdus.json.

Each row is one line of the collection: octets that other programs or real modems made, the number as its id. The
last test says that no number is missing.
"""

import json
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from gatewayd.core.model import Concat, Encoding
from gatewayd.wire import gsm7, ucs2, ussd
from gatewayd.wire.gsm7_tables import Language, Shift
from gatewayd.wire.segment import segment
from gatewayd.wire.tpdu import (
    Alphabet,
    Defect,
    Deliver,
    Kind,
    Submit,
    SubmitPdu,
    address,
    decode,
    encode_submit,
    header,
    timestamp,
    userdata,
    validity,
)
from gatewayd.wire.tpdu.octets import Octets

M, H, D, W = 60, 3600, 86_400, 604_800

SERVICE_CENTRES = [
    ("V09 international", "+19037029920", "07919130079229F0"),
    ("V09 national", "9037029920", "06810973209902"),
]
NUMBERS = [
    ("V10 international", "+19037029920", "0B919130079229F0"),
    ("V10 unknown", "9037029920", "0A810973209902"),
    ("V11 odd", "+987654321", "099189674523F1"),
    ("V11 eleven digits", "+27829135934", "0B917228195339F4"),
]
NAMES = [
    ("V12 abc", "abc", "06D061F118"),
    ("V12 eight signs", "FRANCOIS", "0ED04669D0397C26A7"),
    ("V12 extension", "a[]{}€", "14D0E10D6FE3DBA036A94D19"),
    ("V12 eleven signs", "InternetSMS", "14D04937BD2C7797E9D3E614"),
]
SEPTETS = [
    ("V13 three", "123", "31D90C"),
    ("V13 eight", "12345678", "31D98C56B3DD70"),
    ("V13 words", "Hello World!", "C8329BFD065DDF72363904"),
    ("V14 brackets", "[{abc}]~", "1BDE0615168F37A98D6FD303"),
    ("V14 euro", "a[]{}€", "E10D6FE3DBA036A94D19"),
    ("V14 Greek", "{åΦΓΛΩΠΨΣΘ€}", "1BD44332A1542C174C6653DEA400"),
    ("V15 every extension sign", "\f^ {}\\[~]|€", "1BC58602DAA036A9CD6BC3DBF436BE0D705306"),
    ("V34 seven signs of an SMS", "message", "EDF27C1E3E9701"),
    ("V41 seven signs", "1234567", "31D98C56B3DD00"),
    ("V41 and an at sign", "1234567@", "31D98C56B3DD00"),
]
PLACES = [
    ("V30 8-bit reference", Concat(23, 3, 1), "0003170301", 8),
    ("V30 16-bit reference", Concat(384, 4, 2), "080401800402", 16),
]
PERIODS = [
    ("V31 5 minutes", 5 * M, 0x00),
    ("V31 30 minutes", 30 * M, 0x05),
    ("V31 11 hours", 11 * H, 0x83),
    ("V31 12 hours", 12 * H, 0x8F),
    ("V31 16 hours", 16 * H, 0x97),
    ("V31 23 hours", 23 * H, 0xA5),
    ("V31 24 hours", 24 * H, 0xA7),
    ("V31 3 days", 3 * D, 0xA9),
    ("V31 4 days", 4 * D, 0xAA),
    ("V31 29 days", 29 * D, 0xC3),
    ("V31 30 days", 30 * D, 0xC4),
    ("V31 5 weeks", 5 * W, 0xC5),
    ("V31 62 weeks", 62 * W, 0xFE),
    ("V31 63 weeks", 63 * W, 0xFF),
]
STAMPS = [("V32 east", 8, "70402132522423"), ("V32 west", -8, "7040213252242B")]
REQUESTS = [
    ("V33 *101#", "*101#", "hex7", "AA182C3602"),
    ("V33 *144#", "*144#", "hex7", "AA188D3602"),
    ("V33 *100#", "*100#", "hex7", "AA180C3602"),
    ("V33 *888#", "*888#", "hex7", "2A1C0E3702"),
    ("V33 *123#", "*123#", "hex7", "AA986C3602"),
    ("V33 *99#", "*99#", "hex7", "AA5C6E04"),
    ("V33 padded with CR", "*141*1#", "hex7", "AA182DA68A8D1A"),
    ("V33 UCS-2", "*99#", "ucs2", "002A003900390023"),
]
UNITS = [("V34 Japanese", "あ叶葉", "304253F68449"), ("V34 emoji", "😁", "D83DDE01")]
PARTS: list[tuple[str, str, list[int]]] = [
    ("V35 surrogate pairs", "\U0001f631" * 36, [66, 6]),
    ("V36 escape pair moves on", "a" * 152 + "€" + "b" * 20, [152, 22]),
    ("V37 escape pair fits", "a" * 158 + "€", [160]),
    ("V37 escape pair does not fit", "a" * 159 + "€", [153, 8]),
    ("V38 pair moves on", "д" * 66 + "😁" + "д" * 10, [66, 12]),
]
SHIFTED = [
    ("V40 single shift", Shift(single=Language.TURKISH), "0703240101D8CC01"),
    ("V40 locking shift", Shift(locking=Language.TURKISH), "0603250101E800"),
]
MALFORMED = [
    ("V42 status report with a short address", "000ABF00"),
    ("V42 deliver of two octets", "001C011C"),
    ("V42 submit that came in", "00410000"),
    ("V42 sender longer than the data", "07912143658709F1047B918100551512F20000111010214365000AE8329BFD4697D9EC37"),
    ("V42 length larger than the data", "07912143658709F1040B918100551512F2000011101021436500A0E8329BFD4697D9EC37"),
]


def table(rows: Iterable[tuple[Any, ...]]) -> list[Any]:
    return [pytest.param(*row[1:], id=row[0]) for row in rows]


@pytest.mark.parametrize(("text", "field"), table(SERVICE_CENTRES))
def test_a_service_centre_counts_octets(text: str, field: str) -> None:
    assert address.encode_service_centre(text).hex().upper() == field
    assert address.decode_service_centre(Octets(bytes.fromhex(field))) == text


@pytest.mark.parametrize(("text", "field"), table(NUMBERS))
def test_a_number_counts_digits(text: str, field: str) -> None:
    assert address.encode(text).hex().upper() == field
    assert address.decode(Octets(bytes.fromhex(field)), "address").text == text


@pytest.mark.parametrize(("text", "field"), table([("V11 national", "0129998765", "0AA11092997856")]))
def test_a_national_number_is_read(text: str, field: str) -> None:
    assert address.decode(Octets(bytes.fromhex(field)), "address") == address.Address(text, Kind.NATIONAL)


@pytest.mark.parametrize(("text", "field"), table(NAMES))
def test_a_name_counts_half_octets(text: str, field: str) -> None:
    assert address.encode_sender(text).hex().upper() == field
    assert address.decode(Octets(bytes.fromhex(field)), "address") == address.Address(text, Kind.NAME)


@pytest.mark.parametrize(("text", "packed"), table(SEPTETS))
def test_septets_pack_as_others_pack_them(text: str, packed: str) -> None:
    septets = gsm7.encode(text)
    assert septets is not None
    assert gsm7.pack(septets).hex().upper() == packed
    assert gsm7.decode(gsm7.unpack(bytes.fromhex(packed), len(septets))) == text


@pytest.mark.parametrize(("place", "element", "bits"), table(PLACES))
def test_a_place_in_a_long_message(place: Concat, element: str, bits: int) -> None:
    octets = bytes.fromhex(element)
    assert header.encode(place) == bytes([len(octets)]) + octets
    read = header.decode(octets)
    assert (read.concat, read.reference_bits) == (place, bits)


@pytest.mark.parametrize(("seconds", "value"), table(PERIODS))
def test_a_validity_period_has_its_value(seconds: int, value: int) -> None:
    assert validity.encode(seconds) == value
    assert validity.seconds_of(value) == seconds


@pytest.mark.parametrize(("hours", "field"), table(STAMPS))
def test_a_time_stamp_carries_its_zone(hours: int, field: str) -> None:
    moment = datetime(2007, 4, 12, 23, 25, 42, tzinfo=timezone(timedelta(hours=hours)))
    assert timestamp.encode(moment).hex().upper() == field
    assert timestamp.decode(bytes.fromhex(field)) == moment.astimezone(UTC)


@pytest.mark.parametrize(("code", "style", "written"), table(REQUESTS))
def test_a_ussd_request_is_written_as_sticks_want_it(code: str, style: ussd.Style, written: str) -> None:
    assert ussd.encode_request(code, style) == written


@pytest.mark.parametrize(("text", "octets"), table(UNITS))
def test_ucs2_is_utf16_big_end_first(text: str, octets: str) -> None:
    assert ucs2.encode(text).hex().upper() == octets
    assert ucs2.decode(bytes.fromhex(octets)) == text


@pytest.mark.parametrize(("text", "packed"), table([("V34 seven signs of USSD", "message", "EDF27C1E3E971B")]))
def test_ussd_fills_seven_spare_bits(text: str, packed: str) -> None:
    assert ussd.encode_text(text, "hex7") == packed


@pytest.mark.parametrize(("text", "sizes"), table(PARTS))
def test_a_long_text_is_cut_between_characters(text: str, sizes: list[int]) -> None:
    found = segment(text)
    measure = ucs2.units if found.encoding is Encoding.UCS2 else lambda part: sum(map(gsm7.cost, part))
    assert [measure(part) for part in found.parts] == sizes
    assert "".join(found.parts) == text


def test_the_part_after_an_escape_pair_is_packed_as_others_pack_it() -> None:
    first, second = segment(PARTS[1][1]).parts
    head = "0061000B916407281553F80000"
    part_1 = encode_submit(Submit("+46708251358", first, Encoding.GSM7, Concat(0x2A, 2, 1)))
    part_2 = encode_submit(Submit("+46708251358", second, Encoding.GSM7, Concat(0x2A, 2, 2)))
    assert part_1.hex.startswith(head + "9F0500032A0201")
    assert part_2.hex == head + "1D0500032A02023665B1582C168BC562B1582C168BC562B1582C06"


@pytest.mark.parametrize(("text", "fill_bits", "packed"), table([("V39 one bit", "This", 1, "A8E8F41C")]))
def test_text_behind_a_header_starts_on_a_septet_boundary(text: str, fill_bits: int, packed: str) -> None:
    assert gsm7.pack(text.encode(), fill_bits).hex().upper() == packed
    assert gsm7.unpack(bytes.fromhex(packed), len(text), fill_bits) == text.encode()


@pytest.mark.parametrize(("shift", "user_data"), table(SHIFTED))
def test_a_national_table_is_named_in_the_header(shift: Shift, user_data: str) -> None:
    assert userdata.encode("ş", Encoding.GSM7, None, shift).hex().upper() == user_data
    read = decode("0040048121430000" + "11101021436500" + user_data)
    assert isinstance(read, Deliver)
    assert (read.text, read.shift) == ("ş", shift)
    sent = decode(encode_submit(Submit("3636", "ş", Encoding.GSM7, shift=shift)).hex, incoming=False)
    assert isinstance(sent, SubmitPdu)
    assert (sent.text, sent.shift, sent.alphabet) == ("ş", shift, Alphabet.GSM7)


@pytest.mark.parametrize("pdu", table(MALFORMED))
def test_a_malformed_pdu_is_a_value(pdu: str) -> None:
    read = decode(pdu)
    assert isinstance(read, Defect)
    assert read.raw == pdu
    assert read.reason


def test_no_vector_is_missing() -> None:
    assert sorted(set(_numbers())) == [f"V{number:02}" for number in range(1, 43)]


def _numbers() -> Iterator[str]:
    pdus = json.loads((Path(__file__).parents[1] / "vectors" / "pdus.json").read_text("utf-8"))
    for cases in pdus.values():
        yield from (case["name"][:3] for case in cases)
    # The ids in this file, wherever they stand.
    yield from re.findall(r'"(V\d\d) ', Path(__file__).read_text("utf-8"))
