"""Traces of modems.py → figures of how a client used the modem.

In: lines "nanoseconds what", what being "AT+CMGS" and other commands by name, "handed" (Ctrl-Z) and "answered"
(+CMGS or +CMS ERROR). Times are of CLOCK_MONOTONIC. Out: seconds and ratios. A message that a kill cut off is left out.
"""

import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

_NS = 1e9
_SUBMIT = "AT+CMGS"


@dataclass(frozen=True, slots=True)
class Sent:
    """One message on one modem: command read, PDU read to its end, answer given; monotonic seconds."""

    asked: float
    handed: float
    answered: float


@dataclass(frozen=True, slots=True)
class Trace:
    """`between` counts the commands other than AT+CMGS from the first message to the last."""

    sent: tuple[Sent, ...]
    between: Counter[str]


def read_trace(path: Path) -> Trace:
    lines = path.read_text(encoding="ascii").splitlines()
    return parse(line.split(" ", 1) for line in lines)


def parse(events: Iterable[Sequence[str]]) -> Trace:
    sent: list[Sent] = []
    between: Counter[str] = Counter()
    since: Counter[str] = Counter()
    asked = handed = None
    for stamp, what in events:
        at = int(stamp) / _NS
        if what == _SUBMIT:
            asked, handed = at, None
            if sent:
                between += since
            since = Counter()
        elif what == "handed":
            handed = at
        elif what != "answered":
            since[what] += 1
        elif asked is not None and handed is not None:
            sent.append(Sent(asked, handed, at))
            asked = handed = None
    return Trace(tuple(sent), between)


def gap_s(traces: Iterable[Trace]) -> float | None:
    """Median time from an answer to the next AT+CMGS on the same modem."""
    gaps = [later.asked - one.answered for trace in traces for one, later in _pairs(trace)]
    return statistics.median(gaps) if gaps else None


def prompt_s(traces: Iterable[Trace]) -> float | None:
    """Median time from AT+CMGS to the end of its PDU: the other half of what the radio waits for."""
    waits = [one.handed - one.asked for trace in traces for one in trace.sent]
    return statistics.median(waits) if waits else None


def busy(trace: Trace) -> float | None:
    """Share of the time, from the first Ctrl-Z to the last, in which a message was on the air."""
    if len(trace.sent) < 2:
        return None
    *earlier, last = trace.sent
    return sum(one.answered - one.handed for one in earlier) / (last.handed - trace.sent[0].handed)


def rate(traces: Iterable[Trace]) -> float | None:
    """Messages a second over all modems, from the first Ctrl-Z to the last."""
    handed = sorted(one.handed for trace in traces for one in trace.sent)
    return (len(handed) - 1) / (handed[-1] - handed[0]) if len(handed) > 1 else None


def _pairs(trace: Trace) -> Iterable[tuple[Sent, Sent]]:
    return zip(trace.sent, trace.sent[1:], strict=False)
