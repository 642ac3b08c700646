"""Open ports that outlive a session, and the process: kept here, and in systemd's file descriptor store.

What a modem says while no process lives waits in the port as long as somebody has it open. Under systemd
(FileDescriptorStoreMax=) that is systemd: each port is handed over when it is opened (FDSTORE=1), and comes back at the
next start as an inherited descriptor. A port whose device went away is dropped, by systemd too.
Source: sd_notify(3), sd_listen_fds(3), unix(7) "abstract".
"""

import errno
import os
import select
import socket
import stat
from pathlib import Path
from typing import Final

from gatewayd.notify import inherited, notify

_PREFIX: Final = "port-"


class KeptPorts:
    """By the device's real path. One for the process: what is inherited belongs to the process."""

    def __init__(self) -> None:
        self._held: dict[str, int] | None = None
        #: What a session of this process has open now: for nobody else.
        self._used: set[str] = set()
        #: Descriptors that say to other gatewayds on this machine that a port is ours, until the process ends.
        self._claims: dict[str, int] = {}

    def claim(self, path: Path) -> bool:
        """False where another gatewayd has the device. A name of the kernel's own, gone with the process that has it;
        a port that is only locked may be somebody's terminal for a moment."""
        name = _name(path)
        if name in self._claims:
            return True
        device = path.stat()
        if not stat.S_ISCHR(device.st_mode):
            # Every other file has the same number.
            return True
        claim = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        try:
            claim.bind(f"\0gatewayd-{device.st_dev}-{device.st_rdev}")
        except OSError as error:
            claim.close()
            return error.errno != errno.EADDRINUSE
        self._claims[name] = claim.detach()
        return True

    def take(self, path: Path) -> int | None:
        """A descriptor of the open port at `path`, the caller's own; None if none is kept, or its device is gone."""
        name = _name(path)
        held = self._all().get(name)
        if held is None or name in self._used:
            return None
        if not _is_alive(held, path):
            self.drop(name)
            return None
        return os.dup(held)

    def keep(self, path: Path, descriptor: int) -> str:
        """Keep the port open beyond `descriptor`. Returns the name that `release` and `drop` want."""
        name = _name(path)
        self._used.add(name)
        if name not in self._all():
            self._all()[name] = os.dup(descriptor)
            notify("FDSTORE=1", f"FDNAME={name}", descriptors=(descriptor,))
        return name

    def release(self, name: str) -> None:
        """The session is over; the port stays open for the next one."""
        self._used.discard(name)

    def drop(self, name: str) -> None:
        self._used.discard(name)
        if name in self._claims:
            os.close(self._claims.pop(name))
        held = self._all().pop(name, None)
        if held is not None:
            notify("FDSTOREREMOVE=1", f"FDNAME={name}")
            os.close(held)

    def _all(self) -> dict[str, int]:
        if self._held is None:
            self._held = {name: fd for name, fd in inherited().items() if name.startswith(_PREFIX)}
        return self._held


def _name(path: Path) -> str:
    """FDNAME takes no colon, and not more than 255 characters."""
    return (_PREFIX + os.path.realpath(path).replace(":", "_"))[-255:]


def _is_alive(descriptor: int, path: Path) -> bool:
    """Whether it is still the device at `path`, and that one is there."""
    poll = select.poll()
    poll.register(descriptor, select.POLLIN)
    seen = dict(poll.poll(0)).get(descriptor, 0)
    if seen & (select.POLLHUP | select.POLLERR | select.POLLNVAL):
        return False
    try:
        return os.fstat(descriptor).st_rdev == path.stat().st_rdev
    except OSError:
        return False


ports: Final = KeptPorts()
