"""kill -9 of the daemon while it sends: by the modem's own ledger nothing is missing and nothing is there twice.

The network's ledger is written by the modem's process when the network takes a part, so it knows the truth
when the daemon does not. A part that was on the air when the daemon died may or may not be in the ledger;
the store must then say in_doubt (or what evidence has settled), and never send it again.
The last test has every channel at once, each with a ledger of its own (tests/rigs/story.py), and kills more often.
It was seen red with: resend_doubt, early_ack (tests/rigs/plants.py).
"""

import os
import random
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from gatewayd.store.database import FILE
from tests.rigs.places import Findings
from tests.rigs.story import Story
from tests.rigs.town import Town, running_town
from tests.system.rig import SimModem, daemon, sim_modem, wait_for

#: Of each test; `./scripts/soak kill` takes more.
KILLS = int(os.environ.get("GATEWAYD_SOAK_KILLS", "30"))
#: Of all channels at once; a story of requests has up to so many.
CYCLES, IN_A_STORY = int(os.environ.get("GATEWAYD_SOAK_CYCLES", "60")), 10
SEED = int(os.environ.get("GATEWAYD_SOAK_SEED", "20261123"))
#: Enough to be sending still at the last kill.
RECIPIENTS = 4 * KILLS + 10
LATENCY_S = 0.06

pytestmark = [pytest.mark.system, pytest.mark.timeout(120 + 8 * KILLS)]

SENT = {"accepted", "delivered", "undelivered_unknown"}


def settings(folder: Path, modem: SimModem, most: int = 100000) -> dict[str, Any]:
    return {
        "gateway": {"state_dir": folder / "state", "staff": []},
        "modems": [
            {"name": "gsm1", "port": modem.link, "pause": ["0s", "0s"], "price_idr": 350, "parts_per_day": most}
        ],
        "approval": {"steps": []},
        "sending": {"windows": [{"start": "00:00", "end": "23:59"}], "urgent_any_time": True},
        "report": {"status_report_wait": "3s"},
        "log": {"format": "json"},
    }  # fmt: skip


def numbers(count: int) -> list[str]:
    return [f"0812000{index:05d}" for index in range(count)]


@pytest.mark.parametrize(
    "text", ["Kuliah ditiadakan besok.", "Kuliah ditiadakan. " * 12], ids=["one part", "two parts"]
)
def test_kills_lose_nothing_and_send_nothing_twice(tmp_path: Path, text: str) -> None:
    rng = random.Random(SEED)
    with (
        sim_modem(tmp_path, "gsm1", "--latency-ms", f"{1000 * LATENCY_S:.0f}", "--report-delay-ms", "100") as modem,
        daemon(tmp_path, settings(tmp_path, modem)) as gateway,
    ):
        gateway.start()
        number = gateway.json("send", "--to", *numbers(RECIPIENTS), "--text", text, "--priority", "urgent")["request"]
        for _ in range(KILLS):
            seen, more = len(modem.ledger()), rng.randrange(3)
            wait_for("the next parts on the air", lambda: len(modem.ledger()) > seen + more)  # noqa: B023
            # Any moment of the next part: before its intent, its prompt, its text, its answer.
            time.sleep(rng.uniform(0, 2 * LATENCY_S))
            gateway.kill9()
            gateway.start()
        shown = gateway.wait_state(number, "done", 90 + RECIPIENTS)
        check(modem, shown)
        gateway.cli("audit", "verify")


def check(modem: SimModem, shown: dict[str, Any]) -> None:
    """The ledger against the store, part by part."""
    taken = Counter((entry["recipient"], tuple(entry["concat"] or ())[1:]) for entry in modem.ledger())
    assert max(taken.values()) == 1, "a part was sent twice"
    assert sum(shown["totals"].values()) == RECIPIENTS
    assert set(shown["totals"]) <= SENT | {"in_doubt"}
    doubted = shown["totals"].get("in_doubt", 0)
    assert doubted <= KILLS, "more doubts than kills"
    per_number = Counter(recipient for recipient, _ in taken)
    complete = sum(1 for count in per_number.values() if count == max(per_number.values()))
    assert complete >= RECIPIENTS - doubted, "a message is missing that nobody doubts"


def test_a_cap_holds_across_kills(tmp_path: Path) -> None:
    """What may be on the air at a kill counts as sent: a cap is never passed, not by one part."""
    rng, kills = random.Random(SEED), KILLS // 3
    cap = 2 * kills
    with (
        sim_modem(tmp_path, "gsm1", "--latency-ms", f"{1000 * LATENCY_S:.0f}", "--report-delay-ms", "100") as modem,
        daemon(tmp_path, settings(tmp_path, modem, cap)) as gateway,
    ):
        gateway.start()
        gateway.json("send", "--to", *numbers(3 * cap), "--text", "Kuliah ditiadakan.", "--priority", "urgent")
        for _ in range(kills):
            seen = len(modem.ledger())
            wait_for("a part, or the cap", lambda: len(modem.ledger()) > seen or begun(tmp_path) >= cap)  # noqa: B023
            time.sleep(rng.uniform(0, 2 * LATENCY_S))
            gateway.kill9()
            gateway.start()
        wait_for("the cap", lambda: begun(tmp_path) >= cap)
        queued = {row["state"]: row["count"] for row in gateway.json("status")["queue"] if row["kind"] == "message"}
        assert queued == {"queued": 2 * cap}
        gateway.stop()
        assert begun(tmp_path) == cap
        doubts = begun(tmp_path, "in_doubt")
        assert cap - doubts <= len(modem.ledger()) <= cap
        assert doubts <= kills


def begun(folder: Path, *states: str) -> int:
    """Parts that the store says were begun, those of which nobody knows included."""
    states = states or ("submitting", "accepted", "in_doubt")
    with closing(sqlite3.connect(f"file:{folder / 'state' / FILE}?mode=ro", uri=True, timeout=5)) as conn:
        marks = ", ".join("?" * len(states))
        return int(conn.execute(f"SELECT count(*) FROM attempts WHERE state IN ({marks})", states).fetchone()[0])


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with running_town(tmp_path_factory.mktemp("town")) as made:
        yield made


def kill_often(town: Town, kills: int, rng: random.Random, *plants: str) -> Counter[str]:
    """One story whose daemon is killed so many times. Returns what became of the messages."""
    story = Story(town.home()).begin()
    try:
        for _ in range(kills):
            until = time.monotonic() + rng.expovariate(2.0)
            life = story.live(plants=plants)
            story.attend(lambda: time.monotonic() > until or life.status() is not None)  # noqa: B023
            assert life.status() is None, life.said()[-3000:]
            life.kill9()
        story.finish(plants=plants)
        return story.judge(interrupted=kills) + Counter(kills=kills)
    finally:
        story.end()


@pytest.mark.timeout(180 + 5 * CYCLES)
def test_kills_of_all_channels_at_once(town: Town) -> None:
    """Forms and their approvals, jobs of a system that sends them until it has a receipt, SMS, mails, reports."""
    findings, seen, rng = Findings(), Counter[str](), random.Random(SEED)
    for turn in range(CYCLES // IN_A_STORY):
        with findings.case(f"story {turn}"):
            seen += kill_often(town, IN_A_STORY, rng)
    findings.judge(seen)


@pytest.mark.parametrize("plant", ["resend_doubt", "early_ack"])
def test_the_rig_finds_planted_bugs(town: Town, plant: str) -> None:
    findings, rng = Findings(), random.Random(SEED)
    for turn in range(20):
        with findings.case(f"story {turn}"):
            kill_often(town, IN_A_STORY, rng, plant)
        if findings.failed:
            return
    raise AssertionError(f"{plant} was not found in {findings.cases} stories")
