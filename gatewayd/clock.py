"""Wall and monotonic time, as one thing that tests can replace. The store keeps UTC; intervals are monotonic.

A Raspberry Pi has no clock of its own: it starts at 1970 or where it stood last, and is set right in the middle of the
work, or wrong by hand. SteadyClock is the daemon's answer. In: the wall clock, the seconds since the kernel started,
the mark that an earlier run left in the store, evidence that a time server was heard. Out: a `now` that goes on with
the kernel's seconds when the wall clock steps, never runs backwards, and is never later than the truth unless the wall
clock was wrong from the very first. A step is taken over by `take_over` only, once it is proven or a person says so
(stages/timekeeping.py).
"""

import ctypes
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

#: This was written then: a clock that shows less is wrong.
EARLIEST: Final = datetime(2026, 11, 1, tzinfo=UTC)
#: What a time server may put right without a word: `now` follows, forwards at once and backwards by going slower.
SLACK: Final = timedelta(seconds=60)
_SLEW: Final = 0.1
#: A machine was hardly switched off longer than this; a clock that says so must be proven.
_AWAY: Final = timedelta(days=31)
#: systemd-timesyncd touches it each time it has set the clock; it is gone with each boot.
_SYNCED: Final = Path("/run/systemd/timesync/synchronized")
_STA_UNSYNC: Final = 0x40
_TIME_ERROR: Final = 5


def _utc_now() -> datetime:
    return datetime.now(UTC)


def _always() -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Clock:
    """`now` gives aware UTC; `monotonic` seconds that never run backwards; `is_sure` whether `now` is the time of day,
    and not only a time that has certainly come."""

    now: Callable[[], datetime] = _utc_now
    monotonic: Callable[[], float] = time.monotonic
    is_sure: Callable[[], bool] = _always


def boot_id() -> str:
    """The kernel's id of this boot; monotonic times of another boot mean nothing.

    Where a hardened unit hides /proc/sys, every run counts as another boot: the safe side.
    """
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return str(uuid.uuid4())


def _ticks() -> float:
    return time.clock_gettime(time.CLOCK_BOOTTIME)


def is_synced(wall: datetime, evidence: Path = _SYNCED) -> bool:
    """Whether a time server has set the clock since it was last set by hand. False where nobody can tell."""
    return _kernel_is_synced() or _touched_lately(wall, evidence)


def _kernel_is_synced() -> bool:
    """adjtimex(2): setting the clock by hand clears the sign. A hardened unit may not ask."""
    answer = ctypes.create_string_buffer(512)
    state = ctypes.CDLL(None).adjtimex(answer)
    status = int.from_bytes(answer.raw[5 * ctypes.sizeof(ctypes.c_long) :][:4], "little")
    return 0 <= state < _TIME_ERROR and not status & _STA_UNSYNC


def _touched_lately(wall: datetime, evidence: Path) -> bool:
    """The file carries a time of the clock as it is now: of this boot, and not from before a step."""
    try:
        age = wall.timestamp() - evidence.stat().st_mtime
    except OSError:
        return False
    return -SLACK.total_seconds() <= age <= _ticks() + SLACK.total_seconds()


@dataclass(frozen=True, slots=True)
class Source:
    """Where time comes from: the wall clock, the kernel's seconds of the boot `boot`, and evidence for a wall time."""

    wall: Callable[[], datetime] = _utc_now
    ticks: Callable[[], float] = _ticks
    synced: Callable[[datetime], bool] = is_synced
    boot: str = ""


@dataclass(frozen=True, slots=True)
class Mark:
    """What a run leaves to the next: it was `wall` at `ticks` of `boot`; instants from `since` on would move with the
    clock, earlier ones are proven; `is_sure` as in Clock."""

    boot: str
    ticks: float
    wall: datetime
    since: datetime
    is_sure: bool


class SteadyClock:
    def __init__(self, source: Source, mark: Mark | None) -> None:
        self._source = source
        self._earliest = max(EARLIEST, mark.wall) if mark else EARLIEST
        wall, self._ticks = source.wall(), source.ticks()
        if mark is not None and mark.boot == source.boot and mark.ticks <= self._ticks:
            self._wall, self._ticks, self.since, self._sure = mark.wall, mark.ticks, mark.since, mark.is_sure
        else:
            self._sure = self._is_plausible(wall, is_first=mark is None) or source.synced(wall)
            self._wall = self.since = wall if self._sure else self._earliest

    def now(self) -> datetime:
        wall, ticks = self._source.wall(), self._source.ticks()
        passed = timedelta(seconds=ticks - self._ticks)
        self._wall, self._ticks, off = self._wall + passed, ticks, wall - self._wall - passed
        if self._sure and abs(off) <= SLACK:
            self._wall += max(off, -passed * _SLEW)
        return self._wall

    def is_sure(self) -> bool:
        return self._sure

    def step(self) -> timedelta:
        """By how much the wall clock is ahead; zero while the two agree."""
        step = self._source.wall() - self.now()
        return timedelta(0) if abs(step) <= SLACK else step

    def is_proven(self) -> bool:
        """Whether the wall clock may be taken over without a person. While the clocks agree, time itself is proven."""
        wall = self._source.wall()
        if self._source.synced(wall):
            if self._sure and not self.step():
                self.since = self.now()
            return True
        return not self._sure and self._is_plausible(wall, is_first=False)

    def take_over(self) -> None:
        """The wall clock is right from now on."""
        self._wall = self.since = self._source.wall()
        self._ticks, self._sure = self._source.ticks(), True

    def mark(self) -> Mark:
        return Mark(self._source.boot, self._source.ticks(), self.now(), self.since, self._sure)

    def _is_plausible(self, wall: datetime, *, is_first: bool) -> bool:
        return self._earliest - SLACK <= wall and (is_first or wall <= self._earliest + _AWAY)
