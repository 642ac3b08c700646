"""What a scenario needs of a gateway under test, and what the foreign ones have in common."""

import os
import shutil
import signal
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final

from benchmarks.peers.usage import Usage, family, is_running, usage_of

TEXT: Final = "Kuliah umum hari Jumat pukul 09.00 dipindah ke Auditorium."
_POLL_S: Final = 0.05
_USR: Final = Path("/usr")
_START_S: Final = 60.0


class PeerFailed(Exception):
    """The program did not start, ended by itself, or does not do what it is there for."""


class Peer(ABC):
    """One gateway with its folder and its modems. It is all gone after `stop` or `kill9`; `start` may follow."""

    def __init__(self, folder: Path, ports: Sequence[Path]) -> None:
        self.folder, self.ports = folder, tuple(ports)

    @property
    @abstractmethod
    def pids(self) -> list[int]:
        """The processes that were started; their children belong to them."""

    @abstractmethod
    def start(self) -> None:
        """Start it and wait until it has set its modems up. Raises PeerFailed."""

    @abstractmethod
    def submit(self, numbers: Sequence[str]) -> float:
        """Give it one message a number; returns when that began (monotonic seconds)."""

    @abstractmethod
    def is_done(self) -> bool:
        """Whether it means to send nothing more."""

    def in_doubt(self) -> int:
        """How many messages it says it does not know the fate of."""
        return 0

    @abstractmethod
    def kill9(self) -> None:
        """SIGKILL to all its processes."""

    @abstractmethod
    def stop(self) -> None:
        """End it, however."""

    def usage(self) -> Usage:
        return usage_of(self.pids)

    @property
    def is_alive(self) -> bool:
        """Whether a process that was started still runs."""
        return any(is_running(pid) for pid in self.pids)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A gateway with one kind of settings. `needs`: programs, or patterns of files below /usr,
    each with its Debian package; `pace`: messages a second to reckon with, where the modem answers at once."""

    key: str
    program: str
    settings: str
    make: Callable[[Path, Sequence[Path]], Peer]
    needs: tuple[tuple[str, str], ...] = ()
    pace: float = 1.0

    @property
    def title(self) -> str:
        return f"{self.program}, {self.settings}"

    def missing(self) -> set[str]:
        """The packages that are not there."""
        return {package for what, package in self.needs if not (shutil.which(what) or any(_USR.glob(what)))}


class Program(Peer):
    """A foreign gateway: processes in the foreground, which say only by their commands how far they are."""

    #: The command by which it has set a modem up.
    asks_last: ClassVar[str]

    def __init__(self, folder: Path, ports: Sequence[Path]) -> None:
        super().__init__(folder, ports)
        self._processes: list[subprocess.Popen[bytes]] = []

    @property
    def pids(self) -> list[int]:
        return [process.pid for process in self._processes]

    def start(self) -> None:
        heard = {port: _heard(port).count(self.asks_last) for port in self.ports}
        self._launch()
        deadline = time.monotonic() + _START_S
        while any(_heard(port).count(self.asks_last) <= heard[port] for port in self.ports):
            if any(process.poll() is not None for process in self._processes):
                raise PeerFailed("it ended by itself at its start")
            if time.monotonic() > deadline:
                raise PeerFailed(f"no modem set up within {_START_S:g} s")
            time.sleep(_POLL_S)

    def kill9(self) -> None:
        for pid in family(self.pids):
            _kill(pid)
        for process in self._processes:
            process.wait(30)
        self._processes.clear()

    def stop(self) -> None:
        """Some take half a minute to end by themselves, and nothing is measured any more."""
        self.kill9()

    @abstractmethod
    def _launch(self) -> None:
        """`_run` its processes."""

    def _run(self, *command: str) -> None:
        with (self.folder / "output").open("ab") as output:
            self._processes.append(
                subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=self.folder)
            )


def _heard(port: Path) -> list[str]:
    """What the modem has heard so far."""
    return port.with_suffix(".trace").read_text(encoding="ascii").split()


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def files_in(folder: Path) -> int:
    return sum(1 for _ in folder.iterdir())
