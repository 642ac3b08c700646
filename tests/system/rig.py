"""The rig: the real daemon, the simulated modem in its own process, and the command line, as a test drives them.

Nothing here sleeps to synchronise: it waits for a line, a row or a ledger entry, with a deadline.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")
_TICK_S = 0.02


def wait_for(what: str, probe: Callable[[], T | None], timeout_s: float = 30.0) -> T:
    """The first truthy value of `probe`. Fails with `what` after the deadline."""
    deadline = time.monotonic() + timeout_s
    while True:
        found = probe()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {timeout_s:g} s: {what}")
        time.sleep(_TICK_S)


def toml(value: Any) -> str:
    """A settings value as TOML writes it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key} = {toml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(toml(item) for item in value) + "]"
    if isinstance(value, datetime):
        return value.isoformat()
    return json.dumps(str(value), ensure_ascii=False) if isinstance(value, str | Path) else str(value)


def write_settings(path: Path, settings: Mapping[str, Any]) -> Path:
    """Sections as a settings file; a list of mappings becomes [[tables]]."""
    lines: list[str] = []
    for name, section in settings.items():
        if isinstance(section, list):
            lines += [f"[[{name}]]\n" + _pairs(item) for item in section]
        else:
            lines.append(f"[{name}]\n" + _pairs(section))
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def _pairs(section: Mapping[str, Any]) -> str:
    return "".join(f"{key} = {toml(value)}\n" for key, value in section.items())


class SimModem:
    """A simulated modem in its own process; its ledger is what the network really accepted."""

    def __init__(self, folder: Path, name: str = "gsm1", *arguments: str) -> None:
        self.link = folder / name
        self.ledger_path = folder / f"{name}.ledger"
        self._log = (folder / f"{name}.log").open("ab")
        self._process = subprocess.Popen(
            [
                sys.executable, "-m", "gatewayd.sim.modem", "--link", str(self.link), "--ledger", str(self.ledger_path),
                *arguments,
            ],
            stdout=self._log, stderr=subprocess.STDOUT,
        )  # fmt: skip
        try:
            wait_for("the simulated modem's port", self._is_up)
        except AssertionError:
            self.close()
            raise

    def _is_up(self) -> bool:
        if self._process.poll() is not None:
            raise AssertionError(
                f"the simulated modem ended: {Path(self._log.name).read_text(encoding='utf-8')[-2000:]}"
            )
        return self.link.exists() and Path(f"{self.link}.ctl").exists()

    def tell(self, message: Mapping[str, Any]) -> dict[str, Any]:
        from gatewayd.sim.modem import control

        answer: dict[str, Any] = control(self.link, dict(message))
        return answer

    def ledger(self, event: str = "accepted") -> list[dict[str, Any]]:
        """What the network took, in order."""
        if not self.ledger_path.exists():
            return []
        lines = self.ledger_path.read_text(encoding="utf-8").splitlines()
        entries = [json.loads(line) for line in lines if line.endswith("}")]
        return [entry for entry in entries if entry["event"] == event]

    @property
    def pid(self) -> int:
        return self._process.pid

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(10)
        self._log.close()


@contextmanager
def sim_modem(folder: Path, name: str = "gsm1", *arguments: str) -> Iterator[SimModem]:
    modem = SimModem(folder, name, *arguments)
    try:
        yield modem
    finally:
        modem.close()


class Daemon:
    """`gatewayd run` as a process of its own, started again as often as a test likes."""

    def __init__(self, folder: Path, settings: Mapping[str, Any]) -> None:
        self.folder = folder
        self.config = write_settings(folder / "gatewayd.toml", settings)
        self.log_path = folder / "gatewayd.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._read_from = 0
        #: Words before the command, such as those that enter a namespace, and variables of the environment.
        self.wrap: tuple[str, ...] = ()
        self.wrap_cli: tuple[str, ...] = ()
        self.environment: dict[str, str] = {}

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self, *, ready: bool = True) -> None:
        """Start it; with `ready` wait until it says so."""
        self._read_from = self.log_path.stat().st_size if self.log_path.exists() else 0
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen(
                [*self.wrap, sys.executable, "-m", "gatewayd", "run", "--config", str(self.config)],
                stdout=log, stderr=log, env={**os.environ, **self.environment},
            )  # fmt: skip
        if ready:
            self.wait_event("daemon.ready")

    def events(self, *names: str) -> list[dict[str, Any]]:
        """The log lines of this start, as objects; only those named, if any."""
        text = self.log_path.read_bytes()[self._read_from :].decode("utf-8", "replace")
        found = [json.loads(line) for line in text.splitlines() if line.startswith("{") and line.endswith("}")]
        return [event for event in found if not names or event["GW_EVENT"] in names]

    def wait_event(self, name: str, timeout_s: float = 30.0, **fields: str) -> dict[str, Any]:
        """The first log line of this start with this event and these fields."""

        def probe() -> dict[str, Any] | None:
            self.check_alive()
            for event in self.events(name):
                if all(str(event.get(f"GW_{key.upper()}")) == value for key, value in fields.items()):
                    return event
            return None

        return wait_for(f"log line {name} {fields}", probe, timeout_s)

    def check_alive(self) -> None:
        if self._process is None or self._process.poll() is not None:
            raise AssertionError(f"the daemon is not running:\n{self.log_path.read_text(encoding='utf-8')[-4000:]}")

    def kill9(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(10)

    def stop(self, timeout_s: float = 15.0) -> int:
        """SIGTERM; returns the exit status."""
        assert self._process is not None
        self._process.terminate()
        return self._process.wait(timeout_s)

    def wait_end(self, timeout_s: float = 15.0) -> int:
        """Its exit status, once it has ended by itself."""
        assert self._process is not None
        return self._process.wait(timeout_s)

    def close(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait(10)

    def cli(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """One command of the command line with this daemon's settings."""
        done = subprocess.run(
            [*self.wrap_cli, sys.executable, "-m", "gatewayd", arguments[0],
                "--config", str(self.config), *arguments[1:]],
            capture_output=True, text=True, timeout=60, env={**os.environ, "COLUMNS": "120"},
        )  # fmt: skip
        if check and done.returncode != 0:
            raise AssertionError(f"gatewayd {' '.join(arguments)}: exit {done.returncode}: {done.stderr}")
        return done

    def json(self, *arguments: str) -> Any:
        return json.loads(self.cli(*arguments, "--json").stdout)

    def show(self, number: str) -> dict[str, Any]:
        shown: dict[str, Any] = self.json("show", number)
        return shown

    def wait_state(self, number: str, state: str, timeout_s: float = 60.0) -> dict[str, Any]:
        """The request once it is in `state`."""

        def probe() -> dict[str, Any] | None:
            self.check_alive()
            shown = self.show(number)
            return shown if shown["state"] == state else None

        return wait_for(f"{number} {state}", probe, timeout_s)


@contextmanager
def daemon(folder: Path, settings: Mapping[str, Any]) -> Iterator[Daemon]:
    """A daemon that is not started yet, and certainly gone at the end."""
    made = Daemon(folder, settings)
    try:
        yield made
    finally:
        made.close()


def peak_memory(pid: int) -> int:
    """Peak resident memory of a process, in bytes."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("no VmHWM")
