"""Wall and monotonic time, as one thing that tests can replace. The store keeps UTC; intervals are monotonic."""

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Clock:
    """`now` gives aware UTC; `monotonic` seconds that never run backwards."""

    now: Callable[[], datetime] = _utc_now
    monotonic: Callable[[], float] = time.monotonic


def boot_id() -> str:
    """The kernel's id of this boot; monotonic times of another boot mean nothing.

    Where a hardened unit hides /proc/sys, every run counts as another boot: the safe side.
    """
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return str(uuid.uuid4())
