"""The wall clock jumps while the daemon sends: nothing expires early, no cap or pause is overrun, no retry is skipped,
nothing is lost or sent twice.

Each run is one daemon with one clock story, a simulated modem with a ledger of its own (and the true time), a cap of
six parts an hour, a pause between parts, one refusal that must be tried again, and a request that expires in half an
hour. What follows an unproven step by the wall clock overruns the cap or expires the rest at once.

Seen red with: the plain wall clock in app.py (every story of an hour or more); `shift` left out of `set_right`
(proven +1 h); no mark in the store (kill -9 after +1 h); `is_sure` left out of dispatch (start at 1970).
"""

import itertools
import os
import random
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.rigs.faketime import FakeTime, since_1970
from tests.system.rig import Daemon, SimModem, daemon, sim_modem, wait_for

RUNS = int(os.environ.get("GATEWAYD_SOAK_CLOCKS", "12"))
SEED = int(os.environ.get("GATEWAYD_SOAK_SEED", "20261123"))
CAP, FIRST, PAUSE_S = 6, 3, 0.2
#: Destination out of order: the same message again after the ladder's wait.
TRY_LATER = 27
GONE = {"accepted", "delivered", "in_doubt"}
_serial = itertools.count(1)
#: What the pause may lose to the corrections of a time server, and to the ledger's rounding.
PAUSE_SEEN_S = 0.15
NONE, HOUR, YEARS = timedelta(0), timedelta(hours=1), timedelta(days=50 * 365)

pytestmark = [pytest.mark.system, pytest.mark.timeout(300)]


@dataclass(frozen=True)
class Story:
    """Off by `first` at the start, by `then` in mid-send; a time server proves it, or not."""

    name: str
    first: timedelta
    then: timedelta
    is_proven: bool = False
    zone: str = "Asia/Jakarta"


STORIES = (
    Story("plus an hour", NONE, HOUR),
    Story("minus an hour", NONE, -HOUR),
    Story("plus 50 years", NONE, YEARS),
    Story("minus 50 years", NONE, -YEARS),
    Story("a time server corrects forwards", NONE, timedelta(seconds=45)),
    Story("a time server corrects backwards", NONE, timedelta(seconds=-45)),
    Story("starts at 1970 and stays there", timedelta.min, timedelta.min),
    Story("starts at 1970 and is set right", timedelta.min, NONE),
    Story("an hour behind, set right", -HOUR, NONE, is_proven=True),
    Story("an hour ahead, set right", HOUR, NONE, is_proven=True),
    Story("50 years ahead, set right", YEARS, NONE, is_proven=True),
    Story("summer time begins in the host's zone", NONE, timedelta(minutes=30), zone="Australia/Lord_Howe"),
)


def settings(folder: Path, modem: SimModem) -> dict[str, Any]:
    pause = f"{PAUSE_S * 1000:.0f}ms"
    return {
        "gateway": {"state_dir": folder / "state", "staff": []},
        "modems": [{
            "name": "gsm1", "port": modem.link, "pause": [pause, pause], "parts_per_hour": CAP, "price_idr": 350,
        }],
        "approval": {"steps": []},
        "sending": {
            "windows": [{"start": "00:00", "end": "23:59"}], "urgent_any_time": True, "retry": ["1s", "1s", "1s"],
            "expires": "30m",
        },
        "log": {"format": "json"},
    }  # fmt: skip


@pytest.fixture
def evidence(tmp_path: Path) -> Path:
    """The folder that the daemon sees as systemd-timesyncd's."""
    if os.getuid() != 0:
        pytest.skip("a mount namespace needs root")
    folder = tmp_path / "timesync"
    folder.mkdir()
    return folder


@pytest.mark.parametrize("number", range(RUNS))
def test_a_jump_of_the_clock_harms_nothing(tmp_path: Path, evidence: Path, number: int) -> None:
    rng, story = random.Random(SEED + number), STORIES[number % len(STORIES)]
    refusal = ("--fault", f"cmgs_code:{TRY_LATER},after={rng.randrange(FIRST)},times=1")
    with (
        sim_modem(tmp_path, "gsm1", "--latency-ms", "40", "--report-delay-ms", "100", *refusal) as modem,
        daemon(tmp_path, settings(tmp_path, modem)) as gateway,
    ):
        fake = FakeTime(tmp_path / "offset")
        fake.set(_off(story.first))
        _dress(gateway, fake, evidence, story.zone)
        gateway.start()
        first = _send(gateway, "urgent", FIRST)
        tried = rng.randint(1, FIRST)
        wait_for("the first parts", lambda: len(modem.ledger()) + len(modem.ledger("refused")) >= tried)
        fake.set(_off(story.then))
        if story.is_proven:
            _prove(evidence, story.then)
        elif rng.random() < 0.5:
            gateway.kill9()
            gateway.start()
        _await_notice(gateway, story)
        wait_for("the retry", lambda: _left(gateway, first).keys() <= GONE)
        # What keeps to the windows waits behind the cap; where nobody knows the time of day, for that alone.
        if story.then == timedelta.min:
            later, rest = _send(gateway, "normal", 1), _send(gateway, "urgent", CAP)
        else:
            rest, later = _send(gateway, "urgent", CAP), _send(gateway, "normal", 1)
        wait_for("as many parts as the cap allows", lambda: len(modem.ledger()) >= CAP - 1)
        # Whoever would overrun the cap does it within a round of the dispatcher; these commands take longer.
        shown = [[_left(gateway, request) for request in (first, rest, later)] for _ in range(2)][-1]
        check(modem, shown, story)


def _send(gateway: Daemon, priority: str, count: int) -> str:
    numbers = [f"0812000{next(_serial):05d}" for _ in range(count)]
    text = "Uji jam."
    return str(gateway.json("send", "--to", *numbers, "--text", text, "--priority", priority)["request"])


def _left(gateway: Daemon, request: str) -> dict[str, int]:
    """State → how many."""
    return dict(gateway.show(request)["totals"])


def _off(off: timedelta) -> timedelta:
    return since_1970() if off == timedelta.min else off


def _dress(gateway: Daemon, fake: FakeTime, evidence: Path, zone: str) -> None:
    place = "/run/systemd/timesync"
    gateway.wrap = (
        "unshare", "--mount", "sh", "-c", f'mkdir -p {place} && mount --bind {evidence} {place} && exec "$@"', "sh",
        "env", *(f"{name}={value}" for name, value in fake.environment.items()),
    )  # fmt: skip
    gateway.environment["TZ"] = zone


def _prove(evidence: Path, off: timedelta) -> None:
    """As systemd-timesyncd does once it has set the clock."""
    touched = evidence / "synchronized"
    touched.touch()
    now = (datetime.now(UTC) + off).timestamp()
    os.utime(touched, (now, now))


def _await_notice(gateway: Daemon, story: Story) -> None:
    """The daemon has looked at the clock after the jump, and said what it thinks of it."""
    if story.is_proven or (story.first == timedelta.min and story.then == NONE):
        gateway.wait_event("clock.set_right")
    elif abs(story.then) > timedelta(minutes=1):
        gateway.wait_event("clock.doubted")


def check(modem: SimModem, shown: list[dict[str, int]], story: Story) -> None:
    taken = Counter(entry["recipient"] for entry in modem.ledger())
    assert max(taken.values()) == 1, "a message was sent twice"
    assert sum(taken.values()) <= CAP, f"{story.name}: more than the cap of an hour"
    at = [datetime.fromisoformat(entry["at"]) for entry in modem.ledger()]
    assert min((b - a).total_seconds() for a, b in itertools.pairwise(at)) >= PAUSE_SEEN_S, "a burst"
    first, rest, later = shown
    assert sum(first.values()) == FIRST, first
    assert rest.keys() <= GONE | {"queued"}, f"{story.name}: expired or failed: {rest}"
    assert sum(rest.values()) == CAP
    assert later == {"queued": 1}, story.name
    gone = sum(count for states in shown for state, count in states.items() if state in GONE)
    doubted = sum(states.get("in_doubt", 0) for states in shown)
    assert CAP - 1 <= gone <= CAP + doubted
    assert 0 <= gone - sum(taken.values()) <= doubted, "a message is lost"
