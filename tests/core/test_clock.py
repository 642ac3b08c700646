"""The steady clock: steps of the wall clock are not followed until they are proven; `now` never runs backwards."""

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewayd.clock import EARLIEST, SLACK, Mark, Source, SteadyClock, is_synced

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
HOUR, DAY, YEARS = timedelta(hours=1), timedelta(days=1), timedelta(days=50 * 365)


@dataclass
class World:
    """A machine: the kernel's seconds, and a wall clock that is off by so much."""

    at: datetime = NOON
    ticks: float = 100.0
    off: timedelta = timedelta(0)
    is_synced: bool = False
    boot: str = "b1"

    def source(self) -> Source:
        return Source(lambda: self.at + self.off, lambda: self.ticks, lambda _: self.is_synced, self.boot)

    def start(self, mark: Mark | None = None) -> SteadyClock:
        return SteadyClock(self.source(), mark)

    def pass_time(self, time: timedelta) -> None:
        self.at += time
        self.ticks += time.total_seconds()

    def reboot(self, away: timedelta) -> None:
        self.at, self.ticks, self.boot = self.at + away, 20.0, self.boot + "x"


@pytest.mark.parametrize("off", [HOUR, -HOUR, YEARS, -YEARS])
def test_an_unproven_step_is_not_followed(off: timedelta) -> None:
    world = World()
    clock = world.start()
    world.off = off
    world.pass_time(10 * HOUR)
    assert clock.now() == world.at
    assert clock.is_sure()
    assert clock.step() == off
    assert not clock.is_proven()


@pytest.mark.parametrize("off", [HOUR, -HOUR, YEARS, -YEARS])
def test_a_proven_step_is_taken_over_when_told(off: timedelta) -> None:
    world = World(off=-off if off < timedelta(0) else timedelta(0))
    clock = world.start()
    world.off += off
    world.is_synced = True
    assert clock.is_proven()
    clock.take_over()
    assert clock.now() == world.at + world.off
    assert clock.step() == timedelta(0)


@given(st.lists(st.tuples(st.floats(0, 100), st.integers(-59, 59)), max_size=30))
def test_small_corrections_are_followed_and_now_never_runs_backwards(moves: list[tuple[float, int]]) -> None:
    world = World()
    clock = world.start()
    before = clock.now()
    for passed, off in moves:
        world.pass_time(timedelta(seconds=passed))
        world.off = timedelta(seconds=off / 2)
        now = clock.now()
        # Not slower than that either: a pause that has begun must end.
        assert now - before >= timedelta(seconds=passed) * 0.9 - timedelta(milliseconds=1)
        assert abs(now - world.at) <= SLACK
        before = now


@pytest.mark.parametrize("wall", [datetime(1970, 1, 1, tzinfo=UTC), NOON - DAY, NOON + YEARS])
def test_an_implausible_start_is_not_believed(wall: datetime) -> None:
    world = World()
    mark = world.start().mark()
    world.reboot(3 * DAY)
    world.off = wall - world.at
    clock = world.start(mark)
    assert not clock.is_sure()
    assert clock.now() == NOON
    world.pass_time(HOUR)
    assert clock.now() == NOON + HOUR
    world.off = timedelta(0)
    assert clock.is_proven(), "set right, it is plausible"
    clock.take_over()
    assert (clock.now(), clock.is_sure()) == (world.at, True)


def test_a_first_start_at_1970() -> None:
    world = World(off=datetime(1970, 1, 1, tzinfo=UTC) - NOON)
    clock = world.start()
    assert (clock.now(), clock.is_sure()) == (EARLIEST, False)


@pytest.mark.parametrize("off", [HOUR, YEARS])
def test_a_restart_of_the_process_in_the_same_boot_does_not_believe_a_step(off: timedelta) -> None:
    world = World()
    mark = world.start().mark()
    world.off = off
    world.pass_time(timedelta(minutes=5))
    clock = world.start(mark)
    assert clock.now() == world.at
    assert clock.step() == off


def test_a_reboot_after_days_is_believed() -> None:
    world = World()
    mark = world.start().mark()
    world.reboot(5 * DAY)
    clock = world.start(mark)
    assert (clock.now(), clock.is_sure()) == (world.at, True)


def test_while_time_is_proven_nothing_would_have_to_move() -> None:
    world = World()
    clock = world.start()
    world.pass_time(DAY)
    assert clock.since == NOON
    world.is_synced = True
    clock.is_proven()
    assert clock.since == world.at


@pytest.mark.parametrize(("age", "proves"), [(5, True), (-30, True), (-7200, False), (10**9, False)])
def test_evidence_from_before_a_step_proves_nothing(tmp_path: Path, age: int, proves: bool) -> None:
    touched = tmp_path / "synchronized"
    touched.touch()
    now = datetime.now(UTC)
    os.utime(touched, (now.timestamp() - age,) * 2)
    if not is_synced(now, tmp_path / "none"):  # else this machine's own kernel says that it is in step
        assert is_synced(now, touched) is proves
