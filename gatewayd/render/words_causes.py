"""Why a message was not delivered, in plain words: families of cause codes → a sentence.

In: a cause code as the transports write it ("cms-38", "cme-13", "st-43", "smtp-550-5.1.1", "timeout"). Out: a
sentence key for the catalogues, '' for a code that no family has; then the technical words are shown.
The families follow what a person can do about it, not the standard's chapters (wire/causes has those).
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from gatewayd.render.catalogue import N_
from gatewayd.render.words_faults import ROWS

_NUMBER_DEAD: Final = N_("the number is not in service")
_PHONE_OFF: Final = N_("the phone was off or out of reach")
_PHONE_REFUSED: Final = N_("the recipient's phone refused the message")
_BARRED: Final = N_("the operator does not let this SIM send (credit, registration or limit)")
_NETWORK: Final = N_("the network was busy or disturbed")
_MESSAGE: Final = N_("the network refused the form of the message")
_SIM: Final = N_("trouble with the SIM card")
_MODEM: Final = N_("trouble with the modem")
_TIME_OVER: Final = N_("the time for sending was over")
_NO_ANSWER: Final = N_("no answer came after sending, so it may or may not have arrived")
_STORE_DOUBT: Final = N_("the gateway's records were put back or damaged, so it may or may not have been sent")
_MAILBOX_NONE: Final = N_("this e-mail address does not exist")
_MAILBOX_FULL: Final = N_("the mailbox is full")
_MAIL_REFUSED: Final = N_("the recipient's mail server refused the mail")
_MAIL_LATER: Final = N_("the recipient's mail server could not take the mail in time")
_MAIL_ACCOUNT: Final = N_("our mail server did not let us send")
_MAIL_ADDRESS: Final = N_("this is not an e-mail address that can be written to")
_GIVEN_UP: Final = N_("the operator gave up trying")

_CMS: Final = {
    _NUMBER_DEAD: (1, 195, 196, 30),
    _PHONE_OFF: (27,),
    _BARRED: (8, 10, 21, 28, 29, 50, 69, 193),
    _NETWORK: (17, 22, 38, 41, 42, 47, 111, 127, 192, 194, 331, 615, 616),
    _MESSAGE: (81, *range(95, 100), *range(128, 146), *range(159, 162), 175, 176, 198, 199, 304, 305),
    _SIM: (*range(208, 214), 262, 310, 311, 312, 313, 315, 316, 317, 318, 532, 770, 772),
    _MODEM: (300, 301, 302, 303, 314, 320, 321, 322, 330, 340, 515),
    _NO_ANSWER: (255, 332, 500, 512, 513),
}
_CME: Final = {
    _MODEM: (3, 4, 14, 20, 106, 256, 257, 258, 515),
    _SIM: (10, 11, 12, 13, 15, 16, 17, 18, 103, 262, 772),
    _NETWORK: (30, 32, 111, 112, 113, 134, 148),
    _BARRED: (107, 132, 133),
    _NO_ANSWER: (31, 100),
}
#: Status reports, TP-Status in hex.
_STATUS: Final = {
    _NUMBER_DEAD: (0x41, 0x43, 0x45),
    _PHONE_REFUSED: (0x40, 0x42, 0x44, 0x63, 0x65),
    _TIME_OVER: (0x46,),
    _GIVEN_UP: (0x47, 0x48, 0x49, 0x60, 0x61, 0x64),
    _PHONE_OFF: (0x62,),
}
_NAMED: Final = {
    "timeout": _NO_ANSWER,
    "stopped": _NO_ANSWER,
    "interrupted": _NO_ANSWER,
    "store-doubt": _STORE_DOUBT,
    "smtp-timeout": _NO_ANSWER,
    "smtp-lost": _NO_ANSWER,
    "error": _NO_ANSWER,
    "expired": _TIME_OVER,
    "smtp-address": _MAIL_ADDRESS,
    "smtp-refused": _MAIL_ACCOUNT,
    "smtp-size": _MAIL_REFUSED,
    "smtp-unsafe": _MAIL_REFUSED,
    "smtp-link": _MAIL_LATER,
    **{code: ROWS[code] for code in ("row.limit_hour", "row.limit_day", "row.opted_out")},
}


def _codes(prefix: str, table: Mapping[str, tuple[int, ...]]) -> dict[str, str]:
    return {f"{prefix}-{number}": sentence for sentence, numbers in table.items() for number in numbers}


CAUSES: Final[Mapping[str, str]] = MappingProxyType(
    _codes("cms", _CMS)
    | _codes("cme", _CME)
    | {f"st-{number:02x}": sentence for sentence, numbers in _STATUS.items() for number in numbers}
    | _NAMED
)
#: By the enhanced code behind the reply code (RFC 3463).
_ENHANCED: Final = {
    "1.1": _MAILBOX_NONE,
    "1.2": _MAILBOX_NONE,
    "1.10": _MAILBOX_NONE,
    "2.1": _MAILBOX_NONE,
    "2.2": _MAILBOX_FULL,
}


def sentence(code: str) -> str:
    """The sentence key of a cause code; '' if no family has it."""
    if code in CAUSES:
        return CAUSES[code]
    prefix, _, rest = code.partition("-")
    if prefix == "bounce":
        return _smtp(f"{rest[:1]}00-{rest}")
    return _smtp(rest) if prefix == "smtp" else ""


def _smtp(rest: str) -> str:
    """`rest` is "550" or "550-5.1.1"."""
    reply, _, enhanced = rest.partition("-")
    detail = enhanced.partition(".")[2]
    if detail in _ENHANCED:
        return _ENHANCED[detail]
    if reply[:1] == "4":
        return _MAIL_LATER
    return _MAIL_REFUSED if reply[:1] == "5" else ""
