"""Telephone numbers as people and spreadsheets write them → E.164, or why not.

In: what was typed. Out: "+628…" or a PhoneFault. Indonesian numbers are read by the rules below; foreign ones,
where they are allowed, by libphonenumber, which alone would take landlines, drop letters and not know "0062".
Never guesses: letters, lost digits and two numbers in a cell are refused. Digits of other scripts are refused.
Source: Indonesian numbering plan (mobile: 8[1-35-9] and 7 to 10 more digits), E.164.
"""

import re
from dataclasses import dataclass
from typing import Final

from gatewayd.wire.plaintext import one_line

_LONGEST: Final = 200
_DASHES: Final = re.compile("[\u2010-\u2015\u2212\ufe63\uff0d]")
_REMARK: Final = re.compile(r"\([^()]*[A-Za-z][^()]*\)")
_LABEL: Final = re.compile(
    r"(?:(?:no|nomor|hp|wa|whatsapp|telp|tlp|tel|telepon|ponsel|seluler|selular|sms|mobile|phone)\b[\s.:/]*)+", re.I
)
_TRAILING_LABEL: Final = re.compile(r"[\s,/-]+(?:wa|hp|whatsapp)\.?$", re.I)
_SCIENTIFIC: Final = re.compile(r"[+-]?\d+(?:[.,]\d+)?e[+-]?\d+", re.I | re.ASCII)
_FLOAT: Final = re.compile(r"(\+?\d{7,15})[.,]0", re.ASCII)
#: A calculated cell: dropping the point would make another person's number of it.
_FRACTION: Final = re.compile(r"\+?\d{7,}[.,]\d{1,2}", re.ASCII)
_SEPARATOR: Final = re.compile(r"[/;,|&\n]|\b(?:atau|dan|or|and)\b", re.I)
_SIGNS: Final = re.compile(r"[\s().\-]+")
_DIGITS: Final = re.compile(r"\+?[0-9]+")
_MOBILE: Final = re.compile(r"8[1-35-9]\d{7,10}", re.ASCII)

#: Digits from which on a piece of a cell counts as a number of its own.
_ENOUGH: Final = 7
_E164_DIGITS: Final = 15


@dataclass(frozen=True, slots=True)
class PhoneFault:
    """Why a number is refused: a "row.…" code of wire/faultcodes.py."""

    code: str


def normalise(typed: str, country: str = "ID", foreign: bool = False) -> str | PhoneFault:
    """E.164 of the one mobile number in `typed`. `country` is the home region, `foreign` allows all others."""
    if len(typed) > _LONGEST:
        return PhoneFault("row.too_long")
    cell = _stripped(typed)
    if not any(char.isalnum() for char in cell):
        return PhoneFault("row.empty")
    if _SCIENTIFIC.fullmatch(cell):
        return PhoneFault("row.scientific")
    if _FRACTION.fullmatch(cell):
        return PhoneFault("row.letters")
    number = _single(cell)
    if isinstance(number, PhoneFault):
        return number
    if country == "ID":
        return _indonesian(number, foreign)
    return _by_library(number, country, foreign)


def _stripped(typed: str) -> str:
    """The cell without what spreadsheets and chat programs put around a number."""
    cell = _DASHES.sub("-", one_line(typed)).lstrip("'’‘`\"= ").rstrip("'’\" ")
    cell = _REMARK.sub(" ", cell).strip()
    label = _LABEL.match(cell)
    cell = cell[label.end() :] if label else cell
    cell = _TRAILING_LABEL.sub("", cell)
    whole = _FLOAT.fullmatch(cell)
    return whole[1] if whole else cell.strip(" .,;:")


def _single(cell: str) -> str | PhoneFault:
    """The digits of the one number in `cell`, with a leading + if it had one."""
    pieces = [piece for piece in _SEPARATOR.split(cell) if any(char.isalnum() for char in piece)]
    if len(pieces) > 1 or len(pieces[0].split()) > 1:
        numbers = [piece for piece in pieces if _count(piece) >= _ENOUGH]
        words = [word for word in cell.split() if _count(word) > _ENOUGH + 1]
        if len(numbers) > 1 or len(words) > 1:
            return PhoneFault("row.two_numbers")
        if len(pieces) > 1:
            return PhoneFault("row.letters")
    digits = _SIGNS.sub("", pieces[0])
    return digits if _DIGITS.fullmatch(digits) else PhoneFault("row.letters")


def _count(piece: str) -> int:
    return sum(char.isdigit() for char in piece)


def _indonesian(number: str, foreign: bool) -> str | PhoneFault:
    national = _national(number)
    if national is None:
        return _by_library("+" + number.removeprefix("+").removeprefix("00"), "ID", foreign)
    if not national.startswith("8"):
        return _no_mobile(national)
    if len(national) < 9:
        return PhoneFault("row.too_short")
    if len(national) > 12:
        return PhoneFault("row.too_long")
    return f"+62{national}" if _MOBILE.fullmatch(national) else PhoneFault("row.not_mobile")


def _national(number: str) -> str | None:
    """The digits behind the country code or the trunk 0; None for a number of another country."""
    for prefix in ("+62", "0062"):
        if number.startswith(prefix):
            return number.removeprefix(prefix).removeprefix("0")
    if number.startswith(("+", "00")):
        return None
    if number.startswith(("628", "6208")) and len(number) >= 10:
        return number.removeprefix("62").removeprefix("0")
    if number.startswith("0"):
        return number.removeprefix("0")
    # A spreadsheet took the leading 0 of a mobile number; anything else without one is a short code or a guess.
    return number if number.startswith("8") else f"1{number}"


def _no_mobile(national: str) -> PhoneFault:
    if len(national) < _ENOUGH:
        return PhoneFault("row.too_short")
    if len(national) > 12:
        return PhoneFault("row.too_long")
    return PhoneFault("row.landline" if national[0] in "2345679" else "row.not_mobile")


def _by_library(number: str, country: str, foreign: bool) -> str | PhoneFault:
    """A number that our own rules do not cover, judged by libphonenumber."""
    # Loaded on demand: most gateways never need it, and it costs memory.
    import phonenumbers

    if len(number.removeprefix("+")) > _E164_DIGITS:
        return PhoneFault("row.too_long")
    if number.startswith("+") and country == "ID" and not foreign:
        return PhoneFault("row.foreign")
    try:
        parsed = phonenumbers.parse(number, country)
    except phonenumbers.NumberParseException:
        return PhoneFault("row.not_mobile")
    if phonenumbers.country_code_for_region(country) != parsed.country_code and not foreign:
        return PhoneFault("row.foreign")
    if not phonenumbers.is_valid_number(parsed):
        return PhoneFault("row.not_mobile")
    kind = phonenumbers.number_type(parsed)
    if kind == phonenumbers.PhoneNumberType.FIXED_LINE:
        return PhoneFault("row.landline")
    if kind not in (phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE):
        return PhoneFault("row.not_mobile")
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
