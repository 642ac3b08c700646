"""Killed at every await: at each step of each task, between one line of ours and the next, the process is gone.

The daemon is the real one, forked warm (tests/rigs/warm.py); its peers live in other processes and threads and keep
their own ledgers. A form with two approvals, a job of SMS and a job of e-mail are all underway. After the kill a second
life ends the story, and the oracle compares ledgers and store (tests/rigs/story.py).
Seen red with: resend_doubt, guess_doubt, early_ack (tests/rigs/plants.py).
"""

import os
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.rigs.places import Findings, Place, places, some
from tests.rigs.story import Story
from tests.rigs.town import Town, running_town

#: `./scripts/soak awaits` takes every place, and more often.
CASES = int(os.environ.get("GATEWAYD_SOAK_AWAITS", "30"))
EACH = int(os.environ.get("GATEWAYD_SOAK_EACH", "2"))
SEED = int(os.environ.get("GATEWAYD_SOAK_SEED", "20261123"))

pytestmark = [pytest.mark.system, pytest.mark.timeout(120 + 12 * CASES)]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with running_town(tmp_path_factory.mktemp("town")) as made:
        yield made


def kill_at(town: Town, place: Place, *plants: str) -> Counter[str]:
    """One life that ends at `place`, and one that ends the story. Returns what became of the messages, and whether the
    place was come to."""
    story = Story(town.home()).begin()
    life = story.live(**place.order(town, "kill"), plants=plants)
    try:
        story.attend(lambda: life.status() is not None or story.is_told())
        if life.status() is None:
            # The last places are those of a stop.
            life.stop()
        assert life.status() in (0, 137), life.said()[-3000:]
        story.finish(plants=plants)
        return story.judge(interrupted=1) + Counter(killed=life.status() == 137)
    finally:
        story.end()


def test_a_kill_at_any_await_loses_and_repeats_nothing(town: Town) -> None:
    findings, seen = Findings(), Counter[str]()
    for place in some(places(town, each=EACH), CASES, SEED):
        with findings.case(place):
            seen += kill_at(town, place)
    findings.judge(seen)
    assert seen["killed"] >= findings.cases * 0.8, seen


#: Where each planted bug shows: while the modem's answer is awaited, or between a job's receipt and its commit.
ON_AIR, JOB = "ModemTransport.submit", "MqttLink._take"


@pytest.mark.parametrize(("plant", "where"), [("resend_doubt", ON_AIR), ("guess_doubt", ON_AIR), ("early_ack", JOB)])
def test_the_rig_finds_planted_bugs(town: Town, plant: str, where: str) -> None:
    findings = Findings()
    for place in [found for found in places(town, each=2) if where in found.name]:
        with findings.case(place):
            kill_at(town, place, plant)
        if findings.failed:
            return
    raise AssertionError(f"{plant} was not found in {findings.cases} cases")
