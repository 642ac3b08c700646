"""sd_notify: readiness, status text and watchdog for systemd. A no-op outside systemd or without systemd-python."""

import os
import time
from typing import Final

try:
    from systemd import daemon as _daemon
except ImportError:
    _daemon = None

MISSING: Final = _daemon is None


def notify(*lines: str) -> None:
    """Send assignments such as "READY=1", "STATUS=…", "WATCHDOG=1" in one datagram."""
    if _daemon is not None:
        _daemon.notify("\n".join(lines))


def reloading() -> None:
    """The settings are read anew, until the next READY=1."""
    notify("RELOADING=1", f"MONOTONIC_USEC={time.monotonic_ns() // 1000}")


def watchdog_interval() -> float | None:
    """Seconds within which systemd wants to hear WATCHDOG=1; None if it does not watch this process."""
    microseconds = os.environ.get("WATCHDOG_USEC", "")
    if not microseconds.isdigit() or os.environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    return int(microseconds) / 1e6
