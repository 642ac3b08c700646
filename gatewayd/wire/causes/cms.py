"""What a +CMS ERROR after AT+CMGS means.

0–127 come from the network (TS 24.011 annex E), 128–255 from the service centre (TS 23.040 §9.2.3.22),
300–511 from the modem (TS 27.005 §3.2.5), 512 and up are each vendor's own: 512–516 mean one thing to Wavecom
(user abort, lower layer, CP error, please wait) and another to Siemens (user abort, unable to store, invalid status,
character, length), so but for 515 they prove nothing.

No number says "no credit": operators use several of the account rows for it, and 38, so those pause the
SIM until its balance has been read. Numbers not listed: a network refusal is temporary (TS 24.011 §8.2.5.4 has
unknown causes read as 41); one of the modem's proves nothing and is in doubt.
"""

from typing import Final

from gatewayd.core.outcome import Blame, Outcome
from gatewayd.wire.causes.result import SOON_S, Meaning, Verdict, by_text, numbers, outcome, rows, spell, table

_LATER, _NEVER, _UNKNOWN = Verdict.LATER, Verdict.NEVER, Verdict.UNKNOWN

_DESTINATION = rows(
    _NEVER,
    Blame.DESTINATION,
    {1: "Unassigned number", 195: "Invalid SME address", 196: "Destination SME barred"},
)
_DESTINATION_LATER = rows(_LATER, Blame.DESTINATION, {27: "Destination out of order"})
_ACCOUNT = rows(
    _LATER,
    Blame.ACCOUNT,
    {
        8: "Operator determined barring",
        10: "Call barred",
        21: "Short message transfer rejected",
        28: "Unidentified subscriber",
        29: "Facility rejected",
        30: "Unknown subscriber",
        50: "Requested facility not subscribed",
        69: "Requested facility not implemented",
        193: "No SC subscription",
    },
)
_NETWORK = rows(
    _LATER,
    Blame.NETWORK,
    {
        17: "Network failure",
        22: "Congestion",
        42: "Congestion",
        47: "Resources unavailable",
        111: "Protocol error",
        127: "Interworking error",
        192: "SC busy",
        194: "SC system failure",
        331: "No network service",
        615: "Network failure",
        616: "Network is down",
    },
) | {
    # 24.011 calls 38 long and 41 short: both appear when a SIM is throttled after a burst.
    38: Meaning(_LATER, Blame.NETWORK, "Network out of order", 300.0),
    41: Meaning(_LATER, Blame.NETWORK, "Temporary failure", 10.0),
}
_MESSAGE = rows(
    _NEVER,
    Blame.MESSAGE,
    {
        **numbers(range(128, 146), "Message refused by the service centre, cause"),
        81: "Invalid short message transfer reference value",
        95: "Semantically incorrect message",
        96: "Invalid mandatory information",
        97: "Message type non-existent",
        98: "Message not compatible with protocol state",
        99: "Information element non-existent",
        128: "Telematic interworking not supported",
        129: "Short message type 0 not supported",
        130: "Cannot replace short message",
        143: "Unspecified TP-PID error",
        144: "Data coding scheme not supported",
        145: "Message class not supported",
        159: "Unspecified TP-DCS error",
        160: "Command cannot be actioned",
        161: "Command unsupported",
        175: "Unspecified TP-Command error",
        176: "TPDU not supported",
        198: "TP-VPF not supported",
        199: "TP-VP not supported",
        304: "Invalid PDU mode parameter",
        305: "Invalid text mode parameter",
    },
)
_MEMORY = rows(
    _LATER,
    Blame.DEVICE,
    {
        208: "SIM SMS storage full",
        209: "No SMS storage capability in SIM",
        211: "Memory capacity exceeded",
        320: "Memory failure",
        321: "Invalid memory index",
        322: "Memory full",
    },
    SOON_S,
)
_SIM = rows(
    _LATER,
    Blame.SIM,
    {
        210: "Error in MS",
        212: "SIM application toolkit busy",
        213: "SIM data download error",
        262: "SIM blocked",
        310: "SIM not inserted",
        311: "SIM PIN required",
        312: "PH-SIM PIN required",
        313: "SIM failure",
        315: "SIM wrong",
        316: "SIM PUK required",
        317: "SIM PIN2 required",
        318: "SIM PUK2 required",
        532: "SIM not ready",
        770: "SIM invalid",
        772: "SIM powered down",
    },
)
_DEVICE = rows(
    _LATER,
    Blame.DEVICE,
    {
        300: "ME failure",
        301: "SMS service of ME reserved",
        302: "Operation not allowed",
        303: "Operation not supported",
        314: "SIM busy",
        330: "SMSC address unknown",
        340: "No +CNMA acknowledgement expected",
        # Wavecom: still initialising; Siemens: invalid character. Neither sent anything.
        515: "Please wait",
    },
    SOON_S,
)
_DOUBT = {
    255: Meaning(_UNKNOWN, Blame.NETWORK, "Unspecified error cause"),
    332: Meaning(_UNKNOWN, Blame.NETWORK, "Network timeout"),
    # On LTE without SMS over SGs or IMS this is the only answer there is.
    500: Meaning(_UNKNOWN, Blame.NETWORK, "Unknown error"),
    512: Meaning(_UNKNOWN, Blame.DEVICE, "Vendor error 512"),
    513: Meaning(_UNKNOWN, Blame.DEVICE, "Vendor error 513"),
}
_DUPLICATE = {197: Meaning(Verdict.ACCEPTED, Blame.NETWORK, "Duplicate short message")}

CMS: Final = table(
    _DESTINATION,
    _DESTINATION_LATER,
    _ACCOUNT,
    _NETWORK,
    _MESSAGE,
    _MEMORY,
    _SIM,
    _DEVICE,
    _DOUBT,
    _DUPLICATE,
)
_BY_TEXT: Final = by_text(CMS)
_LAST_OF_NETWORK: Final = 255


def cms_outcome(code: int | None, text: str = "") -> Outcome:
    """What `+CMS ERROR: <code>` makes of a submission. `code` is None for a plain ERROR or for words, which
    are looked up in `text`; what stays without a number is in doubt."""
    number = spell(code, text, _BY_TEXT)
    if number is None:
        return outcome("error", Meaning(_UNKNOWN, Blame.DEVICE, text or "ERROR without a cause"))
    meaning = CMS.get(number)
    if meaning is None:
        meaning = _unlisted(number, text or f"Unlisted cause {number}")
    return outcome(f"cms-{number}", meaning)


def _unlisted(number: int, text: str) -> Meaning:
    if 0 <= number <= _LAST_OF_NETWORK:
        return Meaning(_LATER, Blame.NETWORK, text)
    return Meaning(_UNKNOWN, Blame.DEVICE, text)
