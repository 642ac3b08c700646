"""What faults of port and line take hold of besides answers: starts, openings, what is typed and what is told.

Pure values, as in values.py; a hook makes another one of them (hooks.py).
"""

from dataclasses import dataclass

from gatewayd.sim.modem.values import Event


@dataclass(frozen=True, slots=True)
class Start:
    """The modem starts: `reason` is "start" (it is switched on), "restart" or "plugged in". It says its make's boot
    lines unless it `is_mute`, then `more`; `then` happens at the start itself."""

    reason: str
    more: tuple[str, ...] = ()
    is_mute: bool = False
    then: tuple[Event, ...] = ()


@dataclass(frozen=True, slots=True)
class Opening:
    """A client opens the port, and `then` happens."""

    then: tuple[Event, ...] = ()


@dataclass(frozen=True, slots=True)
class Typed:
    """Bytes as the client wrote them at once; empty if the modem hears nothing of them."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Heard:
    """A command line the client typed; with `is_lost` the modem overlooks it. `calls` counts the lines that were a
    bare AT since the start, `lines` all since the port was opened, this one left out; `idle_s` is the time since the
    last one."""

    line: str
    calls: int
    lines: int
    idle_s: float
    is_lost: bool = False

    @property
    def is_call(self) -> bool:
        return self.line.strip().upper() == "AT"


@dataclass(frozen=True, slots=True)
class Unasked:
    """Lines of the modem's own accord. `is_port_chosen` says that the client asked for them on this port."""

    lines: tuple[str, ...]
    is_port_chosen: bool = False


@dataclass(frozen=True, slots=True)
class Reference:
    """The TP-MR of a part; `since_start` counts the parts since the modem started."""

    value: int
    since_start: int


@dataclass(frozen=True, slots=True)
class Account:
    """The credit as the network sees it, and the +CMS ERROR of a part it does not cover. With `is_silent` such a part
    is answered as if it were taken."""

    credit: int
    refusal: int
    is_silent: bool = False
