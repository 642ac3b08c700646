"""A small disk in a mount namespace of its own: the state directory of one daemon, to be filled and set read-only.

A keeper process holds the namespace, so that the disk outlives the daemon. `wrap` goes before a command that is to see
it. Needs root, and a kernel that allows mount namespaces.
"""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.system.servers.ports import await_true, require


class SmallDisk:
    def __init__(self, place: Path, size: str) -> None:
        self._place = place
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        script = (
            f"mount -t tmpfs -o size={size},mode=0700 tmpfs {place} && touch {place}.mounted && exec sleep infinity"
        )
        self._keeper = subprocess.Popen([require("unshare", "util-linux"), "--mount", "sh", "-c", script])
        mounted = Path(f"{place}.mounted")
        try:
            await_true(lambda: mounted.exists() or self._keeper.poll() is not None, "the small disk")
        finally:
            if not mounted.exists():
                pytest.skip("this kernel gives no mount namespace")
        mounted.unlink()

    @property
    def wrap(self) -> tuple[str, ...]:
        return (require("nsenter", "util-linux"), "-t", str(self._keeper.pid), "--mount", "--")

    def fill(self) -> None:
        """To the last octet."""
        self._run(f"cat /dev/zero > {self._place}/filler; cat /dev/zero >> {self._place}/filler", check=False)

    def empty(self) -> None:
        self._run(f"rm -f {self._place}/filler")

    def set_read_only(self) -> None:
        """As a boot does after an error of the disk. Linux refuses it while somebody has a file open for writing; only
        an error of the disk itself does it all the same."""
        self._run(f"mount -o remount,ro {self._place}")

    def set_writable(self) -> None:
        self._run(f"mount -o remount,rw {self._place}")

    def _run(self, script: str, *, check: bool = True) -> None:
        subprocess.run([*self.wrap, "sh", "-c", script], check=check, capture_output=True)

    def close(self) -> None:
        self._keeper.send_signal(signal.SIGKILL)
        self._keeper.wait(10)


@contextmanager
def small_disk(place: Path, size: str = "3m") -> Iterator[SmallDisk]:
    if os.getuid() != 0:
        pytest.skip("a mount namespace needs root")
    made = SmallDisk(place, size)
    try:
        yield made
    finally:
        made.close()
