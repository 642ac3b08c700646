"""A wall clock that a test sets, for one process: libfaketime, with an offset in a file that is read at each look.

The monotonic clocks and the times of files stay true. A program that Python's time.sleep() is used in may get EINVAL
across a jump (seen with 3.11); the daemon uses the event loop's timers only.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

PACKAGE = "libfaketime"


def library() -> Path:
    found = sorted(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"))
    if not found:
        pytest.fail(f"libfaketime is missing: apt-get install --no-install-recommends {PACKAGE}", pytrace=False)
    return found[0]


@dataclass(frozen=True)
class FakeTime:
    """The clock of the processes that get `environment`; `file` holds by how much it is off."""

    file: Path

    def set(self, off: timedelta) -> None:
        """From the next look on. One rename: nobody reads half a number."""
        fresh = self.file.with_suffix(".new")
        fresh.write_text(f"{off.total_seconds():+.3f}\n", encoding="ascii")
        fresh.rename(self.file)

    @property
    def environment(self) -> Mapping[str, str]:
        return {
            "LD_PRELOAD": str(library()), "FAKETIME_TIMESTAMP_FILE": str(self.file), "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1", "DONT_FAKE_MONOTONIC": "1", "NO_FAKE_STAT": "1",
        }  # fmt: skip


def since_1970() -> timedelta:
    """How far a clock is off that starts at 1970."""
    return datetime(1970, 1, 1, tzinfo=UTC) - datetime.now(UTC)
