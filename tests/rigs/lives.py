"""Lives of the daemon, many and short, as a test drives them; warm.py is the process that gives birth to them."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.system.rig import wait_for


class Life:
    """One daemon. Its exit status is minus the signal that ended it; 137 if a step did."""

    def __init__(self, warm: "Warm", pid: int, log: Path) -> None:
        self._warm, self.pid, self.log = warm, pid, log
        self._status: int | None = None

    def status(self) -> int | None:
        if self._status is None:
            self._status = self._warm.ask(do="status", pid=self.pid)["status"]
        return self._status

    def signal(self, number: signal.Signals) -> None:
        if self.status() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill9(self) -> None:
        self.signal(signal.SIGKILL)
        self.wait()

    def stop(self, timeout_s: float = 15.0) -> int:
        self.signal(signal.SIGTERM)
        return self.wait(timeout_s)

    def wait(self, timeout_s: float = 15.0) -> int:
        """Its exit status once it has ended."""
        try:
            wait_for("the end of the daemon", lambda: self.status() is not None, timeout_s)
        except AssertionError:
            raise AssertionError(f"the daemon does not end:\n{self.said()[-3000:]}") from None
        assert self._status is not None
        return self._status

    def said(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""


class Warm:
    """The warm process."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.rigs.warm"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._read()

    def live(self, config: Path, log: Path, **order: Any) -> Life:
        """A new daemon with the settings `config`; `order` as in warm.py."""
        answer = self.ask(do="live", config=str(config), log=str(log), **order)
        return Life(self, answer["pid"], log)

    def ask(self, **order: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        print(json.dumps(order, default=str), file=self._process.stdin, flush=True)
        return self._read()

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the warm process has ended"
        answer: dict[str, Any] = json.loads(line)
        return answer

    def close(self) -> None:
        self._process.communicate(timeout=10)


@contextmanager
def warm_process() -> Iterator[Warm]:
    warm = Warm()
    try:
        yield warm
    finally:
        warm.close()
