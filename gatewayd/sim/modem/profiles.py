"""What differs between makes of modems, as data. A profile is one entry of PROFILES.

The generic one does everything the standard says. The odd shapes of test answers are those seen in the field,
spread so that each is met somewhere. Source of the habits: the vendors' AT manuals, and what users of these
modems reported.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from gatewayd.wire.ussd import Style


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """`memories` are (name, capacity); `latency_median_s` is that of the radio, Ctrl-Z to +CMGS.

    `cnmi_test` is both the answer to AT+CNMI=? and what AT+CNMI= accepts, but for the modes of `cnmi_refuses`;
    `cnmi_start` holds after the start. `cpms_test` '' is the list of the memories; `receiving` names those that
    may be the third one ('' any), `cpms_places` how many AT+CPMS= takes, and `cpms_answer` what it shows.
    `csms_answer` False leaves out the information behind AT+CSMS=. `says` are the vendor's own commands with
    their one line of information ('' for none), `lacks` the names of standard ones it does not know. `chatter`
    are (line, every so many seconds), {csq} being the signal; the commands of `hushes` end it. Those of
    `reenumerates` take the port away for a while, those of `restarts` leave it. `told_full` says that a memory
    is full; `list_head` and `report_head` stand before an index and a length."""

    manufacturer: str
    model: str
    revision: str
    latency_median_s: float
    prompt: str = "\r\n> "
    escape_answer: str = ""
    unknown_answer: str = "ERROR"
    boot_lines: tuple[str, ...] = ()
    first_index: int = 1
    memories: tuple[tuple[str, int], ...] = (("SM", 30), ("ME", 100), ("SR", 20))
    cnmi_test: str = "(0-2),(0-3),(0,2),(0-2),(0,1)"
    cnmi_refuses: frozenset[int] = frozenset()
    cnmi_start: tuple[int, ...] = (0, 0, 0, 0, 0)
    cpms_test: str = ""
    cpms_places: int = 3
    cpms_answer: str = "counts"
    receiving: tuple[str, ...] = ()
    csms_test: str = "(0,1)"
    csms_answer: bool = True
    ussd: Style = "plain"
    has_cmms: bool = True
    says: Mapping[str, str] = field(default_factory=dict)
    lacks: frozenset[str] = frozenset()
    chatter: tuple[tuple[str, float], ...] = ()
    hushes: frozenset[str] = frozenset()
    reenumerates: frozenset[str] = frozenset()
    restarts: frozenset[str] = frozenset()
    told_full: str = ""
    list_head: str = "+CMGL: "
    report_head: str = "+CDS: "


_GENERIC: Final = Profile(
    manufacturer="Simulated", model="GSM-1", revision="1.0", latency_median_s=3.5, escape_answer="OK",
    restarts=frozenset({"+CFUN=1,1", "+CRESET"}),
)  # fmt: skip
_RESET: Final = "+CFUN=1,1"
#: What only the generic one knows of the others' own commands.
_VENDORS: Final = frozenset({"+CRESET", "^USSDMODE", "^ICCID"})

PROFILES: Final[Mapping[str, Profile]] = MappingProxyType({
    "generic": _GENERIC,
    # Mode 2 is offered and refused; nothing follows the colon of AT+CSMS=1.
    "huawei_e": Profile(
        manufacturer="huawei", model="E173", revision="11.126.16.04.00", latency_median_s=2.0, first_index=0,
        unknown_answer="COMMAND NOT SUPPORT", ussd="hex7", has_cmms=False, csms_answer=False,
        boot_lines=("^BOOT:27710117,0,0,0,75", "^SRVST:2", "^MODE:5,4", "^RSSI:18"),
        cnmi_test="(0-2),(0-3),(0,2,3),(0-2),(0,1)", cnmi_refuses=frozenset({2}),
        says={"^PORTSEL=1": "", "^PORTSEL=0": "", "^U2DIAG=0": ""},
        chatter=(("^RSSI:{csq}", 10.0), ("^DSFLOWRPT:0000003C,00000000,00000000,0,0,0,0", 30.0)),
        hushes=frozenset({"^CURC=0"}), reenumerates=frozenset({_RESET, "^RESET"}), lacks=frozenset({"+CRESET"}),
        told_full='^SMMEMFULL:"{memory}"',
    ),
    # AT+CPMS=? has no parentheses, +CDS an empty field, AT+CFUN? the answer to another question; there is no phase 2+.
    "zte": Profile(
        manufacturer="ZTE INCORPORATED", model="MF190", revision="BD_HOSTELMF190V1.0.0", latency_median_s=2.0,
        cnmi_test="(0,1),(0-3),(0,2),(0-2),(0,1)", cpms_test='"SM","ME","SR"', csms_test="(0)",
        boot_lines=("+ZUSIMR:2",), report_head="+CDS: ,",
        says={"+ZOPRT=5": "", "+ZCDRUN=8": "", "+CFUN?": "+CFUN: (0,1,4,5,6,7),(0,1)"}, chatter=(("+ZUSIMR:2", 60.0),),
        reenumerates=frozenset({_RESET}), lacks=_VENDORS,
    ),
    "sim800": Profile(
        manufacturer="SIMCOM_Ltd", model="SIMCOM_SIM800L", revision="Revision:1418B05SIM800L24",
        latency_median_s=3.5, memories=(("SM", 30), ("ME", 50)), cnmi_test="(0-3),(0-3),(0,2),(0-2),(0,1)",
        boot_lines=("RDY", "+CFUN: 1", "+CPIN: READY", "Call Ready", "SMS Ready"),
        says={"+CIURC=0": "", "+CBATCHK=1": "", "+IPR=115200": ""}, restarts=frozenset({_RESET}), lacks=_VENDORS,
    ),
    # Mode 2 is offered and refused; no space follows +CMGL:.
    "sim7600": Profile(
        manufacturer="SIMCOM INCORPORATED", model="SIMCOM_SIM7600E-H", revision="LE20B04SIM7600M22",
        latency_median_s=2.0, first_index=0, prompt="\r\n>", cnmi_test="(0,1,2),(0-3),(0,2),(0-2),(0,1)",
        cnmi_refuses=frozenset({2}), csms_test="(0-1)", list_head="+CMGL:",
        boot_lines=("RDY", "+CPIN: READY", "SMS DONE", "PB DONE"), says={"+AUTOCSQ=0": "", "+CNSMOD=0": ""},
        reenumerates=frozenset({_RESET, "+CRESET"}), lacks=frozenset({"^USSDMODE", "^ICCID"}),
    ),
    # AT+CPMS= answers with the names too.
    "quectel": Profile(
        manufacturer="Quectel", model="EC25", revision="EC25EFAR06A06M4G", latency_median_s=2.0, first_index=0,
        memories=(("SM", 30), ("ME", 255), ("SR", 20)), cpms_answer="names",
        boot_lines=("RDY", "+CPIN: READY", "+QUSIM: 1", "+CFUN: 1", "+QIND: SMS DONE", "+QIND: PB DONE"),
        says={'+QURCCFG="URCPORT","USBAT"': "", '+QURCCFG="URCPORT","UART1"': ""},
        reenumerates=frozenset({_RESET}), lacks=_VENDORS,
    ),
    # AT+CPMS= takes one memory; an OK of its own comes at the start; AT+CFUN=1 is the reset.
    "wavecom": Profile(
        manufacturer="WAVECOM MODEM", model="MULTIBAND  900E  1800", revision="657e09gg.Q2406B", latency_median_s=3.5,
        memories=(("SM", 20), ("SR", 20)), cnmi_test="(0,1,2),(0,1,2,3),(0,2,3),(0,1,2),(0,1)",
        cpms_test='(("SM","SR"),("SM"))', cpms_places=1,
        boot_lines=("OK", "+WIND: 1", "+WIND: 7", "+WIND: 4"), says={"+WIND=0": ""},
        restarts=frozenset({"+CFUN=1"}), lacks=_VENDORS,
    ),
    # Old indications are dropped only (bfr 1); messages arrive in SM alone; AT+CPMS= answers a bare OK.
    "siemens": Profile(
        manufacturer="SIEMENS", model="MC55i", revision="REVISION 01.301", latency_median_s=3.5, escape_answer="OK",
        memories=(("SM", 30), ("ME", 25), ("SR", 20)), cnmi_test="(0-3),(0,1),(0,2,3),(0-2),(1)",
        cnmi_start=(0, 0, 0, 0, 1), cpms_test='("SM","ME","SR"),("SM","ME"),("SM")', receiving=("SM",),
        cpms_answer="none", boot_lines=("^SYSSTART",), says={"^SMGO=1": "", "^SCTM=1": ""},
        reenumerates=frozenset({_RESET, "^SRESET"}), lacks=_VENDORS,
    ),
})  # fmt: skip


def cnmi_choices(profile: Profile) -> tuple[frozenset[int], ...]:
    """What each of the five values of +CNMI may be, read from the test answer."""
    mode, *others = (_choices(group) for group in re.findall(r"\(([^()]*)\)", profile.cnmi_test))
    return (mode - profile.cnmi_refuses, *others)


def _choices(group: str) -> frozenset[int]:
    """ "0-2,4" → {0, 1, 2, 4}."""
    found: set[int] = set()
    for item in group.split(","):
        first, _, last = item.partition("-")
        found.update(range(int(first), int(last or first) + 1))
    return frozenset(found)
