"""Amounts and dates as Indonesian operators write them.

Amounts: three digits behind the last separator are thousands, one or two are decimals, which are cut off
(12.345 and 12,345.50 and 1.234,56 are all read). Dates: the day always comes first (dd/mm/yyyy, dd.mm.yy,
23Jan16, 31 Des 2026, 14-Jan-2027), except in yyyy-mm-dd.

In: lower-case text. The patterns are strings to build larger ones from.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

#: An unsigned number; never ends in a separator, so that the full stop of a sentence stays outside.
NUMBER: Final = r"(?:\d{1,3}(?:[.,]\d{3})+(?!\d)|\d+)(?:[.,]\d{1,2}(?!\d))?"

_MONTHS: Final = {
    "jan": 1,
    "feb": 2,
    "mar": 3,
    "apr": 4,
    "mei": 5,
    "may": 5,
    "jun": 6,
    "jul": 7,
    "agu": 8,
    "agt": 8,
    "ags": 8,
    "aug": 8,
    "sep": 9,
    "okt": 10,
    "oct": 10,
    "nov": 11,
    "nop": 11,
    "des": 12,
    "dec": 12,
}
_MONTH: Final = (
    r"jan(?:uari|uary)?|feb(?:ruari|ruary)?|mar(?:et|ch)?|apr(?:il)?|mei|may|jun[ie]?|jul[iy]?|"
    r"agustus|agu|agt|ags|aug(?:ust)?|sep(?:tember|t)?|okt(?:ober)?|oct(?:ober)?|"
    r"nov(?:ember)?|nop(?:ember)?|des(?:ember)?|dec(?:ember)?"
)
_DATE: Final = re.compile(
    r"(?<![\d/])(?:"
    r"(?P<iso_year>\d{4})-(?P<iso_month>\d{2})-(?P<iso_day>\d{2})"
    r"|(?P<day>\d{1,2})(?P<mark>[/.-])(?P<month>\d{1,2})(?P=mark)(?P<year>\d{4}|\d{2})"
    rf"|(?P<word_day>\d{{1,2}})[\s-]?(?P<word>{_MONTH})[\s.-]?(?P<word_year>\d{{4}}|\d{{2}})"
    r")(?![\d/])",
    re.ASCII,
)
_DECIMALS: Final = re.compile(r"[.,]\d{1,2}$", re.ASCII)
#: More digits than any balance has; longer runs are card or voucher numbers.
_MOST_DIGITS: Final = 10


@dataclass(frozen=True, slots=True)
class FoundDate:
    """A date in a text, with where it stands."""

    day: date
    start: int
    end: int


def whole_number(text: str) -> int | None:
    """The value of a NUMBER, decimals cut off; None if it has more digits than money has."""
    digits = re.sub(r"\D", "", _DECIMALS.sub("", text))
    return int(digits) if 1 <= len(digits) <= _MOST_DIGITS else None


def find_dates(text: str) -> Iterator[FoundDate]:
    """Every date that exists, in order."""
    for found in _DATE.finditer(text):
        day = _day_of(found)
        if day is not None:
            yield FoundDate(day, found.start(), found.end())


def _day_of(found: re.Match[str]) -> date | None:
    if found["iso_year"]:
        parts = found["iso_year"], found["iso_month"], found["iso_day"]
    elif found["word"]:
        parts = found["word_year"], str(_MONTHS[found["word"][:3]]), found["word_day"]
    else:
        parts = found["year"], found["month"], found["day"]
    year, month, day = map(int, parts)
    try:
        return date(year + 2000 if year < 100 else year, month, day)
    except ValueError:
        return None
