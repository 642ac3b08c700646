"""What differs between makes of modems, as data. A profile is one entry of PROFILES.

The generic one does everything the standard says. `cnmi_test` is both the answer to AT+CNMI=? and what
AT+CNMI= accepts; `says` are the vendor's own commands with their one line of information ('' for none).
Source of the habits: the vendors' AT manuals, and what users of these modems reported.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from gatewayd.wire.ussd import Style


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """`memories` are (name, capacity); `latency_median_s` is that of the radio, Ctrl-Z to +CMGS."""

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
    ussd: Style = "plain"
    has_cmms: bool = True
    says: Mapping[str, str] = field(default_factory=dict)


_GENERIC: Final = Profile(
    manufacturer="Simulated", model="GSM-1", revision="1.0", latency_median_s=3.5, escape_answer="OK"
)

PROFILES: Final[Mapping[str, Profile]] = MappingProxyType({
    "generic": _GENERIC,
    "huawei_e": Profile(
        manufacturer="huawei", model="E173", revision="11.126.16.04.00", latency_median_s=2.0, first_index=0,
        unknown_answer="COMMAND NOT SUPPORT", ussd="hex7", has_cmms=False,
        boot_lines=("^BOOT:27710117,0,0,0,75", "^SRVST:2", "^MODE:5,4", "^RSSI:18"),
        cnmi_test="(0-2),(0-3),(0,2,3),(0-2),(0,1)",
        says={"^CURC=0": "", "^PORTSEL=1": "", "^PORTSEL=0": "", "^U2DIAG=0": ""},
    ),
    "zte": Profile(
        manufacturer="ZTE INCORPORATED", model="MF190", revision="BD_HOSTELMF190V1.0.0", latency_median_s=2.0,
        cnmi_test="(0,1),(0-3),(0,2),(0-2),(0,1)", boot_lines=("+ZUSIMR:2",),
        says={"+ZOPRT=5": "", "+ZCDRUN=8": ""},
    ),
    "sim800": Profile(
        manufacturer="SIMCOM_Ltd", model="SIMCOM_SIM800L", revision="Revision:1418B05SIM800L24",
        latency_median_s=3.5, memories=(("SM", 30), ("ME", 50)), cnmi_test="(0-3),(0-3),(0,2),(0-2),(0,1)",
        boot_lines=("RDY", "+CFUN: 1", "+CPIN: READY", "Call Ready", "SMS Ready"),
        says={"+CIURC=0": "", "+CBATCHK=1": "", "+IPR=115200": ""},
    ),
    "sim7600": Profile(
        manufacturer="SIMCOM INCORPORATED", model="SIMCOM_SIM7600E-H", revision="LE20B04SIM7600M22",
        latency_median_s=2.0, first_index=0, prompt="\r\n>",
        boot_lines=("RDY", "+CPIN: READY", "SMS DONE", "PB DONE"), says={"+AUTOCSQ=0": "", "+CNSMOD=0": ""},
    ),
    "quectel": Profile(
        manufacturer="Quectel", model="EC25", revision="EC25EFAR06A06M4G", latency_median_s=2.0, first_index=0,
        memories=(("SM", 30), ("ME", 255), ("SR", 20)),
        boot_lines=("RDY", "+CPIN: READY", "+QUSIM: 1", "+CFUN: 1", "+QIND: SMS DONE", "+QIND: PB DONE"),
        says={'+QURCCFG="URCPORT","USBAT"': "", '+QURCCFG="URCPORT","UART1"': ""},
    ),
    "wavecom": Profile(
        manufacturer="WAVECOM MODEM", model="MULTIBAND  900E  1800", revision="657e09gg.Q2406B", latency_median_s=3.5,
        memories=(("SM", 20), ("SR", 20)), cnmi_test="(0,1,2),(0,1,2,3),(0,2,3),(0,1,2),(0,1)",
        boot_lines=("+WIND: 1", "+WIND: 7", "+WIND: 4"), says={"+WIND=0": ""},
    ),
})  # fmt: skip


def cnmi_choices(profile: Profile) -> tuple[frozenset[int], ...]:
    """What each of the five values of +CNMI may be, read from the test answer."""
    return tuple(_choices(group) for group in profile.cnmi_test.strip("()").split("),("))


def _choices(group: str) -> frozenset[int]:
    """ "0-2,4" → {0, 1, 2, 4}."""
    found: set[int] = set()
    for item in group.split(","):
        first, _, last = item.partition("-")
        found.update(range(int(first), int(last or first) + 1))
    return frozenset(found)
