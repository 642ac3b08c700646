"""sd_notify: readiness, status text and watchdog for systemd. A no-op outside systemd or without systemd-python."""

import os
import time
from collections.abc import Sequence
from typing import Final

try:
    from systemd import daemon as _daemon
except ImportError:
    _daemon = None

MISSING: Final = _daemon is None
#: SD_LISTEN_FDS_START
_FIRST: Final = 3


def notify(*lines: str, descriptors: Sequence[int] = ()) -> None:
    """Send assignments such as "READY=1", "STATUS=…", "WATCHDOG=1" in one datagram, `descriptors` with it."""
    if _daemon is not None:
        _daemon.notify("\n".join(lines), **({"fds": list(descriptors)} if descriptors else {}))


def inherited() -> dict[str, int]:
    """The descriptors that systemd kept for us, by name; each is ours once, and no child's (sd_listen_fds(3))."""
    count, names = os.environ.pop("LISTEN_FDS", ""), os.environ.pop("LISTEN_FDNAMES", "").split(":")
    if os.environ.pop("LISTEN_PID", "") != str(os.getpid()) or not count.isdigit():
        return {}
    given = dict(zip(names, range(_FIRST, _FIRST + int(count)), strict=False))
    for descriptor in given.values():
        os.set_inheritable(descriptor, False)
    return given


def reloading() -> None:
    """The settings are read anew, until the next READY=1."""
    notify("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")


def watchdog_interval() -> float | None:
    """Seconds within which systemd wants to hear WATCHDOG=1; None if it does not watch this process."""
    microseconds = os.environ.get("WATCHDOG_USEC", "")
    if not microseconds.isdigit() or os.environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    return int(microseconds) / 1e6
