"""The metrics page of the real daemon: no port unless it is set, true figures, the same through a reload."""

import os
import signal
import socket
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.flow.test_metrics import Values, documented, values
from tests.system.rig import Daemon, SimModem, daemon, peak_memory, sim_modem, wait_for
from tests.system.servers.ports import free_port
from tests.system.test_kill import numbers, settings

pytestmark = [pytest.mark.system, pytest.mark.timeout(120)]


def scraped(port: int) -> Values:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=20) as answer:
        assert answer.headers["Content-Type"].startswith("text/plain; version=0.0.4")
        return values(answer.read())


def listening(pid: int) -> int:
    """How many TCP sockets of the process listen."""
    tables = [Path(f"/proc/{pid}/net/{name}").read_text(encoding="ascii").splitlines()[1:] for name in ("tcp", "tcp6")]
    waiting = {row.split()[9] for table in tables for row in table if row.split()[3] == "0A"}
    opened = [str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir() if link.is_symlink()]
    return sum(target == f"socket:[{inode}]" for target in opened for inode in waiting)


@contextmanager
def site(folder: Path, **more: Any) -> Iterator[tuple[Daemon, SimModem]]:
    with (
        sim_modem(folder, "gsm1", "--latency-ms", "50", "--report-delay-ms", "50", "--seed", "1") as modem,
        daemon(folder, settings(folder, modem) | more) as gateway,
    ):
        gateway.start()
        gateway.wait_event("modem.ready", modem="gsm1")
        yield gateway, modem


def test_nothing_listens_unless_it_is_set(tmp_path: Path) -> None:
    with site(tmp_path) as (gateway, _):
        assert listening(gateway.pid) == 0


def test_the_page_tells_what_the_ledger_tells_also_after_a_reload(tmp_path: Path) -> None:
    port = free_port()
    with site(tmp_path, metrics={"listen": f"127.0.0.1:{port}"}) as (gateway, modem):
        wait_for("the page", lambda: answers(port))
        assert listening(gateway.pid) == 1
        number = gateway.json("send", "--to", *numbers(40), "--text", "Halo", "--priority", "urgent")["request"]
        gateway.wait_state(number, "done")
        found = scraped(port)
        taken = len(modem.ledger())
        assert found["gatewayd_parts_total", "", "message", "gsm1", "accepted"] == taken == 40
        assert found["gatewayd_status_reports_total", "gsm1", "delivered"] == 40
        assert found["gatewayd_submission_seconds_count", "gsm1"] == 40
        assert found["gatewayd_submission_seconds_sum", "gsm1"] >= 40 * 0.05
        assert found["gatewayd_link_connects_total", "gsm1"] == 1
        assert found["gatewayd_link_ready", "modem", "gsm1"] == 1
        assert found["gatewayd_stage_margin_seconds", "dispatch.gsm1"] > 200
        assert peak_memory(gateway.pid) <= 64 * 1024 * 1024
        os.kill(gateway.pid, signal.SIGHUP)
        gateway.wait_event("settings.taken_over")
        again = wait_for("the page", lambda: answers(port))
        assert again["gatewayd_parts_total", "", "message", "gsm1", "accepted"] == 40


def test_a_modem_that_comes_back_is_counted_and_a_taken_port_stops_nothing(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with site(tmp_path, metrics={"listen": f"127.0.0.1:{port}"}) as (gateway, modem):
            gateway.wait_event("link.lost", link="metrics")
            taken.close()
            wait_for("the page", lambda: answers(port))
            modem.tell({"unplug": True})
            wait_for("the loss", lambda: scraped(port).get(("gatewayd_link_paused", "modem.lost", "gsm1")))
            modem.tell({"replug": True})
            wait_for("the return", lambda: scraped(port)["gatewayd_link_connects_total", "gsm1"] == 2)
            assert not [key for key in scraped(port) if key[0] == "gatewayd_link_paused"]


def test_every_metric_without_a_modem_is_documented_too(tmp_path: Path) -> None:
    port = free_port()
    given = {"gateway": {"state_dir": tmp_path / "state"}, "log": {"format": "json"}}
    with daemon(tmp_path, given | {"metrics": {"listen": f"127.0.0.1:{port}"}}) as gateway:
        gateway.start()
        found = wait_for("the page", lambda: answers(port))
    assert {key[0] for key in found if key[0].startswith("gatewayd_")} <= set(documented())


def answers(port: int) -> Values | None:
    try:
        return scraped(port)
    except OSError:
        return None
