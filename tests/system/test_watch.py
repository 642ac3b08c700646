"""`gatewayd watch` on a real terminal, beside a real daemon that sends through two modems on ptys."""

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.rigs.terminal import Terminal, terminal
from tests.system.rig import Daemon, SimModem, daemon, sim_modem
from tests.system.test_fleet import two
from tests.system.test_kill import numbers

pytestmark = [pytest.mark.system, pytest.mark.timeout(120)]
EVERY_S = "0.2"


@dataclass(frozen=True, slots=True)
class Site:
    gateway: Daemon
    first: SimModem

    def watch(self) -> tuple[str, ...]:
        command = (sys.executable, "-m", "gatewayd", "watch", "--every", EVERY_S)
        return (*command, "--config", str(self.gateway.config))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("watch")
    with (
        sim_modem(folder, "gsm1", "--latency-ms", "300", "--seed", "1") as first,
        sim_modem(folder, "gsm2", "--latency-ms", "300", "--seed", "2") as second,
        daemon(folder, two(folder, first, second)) as gateway,
    ):
        gateway.start()
        for name in ("gsm1", "gsm2"):
            gateway.wait_event("modem.ready", modem=name)
        yield Site(gateway, first)


def shows(*words: str) -> object:
    return lambda lines: all(any(word in line for line in lines) for word in words)


def sending(site: Site, count: int = 300) -> str:
    told = site.gateway.json("send", "--to", *numbers(count), "--text", "Halo", "--priority", "urgent")
    return str(told["request"])


def fits(screen: Terminal, columns: int, rows: int) -> bool:
    return len(screen.lines) == rows and max(len(line) for line in screen.lines) <= columns


def test_it_shows_modems_queue_progress_and_events_on_80_by_24(site: Site) -> None:
    number = sending(site)
    with terminal(*site.watch()) as screen:
        screen.wait(shows("gsm1", "gsm2", "dBm", "urgent", f"sends {number}"), "the modems at work")
        screen.wait(shows(number, "/300", "/min", "until ", "request.approved"), "the request")
        assert fits(screen, 80, 24)
        screen.resize(120, 40)
        screen.wait(lambda lines: len(lines) == 40 and any(number in line for line in lines), "the new size")
        screen.press(b"q")
        assert screen.end() == 0
        assert screen.modes() == screen.modes_before
        assert b"\x1b[?1049l" in screen.heard, "the screen before it comes back"
        assert b"\x1b[?25h" in screen.heard, "and the cursor"
    site.gateway.cli("cancel", number)


def test_a_lost_modem_and_a_daemon_that_ended_are_said(site: Site) -> None:
    with terminal(*site.watch()) as screen:
        screen.wait(shows("running"), "the daemon")
        site.first.tell({"unplug": True})
        screen.wait(lambda lines: any("gsm1" in line and "ready" not in line for line in lines), "the loss")
        site.gateway.stop()
        screen.wait(shows("not running"), "the end of the daemon")
        screen.press(b"\x03")
        assert screen.end() in (0, 130)
        assert screen.modes() == screen.modes_before
    site.first.tell({"replug": True})
    site.gateway.start()


def test_into_a_pipe_it_prints_one_view_without_escapes(site: Site) -> None:
    done = subprocess.run(site.watch(), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    assert "gsm1" in done.stdout
    assert "\x1b" not in done.stdout
