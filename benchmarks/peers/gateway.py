"""gatewayd as a candidate: `gatewayd run` with one modem or several, no approval steps, no pause between parts."""

import sqlite3
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from benchmarks.peers.peer import TEXT, Candidate, Peer
from gatewayd.intake import control
from gatewayd.store.database import FILE
from tests.system.rig import Daemon, wait_for

#: Deliveries that may still lead to an AT+CMGS.
_TO_SEND: Final = "SELECT count(*) FROM deliveries WHERE state IN ('held', 'queued', 'submitting')"
_IN_DOUBT: Final = "SELECT count(*) FROM deliveries WHERE state = 'in_doubt'"


class Gateway(Peer):
    def __init__(self, folder: Path, ports: Sequence[Path], gap: str | None) -> None:
        super().__init__(folder, ports)
        self._state = folder / "state"
        self._daemon = Daemon(folder, _settings(self._state, ports, gap))

    @property
    def pids(self) -> list[int]:
        return [self._daemon.pid]

    def start(self) -> None:
        self._daemon.start()
        wait_for("modems ready", lambda: len(self._daemon.events("modem.ready")) >= len(self.ports))

    def submit(self, numbers: Sequence[str]) -> float:
        given = time.monotonic()
        reply = control.ask(self._state, "send", {"text": TEXT, "priority": "urgent", "to": list(numbers)})
        if reply.get("recipients") != len(numbers):
            raise AssertionError(f"refused: {reply}")
        return given

    def is_done(self) -> bool:
        return self._ask(_TO_SEND) == 0

    def in_doubt(self) -> int:
        return self._ask(_IN_DOUBT)

    def kill9(self) -> None:
        self._daemon.kill9()

    def stop(self) -> None:
        self._daemon.close()

    def _ask(self, question: str) -> int:
        """Count rows of its store, as a reader beside it."""
        conn = sqlite3.connect(f"file:{self._state / FILE}?mode=ro", uri=True, timeout=5)
        try:
            return int(conn.execute(question).fetchone()[0])
        finally:
            conn.close()


def _settings(state: Path, ports: Sequence[Path], gap: str | None) -> dict[str, Any]:
    pace = {} if gap is None else {"command_gap": gap}
    return {
        "gateway": {"state_dir": state, "staff": []},
        "modems": [
            {"name": port.name, "port": port, "pause": ["0s", "0s"], "price_idr": 350, "parts_per_day": 1000000, **pace}
            for port in ports
        ],
        "approval": {"steps": []},
        "sending": {"windows": [{"start": "00:00", "end": "23:59"}], "urgent_any_time": True},
        "log": {"format": "json"},
    }  # fmt: skip


CANDIDATES: Final = (
    Candidate("gatewayd-gap0", "gatewayd", "command_gap 0", partial(Gateway, gap="0s"), pace=200.0),
    Candidate("gatewayd", "gatewayd", "default gap", partial(Gateway, gap=None), pace=15.0),
)
