"""Killed at every system call that writes, syncs or sends; and every such call on the store's files refused.

strace attaches to a real daemon (tests/rigs/tape.py) and ends it as it enters the so-manyth write, pwrite64, fdatasync
or sendto; or it answers those on the store's files with EIO or ENOSPC, once, or until the space is back. A daemon that
cannot write must say so and send nothing it cannot store: it ends, for systemd to start it again, or goes on by
itself. Then the ledgers of the peers must fit the store (tests/rigs/story.py).
Seen red with: resend_doubt, early_ack (tests/rigs/plants.py).
"""

import os
import random
import re
import subprocess
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace

import pytest

from tests.rigs import tape
from tests.rigs.places import Findings
from tests.rigs.story import Story
from tests.rigs.town import Home, Town, running_town

#: `./scripts/soak syscalls` takes more, or all.
CASES = int(os.environ.get("GATEWAYD_SOAK_SYSCALLS", "24"))
SEED = int(os.environ.get("GATEWAYD_SOAK_SEED", "20261123"))
CALLS = ("write", "pwrite64", "fdatasync", "sendto")
STORED = ("gatewayd.sqlite", "gatewayd.sqlite-wal", "gatewayd.sqlite-journal", "gatewayd.pages", "gatewayd.mark")
#: How long the disk stays full.
_FULL_S = 1.0
_SAID = re.compile(r"disk I/O error|disk is full|No space left|Input/output error|log_not_copied|unable to open")

pytestmark = [pytest.mark.system, pytest.mark.timeout(180 + 15 * CASES)]


@dataclass(frozen=True)
class Fault:
    """What happens at the `number`th `call` of a thread; `error` is '' for SIGKILL."""

    call: str
    number: int
    error: str = ""
    lasts: bool = False

    def options(self, home: Home) -> list[str]:
        what = f"error={self.error}" if self.error else "signal=KILL"
        options = ["-o", os.devnull, "-e", f"trace={self.call}"]
        options += ["-e", f"inject={self.call}:{what}:when={self.number}{'+' if self.lasts else ''}"]
        if self.error:
            options += [word for name in STORED for word in ("-P", str(home.state / name))]
        return options


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    tape.need_tracing()
    with running_town(tmp_path_factory.mktemp("town")) as made:
        yield made


def counted(town: Town, *, of_store: bool) -> dict[str, int]:
    """How often each call comes in a whole life, in the thread that makes most of them."""
    story, at = Story(town.home()).begin(), town.folder / "calls"
    paths = [word for name in STORED for word in ("-P", str(story.home.state / name))] if of_store else []
    with tape.traced(story, "-s", "0", "-o", str(at), "-e", f"trace={','.join(CALLS)}", *paths) as (life, _):
        story.attend(story.is_told, 60)
        life.stop()
    story.end()
    found = Counter(match.groups() for match in re.finditer(r"(?m)^(\d+) +(\w+)\(", at.read_text(encoding="latin-1")))
    return {name: max((count for (_, call), count in found.items() if call == name), default=0) for name in CALLS}


def suffer(town: Town, fault: Fault, *plants: str) -> Counter[str]:
    """A life with `fault`, and one that ends the story if that could not. Returns what became of the messages."""
    story = Story(town.home()).begin()
    try:
        with tape.traced(story, *fault.options(story.home), plants=plants) as (life, tracer):
            left_until = time.monotonic() + _FULL_S
            story.attend(lambda: life.status() is not None or story.is_told() or _is_over(fault, left_until))
            _let_go(tracer)
            # The space is back, or it was one fault only: it goes on by itself, or has ended.
            story.attend(lambda: life.status() is not None or story.is_told())
            if life.status() is None:
                life.stop()
            outcome = str(life.status())
            if fault.error and life.status():
                assert _SAID.search(life.said()), f"it ended with {outcome} and did not say why:\n{life.said()[-3000:]}"
        story.finish(plants=plants)
        return story.judge(interrupted=1) + Counter({f"exit {outcome}": 1})
    finally:
        story.end()


def _is_over(fault: Fault, left_until: float) -> bool:
    return fault.lasts and time.monotonic() > left_until


def _let_go(tracer: "subprocess.Popen[bytes]") -> None:
    with suppress(ProcessLookupError):
        tracer.terminate()


def drawn(faults: list[Fault], most: int) -> list[Fault]:
    return faults if len(faults) <= most else random.Random(SEED).sample(faults, most)


def test_a_kill_at_any_call_loses_and_repeats_nothing(town: Town) -> None:
    findings, seen = Findings(), Counter[str]()
    faults = [Fault(call, n) for call, most in counted(town, of_store=False).items() for n in range(1, most + 1)]
    for fault in drawn(faults, CASES // 2):
        with findings.case(fault):
            seen += suffer(town, fault)
    findings.judge(seen + Counter({"of calls": len(faults)}))
    assert seen["exit -9"] >= findings.cases * 0.7, seen


def test_a_call_that_fails_acknowledges_nothing(town: Town) -> None:
    findings, seen = Findings(), Counter[str]()
    faults = [
        Fault(call, n, error, lasts)
        for call, most in counted(town, of_store=True).items()
        for n in range(1, most + 1)
        for error, lasts in (("EIO", False), ("ENOSPC", True))
        if call != "sendto" and (call, error) != ("fdatasync", "ENOSPC")
    ]
    for fault in drawn(faults, CASES // 2):
        with findings.case(fault):
            seen += suffer(town, fault)
    findings.judge(seen + Counter({"of faults": len(faults)}))


@pytest.mark.parametrize(
    ("plant", "fault", "numbers"),
    [
        ("resend_doubt", Fault("fdatasync", 0), range(30, 130, 3)),
        ("early_ack", Fault("pwrite64", 0, "ENOSPC", lasts=True), range(40, 400, 20)),
    ],
)
def test_the_rig_finds_planted_bugs(town: Town, plant: str, fault: Fault, numbers: range) -> None:
    """Somewhere in the middle of the life: among the parts on the air, or while the jobs come in."""
    findings = Findings()
    for number in numbers:
        with findings.case(number):
            suffer(town, replace(fault, number=number), plant)
        if findings.failed:
            return
    raise AssertionError(f"{plant} was not found in {findings.cases} cases")
