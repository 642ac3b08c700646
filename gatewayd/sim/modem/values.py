"""What the parts of the simulated modem hand one another: answers, events that follow them, verdicts of the
network, planned reports. Faults are functions from these values to other ones (faults/).

All delays are seconds after the moment the value is acted on. Lines are text without line ends; an entry
that holds "\\r\\n" is a header with its PDU.
"""

from dataclasses import dataclass
from typing import Final, TypeAlias

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
    that final result and goes on reading commands."""

    length: int
    shown: str
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Reboot:
    """The modem restarts: settings, input and what it was about to say are gone."""

    after_s: float = 0.0


@dataclass(frozen=True, slots=True)
class PullOut:
    """The modem is unplugged, and plugged in again after `back_s` (None: it stays away)."""

    after_s: float = 0.0
    back_s: float | None = None


@dataclass(frozen=True, slots=True)
class Deafen:
    """The modem neither reads nor says anything for `for_s` (None: until it is unplugged or restarted)."""

    for_s: float | None = None


@dataclass(frozen=True, slots=True)
class Note:
    """Something the network saw, for the ledger: a USSD code, and whether it answered a menu."""

    code: str
    is_choice: bool


Event: TypeAlias = Say | Prompt | Reboot | PullOut | Deafen | Note


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: information lines, final result ('' for none), lines in the same write behind it, and what
    happens then."""

    info: tuple[str, ...] = ()
    final: str = "OK"
    glued: tuple[str, ...] = ()
    then: tuple[Event, ...] = ()


SILENCE: Final = Answer(final="")


@dataclass(frozen=True, slots=True)
class Radio:
    """What the modem knows of the network: state of registration, +CSQ value, name and MCC-MNC."""

    registration: int
    csq: int
    operator: str
    network: str

    @property
    def is_registered(self) -> bool:
        return self.registration in REGISTERED


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of one part: whether the service centre takes it (half-way through `latency_s`), and what
    the modem says at the end of `latency_s`. `cause` is for the ledger, '' if it is taken."""

    is_taken: bool
    answer: Answer
    latency_s: float
    cause: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """A status report on its way, `after_s` behind the answer to the part; `is_early` ones come before it."""

    reference: int
    recipient: str
    tp_status: int
    after_s: float
    is_early: bool = False


@dataclass(frozen=True, slots=True)
class UssdTurn:
    """What the network says to one USSD code: +CUSD modes (TS 27.007 §7.15) with texts (None for a bare mode)."""

    replies: tuple[tuple[int, str | None], ...]
    after_s: float


@dataclass(frozen=True, slots=True)
class Chunks:
    """Bytes as the port hands them out, `gap_s` apart."""

    parts: tuple[bytes, ...]
    gap_s: float = 0.0
