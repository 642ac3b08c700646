"""The faults a modem or a network may have: a table of names with what each does, one file a family.

A new fault is a function from sound to faulty values and a line in its family's table; how it is triggered is
in hooks.py. Most were seen in the field.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from gatewayd.sim.modem.faults import (
    framing,
    inbound,
    line,
    network,
    prompting,
    reports,
    sending,
    transport,
    ussd,
)
from gatewayd.sim.modem.hooks import Kind

FAULTS: Final[Mapping[str, Kind]] = MappingProxyType({
    **transport.FAULTS, **framing.FAULTS, **line.FAULTS, **prompting.FAULTS, **sending.FAULTS,
    **reports.FAULTS, **network.FAULTS, **ussd.FAULTS, **inbound.FAULTS,
})  # fmt: skip

_TRIGGERS: Final = (
    "Each takes these too, after a comma: after=N (not the first N times), times=N (so often), p=0.1 (by chance),",
    "from=S,for=S (only from S seconds on, for S seconds), match=TEXT (only while the last command begins so).",
    "An example: --fault cmgs_code:38,after=3,times=1 --fault hang_total:30,match=+CSQ,from=60",
)


def listing() -> str:
    """The table as --list-faults prints it, one fault a line."""
    usages = {name: f"{name}{f':{kind.argument}' if kind.argument else ''}" for name, kind in FAULTS.items()}
    width = max(map(len, usages.values()))
    lines = [f"{usages[name]:<{width}}  {kind.description}" for name, kind in FAULTS.items()]
    return "\n".join([*lines, "", *_TRIGGERS])
