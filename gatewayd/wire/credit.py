"""Reads an operator's answer about a SIM: balance, active until, grace until, SMS left, and what kind of
answer it is.

In: the text of a USSD reply or of an SMS, and the reply's mode. Out: a CreditReading, in which all that
the text does not plainly say is None: unknown is not zero. A date is the SIM's own only behind a word for
its active or grace period, or right behind the balance; dates of packages and deadlines for topping up
are not. Never raises. Source: replies collected in tests/vectors/ussd_replies.json.
"""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from gatewayd.wire import ussd
from gatewayd.wire.credit_amounts import Balance, find_balance, find_sms_left
from gatewayd.wire.credit_terms import find_dates


class CreditState(StrEnum):
    OK = "ok"
    #: The operator asks for a top-up.
    LOW = "low"
    #: The active period is over: the SIM receives but does not send.
    GRACE = "grace"
    #: Only a menu: the balance is behind a choice.
    MENU = "menu"
    #: The balance will come by SMS.
    ASYNC_SMS = "async_sms"
    #: Busy; if it repeats, the SIM may be blocked for unfair use.
    BUSY_OR_BLOCKED = "busy_or_blocked"
    #: This SIM does not answer such codes at all.
    UNSUPPORTED = "unsupported"
    ERROR = "error"
    #: Advertising or fraud.
    IGNORE = "ignore"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class CreditReading:
    """What is known after one answer. `balance_idr` is in whole rupiah, decimals cut off; `state` is one of
    CreditState."""

    balance_idr: int | None
    active_until: date | None
    grace_until: date | None
    sms_left: int | None
    state: str


class _Meaning(StrEnum):
    ACTIVE = "active"
    GRACE = "grace"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class _Dates:
    active: date | None
    grace: date | None


#: An answer is short; what stands further behind is not read, which bounds the work on a hostile SMS.
_MOST_CHARACTERS: Final = 1000

_UNTIL: Final = re.compile(r"\bs\s?[./]\s?d\b\.?|\bsd\b\.?", re.ASCII)
_SENTENCES_BEFORE: Final = re.compile(r".*(?:[.;!?]\s|\n)", re.ASCII | re.DOTALL)
_PACKAGE: Final = re.compile(
    r"\b(?:paket|pkt|kuota|bonus|gratis|free|promo|sms|internet|inet|nelp\w*|telp\w*|data|voice)\b"
    r"|(?:\b|\d)(?:gb|mb|kb|mnt|menit)\b",
    re.ASCII,
)
_DEADLINE: Final = re.compile(r"\b(?:sebelum|before|isi ulang|top ?up|paling lambat)\b", re.ASCII)
_GRACE: Final = re.compile(r"\b(?:tenggang|grace)\b", re.ASCII)
_ACTIVE: Final = re.compile(r"\b(?:aktif|active)\b", re.ASCII)
#: All that may stand between the balance and the date until which it is good.
_ONLY_UNTIL: Final = re.compile(
    r"[\s.,;:()-]*(?:(?:masa|berlaku|valid|until|hingga|sampai|dengan|exp|expires?|tgl|pada|on)\b[\s.,:]*)+",
    re.ASCII,
)
_LOW: Final = re.compile(r"segera (?:lakukan )?(?:isi|pengisian)|hangus|tidak (?:men)?cukup|telah habis", re.ASCII)
#: What an answer without a balance is about; the first that fits.
_TOPICS: Final = tuple(
    (re.compile(pattern, re.ASCII), state)
    for state, pattern in (
        (CreditState.UNSUPPORTED, r"hanya tersedia|tidak (?:tersedia|didukung)|not (?:supported|available)"),
        (CreditState.BUSY_OR_BLOCKED, r"system busy|\bsibuk\b|coba (?:lagi|beberapa)|try again"),
        (CreditState.BUSY_OR_BLOCKED, r"pemakaian wajar|diblokir|dihentikan"),
        (CreditState.ASYNC_SMS, r"\b(?:tunggu|menunggu|lewat|melalui|via|by|wait for)(?: an)? sms\b"),
        (CreditState.ASYNC_SMS, r"sedang diproses|being processed"),
        (CreditState.ERROR, r"unknown application|invalid|\berror\b|\bmmi\b|\bgagal\b"),
        (CreditState.ERROR, r"tidak (?:dikenal|valid)|kode salah"),
        (CreditState.OK, r"\bsisa (?:kuota|sms|paket)\b|\bkuota\b.*\banda\b"),
        (CreditState.MENU, r"(?:^|\n)\s*\d{1,2}[.)].*\n\s*\d{1,2}[.)]"),
        (CreditState.IGNORE, r"\b(?:gratis|promo|hadiah|selamat|menang|diskon|yuk)\b"),
    )
)


def parse_credit(text: str, mode: int = ussd.DONE) -> CreditReading:
    """What `text` says. `mode` is that of the USSD reply (0 for an SMS)."""
    plain = _UNTIL.sub(" until ", text[:_MOST_CHARACTERS].lower().replace("\u00a0", " "))
    balance = find_balance(plain)
    dates = _dates(plain, balance)
    value = None if balance is None else balance.value
    state = _state(plain, mode, value, dates)
    return CreditReading(value, dates.active, dates.grace, find_sms_left(plain), state.value)


def _dates(text: str, balance: Balance | None) -> _Dates:
    """The SIM's own dates: the first of each kind, judged by what stands between the date and whatever
    number of ours came before it."""
    first: dict[_Meaning, date] = {}
    before = 0
    for found in find_dates(text):
        behind_balance = balance is not None and before <= balance.end <= found.start
        start = balance.end if balance is not None and behind_balance else before
        first.setdefault(_meaning(text[start : found.start], behind_balance), found.day)
        before = found.end
    return _Dates(first.get(_Meaning.ACTIVE), first.get(_Meaning.GRACE))


def _meaning(context: str, behind_balance: bool) -> _Meaning:
    """What the date behind `context` ends."""
    sentence = _SENTENCES_BEFORE.sub("", context)
    if _DEADLINE.search(sentence) or _PACKAGE.search(sentence):
        return _Meaning.OTHER
    if _GRACE.search(sentence):
        return _Meaning.GRACE
    if _ACTIVE.search(sentence) or (behind_balance and _ONLY_UNTIL.fullmatch(context)):
        return _Meaning.ACTIVE
    return _Meaning.OTHER


def _state(text: str, mode: int, balance: int | None, dates: _Dates) -> CreditState:
    if dates.grace is not None and dates.active is None:
        return CreditState.GRACE
    if balance is not None:
        return CreditState.LOW if _LOW.search(text) else CreditState.OK
    if mode in (ussd.NOT_SUPPORTED, ussd.TIMEOUT):
        return CreditState.ERROR
    return next((state for topic, state in _TOPICS if topic.search(text)), CreditState.UNKNOWN)
