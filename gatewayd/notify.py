"""sd_notify: readiness, status text and watchdog for systemd. A no-op outside systemd or without systemd-python."""

import os
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


def watchdog_interval() -> float | None:
    """Seconds within which systemd wants to hear WATCHDOG=1; None if it does not watch this process."""
    microseconds = os.environ.get("WATCHDOG_USEC", "")
    if not microseconds.isdigit() or os.environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    return int(microseconds) / 1e6
