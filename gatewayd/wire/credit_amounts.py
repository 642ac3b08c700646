"""Finds the balance and the SMS left in an operator's text, past prices, quotas, minutes and menu numbers.

In: lower-case text. An amount is the balance only right behind a word for it ("pulsa", "saldo",
"balance") that is not part of another matter ("isi pulsa", "bonus pulsa"); a count is of SMS only with a
word that makes it the SIM's own ("sisa", "bonus", "SMS:").
"""

import re
from dataclasses import dataclass
from typing import Final

from gatewayd.wire.credit_terms import NUMBER, whole_number

# Words that make the amount behind "pulsa" something else than the balance.
_OTHER_MATTER = r"top ?up|isi(?: ulang)?|beli|transfer|tukar|hadiah|bonus|gratis|promo|paket|minimal|min|harga|biaya"
_FILLER = r"anda|kartu|ini|is|adalah|sebesar|sekarang|saat|utama|reguler|rupiah"
# Without "Rp" a single figure is a menu number.
_NO_MENU_NUMBER = r"(?=\d{3}|\d{1,3}[.,]\d|0(?!\d))"
# What makes the number in front of it an amount of something else, or a price.
_OTHER_UNIT = r"\s?(?:mnt|menit|gb|mb|kb|sms|hari|berhasil|x\b|[/%]|\d)"

_BALANCE: Final = re.compile(
    rf"(?P<other>\b(?:{_OTHER_MATTER})\s+)?(?P<sure>\bsisa\s+)?"
    r"\b(?:pulsa|saldo|balance)(?:[ \t]*(?P<kind>utama|reguler))?"
    rf"(?P<filler>(?:\s+(?:{_FILLER})\b)*)\s*[:=]?"
    rf"(?:\s*(?P<minus>-?)\s*(?:rp|idr)\.?\s*(?P<minus_behind>-?)(?P<money>(?>{NUMBER}))"
    rf"|[ \t]*{_NO_MENU_NUMBER}(?P<bare>(?>{NUMBER})))"
    rf"(?:,-)?(?P<thousands>\s?(?:rb|ribu)\b)?(?!{_OTHER_UNIT})",
    re.ASCII,
)

_SCOPE = r"anynet|all ?net|onnet|sesama|semua op\w*"
# The number must not be the start of a date.
_COUNT = rf"(?P<count>(?>{NUMBER}))(?![/.-]\d)"
_SMS_LEFT: Final = tuple(
    re.compile(pattern, re.ASCII)
    for pattern in (
        rf"\b(?:sisa|bonus|kuota)\b[ :]*(?P<count>(?>{NUMBER}))\s?sms\b(?!\s*/)",
        rf"\b(?:sisa|bonus|kuota|free) sms\b[ :=]*{_COUNT}",
        # Without a colon or a scope the number is the next choice of a menu ("4 Nelp&SMS 5 Pkt").
        rf"\bsms(?: (?:{_SCOPE}))?\s?:\s?{_COUNT}",
        rf"\bsms (?:{_SCOPE}) {_COUNT}",
    )
)


@dataclass(frozen=True, slots=True)
class Balance:
    """Whole rupiah, and where in the text the amount ends."""

    value: int
    end: int


def find_balance(text: str) -> Balance | None:
    """The balance; an amount called "sisa", "utama" or "saat ini" goes before others."""
    fallback: Balance | None = None
    for found in _BALANCE.finditer(text):
        value = _value(found)
        if value is None or found["other"]:
            continue
        balance = Balance(value, found.end())
        if found["sure"] or found["kind"] or "saat ini" in found["filler"]:
            return balance
        fallback = fallback or balance
    return fallback


def find_sms_left(text: str) -> int | None:
    """How many SMS a package or bonus still has; the first one named."""
    for pattern in _SMS_LEFT:
        found = pattern.search(text)
        if found:
            return whole_number(found["count"])
    return None


def _value(found: re.Match[str]) -> int | None:
    value = whole_number(found["money"] or found["bare"])
    if value is None:
        return None
    if found["thousands"]:
        value *= 1000
    return -value if found["minus"] or found["minus_behind"] else value
