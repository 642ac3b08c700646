"""The other end of the line as a scenario sees it: the simulated modems in their process, their ledgers and traces."""

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.peers.trace import Trace, read_trace
from gatewayd.sim.modem import control, read_ledger
from gatewayd.sim.modem.control import socket_of
from tests.system.rig import wait_for


class Modems:
    """`count` modems with ports folder/gsm1 …; the ledgers are what the network really took."""

    def __init__(self, folder: Path, count: int, latency_ms: int, report_delay_ms: int) -> None:
        self.ports = tuple(folder / f"gsm{number}" for number in range(1, count + 1))
        self._read: dict[Path, tuple[int, int, int]] = {}
        self._process = subprocess.Popen(
            [
                sys.executable, "-m", "benchmarks.peers.modems", "--folder", str(folder), "--count", str(count),
                "--latency-ms", str(latency_ms), "--report-delay-ms", str(report_delay_ms),
            ],
        )  # fmt: skip
        wait_for("the simulated modems", lambda: all(socket_of(port).exists() for port in self.ports))

    def tell(self, message: dict[str, object]) -> None:
        """Say it to the first modem."""
        control(self.ports[0], message)

    @property
    def accepted(self) -> int:
        """How many messages the network has taken."""
        return sum(self._count(port)[1] for port in self.ports)

    @property
    def reported(self) -> int:
        """How many status reports it has given out."""
        return sum(self._count(port)[2] for port in self.ports)

    def taken(self) -> Counter[str]:
        """Number → how many times a message to it was taken."""
        entries = (entry for port in self.ports for entry in read_ledger(_ledger(port)))
        return Counter(str(entry["recipient"]) for entry in entries if entry["event"] == "accepted")

    def traces(self) -> list[Trace]:
        return [read_trace(port.with_suffix(".trace")) for port in self.ports]

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(10)

    def _count(self, port: Path) -> tuple[int, int, int]:
        """Bytes read so far, accepted, reported: only what is new is read."""
        if self._process.poll() is not None:
            raise RuntimeError("the simulated modems ended")
        offset, accepted, reported = self._read.get(port, (0, 0, 0))
        with _ledger(port).open("rb") as file:
            file.seek(offset)
            fresh = file.read()
        whole = fresh[: fresh.rfind(b"\n") + 1]
        accepted += whole.count(b'"event":"accepted"')
        reported += whole.count(b'"event":"report"')
        self._read[port] = (offset + len(whole), accepted, reported)
        return self._read[port]


def _ledger(port: Path) -> Path:
    return port.with_suffix(".ledger")


@contextmanager
def modems(folder: Path, count: int = 1, latency_ms: int = 0, report_delay_ms: int = 200) -> Iterator[Modems]:
    line = Modems(folder, count, latency_ms, report_delay_ms)
    try:
        yield line
    finally:
        line.close()
