"""What differs between makes of modems, as data. A new profile is one more entry.

`init` are extra commands after the common ones; their refusal is logged and ignored. `cnmi` is the ladder of
AT+CNMI settings tried from the left until one reads back; the last resort gets no status reports.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

_LADDER: Final = ("2,1,0,1,0", "2,1,0,2,0", "1,1,0,1,0", "1,1,0,2,0", "2,1,0,0,0")


@dataclass(frozen=True, slots=True)
class Profile:
    init: tuple[str, ...] = ()
    cnmi: tuple[str, ...] = _LADDER


PROFILES: Final[Mapping[str, Profile]] = MappingProxyType(
    {
        "generic": Profile(),
        "huawei_e": Profile(init=("AT^CURC=0", "AT^USSDMODE=0")),
        "zte": Profile(cnmi=("1,1,0,1,0", "1,1,0,2,0", *_LADDER)),
        "sim800": Profile(init=("AT+CIURC=0",)),
        "sim7600": Profile(init=("AT+AUTOCSQ=0", "AT+CNSMOD=0")),
        "quectel": Profile(init=('AT+QURCCFG="urcport","usbat"',)),
        "wavecom": Profile(),
    }
)


def profile(name: str) -> Profile:
    """The profile of that name; a name that is not known gets the generic one."""
    return PROFILES.get(name, PROFILES["generic"])
