"""Canaries: values that are nowhere else, sent through every path; and everything a daemon shows to others.

`Watcher` is a thread that looks at the daemon and its children many times a second: their arguments and environment,
and what lies in its folder for temporary files. What it saw is bytes to search.
"""

import re
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

_EACH_S = 0.004


class Watcher:
    def __init__(self, pid: int, temporary: Path) -> None:
        self.pid, self._temporary = pid, temporary
        self.seen: set[bytes] = set()
        self.children: set[int] = set()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._over.wait(_EACH_S):
            self._look()

    def _look(self) -> None:
        for pid in (self.pid, *descendants(self.pid)):
            if pid != self.pid:
                self.children.add(pid)
            for name in ("cmdline", "environ"):
                with suppress(OSError):
                    self.seen.add(Path(f"/proc/{pid}/{name}").read_bytes())
        for path in self._temporary.rglob("*"):
            with suppress(OSError):
                self.seen.add(path.read_bytes())

    def close(self) -> None:
        self._over.set()
        self._thread.join(10)


@contextmanager
def watching(pid: int, temporary: Path) -> Iterator[Watcher]:
    made = Watcher(pid, temporary)
    try:
        yield made
    finally:
        made.close()


def descendants(pid: int) -> list[int]:
    found: list[int] = []
    for tasks in Path(f"/proc/{pid}/task").glob("*/children"):
        with suppress(OSError):
            for child in map(int, tasks.read_text(encoding="ascii").split()):
                found += [child, *descendants(child)]
    return found


def found_in(shown: bytes, canaries: dict[str, str]) -> list[str]:
    """The names of the canaries that are in `shown`; of numbers in every way to write them."""
    text = shown.decode("utf-8", "replace")
    bare = re.sub(r"(?<=[0-9])[ .-](?=[0-9])", "", text)
    return [name for name, value in canaries.items() if value in text or (value.isdigit() and value in bare)]


def listening_ports(pid: int) -> list[str]:
    """Local addresses on which this process listens (TCP; UDP where it is bound)."""
    inodes = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(OSError):
            if found := re.fullmatch(r"socket:\[(\d+)\]", str(link.readlink())):
                inodes.add(found[1])
    lines = [
        line.split() for name in ("tcp", "tcp6", "udp", "udp6")
        for line in Path(f"/proc/{pid}/net/{name}").read_text(encoding="ascii").splitlines()[1:]
    ]  # fmt: skip
    # 0A: a TCP socket that listens; 07: a UDP socket that is bound and not connected.
    return [line[1] for line in lines if line[9] in inodes and line[3] in ("0A", "07")]


def too_open(folder: Path) -> list[str]:
    """What is readable by others: files beyond 0600, folders beyond 0700."""
    return [
        f"{path.name} {stat.S_IMODE(path.lstat().st_mode):o}"
        for path in (folder, *folder.rglob("*"))
        if stat.S_IMODE(path.lstat().st_mode) & 0o077 and not path.is_symlink()
    ]
