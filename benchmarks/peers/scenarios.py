"""What is measured: each scenario runs one candidate on fresh modems and returns figures by name.

In: a candidate, a folder, the sizes. Out: Figures; a figure that is missing was not measured, None stands for
"never" where a time is asked for. Every scenario begins with the gateway started, its modems set up and nothing to
do, so starting up is in no figure. Times are the modem's own (trace.py), what was sent is by the network's ledger.
"""

import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Final, TypeAlias

from benchmarks.peers import trace
from benchmarks.peers.line import Modems, modems
from benchmarks.peers.peer import Candidate, Peer, PeerFailed

Figures: TypeAlias = dict[str, float | None]

_POLL_S: Final = 0.1
#: Nothing was sent for this long: nothing will be (gammu-smsd waits up to 60 s before it tries again).
_STALLED_S: Final = 150.0
#: From the last status report to the reading of what it cost.
_SETTLE_S: Final = 1.0
_FEWEST, _MOST = 12, 4000
_KILL_LATENCY_MS: Final = 400
_GONE_LATENCY_MS: Final = 200
_SEED: Final = 20261123


@dataclass(frozen=True, slots=True)
class Sizes:
    """`seconds`: for how long a gateway at its usual pace is kept sending; `on_air`: messages at 1 s of radio, a
    third of them at 3 s; `back_s`: how long a gateway may take to come back."""

    seconds: float = 20.0
    on_air: int = 30
    rest_s: float = 30.0
    submits: int = 7
    messages: int = 100
    kills: int = 8
    back_s: float = 120.0


QUICK: Final = Sizes(seconds=6.0, on_air=12, rest_s=10.0, submits=3, messages=24, kills=2, back_s=60.0)


@contextmanager
def running(
    candidate: Candidate, base: Path, count: int = 1, latency_ms: int = 0, report_delay_ms: int = 200
) -> Iterator[tuple[Peer, Modems]]:
    """The candidate at `count` fresh modems, started."""
    with (
        tempfile.TemporaryDirectory(prefix="peers-", dir=base) as folder,
        modems(Path(folder), count, latency_ms, report_delay_ms) as line,
    ):
        peer = candidate.make(Path(folder), line.ports)
        try:
            peer.start()
            yield peer, line
        finally:
            peer.stop()


def numbers(count: int, first: int = 0) -> list[str]:
    """Numbers that are nobody's."""
    return [f"+6281200{index:06d}" for index in range(first, first + count)]


def send_all(peer: Peer, line: Modems, count: int) -> None:
    """Give it `count` messages and wait until the network has them. Raises PeerFailed."""
    wanted = line.accepted + count
    peer.submit(numbers(count, line.accepted))
    if not wait_while(peer, line, lambda: line.accepted < wanted):
        raise PeerFailed(f"{line.accepted} of {wanted} sent, then no more")


def wait_while(peer: Peer, line: Modems, unfinished: Callable[[], bool]) -> bool:
    """Wait as long as `unfinished`; False if the peer ended, or the network took nothing for too long."""
    seen, since = line.accepted, time.monotonic()
    while unfinished():
        time.sleep(_POLL_S)
        if not peer.is_alive:
            return not unfinished()
        if line.accepted > seen:
            seen, since = line.accepted, time.monotonic()
        elif time.monotonic() - since > _STALLED_S:
            return False
    return True


def throughput(candidate: Candidate, base: Path, sizes: Sizes) -> Figures:
    """A modem that answers at once, status reports on: speed, gaps, and what a message costs."""
    count = _enough(candidate, sizes, 1)
    with running(candidate, base) as (peer, line):
        before = peer.usage()
        send_all(peer, line, count)
        deadline = time.monotonic() + 10
        while line.reported < count and time.monotonic() < deadline:
            time.sleep(_POLL_S)
        time.sleep(_SETTLE_S)
        cost = peer.usage() - before
        traces = line.traces()
    return {
        "rate": trace.rate(traces),
        "gap_ms": _ms(trace.gap_s(traces)),
        "prompt_ms": _ms(trace.prompt_s(traces)),
        "cpu_ms": cost.cpu_s * 1000 / count,
        "written_kb": cost.written / 1000 / count,
        "memory_mb": cost.memory / 1e6,
    }


def fleet(candidate: Candidate, base: Path, sizes: Sizes, count: int) -> Figures:
    """Several modems that answer at once, then the same at 1 s of radio: speed, and how busy the modems are kept."""
    total = _enough(candidate, sizes, count)
    with running(candidate, base, count) as (peer, line):
        send_all(peer, line, total)
        figures: Figures = {f"rate_{count}": trace.rate(line.traces()), f"memory_mb_{count}": peer.usage().memory / 1e6}
    with running(candidate, base, count, 1000, 3000) as (peer, line):
        send_all(peer, line, max(8, sizes.on_air // 2) * count)
        shares = [share for one in line.traces() if (share := trace.busy(one)) is not None]
    return figures | {f"busy_{count}": statistics.median(shares) if shares else None}


def on_air(candidate: Candidate, base: Path, sizes: Sizes, seconds: int) -> Figures:
    """`seconds` of radio for each message: the share of the time in which the radio works."""
    with running(candidate, base, 1, seconds * 1000, 3000) as (peer, line):
        send_all(peer, line, max(6, sizes.on_air // seconds))
        return {f"busy_{seconds}s": trace.busy(line.traces()[0])}


def idle(candidate: Candidate, base: Path, sizes: Sizes) -> Figures:
    """Nothing to do: CPU; then single messages at odd moments: how long until the modem hears of them."""
    chance, waits = random.Random(_SEED), []
    with running(candidate, base) as (peer, line):
        time.sleep(_SETTLE_S)
        before = peer.usage()
        time.sleep(sizes.rest_s)
        cpu_s = (peer.usage() - before).cpu_s
        for place in range(sizes.submits):
            time.sleep(chance.uniform(1.0, 6.0))
            given = peer.submit(numbers(1, place))
            if not wait_while(peer, line, lambda: line.accepted <= place):  # noqa: B023
                raise PeerFailed("a single message was not sent")
            time.sleep(_POLL_S)
            waits.append(line.traces()[0].sent[-1].asked - given)
    return {"idle_cpu": cpu_s / sizes.rest_s, "to_air_s": statistics.median(waits), "to_air_most_s": max(waits)}


def kill(candidate: Candidate, base: Path, sizes: Sizes) -> Figures:
    """kill -9 of all its processes at odd moments while it sends: what is missing, and what was sent twice."""
    chance, wanted = random.Random(_SEED), numbers(sizes.messages)
    with running(candidate, base, 1, _KILL_LATENCY_MS, 500) as (peer, line):
        peer.submit(wanted)
        for _ in range(sizes.kills):
            due = line.accepted + sizes.messages // (sizes.kills + 4)
            if not wait_while(peer, line, lambda: line.accepted < due):  # noqa: B023
                break
            time.sleep(chance.uniform(0.0, 1.5))
            peer.kill9()
            peer.start()
        wait_while(peer, line, lambda: not peer.is_done())
        time.sleep(_SETTLE_S)
        taken, doubted = line.taken(), peer.in_doubt()
    missing = sum(1 for number in wanted if not taken[number])
    return {
        "lost": float(max(0, missing - doubted)),
        "twice": float(sum(times - 1 for times in taken.values())),
        "in_doubt": float(doubted),
    }


def gone(candidate: Candidate, base: Path, sizes: Sizes, away_s: int) -> Figures:
    """The modem is pulled out while it sends, and comes back `away_s` later: how long until it sends again."""
    name = f"back_{away_s}s"
    with running(candidate, base, 1, _GONE_LATENCY_MS) as (peer, line):
        peer.submit(numbers(_enough(candidate, sizes, 1)))
        if not wait_while(peer, line, lambda: line.accepted < 3):
            raise PeerFailed("it did not begin to send")
        line.tell({"unplug": True})
        time.sleep(away_s)
        line.tell({"replug": True})
        plugged = time.monotonic()
        while time.monotonic() - plugged < sizes.back_s and peer.is_alive:
            time.sleep(_POLL_S)
            for one in line.traces()[0].sent:
                if one.asked > plugged:
                    return {name: one.asked - plugged}
        return {name: None}


def _enough(candidate: Candidate, sizes: Sizes, count: int) -> int:
    """Messages that keep `count` modems sending for the time that `sizes` give."""
    return int(min(_MOST, max(_FEWEST * count, candidate.pace * sizes.seconds * count)))


def _ms(seconds: float | None) -> float | None:
    return None if seconds is None else seconds * 1000


Scenario: TypeAlias = Callable[[Candidate, Path, Sizes], Figures]

SCENARIOS: Final[Mapping[str, Scenario]] = MappingProxyType({
    "throughput": throughput,
    "air1": partial(on_air, seconds=1),
    "air3": partial(on_air, seconds=3),
    "idle": idle,
    "kill": kill,
    "gone5": partial(gone, away_s=5),
    "gone60": partial(gone, away_s=60),
    "fleet4": partial(fleet, count=4),
    "fleet16": partial(fleet, count=16),
})  # fmt: skip
