"""`gatewayd modem …` on the real daemon and the simulated modem's own process, also in the midst of a sending."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.system.rig import Daemon, SimModem, daemon, sim_modem, wait_for
from tests.system.test_kill import SENT, numbers, settings

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]
CREDIT = 123_456


@pytest.fixture
def modem(tmp_path: Path) -> Iterator[SimModem]:
    with sim_modem(tmp_path, "gsm1", "--latency-ms", "60", "--report-delay-ms", "50", "--credit", str(CREDIT)) as found:
        yield found


@pytest.fixture
def gateway(tmp_path: Path, modem: SimModem) -> Iterator[Daemon]:
    raw = settings(tmp_path, modem)
    raw["modems"][0] |= {"credit": False, "price_idr": 0}
    with daemon(tmp_path, raw) as made:
        made.start()
        made.wait_event("modem.ready")
        yield made


def fails(gateway: Daemon, *command: str) -> str:
    """The one line on stderr of a command that is refused."""
    done = gateway.cli(*command, check=False)
    assert done.returncode == 1, (done.stdout, done.stderr)
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr


def events_of(gateway: Daemon, name: str) -> list[dict[str, Any]]:
    path = gateway.folder / "state" / "gatewayd.sqlite"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as conn:
        rows = conn.execute("SELECT actor, detail FROM events WHERE name = ? ORDER BY id", (name,)).fetchall()
    return [{"actor": actor, **json.loads(detail)} for actor, detail in rows]


def test_the_list_and_who_is_there(gateway: Daemon) -> None:
    (listed,) = gateway.json("modem", "list")
    assert (listed["name"], listed["state"], listed["registration"]) == ("gsm1", "ready", "home")
    assert "gsm1" in gateway.cli("modem", "list").stdout
    probed = gateway.json("modem", "probe", "gsm1")
    assert (probed["modem"], probed["sim"], probed["registration"]) == ("gsm1", "READY", "home")
    assert (probed["pdu_mode"], probed["ussd"], probed["tells_of_messages"]) == (True, True, True)
    assert probed["imei"] == listed["imei"] != ""
    assert probed["smsc"].startswith("+62")
    assert isinstance(probed["signal_dbm"], int)
    assert probed["imei"] not in gateway.log_path.read_text(encoding="utf-8")
    assert "signal dbm" in gateway.cli("modem", "probe", "gsm1").stdout


def test_a_code_is_dialled_once_and_written_down(gateway: Daemon, modem: SimModem) -> None:
    said = gateway.cli("modem", "ussd", "gsm1", "*888#", "--yes").stdout
    assert "123.456" in said or "123456" in said, said
    assert [entry["code"] for entry in modem.ledger("ussd")] == ["*888#"]
    assert "--yes" in fails(gateway, "modem", "ussd", "gsm1", "*888#")
    for wrong in ("0812000001", "*888", "AT+CFUN=0", '*888#"'):
        assert "is not a USSD code" in fails(gateway, "modem", "ussd", "gsm1", wrong, "--yes")
    assert "does not know this code" in fails(gateway, "modem", "ussd", "gsm1", "*999*12345678901234#", "--yes")
    (first, second) = events_of(gateway, "modem.ussd")
    assert first["actor"].startswith("operator:")
    assert (first["modem"], first["code"], second["code"]) == ("gsm1", "*888#", "*999*…#")
    assert "12345678901234" not in gateway.log_path.read_text(encoding="utf-8")


def test_what_cannot_be_done_is_said_in_one_line(gateway: Daemon, modem: SimModem, tmp_path: Path) -> None:
    assert "there are gsm1" in fails(gateway, "modem", "probe", "gsm9")
    modem.link.unlink()
    modem.close()
    gateway.wait_event("link.lost")
    wait_for("it is told to be away", lambda: "does not answer now" in fails(gateway, "modem", "probe", "gsm1"))
    assert gateway.stop() == 0
    assert "no gatewayd is running" in fails(gateway, "modem", "reset", "gsm1", "--yes")
    assert gateway.json("modem", "list")[0]["name"] == "gsm1"
    wrong = gateway.cli("modem", "probe", check=False)
    assert wrong.returncode == 2


def test_errands_in_the_midst_of_a_sending_lose_nothing(gateway: Daemon, modem: SimModem) -> None:
    count = 60
    asked = gateway.json("send", "--to", *numbers(count), "--text", "Kuliah libur.", "--priority", "urgent")
    for place in range(1, 4):
        wait_for("on the air", lambda: len(modem.ledger()) >= 8 * place)  # noqa: B023
        assert gateway.json("modem", "probe", "gsm1")["sim"] == "READY"
        gateway.cli("modem", "ussd", "gsm1", "*888#", "--yes")
    gateway.cli("modem", "reset", "gsm1", "--yes")
    assert len(events_of(gateway, "modem.reset")) == 1
    sent = len(modem.ledger())
    shown = gateway.wait_state(asked["request"], "done", 120)
    # A report that was on its way to a modem being started anew may be lost; a message is not, nor in doubt.
    assert set(shown["totals"]) <= SENT, shown["totals"]
    assert sum(shown["totals"].values()) == count
    recipients = [entry["recipient"] for entry in modem.ledger()]
    assert len(recipients) == len(set(recipients)) == count
    assert sent < count, "the reset came after the sending"
