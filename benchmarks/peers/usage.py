"""What a program costs: CPU time, bytes written and peak memory of its processes, from /proc.

A program is the processes started by it and all their children; what children cost that have ended already is in
their parent's figures. Bytes written are `write_bytes` of /proc/PID/io: what was sent towards the disk, in whole pages.
"""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")
_TICK_S: Final = 1 / os.sysconf("SC_CLK_TCK")
_NS: Final = 1e9
#: Fields of /proc/PID/stat behind the name: state, parent, CPU time of ended children.
_STATE, _PARENT, _CHILDREN_USER, _CHILDREN_SYSTEM = 0, 1, 13, 14


@dataclass(frozen=True, slots=True)
class Usage:
    """`memory` is the sum of the peaks (VmHWM), so pages that processes share are counted for each."""

    cpu_s: float = 0.0
    written: int = 0
    memory: int = 0

    def __sub__(self, earlier: "Usage") -> "Usage":
        return Usage(self.cpu_s - earlier.cpu_s, self.written - earlier.written, self.memory)


def usage_of(roots: Iterable[int]) -> Usage:
    """The processes `roots` and what descends from them, as it stands now."""
    total = Usage()
    for pid in family(roots):
        try:
            total = Usage(total.cpu_s + _cpu_s(pid), total.written + _written(pid), total.memory + _peak(pid))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return total


def family(roots: Iterable[int]) -> list[int]:
    """The processes `roots`, as far as they live, with their descendants."""
    children: dict[int, list[int]] = {}
    for entry in _PROC.iterdir():
        if entry.name.isdecimal() and (stat := _stat(int(entry.name))):
            children.setdefault(int(stat[_PARENT]), []).append(int(entry.name))
    found: list[int] = []
    todo = [pid for pid in roots if _stat(pid)]
    while todo:
        pid = todo.pop()
        found.append(pid)
        todo += children.get(pid, [])
    return found


def is_running(pid: int) -> bool:
    stat = _stat(pid)
    return bool(stat) and stat[_STATE] != "Z"


def _stat(pid: int) -> list[str]:
    try:
        return (_PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def _cpu_s(pid: int) -> float:
    """Of living threads by the scheduler's clock, of ended children by the coarser one."""
    tasks = (_PROC / str(pid) / "task").iterdir()
    running = sum(int((task / "schedstat").read_text(encoding="ascii").split()[0]) for task in tasks)
    stat = _stat(pid)
    ended = sum(int(stat[field]) for field in (_CHILDREN_USER, _CHILDREN_SYSTEM)) if stat else 0
    return running / _NS + ended * _TICK_S


def _written(pid: int) -> int:
    lines = (_PROC / str(pid) / "io").read_text(encoding="ascii").splitlines()
    return int(dict(line.split(": ") for line in lines)["write_bytes"])


def _peak(pid: int) -> int:
    for line in (_PROC / str(pid) / "status").read_text(encoding="utf-8").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0
