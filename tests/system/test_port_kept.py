"""The port outlives the process: what the modem answered while no process lived is read by the next one.

A keeper of descriptors stands in for systemd: it takes what comes with FDSTORE=1, and starts each daemon with it
(sd_notify(3), sd_listen_fds(3)). tests/system/test_host.py has the same under a real systemd.
"""

import os
import random
import select
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from gatewayd import notify
from tests.system.rig import Daemon, SimModem, sim_modem, wait_for
from tests.system.test_kill import numbers, settings

pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(notify.MISSING, reason="systemd-python is not installed (./scripts/test installs it)"),
]
LATENCY_S = 1.0
KILLS = 10
#: What systemd does between fork and exec: the kept descriptors from 3 on, and their names.
_START = """
import os, sys
names, kept, command = sys.argv[1], [int(fd) for fd in sys.argv[2].split(",") if fd], sys.argv[3:]
moved = [os.dup2(fd, 100 + place) for place, fd in enumerate(kept)]
for place, fd in enumerate(moved):
    os.dup2(fd, 3 + place)
    os.close(fd)
os.closerange(3 + len(kept), 100)
os.environ.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS=str(len(kept)), LISTEN_FDNAMES=names)
os.execv(command[0], command)
"""


class Keeper(Daemon):
    """A daemon whose ports are kept by this process."""

    def __init__(self, folder: Path, given: dict[str, object]) -> None:
        super().__init__(folder, given)
        self.kept: dict[str, int] = {}
        self._ears = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._ears.bind(str(folder / "notify"))
        self._ears.setblocking(False)

    def listen(self) -> None:
        """Take what the daemon gave or took back."""
        while select.select([self._ears], [], [], 0)[0]:
            said, descriptors, _, _ = socket.recv_fds(self._ears, 4096, 4)
            lines = dict(line.split("=", 1) for line in said.decode().split("\n"))
            if "FDSTORE" in lines:
                self.kept[lines["FDNAME"]] = descriptors[0]
            if "FDSTOREREMOVE" in lines and lines["FDNAME"] in self.kept:
                os.close(self.kept.pop(lines["FDNAME"]))

    def start(self, *, ready: bool = True) -> None:
        self.listen()
        self._read_from = self.log_path.stat().st_size if self.log_path.exists() else 0
        descriptors = list(self.kept.values())
        with self.log_path.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _START, ":".join(self.kept), ",".join(map(str, descriptors)), sys.executable,
                 "-m", "gatewayd", "run", "--config", str(self.config)],
                stdout=log, stderr=log, pass_fds=descriptors,
                env={**os.environ, "NOTIFY_SOCKET": str(self.folder / "notify")},
            )  # fmt: skip
        if ready:
            self.wait_event("daemon.ready")

    def close(self) -> None:
        super().close()
        self._ears.close()
        for descriptor in self.kept.values():
            os.close(descriptor)


@pytest.fixture
def modem(tmp_path: Path) -> Iterator[SimModem]:
    with sim_modem(tmp_path, "gsm1", "--latency-ms", f"{1000 * LATENCY_S:.0f}", "--report-delay-ms", "100") as made:
        yield made


@pytest.fixture
def gateway(tmp_path: Path, modem: SimModem) -> Iterator[Keeper]:
    made = Keeper(tmp_path, settings(tmp_path, modem))
    try:
        yield made
    finally:
        made.close()


def on_the_air(modem: SimModem, seen: int) -> None:
    """Until the network has taken one more; half the latency is left until the modem says so."""
    wait_for("a part on the air", lambda: len(modem.ledger()) > seen)


@pytest.mark.timeout(180)
def test_kill_9_with_a_message_on_the_air_leaves_nothing_in_doubt(modem: SimModem, gateway: Keeper) -> None:
    rng = random.Random(20261123)
    gateway.start()
    number = gateway.json("send", "--to", *numbers(KILLS + 2), "--text", "Halo.", "--priority", "urgent")["request"]
    for _ in range(KILLS):
        on_the_air(modem, len(modem.ledger()))
        gateway.kill9()
        # The answer comes while nobody lives, or later.
        time.sleep(rng.uniform(0, LATENCY_S))
        gateway.start()
        gateway.wait_event("delivery.accepted_late")
    shown = gateway.wait_state(number, "done", 60)
    assert shown["totals"].keys() <= {"delivered", "accepted", "undelivered_unknown"}
    taken = [entry["recipient"] for entry in modem.ledger()]
    assert len(taken) == len(set(taken)) == KILLS + 2


def test_an_unplugged_port_is_given_back(modem: SimModem, gateway: Keeper) -> None:
    gateway.start()
    gateway.wait_event("modem.ready")
    wait_for("the port at the keeper", lambda: gateway.listen() or gateway.kept)
    modem.tell({"fault": "unplug_eio:5,times=1"})
    gateway.cli("send", "--to", *numbers(1), "--text", "Halo.", "--priority", "urgent")
    wait_for("it is given back", lambda: gateway.listen() or not gateway.kept)


def test_a_stop_keeps_the_port_and_the_next_start_takes_it(modem: SimModem, gateway: Keeper) -> None:
    gateway.start()
    gateway.wait_event("modem.ready")
    opened = len(modem.ledger("client_opened"))
    assert gateway.stop() == 0
    gateway.start()
    gateway.wait_event("modem.ready")
    assert len(modem.ledger("client_opened")) == opened
