"""What the network really did, as JSON lines appended to a file: the oracle of tests and rehearsals.

Each line is one write to a file opened for appending, made before any answer about it leaves the modem, so
it survives a kill of the simulator and of its client; several simulators may share a file. It holds message
texts and full numbers, which no log of gatewayd does: it is for simulated traffic only.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from gatewayd.clock import Clock

Entry = Mapping[str, object]


class Ledger(Protocol):
    def append(self, entry: Entry) -> None: ...


class FileLedger:
    """Appends to `path`; raises OSError if it cannot be opened or written."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def append(self, entry: Entry) -> None:
        os.write(self._file, json.dumps(entry, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")

    def close(self) -> None:
        os.close(self._file)


class MemoryLedger:
    """Keeps the entries, for tests without a file."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []

    def append(self, entry: Entry) -> None:
        self.entries.append(entry)


class NoLedger:
    """Nobody asked."""

    def append(self, entry: Entry) -> None:
        """Nothing is kept."""


class Journal:
    """Writes a modem's entries: when, which modem (its IMEI), what."""

    def __init__(self, ledger: Ledger, clock: Clock, imei: str) -> None:
        self._ledger = ledger
        self._clock = clock
        self._imei = imei

    def note(self, event: str, **fields: object) -> None:
        at = self._clock.now().isoformat(timespec="milliseconds")
        self._ledger.append({"at": at, "event": event, "imei": self._imei, **fields})


def read_ledger(path: Path) -> list[dict[str, object]]:
    """All whole lines of a ledger, oldest first; [] if there is none yet."""
    if not path.exists():
        return []
    lines = path.read_bytes().split(b"\n")[:-1]
    return [json.loads(line) for line in lines if line]
