"""A store put back or damaged, under the real daemon: by the ledger of the modem nothing leaves before the release."""

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.system.rig import Daemon, SimModem, daemon, sim_modem, wait_for
from tests.system.test_kill import numbers, settings

#: Copies that are put back one after the other; `./scripts/soak restore` takes more.
AGES = int(os.environ.get("GATEWAYD_SOAK_AGES", "4"))
pytestmark = [pytest.mark.system, pytest.mark.timeout(180 + 20 * AGES)]


@pytest.fixture
def modem(tmp_path: Path) -> Iterator[SimModem]:
    with sim_modem(tmp_path, "gsm1", "--latency-ms", "30", "--report-delay-ms", "50") as found:
        yield found


@pytest.fixture
def gateway(tmp_path: Path, modem: SimModem) -> Iterator[Daemon]:
    with daemon(tmp_path, settings(tmp_path, modem)) as made:
        made.start()
        yield made


def ask(gateway: Daemon, count: int) -> str:
    sent = gateway.json("send", "--to", *numbers(count), "--text", "Kuliah libur.", "--priority", "urgent")
    return str(sent["request"])


def taken(modem: SimModem) -> list[str]:
    return [entry["recipient"] for entry in modem.ledger()]


def listens(gateway: Daemon, modem: SimModem) -> dict[str, Any]:
    """Wait until the modem could send; the daemon's status."""
    gateway.wait_event("modem.ready")
    status: dict[str, Any] = gateway.json("status")
    return status


def test_copies_of_all_ages_send_nothing_until_a_person_releases(
    gateway: Daemon, modem: SimModem, tmp_path: Path
) -> None:
    count = 10 * AGES
    number = ask(gateway, count)
    copies: list[Path] = []
    for age in range(AGES):
        wait_for("more on the air", lambda: len(modem.ledger()) >= 8 * age)  # noqa: B023
        copies.append(tmp_path / f"copy{age}.sqlite")
        gateway.cli("backup", str(copies[-1]))
    refused = gateway.cli("restore", str(copies[0]), check=False)
    assert refused.returncode == 1
    assert "another gatewayd" in refused.stderr
    gateway.wait_state(number, "done")
    ledger = taken(modem)
    assert sorted(ledger) == sorted(set(ledger))

    for copy in copies:
        assert gateway.stop() == 0
        kept = json.loads(gateway.cli("restore", str(copy), "--json").stdout)["kept"]
        assert Path(kept, "gatewayd.sqlite").exists()
        gateway.start()
        held = listens(gateway, modem)["held"]
        assert (held["code"], held["release"]) == ("restored", "gatewayd release --store")
        assert "HELD" in gateway.cli("status").stdout
        for command in (("send", "--to", "081200000101", "--text", "x"), ("resend", number, "--in-doubt")):
            done = gateway.cli(*command, check=False)
            assert (done.returncode, "gatewayd release --store" in done.stderr) == (1, True), done.stderr
        checked = gateway.cli("check", check=False)
        assert (checked.returncode, "on hold" in checked.stdout) == (1, True)
        # A restart does not end it.
        assert gateway.stop() == 0
        gateway.start()
        listens(gateway, modem)
        assert taken(modem) == ledger
        gateway.cli("release", "--store", "--reason", "uji")
        gateway.wait_event("daemon.ready")
        assert gateway.json("status")["held"] is None
        totals = gateway.wait_state(number, "done")["totals"]
        assert sum(totals.values()) == count
        assert not {"queued", "submitting", "held"} & set(totals)
        assert taken(modem) == ledger, "something was sent again"
    other = ask(gateway, 3)
    assert other != number
    assert int(other[-6:]) == 10_001
    gateway.wait_state(other, "done")
    assert len(taken(modem)) == count + 3


def test_a_store_put_back_by_hand_after_a_kill_sends_nothing(gateway: Daemon, modem: SimModem, tmp_path: Path) -> None:
    ask(gateway, 60)
    state = tmp_path / "state"
    wait_for("some on the air", lambda: len(modem.ledger()) > 5)
    gateway.kill9()
    shutil.copytree(state, tmp_path / "older", ignore=shutil.ignore_patterns("*.sock"))
    gateway.start()
    wait_for("more on the air", lambda: len(modem.ledger()) > 20)
    gateway.kill9()
    for name in ("gatewayd.sqlite", "gatewayd.sqlite-wal"):
        shutil.copy(tmp_path / "older" / name, state / name)
    ledger = taken(modem)
    gateway.start()
    assert listens(gateway, modem)["held"]["code"] in ("older", "damaged")
    assert taken(modem) == ledger
    kept = next(path for path in state.iterdir() if path.name.startswith(("older-", "damaged-")))
    assert (kept / "gatewayd.sqlite-wal").read_bytes() == (tmp_path / "older" / "gatewayd.sqlite-wal").read_bytes()


def test_a_second_daemon_says_so_and_ends(gateway: Daemon, tmp_path: Path) -> None:
    second = gateway.cli("run", check=False)
    assert second.returncode == 1
    assert second.stderr.strip().splitlines()[-1].startswith(f"gatewayd run: another gatewayd works in {tmp_path}")
    gateway.check_alive()
    assert gateway.json("status")["daemon"] == "running"


def test_a_second_daemon_on_one_modem_says_so_and_ends(gateway: Daemon, modem: SimModem, tmp_path: Path) -> None:
    gateway.wait_event("modem.ready")
    other = tmp_path / "other"
    other.mkdir()
    with daemon(other, settings(other, modem)) as second:
        done = second.cli("run", check=False)
    assert done.returncode == 1
    assert done.stderr.strip().splitlines()[-1] == f"gatewayd run: another gatewayd has the modem gsm1 at {modem.link}"
    assert "Traceback" not in done.stderr
    # It was not disturbed, and its place is free once it has ended, however it ended.
    number = ask(gateway, 3)
    gateway.wait_state(number, "done")
    for end in (gateway.stop, gateway.kill9):
        end()
        gateway.start()
        gateway.wait_event("modem.ready")


def test_a_damaged_store_is_refused_in_one_line_and_left_alone(
    gateway: Daemon, modem: SimModem, tmp_path: Path
) -> None:
    ask(gateway, 5)
    wait_for("all sent", lambda: len(modem.ledger()) == 5)
    assert gateway.stop() == 0
    store = tmp_path / "state" / "gatewayd.sqlite"
    damaged = store.read_bytes()[:2048] + bytes(2048) + store.read_bytes()[4096:]
    store.write_bytes(damaged)
    refused = gateway.cli("run", check=False)
    assert refused.returncode == 1
    assert "gatewayd restore FILE" in refused.stderr.strip().splitlines()[-1]
    assert store.read_bytes() == damaged
