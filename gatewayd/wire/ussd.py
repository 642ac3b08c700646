"""USSD: the request string of AT+CUSD, and the text of a +CUSD line.

Modems write the text plainly, as hex of packed GSM 7 bit (Huawei), or as UCS-2 hex, whatever the dcs
says, so `parse` looks at the text itself: dcs first, then which reading makes sense, else as it stands.
Quoted text may hold line ends and quotes. `parse` never raises.

Source: TS 27.007 §7.15 (AT+CUSD), TS 23.038 §5 (dcs), §6.1.2.3 (CR padding of packed USSD text).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal, assert_never

from gatewayd.wire import gsm7, ucs2

Style = Literal["plain", "hex7", "ucs2"]

#: <m> of a +CUSD line.
DONE: Final = 0
REPLY_WANTED: Final = 1
ENDED: Final = 2
OTHER_CLIENT: Final = 3
NOT_SUPPORTED: Final = 4
TIMEOUT: Final = 5
#: A line without a mode that can be read.
UNREADABLE: Final = -1

_REQUEST: Final = re.compile(r"[0-9*#]{1,20}", re.ASCII)
_LINE: Final = re.compile(r"\s*\+CUSD:\s*(?P<mode>\d)\s*(?:,(?P<rest>.*))?", re.ASCII | re.DOTALL | re.IGNORECASE)
_QUOTED: Final = re.compile(r'\s*"(?P<text>.*)"\s*(?:,\s*(?P<dcs>\d{1,3})?\s*)?', re.ASCII | re.DOTALL)
# Without its quotes, a text that ends in "5,000" must not lose its thousands to the dcs.
_BARE: Final = re.compile(r'\s*"?(?P<text>.*?)\s*(?:(?<!\d),\s*(?P<dcs>\d{1,3})\s*)?', re.ASCII | re.DOTALL)
_HEX: Final = re.compile(r"(?:[0-9A-Fa-f]{2})+", re.ASCII)
#: Below this a string of hex digits is more likely a short word or an amount.
_LEAST_HEX: Final = 8
#: The same for hex without any letter, which an operator's number or a voucher looks like.
_LEAST_DECIMAL_HEX: Final = 16
_CR: Final = 0x0D
#: Two letters of language and CR stand before the text, the letters packed into the first unit for UCS-2.
_GSM7_WITH_LANGUAGE: Final = 16
_UCS2_WITH_LANGUAGE: Final = 17
_LANGUAGE: Final = re.compile(r"[a-z]{2}\r", re.ASCII)
#: The group 01xx names the alphabet in bits 3–2: 72 is UCS-2, 68 is 8-bit data, others carry a class too.
_GENERAL: Final = range(0x40, 0x80)
_UCS2_DCS: Final = frozenset({_UCS2_WITH_LANGUAGE, *(dcs for dcs in _GENERAL if dcs & 0x2C == 0x08)})
_OCTETS_DCS: Final = frozenset(dcs for dcs in _GENERAL if dcs & 0x2C == 0x04)


@dataclass(frozen=True, slots=True)
class UssdReply:
    """`mode` is one of the constants above, `text` what a person reads, `raw` the line as it came. `dcs` is
    the network's own word on the alphabet, None if it gave none."""

    mode: int
    text: str
    raw: str
    dcs: int | None = None


def parse(line: str) -> UssdReply:
    """The reply in one +CUSD line, line ends inside its quotes included."""
    found = _LINE.fullmatch(line.strip("\r\n\0"))
    if found is None:
        return UssdReply(UNREADABLE, "", line)
    rest = found["rest"] or ""
    body = _QUOTED.fullmatch(rest) or _BARE.fullmatch(rest)
    if body is None:
        return UssdReply(int(found["mode"]), rest, line)
    dcs = int(body["dcs"]) if body["dcs"] else None
    return UssdReply(int(found["mode"]), _readable(body["text"], dcs), line, dcs)


def encode_request(code: str, style: Style) -> str:
    """What stands between the quotes of AT+CUSD=1,"…". Raises ValueError unless `code` is 1 to 20 of the
    signs 0–9, * and #."""
    if _REQUEST.fullmatch(code) is None:
        raise ValueError("a USSD code is 1 to 20 digits, * and #")
    return encode_text(code, style)


def encode_text(text: str, style: Style) -> str:
    """`text` as a modem of that habit writes it. Raises ValueError for "hex7" if it does not fit GSM 7 bit."""
    match style:
        case "plain":
            return text
        case "hex7":
            return _pack(text).hex().upper()
        case "ucs2":
            return ucs2.encode(text).hex().upper()
        case _:
            assert_never(style)


def _pack(text: str) -> bytes:
    septets = gsm7.encode(text)
    if septets is None:
        raise ValueError("the text does not fit the GSM 7 bit alphabet")
    # Seven spare bits would read as "@", so a CR fills them.
    if len(septets) % 8 == 7:
        septets += bytes([_CR])
    return gsm7.pack(septets)


def _unpack(octets: bytes) -> str:
    septets = gsm7.unpack(octets, 8 * len(octets) // 7)
    if septets and len(septets) % 8 == 0 and septets[-1] in (_CR, 0):
        septets = septets[:-1]
    return gsm7.decode(septets)


def _readable(text: str, dcs: int | None) -> str:
    """What a person reads: the text decoded, without the language that some codings put before it."""
    decoded = _decoded(text, dcs)
    if dcs == _GSM7_WITH_LANGUAGE and _LANGUAGE.match(decoded):
        return decoded[3:]
    return decoded


def _decoded(text: str, dcs: int | None) -> str:
    """The text, decoded if it is hex of something; as it stands otherwise."""
    if len(text) < _LEAST_HEX or _HEX.fullmatch(text) is None:
        return text
    octets = bytes.fromhex(text)
    if _is_ucs2(octets, dcs):
        return ucs2.decode(octets[_language_octets(octets, dcs) :])
    if text.isdecimal() and len(text) < _LEAST_DECIMAL_HEX:
        return text
    return next(filter(_is_prose, _readings(octets, dcs)), text)


def _is_ucs2(octets: bytes, dcs: int | None) -> bool:
    """By the dcs, or because every unit is of the Latin block: packed text never has zeros so regularly."""
    if len(octets) % 2:
        return False
    return _is_text(ucs2.decode(octets)) and (dcs in _UCS2_DCS or not any(octets[::2]))


def _language_octets(octets: bytes, dcs: int | None) -> int:
    letters = gsm7.decode(gsm7.unpack(octets[:2], 2))
    return 2 if dcs == _UCS2_WITH_LANGUAGE and letters.isascii() and letters.islower() and letters.isalpha() else 0


def _readings(octets: bytes, dcs: int | None) -> Iterator[str]:
    """What the octets may say, the likeliest first."""
    if dcs in _OCTETS_DCS:
        yield octets.decode("latin-1")
    yield _unpack(octets)
    if len(octets) % 2 == 0:
        yield ucs2.decode(octets)


def _is_text(text: str) -> bool:
    return bool(text) and all(char.isprintable() or char in "\r\n\t" for char in text)


def _is_prose(text: str) -> bool:
    """Whether a person may have written it: mostly letters, digits and spaces of the Latin script."""
    ordinary = sum(char.isascii() and (char.isalnum() or char in " \r\n*#.,:") for char in text)
    return _is_text(text) and "\ufffd" not in text and ordinary >= 0.8 * len(text)
