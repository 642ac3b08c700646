"""What a +CME ERROR after AT+CMGS means.

A CME error is the modem's own refusal, so the text stayed in the modem; a timeout and "unknown" prove
nothing, and neither does a number that is not listed.

Source: TS 27.007 §9.2.1 (general), §9.2.2 (packet domain: 100 and a cause of TS 24.008 §10.5.5.14 or §10.5.6.6,
so an unlisted number of that range is a refusal by the network too). 256–258, 262, 515 and 772 are vendors' own.
"""

from typing import Final

from gatewayd.core.outcome import Blame, Outcome
from gatewayd.wire.causes.result import SOON_S, Meaning, Verdict, by_text, outcome, rows, spell, table

_LATER, _UNKNOWN = Verdict.LATER, Verdict.UNKNOWN

_DEVICE = rows(
    _LATER,
    Blame.DEVICE,
    {
        3: "Operation not allowed",
        4: "Operation not supported",
        14: "SIM busy",
        20: "Memory full",
        106: "Illegal ME",
        256: "Operation temporarily not allowed",
        257: "Call barred by the device",
        258: "Phone is busy",
        515: "Please wait, initialising",
    },
    SOON_S,
)
_SIM = rows(
    _LATER,
    Blame.SIM,
    {
        10: "SIM not inserted",
        11: "SIM PIN required",
        12: "SIM PUK required",
        13: "SIM failure",
        15: "SIM wrong",
        16: "Incorrect password",
        17: "SIM PIN2 required",
        18: "SIM PUK2 required",
        103: "Illegal MS",
        262: "SIM blocked",
        772: "SIM powered down",
    },
)
_NETWORK = rows(
    _LATER,
    Blame.NETWORK,
    {
        30: "No network service",
        32: "Network not allowed, emergency calls only",
        111: "PLMN not allowed",
        112: "Location area not allowed",
        113: "Roaming not allowed in this location area",
        134: "Service option temporarily out of order",
        148: "Unspecified packet domain error",
    },
)
_ACCOUNT = rows(
    _LATER,
    Blame.ACCOUNT,
    {
        107: "Packet domain services not allowed",
        132: "Service option not supported",
        133: "Requested service option not subscribed",
    },
)
_DOUBT = {
    31: Meaning(_UNKNOWN, Blame.NETWORK, "Network timeout"),
    100: Meaning(_UNKNOWN, Blame.DEVICE, "Unknown"),
}

CME: Final = table(_DEVICE, _SIM, _NETWORK, _ACCOUNT, _DOUBT)
_BY_TEXT: Final = by_text(CME)
#: The packet domain's refusals: whatever the cause, the modem is not on the network.
_PACKET_DOMAIN: Final = range(101, 151)


def cme_outcome(code: int | None, text: str = "") -> Outcome:
    """What `+CME ERROR: <code>` makes of a submission; arguments as for `cms_outcome`."""
    number = spell(code, text, _BY_TEXT)
    if number is None:
        return outcome("error", Meaning(_UNKNOWN, Blame.DEVICE, text or "ERROR without a cause"))
    return outcome(f"cme-{number}", CME.get(number) or _unlisted(number, text))


def _unlisted(number: int, text: str) -> Meaning:
    if number in _PACKET_DOMAIN:
        return Meaning(_LATER, Blame.NETWORK, text or f"Packet domain refused, cause {number - 100}")
    return Meaning(_UNKNOWN, Blame.DEVICE, text or f"Unlisted cause {number}")
