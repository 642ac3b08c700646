"""Power cuts under the real store of the real daemon: sectors that no sync followed are lost, or torn.

A whole story is recorded (tests/rigs/tape.py: every write and sync of the daemon, and every byte that left it). Then
the power fails at moments of it, and what is left on the disk (tests/rigs/lossy.py) is opened by the real code. The log
is copied into the store all the time; other tapes go on after a kill -9, or upgrade the store. Nobody may have been
told of something that the store forgot, nothing that left may wait in the queue again, and the store must come to its
feet without a person's help.
Seen red with: synchronous = NORMAL (below; 912 cases of the store alone had lost rows in 204 of 411).
"""

import os
import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from gatewayd.errors import StoreError
from gatewayd.store import schema
from tests.rigs import tape
from tests.rigs.lossy import Disk
from tests.rigs.outages import Left, all_left, check, cuts, images
from tests.rigs.places import Findings
from tests.rigs.plants import newer_migrations
from tests.rigs.story import Story
from tests.rigs.tape import Event
from tests.rigs.town import Town, running_town
from tests.system.rig import wait_for

#: `./scripts/soak power` takes more.
CUTS = int(os.environ.get("GATEWAYD_SOAK_CUTS", "240"))
SEED = int(os.environ.get("GATEWAYD_SOAK_SEED", "20261123"))
#: The log is copied into the store after so many frames, instead of 4,000.
LOG = 60

pytestmark = [pytest.mark.system, pytest.mark.timeout(180 + CUTS)]


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    tape.need_tracing()
    with running_town(tmp_path_factory.mktemp("town")) as made:
        yield made


def record(town: Town, *plants: str) -> tuple[Story, list[Event]]:
    """One whole story, and its tape."""
    story, at = Story(town.home()).begin(), town.folder / "tape"
    try:
        with tape.recording(story, at, checkpoint=LOG, plants=plants) as life:
            story.attend(story.is_told, 60)
            assert life.stop() == 0, life.said()[-3000:]
        story.judge(interrupted=0)
    finally:
        story.end()
    return story, list(tape.read(at))


def record_killed(town: Town) -> tuple[Story, list[Event]]:
    """A story whose first daemon is killed while it sends; what it wrote last may not be on the disk yet."""
    story, tapes = Story(town.home()).begin(), (town.folder / "tape1", town.folder / "tape2")
    try:
        with tape.recording(story, tapes[0], checkpoint=LOG) as life:
            story.attend(lambda: len(story.air()) >= 3, 60)
            life.kill9()
        with tape.recording(story, tapes[1], checkpoint=LOG) as life:
            story.attend(story.is_told, 60)
            assert life.stop() == 0, life.said()[-3000:]
        story.judge(interrupted=1)
    finally:
        story.end()
    return story, [event for at in tapes for event in tape.read(at)]


def cut(story: Story, events: list[Event], most: int, before: Path | None = None, left: Left | None = None) -> Findings:
    """Power cuts in a tape that began on the disk `before` (None: an empty one)."""
    findings, state = Findings(), story.home.state
    disk = Disk(before or story.home.folder / "nothing", state)
    for one, folder, now_left in images(disk, events, cuts(events, state, most, SEED), left or Left()):
        with findings.case(one):
            try:
                check(folder, now_left, story)
            except (StoreError, sqlite3.Error) as error:
                raise AssertionError(f"the store does not open: {error}") from error
    return findings


def test_a_power_cut_loses_nothing_that_anybody_was_told(town: Town) -> None:
    story, events = record(town)
    cut(story, events, CUTS // 2).judge(Counter(events=len(events)))


def test_nor_does_one_after_a_kill(town: Town) -> None:
    story, events = record_killed(town)
    left = all_left(events)
    if (left.parts, left.mails) != (len(story.air()), len(story.letters())):
        pytest.skip("the kill came between the last byte and its peer: ledger and tape cannot be laid side by side")
    cut(story, events, CUTS // 4).judge(Counter(events=len(events)))


def test_nor_does_one_in_an_upgrade(town: Town, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    story, events = record(town)
    left, before, at = all_left(events), tmp_path / "before", town.folder / "tape"
    shutil.copytree(story.home.state, before, ignore=lambda folder, names: {n for n in names if n.endswith(".sock")})
    with tape.recording(story, at, checkpoint=LOG, plants=("newer_schema",)) as life:
        wait_for("the upgraded daemon", lambda: "daemon.ready" in life.said())
        assert life.stop() == 0, life.said()[-3000:]
    assert (story.home.state / "before-2.sqlite").exists()
    monkeypatch.setattr(schema, "migrations", newer_migrations(schema.migrations()))
    upgrade = list(tape.read(at))
    cut(story, upgrade, CUTS // 4, before, left).judge(Counter(events=len(upgrade)))


def test_the_rig_finds_a_lazy_disk(town: Town) -> None:
    """With synchronous = NORMAL a commit is acknowledged before it is on the disk."""
    story, events = record(town, "lazy_sync")
    findings = cut(story, events, 100)
    assert len(findings.failed) >= 10, "synchronous = NORMAL was not found"
    assert any("lost" in said or "sent again" in said for said in findings.failed), findings.failed[:3]
