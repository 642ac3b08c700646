"""The faults a modem or a network may have: a table of names with what each does, one file a family.

A new fault is a function from sound to faulty values and a line in its family's table; how it is triggered is
in hooks.py. Most were seen in the field.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from gatewayd.sim.modem.faults import inbound, line, network, reports, sending, transport, ussd
from gatewayd.sim.modem.hooks import Kind

FAULTS: Final[Mapping[str, Kind]] = MappingProxyType({
    **transport.FAULTS, **line.FAULTS, **sending.FAULTS, **reports.FAULTS, **network.FAULTS, **ussd.FAULTS,
    **inbound.FAULTS,
})  # fmt: skip


def listing() -> str:
    """The table as --list-faults prints it, one fault a line."""
    usages = {name: f"{name}{f':{kind.argument}' if kind.argument else ''}" for name, kind in FAULTS.items()}
    width = max(map(len, usages.values()))
    lines = [f"{usages[name]:<{width}}  {kind.description}" for name, kind in FAULTS.items()]
    return "\n".join([*lines, "", "Each takes after=N, times=N and p=0.1 too: --fault cmgs_code:38,after=3,times=1"])
