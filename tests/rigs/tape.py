"""What a daemon did to its disk and what left it, in order: a tape, recorded by strace from a real life.

strace (Debian) attaches to a daemon that waits at its gate (warm.py). Reads are not on the tape. SQLite's shared memory
is none either: it is made anew after a power cut.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from tests.rigs.lives import Life
from tests.rigs.story import Story
from tests.system.rig import wait_for

_CALLS = (
    "openat,write,pwrite64,sendto,sendmsg,writev,fdatasync,fsync,ftruncate,unlink,rename,unlinkat,renameat,renameat2"
)
_LINE = re.compile(r"(\d+) +(?:<\.\.\. (\w+) resumed>)?(.*)")
_CALL = re.compile(r"(\w+)\((.*)\) += (-?\d+).*")
_FD = re.compile(r"(?:\d+|AT_FDCWD)<((?:->|[^>])*)>")
_TEXT = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')


@dataclass(frozen=True)
class Written:
    """`offset` is None for what has no place: a line, a socket."""

    path: str
    data: bytes
    offset: int | None


@dataclass(frozen=True)
class Synced:
    path: str


@dataclass(frozen=True)
class Truncated:
    path: str
    size: int


@dataclass(frozen=True)
class Linked:
    """A name that is there from now on: of a new file, or (`source`) of one that had another name."""

    path: str
    source: str = ""


@dataclass(frozen=True)
class Unlinked:
    path: str


Event = Written | Synced | Truncated | Linked | Unlinked


@cache
def why_not_traced() -> str:
    """Why no process can be traced here; '' where it can."""
    if shutil.which("strace") is None:
        return "strace is not installed (./scripts/test installs it)"
    tried = subprocess.run(["strace", "-o", os.devnull, "true"], capture_output=True, text=True)
    return f"ptrace is not allowed here: {tried.stderr.strip()[-200:]}" if tried.returncode else ""


def need_tracing() -> None:
    if why := why_not_traced():
        pytest.skip(why)


@contextmanager
def traced(story: Story, *options: str, **order: Any) -> Iterator[tuple[Life, "subprocess.Popen[bytes]"]]:
    """A life under strace with `options`, from its first step on, and strace; when that is terminated, the life goes on
    untraced."""
    gate = story.home.folder / "gate"
    gate.unlink(missing_ok=True)
    os.mkfifo(gate, 0o600)
    life = story.live(gate=gate, **order)
    wait_for("the daemon at its gate", lambda: _is_asleep(life.pid))
    said = story.home.folder / "strace.err"
    with said.open("wb") as err:
        tracer = subprocess.Popen(["strace", "-f", "-p", str(life.pid), *options], stderr=err)
    try:
        wait_for("strace", lambda: b"attached" in said.read_bytes())
        os.close(os.open(gate, os.O_WRONLY))
        yield life, tracer
        tracer.wait(20)
    finally:
        life.kill9()
        tracer.kill()
        tracer.wait(10)


def _is_asleep(pid: int) -> bool:
    """Whether it has come to the gate: a FIFO that nobody has opened yet."""
    return "wait_for_partner" in Path(f"/proc/{pid}/wchan").read_text(encoding="ascii") or _state(pid) == "S"


def _state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]


@contextmanager
def recording(story: Story, tape: Path, **order: Any) -> Iterator[Life]:
    """A life whose tape is at `tape` when the block ends."""
    options = ("-yy", "-xx", "-s", "10000000", "-e", f"trace={_CALLS}", "-e", "signal=none", "-o", str(tape))
    with traced(story, *options, **order) as (life, _):
        yield life


def read(tape: Path) -> Iterator[Event]:
    """The events of a tape. What leaves and what is written counts from its beginning, a sync from its end."""
    begun: dict[str, str] = {}
    for line in tape.read_text(encoding="latin-1").splitlines():
        match = _LINE.fullmatch(line)
        if match is None:
            continue
        pid, resumed, rest = match.groups()
        if rest.endswith("<unfinished ...>"):
            begun[pid] = rest.removesuffix("<unfinished ...>").rstrip()
            if not _is_sync(begun[pid]):
                yield from _event(begun[pid] + ") = 1")
        elif resumed:
            whole = begun.pop(pid, "") + rest
            if _is_sync(whole):
                yield from _event(whole)
        else:
            yield from _event(rest)


def _is_sync(call: str) -> bool:
    # What makes a name or takes one away has no data; its end says whether it worked.
    return call.startswith(("fsync", "fdatasync", "openat", "unlink", "rename"))


def _event(line: str) -> Iterator[Event]:
    match = _CALL.fullmatch(line)
    if match is None or int(match[3]) < 0:
        return
    name, arguments = match[1], match[2]
    paths = [_plain(path) for path in _FD.findall(arguments)]
    texts = [bytes.fromhex(text.replace("\\x", "")) for text in _TEXT.findall(_FD.sub("", arguments))]
    numbers = [int(word) for word in arguments.rsplit('"', 1)[-1].replace(",", " ").split() if word.isdigit()]
    match name:
        case "pwrite64":
            yield Written(paths[0], texts[0], numbers[1])
        case "write" | "sendto" | "sendmsg" | "writev":
            yield Written(paths[0], b"".join(texts), None)
        case "fsync" | "fdatasync":
            yield Synced(paths[0])
        case "ftruncate":
            yield Truncated(paths[0], int(arguments.rpartition(",")[2]))
        case "openat" if "O_CREAT" in arguments:
            yield Linked(texts[0].decode())
        case "unlink" | "unlinkat":
            yield Unlinked(texts[0].decode())
        case "rename" | "renameat" | "renameat2":
            yield Linked(texts[1].decode(), texts[0].decode())


def _plain(path: str) -> str:
    return re.sub(r"\\x([0-9a-f]{2})", lambda match: chr(int(match[1], 16)), path)
