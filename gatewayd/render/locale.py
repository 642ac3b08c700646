"""Dates, times, numbers and money as they are written in Indonesia, and their English counterparts.

In: aware times, integers. Out: text in one language and zone: "23 November 2026 pukul 09.05 WIB",
"Rp 12.500", "1.234,5". Babel knows months and separators; the words around them are here.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_timedelta
from babel.numbers import format_decimal

from gatewayd.render.views import Language

_AT = {"id": "pukul", "en": "at"}
_CLOCK = {"id": "%H.%M", "en": "%H:%M"}


@dataclass(frozen=True)
class Locale:
    """One language in one zone."""

    language: Language
    timezone: str

    @cached_property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    def local(self, at: datetime) -> datetime:
        """`at` in this zone."""
        return at.astimezone(self._zone)

    def zone_name(self, at: datetime) -> str:
        """WIB, WITA, WIT, or "UTC+08" where a zone has no letters."""
        name = self.local(at).tzname() or ""
        return f"UTC{name}" if name[:1] in "+-" else name

    def day(self, day: date) -> str:
        """ "23 November 2026"; a datetime is a day of this zone."""
        if isinstance(day, datetime):
            day = self.local(day).date()
        return format_date(day, "d MMMM y", locale=self.language)

    def month(self, day: date) -> str:
        """ "November 2026"."""
        return format_date(day, "MMMM y", locale=self.language)

    def clock(self, at: datetime) -> str:
        """ "09.05"."""
        return self.local(at).strftime(_CLOCK[self.language])

    def moment(self, at: datetime) -> str:
        """ "23 November 2026 pukul 09.05 WIB"."""
        return f"{self.day(at)} {_AT[self.language]} {self.clock(at)} {self.zone_name(at)}"

    def brief(self, at: datetime) -> str:
        """ "23 Nov 09.05", for a narrow column."""
        return f"{format_date(self.local(at).date(), 'd MMM', locale=self.language)} {self.clock(at)}"

    def span(self, start: datetime, end: datetime) -> str:
        """ "23 November 2026 pukul 09.05–10.12 WIB", with both days if they differ."""
        if self.local(start).date() != self.local(end).date():
            return f"{self.moment(start)} – {self.moment(end)}"
        if self.clock(start) == self.clock(end):
            return self.moment(end)
        day, at = self.day(start), _AT[self.language]
        return f"{day} {at} {self.clock(start)}–{self.clock(end)} {self.zone_name(end)}"

    def sortable(self, at: datetime) -> str:
        """ "2026-11-23 09:05:12" local time: what a spreadsheet takes for a time in any language."""
        return self.local(at).strftime("%Y-%m-%d %H:%M:%S")

    def age(self, at: datetime, now: datetime) -> str:
        """ "12 menit yang lalu"."""
        passed = max(now - at, timedelta(seconds=1))
        return format_timedelta(-passed, add_direction=True, threshold=1, locale=self.language)

    def number(self, value: float) -> str:
        """ "1.234,5"."""
        return format_decimal(value, locale=self.language)

    def percent(self, part: int, whole: int) -> str:
        """ "96,6 %"; rounded so that something is never nothing and less than all is never all."""
        if whole <= 0:
            return "–"
        share = round(100 * part / whole, 1)
        if 0 < part < whole:
            share = min(max(share, 0.1), 99.9)
        return f"{format_decimal(share, '0.#', locale=self.language)}{' ' if self.language == 'id' else ''}%"

    def rupiah(self, amount: int) -> str:
        """ "Rp 12.500"; "-Rp 1.500"."""
        return f"{'-' if amount < 0 else ''}Rp {format_decimal(abs(amount), locale=self.language)}"
