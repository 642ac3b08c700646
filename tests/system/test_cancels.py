"""Cancelled at every await, and stopped at every await: no transaction stays open, no lock stays taken.

Any task of the daemon is cancelled at each of its steps in turn, as a time-out, a reload or a stop may do; and the
daemon gets SIGTERM at each step. The store must take work afterwards, the daemon must end when told to, and after a
second life the ledgers of the peers must fit the store (tests/rigs/story.py).
Seen red with: open_transaction, hasty (tests/rigs/plants.py).
"""

import os
import time
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.rigs.places import Findings, Place, places, some
from tests.rigs.story import Story
from tests.rigs.town import Town, running_town

#: `./scripts/soak cancels` takes every place.
CASES = int(os.environ.get("GATEWAYD_SOAK_CANCELS", "24"))
SEED = int(os.environ.get("GATEWAYD_SOAK_SEED", "20261123"))
#: How long a daemon with a cancelled task is left to itself.
_LEFT_S = 1.5

pytestmark = [pytest.mark.system, pytest.mark.timeout(120 + 20 * CASES)]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    with running_town(tmp_path_factory.mktemp("town")) as made:
        yield made


def interrupt_at(town: Town, place: Place, act: str, *plants: str) -> Counter[str]:
    """A life whose task at `place` is cancelled, or that is stopped there, and one that ends the story."""
    story = Story(town.home()).begin()
    life = story.live(**place.order(town, act), plants=plants)
    told = town.folder / "told"
    try:
        story.attend(lambda: life.status() is not None or told.exists() or story.is_told())
        left_until = time.monotonic() + _LEFT_S
        story.attend(lambda: life.status() is not None or story.is_told() or time.monotonic() > left_until)
        # 70: the task was the daemon itself. -15: it was told to stop before it listened.
        assert life.stop(12) in (0, 1, 70, -15), life.said()[-3000:]
        word = told.read_text(encoding="utf-8") if told.exists() else "missed"
        assert not word.startswith("locked"), word
        assert "daemon.crashed" not in life.said(), life.said()[-3000:]
        story.finish(plants=plants)
        return story.judge(interrupted=1) + Counter({word: 1})
    finally:
        story.end()


@pytest.mark.parametrize("act", ["cancel", "stop"])
def test_a_cancel_or_stop_at_any_await_leaves_nothing_open(town: Town, act: str) -> None:
    findings, seen = Findings(), Counter[str]()
    for place in some(places(town, each=1), CASES // 2, SEED):
        with findings.case(place):
            seen += interrupt_at(town, place, act)
    findings.judge(seen)
    assert seen["missed"] <= findings.cases * 0.2, seen


@pytest.mark.parametrize(
    ("plant", "act", "where"),
    [("open_transaction", "cancel", "Dispatcher._claim rests"), ("hasty", "stop", "ModemTransport.submit rests")],
)
def test_the_rig_finds_planted_bugs(town: Town, plant: str, act: str, where: str) -> None:
    findings = Findings()
    for place in [
        found for found in places(town, each=9, plants=(plant,)) if all(word in found.name for word in where.split())
    ]:
        with findings.case(place):
            interrupt_at(town, place, act, plant)
        if findings.failed:
            return
    raise AssertionError(f"{plant} was not found in {findings.cases} cases")
