"""Dates as Indonesians type them: day first, always.

In: a text such as "Senin, 23 Nopember 2026 pukul 09.05 WIB", "22/11/26", "2026-11-22". Out: the date, or a
DateFault that tells an impossible date from a text without one. Month-first dates are impossible, never swapped.
"""

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

#: A year outside is a slip of the pen.
_FIRST_YEAR: Final = 2000
_LAST_YEAR: Final = 2099
_LONGEST: Final = 200
_MONTHS: Final = {
    "jan": 1, "januari": 1, "january": 1, "feb": 2, "peb": 2, "februari": 2, "pebruari": 2, "february": 2,
    "mar": 3, "mrt": 3, "maret": 3, "march": 3, "apr": 4, "april": 4, "mei": 5, "may": 5,
    "jun": 6, "juni": 6, "june": 6, "jul": 7, "juli": 7, "july": 7,
    "agu": 8, "agt": 8, "ags": 8, "agst": 8, "aug": 8, "agustus": 8, "august": 8,
    "sep": 9, "sept": 9, "september": 9, "okt": 10, "oct": 10, "oktober": 10, "october": 10,
    "nov": 11, "nop": 11, "november": 11, "nopember": 11, "des": 12, "dec": 12, "desember": 12, "december": 12,
}  # fmt: skip
_YEAR_FIRST: Final = re.compile(r"(?<!\d)(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?!\d)", re.ASCII)
_DAY_FIRST: Final = re.compile(r"(?<!\d)(\d{1,2})\s?([-/.])\s?(\d{1,2})\s?\2\s?(\d{4}|\d{2})(?!\d)", re.ASCII)
_NAMED: Final = re.compile(r"(?<!\d)(\d{1,2})[\s./-]{0,3}([A-Za-z]{3,9})[\s./,'’-]{0,3}(\d{4}|\d{2})(?!\d)", re.ASCII)


@dataclass(frozen=True, slots=True)
class DateFault:
    """ "date.impossible" or "date.unreadable"."""

    code: str


def parse(text: str) -> date | DateFault:
    """The first date in `text`."""
    text = text[:_LONGEST]
    found = _YEAR_FIRST.search(text)
    if found:
        return _date(found[4], int(found[3]), found[1])
    found = _DAY_FIRST.search(text)
    if found:
        return _date(found[1], int(found[3]), found[4])
    for named in _NAMED.finditer(text):
        month = _MONTHS.get(named[2].lower())
        if month is not None:
            return _date(named[1], month, named[3])
    return DateFault("date.unreadable")


def _date(day: str, month: int, year: str) -> date | DateFault:
    full = int(year) + 2000 if len(year) == 2 else int(year)
    if not _FIRST_YEAR <= full <= _LAST_YEAR:
        return DateFault("date.impossible")
    try:
        return date(full, month, int(day))
    except ValueError:
        return DateFault("date.impossible")
