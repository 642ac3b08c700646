"""The unit under a real systemd and journal: readiness, status line, reload, watchdog, credentials, stop in mid-send.

Run with --boot in a container (tests/rigs/nspawn.py); skipped, with the reason, where none can run.
"""

import json
import os
import random
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.rigs import nspawn
from tests.rigs.nspawn import Machine
from tests.system.rig import wait_for, write_settings
from tests.system.test_kill import numbers

REASON = nspawn.cannot_run()

LATENCY_S = 1.5
#: kill -9 with a message on the air; `./scripts/soak host` takes more.
KILLS = int(os.environ.get("GATEWAYD_SOAK_HOST", "10"))
SEED = int(os.environ.get("GATEWAYD_SOAK_SEED", "20261123"))
pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(bool(REASON), reason=REASON),
    pytest.mark.timeout(180 + 15 * KILLS),
]
UNIT = "gatewayd.service"
#: A watchdog that a test has the time to wait for, and as many starts in a row.
QUICK = "[Unit]\nStartLimitIntervalSec=0\n\n[Service]\nWatchdogSec=3\nRestartSec=200ms\n"


class Host:
    """The container with the gateway and one simulated modem, a unit of its own, in it."""

    def __init__(self, machine: Machine, folder: Path) -> None:
        self.machine, self._folder = machine, folder
        self._modem = "gsm"

    def configure(self, **sections: Any) -> None:
        settings = {
            "gateway": {"state_dir": "/var/lib/gatewayd", "staff": []},
            "modems": [
                {"name": "gsm1", "port": "/run/modem/gsm1", "pause": ["0s", "0s"], "parts_per_day": 999},
            ],
            "approval": {"steps": []},
            "sending": {"windows": [{"start": "00:00", "end": "23:59"}], "urgent_any_time": True,
                        "per_recipient_hour": 99, "per_recipient_day": 99},
            "report": {"status_report_wait": "1h"},
            **sections,
        }  # fmt: skip
        path = write_settings(self._folder / "gatewayd.toml", settings)
        there = self.machine.root / "etc/gatewayd/gatewayd.toml"
        there.write_text(path.read_text(encoding="utf-8"), encoding="utf-8")

    def start_modem(self, latency_s: float = LATENCY_S) -> None:
        """As the gateway's user: the port must be his to open."""
        self.machine.run(
            "systemd-run", "--unit=modem", "--property=User=gatewayd", "--property=RuntimeDirectory=modem",
            "/opt/gatewayd/bin/gatewayd", "simulate-modem", "--link", "/run/modem/gsm1", "--latency-ms",
            f"{1000 * latency_s:.0f}", "--report-delay-ms", "100", "--ledger", "/run/modem/ledger",
        )  # fmt: skip
        wait_for("the modem's port", (self.machine.root / "run/modem/gsm1.ctl").exists)

    def ledger(self, event: str = "accepted") -> list[str]:
        """Whom the network took a part for, in order."""
        path = self.machine.root / "run/modem/ledger"
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        entries = [json.loads(line) for line in lines if line.endswith("}")]
        return [entry["recipient"] for entry in entries if entry["event"] == event]

    def gatewayd(self, *arguments: str) -> Any:
        return json.loads(self.machine.run("/opt/gatewayd/bin/gatewayd", *arguments, "--json").stdout)

    def events(self, name: str) -> list[dict[str, Any]]:
        return self.machine.journal("-u", UNIT, f"GW_EVENT={name}")

    def wait_more(self, name: str, than: int, timeout_s: float = 30.0) -> None:
        try:
            wait_for(f"{name} in the journal", lambda: len(self.events(name)) > than, timeout_s)
        except AssertionError as error:
            story = self.machine.run("journalctl", "--no-pager", "--lines=40").stdout
            raise AssertionError(f"{error}\n{story}") from None

    def status(self) -> str:
        return self.machine.shows(UNIT, "StatusText")["StatusText"]

    def send(self, count: int, text: str = "Kuliah ditiadakan besok.") -> str:
        return str(self.gatewayd("send", "--to", *numbers(count), "--text", text, "--priority", "urgent")["request"])

    def sent(self, number: str) -> int:
        """How many the network took, as the store knows."""
        totals = self.totals(number)
        return totals.get("accepted", 0) + totals.get("delivered", 0)

    def totals(self, number: str) -> dict[str, int]:
        return dict(self.gatewayd("show", number)["totals"])


def international(given: list[str]) -> list[str]:
    return [f"+62{number[1:]}" for number in given]


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    folder = tmp_path_factory.mktemp("host")
    binds = nspawn.install_as_it_is(folder / "payload")
    with nspawn.machine(folder, *binds) as machine:
        machine.run("/usr/lib/gatewayd/host-setup", "host")
        machine.write("/etc/gatewayd/credentials/gsm1-pin", "1234\n", 0o600)
        machine.write(f"/etc/systemd/system/{UNIT}.d/test.conf", QUICK)
        made = Host(machine, folder)
        made.configure()
        made.start_modem()
        machine.systemctl("daemon-reload")
        yield made


@pytest.fixture
def running(host: Host) -> Iterator[Host]:
    host.configure()
    host.machine.systemctl("reset-failed", UNIT, check=False)
    host.machine.systemctl("start", UNIT)
    yield host
    host.machine.systemctl("stop", UNIT)


def test_it_is_ready_and_its_status_line_says_what_the_modem_does(running: Host) -> None:
    assert running.machine.shows(UNIT, "ActiveState", "SubState") == {"ActiveState": "active", "SubState": "running"}
    wait_for("the status line", lambda: running.status().startswith("gsm1 ready"))


def test_the_journal_tells_the_story_of_a_request(running: Host) -> None:
    number = running.send(2)
    wait_for("both sent", lambda: running.totals(number).get("delivered") == 2)
    told = [entry["GW_EVENT"] for entry in running.machine.journal("-u", UNIT, f"GW_REQUEST={number}")]
    assert told[0] == "request.received"
    assert told.count("delivery.accepted") == 2
    assert told.count("delivery.reported") == 2


def test_a_reload_takes_over_new_settings_and_loses_nothing(running: Host) -> None:
    """With a part on the air, twice in a row."""
    before = first = len(running.ledger())
    number = running.send(6)
    pid = running.machine.main_pid(UNIT)
    for prefix in ("RA", "RB"):
        wait_for("a part on the air", lambda: len(running.ledger()) > before, 60)  # noqa: B023
        before = len(running.ledger())
        running.configure(gateway={"state_dir": "/var/lib/gatewayd", "staff": [], "ticket_prefix": prefix})
        taken = len(running.events("settings.taken_over"))
        running.machine.systemctl("reload", UNIT)
        running.wait_more("settings.taken_over", taken)
    assert running.machine.main_pid(UNIT) == pid, "a reload is no restart"
    last = running.send(1)
    assert last.startswith("RB-")
    wait_for("all sent", lambda: running.sent(number) == 6 and running.sent(last) == 1, 60)
    assert sorted(running.ledger()[first:]) == sorted(international(numbers(6) + numbers(1)))


def test_faulty_settings_are_refused_and_the_status_line_says_why(running: Host) -> None:
    settings = running.machine.root / "etc/gatewayd/gatewayd.toml"
    good = settings.read_text(encoding="utf-8")
    settings.write_text(f"{good}\n[log]\nlevel = 'loud'\nnonsense = true\n", encoding="utf-8")
    refused = len(running.events("settings.refused"))
    running.machine.systemctl("reload", UNIT)
    running.wait_more("settings.refused", refused)
    wait_for("the reason", lambda: "log.nonsense: unknown key" in running.status())
    assert running.machine.shows(UNIT, "ActiveState")["ActiveState"] == "active"
    settings.write_text(good, encoding="utf-8")
    number = running.send(1)
    wait_for("sent by the old settings", lambda: running.totals(number).get("delivered") == 1)


def test_the_watchdog_ends_a_daemon_that_hangs(running: Host) -> None:
    pid = running.machine.main_pid(UNIT)
    restarts = int(running.machine.shows(UNIT, "NRestarts")["NRestarts"])
    os.kill(pid, signal.SIGSTOP)
    wait_for("another process", lambda: running.machine.main_pid(UNIT) not in (0, pid), 60)
    wait_for("its readiness", lambda: running.machine.shows(UNIT, "SubState")["SubState"] == "running", 60)
    assert int(running.machine.shows(UNIT, "NRestarts")["NRestarts"]) > restarts
    assert "watchdog" in running.machine.run("journalctl", "-u", UNIT, "--no-pager").stdout.lower()


def test_a_stop_in_mid_send_ends_within_ten_seconds_and_loses_nothing(running: Host) -> None:
    before = len(running.ledger())
    number = running.send(5)
    wait_for("a part on the air", lambda: len(running.ledger()) > before)
    began = time.monotonic()
    running.machine.systemctl("stop", UNIT)
    assert time.monotonic() - began < 10
    assert running.machine.shows(UNIT, "Result")["Result"] == "success"
    assert set(running.totals(number)) <= {"accepted", "delivered", "queued", "undelivered_unknown"}
    running.machine.systemctl("start", UNIT)
    wait_for("all sent", lambda: running.sent(number) == 5, 60)
    assert len(running.ledger()) == before + 5


def test_credentials_reach_the_daemon_and_nobody_else(running: Host) -> None:
    machine = running.machine
    machine.write("/etc/gatewayd/credentials/imap-password", "rahasia-kenari\n", 0o600)
    machine.systemctl("restart", UNIT)
    given = machine.root / "run/credentials" / UNIT / "imap-password"
    assert given.read_text(encoding="utf-8") == "rahasia-kenari\n"
    pid = machine.main_pid(UNIT)
    for about in ("environ", "cmdline"):
        assert b"rahasia-kenari" not in Path(f"/proc/{pid}/{about}").read_bytes()
    asked = machine.run(
        "setpriv", "--reuid=nobody", "--clear-groups", "cat", f"/run/credentials/{UNIT}/imap-password", check=False
    )
    assert asked.returncode != 0
    assert "rahasia-kenari" not in machine.run("journalctl", "--no-pager", "-u", UNIT).stdout


def test_the_file_modes_are_tight(running: Host) -> None:
    state = running.machine.root / "var/lib/gatewayd"
    loose = [path for path in (state, *state.rglob("*")) if path.stat().st_mode & 0o077 and not path.is_socket()]
    assert loose == []
    settings = running.machine.root / "etc/gatewayd"
    assert {path.name: f"{path.stat().st_mode & 0o777:o}" for path in (settings, *settings.iterdir())} == {
        "gatewayd": "750", "credentials": "700", "gatewayd.toml": "640",
    }  # fmt: skip


def test_kill_9_with_a_message_on_the_air_leaves_nothing_in_doubt(running: Host) -> None:
    """systemd keeps the port (FileDescriptorStoreMax=); the next process reads there what the modem said meanwhile."""
    rng = random.Random(SEED)
    first = len(running.ledger())
    late = len(running.events("delivery.accepted_late"))
    number = running.send(KILLS + 2)
    for place in range(KILLS):
        seen = len(running.ledger())
        wait_for("a part on the air", lambda: len(running.ledger()) > seen, 60)  # noqa: B023
        # Half of the latency is left until the modem says so.
        time.sleep(rng.uniform(0, LATENCY_S / 4))
        os.kill(running.machine.main_pid(UNIT), signal.SIGKILL)
        running.wait_more("delivery.accepted_late", late + place, 60)
    wait_for("all sent", lambda: running.sent(number) == KILLS + 2, 60)
    taken = running.ledger()[first:]
    assert len(taken) == len(set(taken)) == KILLS + 2
    assert running.totals(number).keys() <= {"accepted", "delivered"}
