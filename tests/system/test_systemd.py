"""What systemd hears of the daemon: readiness, watchdog while every stage lives, the end. And its unit file."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from gatewayd import notify
from tests.system.rig import Daemon, daemon, wait_for

pytestmark = pytest.mark.system
UNIT = Path(__file__).parents[2] / "systemd" / "gatewayd.service"


@pytest.fixture
def heard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Everything that is told to systemd; the watchdog limit is 300 ms."""
    path = tmp_path / "notify"
    lines: list[str] = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ears:
        ears.bind(str(path))
        ears.setblocking(False)
        monkeypatch.setenv("NOTIFY_SOCKET", str(path))
        monkeypatch.setenv("WATCHDOG_USEC", "300000")
        monkeypatch.delenv("WATCHDOG_PID", raising=False)

        class Lines(list[str]):
            def __contains__(self, line: object) -> bool:
                while True:
                    try:
                        lines.extend(ears.recv(4096).decode().split("\n"))
                    except BlockingIOError:
                        return line in iter(lines)

        yield Lines()


@pytest.mark.skipif(notify.MISSING, reason="systemd-python is not installed (./scripts/test installs it)")
def test_systemd_hears_ready_watchdog_and_stopping(tmp_path: Path, heard: list[str]) -> None:
    settings = {"gateway": {"state_dir": tmp_path / "state"}, "approval": {"steps": []}, "log": {"format": "json"}}
    with daemon(tmp_path, settings) as gateway:
        gateway.start()
        for line in ("READY=1", "WATCHDOG=1"):
            wait_for(line, lambda line=line: line in heard)  # type: ignore[misc]
        assert stop(gateway) == 0
        assert "STOPPING=1" in heard


def stop(gateway: Daemon) -> int:
    return gateway.stop()


needs_analyze = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")


def analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["systemd-analyze", *arguments], capture_output=True, text=True, env={**os.environ, "LC_ALL": "C"}
    )


@needs_analyze
def test_the_unit_file_has_no_fault(tmp_path: Path) -> None:
    """A misspelt key is a warning with exit status 0, so nothing may be said at all."""
    unit = tmp_path / "gatewayd.service"
    unit.write_text(
        UNIT.read_text(encoding="utf-8").replace("/opt/gatewayd/bin/gatewayd", "/bin/true"), encoding="utf-8"
    )
    done = analyze("verify", str(unit))
    ours = [line for line in done.stderr.splitlines() if "gatewayd" in line]
    assert (done.returncode, ours) == (0, [])


@needs_analyze
def test_the_unit_gives_the_daemon_no_more_than_it_needs() -> None:
    done = analyze("security", "--offline=true", "--threshold=15", "--no-pager", str(UNIT))
    assert done.returncode == 0, done.stdout
