"""What the parts of the simulated modem hand one another: answers, events that follow them, verdicts of the
network, planned reports. Faults are functions from these values to other ones (faults/).

All delays are seconds after the moment the value is acted on. Lines are text without line ends; an entry
that holds "\\r\\n" is a header with its PDU.
"""

from dataclasses import dataclass
from typing import Final, TypeAlias

from gatewayd.core.model import Concat
from gatewayd.wire.tpdu import Pdu
from gatewayd.wire.ussd import Style

#: Registration states in which the network carries short messages (TS 27.007 §7.2).
REGISTERED: Final = frozenset({1, 5, 6, 7, 9, 10})


@dataclass(frozen=True, slots=True)
class Say:
    """Lines of the modem's own accord, or an answer that comes late; held back while it reads a PDU."""

    lines: tuple[str, ...]
    after_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Prompt:
    """The modem asks for a PDU of `length` octets, showing `shown`. With `refused` it shows the prompt, says
    that final result and goes on reading commands. With `is_ussd` it asks for the choice in a USSD menu. `typed` is
    what somebody typed already; `then` happens once it is shown. Until then (`after_s`) it reads nothing."""

    length: int
    shown: str
    refused: str = ""
    is_ussd: bool = False
    after_s: float = 0.0
    typed: str = ""
    then: tuple["Event", ...] = ()


@dataclass(frozen=True, slots=True)
class Reboot:
    """The modem restarts: settings, input and what it was about to say are gone. With `is_unseen` it is back at
    once and shows no boot line."""

    after_s: float = 0.0
    is_unseen: bool = False


@dataclass(frozen=True, slots=True)
class PullOut:
    """The modem is unplugged, and plugged in again after `back_s` (None: it stays away): under another name if it
    `is_renamed`. With `leaves_name` the port's name stands on meanwhile, and leads nowhere."""

    after_s: float = 0.0
    back_s: float | None = None
    is_renamed: bool = False
    leaves_name: bool = False


@dataclass(frozen=True, slots=True)
class Deafen:
    """The modem neither reads nor says anything for `for_s` (None: until it is unplugged or restarted)."""

    for_s: float | None = None


@dataclass(frozen=True, slots=True)
class Stall:
    """What the client writes goes nowhere, so that it must wait, for `for_s` (None: until it is unplugged)."""

    for_s: float | None = None


@dataclass(frozen=True, slots=True)
class Occupy:
    """Another program has the port for itself for `for_s` (None: until it is unplugged)."""

    for_s: float | None = None


@dataclass(frozen=True, slots=True)
class EchoAgain:
    """The echo is on, as if the client had asked for it."""


@dataclass(frozen=True, slots=True)
class Note:
    """Something the network or the SIM saw, for the ledger, e.g. a USSD code and whether it answered a menu."""

    event: str
    fields: tuple[tuple[str, object], ...] = ()


@dataclass(frozen=True, slots=True)
class Incoming:
    """The network sends a message to this SIM, e.g. the answer to a USSD code."""

    sender: str
    text: str
    after_s: float = 0.0


Event: TypeAlias = Say | Prompt | Reboot | PullOut | Deafen | Stall | Occupy | EchoAgain | Note | Incoming


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: information lines, final result ('' for none), lines in the same write behind it and `before` it,
    and what happens then."""

    info: tuple[str, ...] = ()
    final: str = "OK"
    glued: tuple[str, ...] = ()
    then: tuple[Event, ...] = ()
    before: tuple[str, ...] = ()


SILENCE: Final = Answer(final="")


@dataclass(frozen=True, slots=True)
class Radio:
    """What the modem knows of the network: state of registration, +CSQ value, name and MCC-MNC. `packet` is the
    registration for data (+CGREG, +CEREG) where it differs; the radio is on for `since_s`."""

    registration: int
    csq: int
    operator: str
    network: str
    packet: int | None = None
    since_s: float = 0.0

    @property
    def is_registered(self) -> bool:
        return self.registration in REGISTERED or self.packet in REGISTERED


@dataclass(frozen=True, slots=True)
class Card:
    """The SIM as the modem finds it: `trouble` is the +CME ERROR that keeps it from working (TS 27.007 §9.2),
    0 if none. `pin` opens it where the trouble is 11; the power is on for `since_s`."""

    serial: int
    trouble: int = 0
    pin: str = ""
    since_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Room:
    """A memory as the modem shows it: `used` of `capacity` slots, counted from `first` in steps of `step`. It says
    `told_full` when a message finds no room."""

    used: int
    capacity: int
    first: int
    step: int = 1
    told_full: str = ""

    @property
    def indexes(self) -> range:
        return range(self.first, self.first + self.capacity * self.step, self.step)


@dataclass(frozen=True, slots=True)
class Arrival:
    """Something for this SIM, on its way: one part of a message, or the PDU `hex` as it stands."""

    sender: str
    text: str = ""
    concat: Concat | None = None
    message_class: int | None = None
    hex: str = ""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What the modem does with a message or report from the network: keep it in `memory` ('' for none) and say
    `line`, in which {memory}, {index}, {length} and {hex} stand for what it got. With `is_lost` it does neither.
    With `acknowledge_s` it wants AT+CNMA in that time."""

    pdu: Pdu
    memory: str
    line: str
    is_report: bool
    message_class: int | None = None
    is_lost: bool = False
    acknowledge_s: float | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of one part: whether the service centre takes it (half-way through `latency_s`), and what
    the modem says at the end of `latency_s`. `cause` is for the ledger, '' if it is taken. `part` is its place in a
    long message (1 in a short one), `in_last_minute` how many went before it in that time; `is_memory_full` says
    that the SIM holds all the messages it can."""

    is_taken: bool
    answer: Answer
    latency_s: float
    cause: str = ""
    part: int = 1
    in_last_minute: int = 0
    is_memory_full: bool = False


@dataclass(frozen=True, slots=True)
class Report:
    """A status report on its way, `after_s` behind the answer to the part; `is_early` ones come before it. The PDU
    shows the `shown_…` values where they differ from the true ones, and `padding` octets of FF behind it."""

    reference: int
    recipient: str
    tp_status: int
    after_s: float
    is_early: bool = False
    service_centre: str = ""
    shown_reference: int | None = None
    shown_recipient: str = ""
    padding: int = 0


@dataclass(frozen=True, slots=True)
class UssdHabit:
    """The encodings of USSD text the modem hears and says; whether the client asked for plain text (^USSDMODE)."""

    hears: Style
    says: Style
    is_told_plain: bool = False


@dataclass(frozen=True, slots=True)
class UssdTurn:
    """What the network says to one USSD code: +CUSD modes (TS 27.007 §7.15) with texts (None for a bare mode), and
    `tail`, lines behind them. `is_before_ok` puts all of it before OK, `has_prompt` a prompt behind a menu."""

    replies: tuple[tuple[int, str | None], ...]
    after_s: float
    tail: tuple[str, ...] = ()
    is_before_ok: bool = False
    has_dcs: bool = True
    has_prompt: bool = False


@dataclass(frozen=True, slots=True)
class Chunks:
    """Bytes as the port hands them out, `gap_s` apart, or held back for `held_s` and then handed out at once with all
    that came meanwhile."""

    parts: tuple[bytes, ...]
    gap_s: float = 0.0
    held_s: float = 0.0
