"""Other people's programs send through the simulated modem: it speaks to them as a real one would.

Debian's gammu, gammu-smsd and smstools. They are no part of the product; that they get their messages out, text and
number intact, says that the simulator is not just our own engine's mirror image.
"""

import os
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.system.rig import SimModem, sim_modem, wait_for

pytestmark = [pytest.mark.system, pytest.mark.timeout(180)]

TEXT = "Kuliah umum Jumat pukul 09.00."
NUMBER = "+6281200000101"


@contextmanager
def running(folder: Path, *command: str) -> Iterator[None]:
    """The program until the end of the test, with all its children."""
    with (folder / "client.log").open("ab") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    try:
        yield
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(10)


def taken(modem: SimModem) -> list[tuple[str, str]]:
    return [(entry["recipient"], entry["text"]) for entry in modem.ledger()]


def lines(pairs: Sequence[tuple[str, object]]) -> str:
    return "".join(f"{name} = {value}\n" for name, value in pairs)


def test_gammu_sends_and_says_so(tmp_path: Path) -> None:
    with sim_modem(tmp_path, "gsm1", "--latency-ms", "50") as modem:
        config = tmp_path / "gammurc"
        config.write_text("[gammu]\n" + lines([("device", modem.link), ("connection", "at115200")]))
        command = ["gammu", "-c", str(config), "sendsms", "TEXT", NUMBER, "-text", TEXT]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr
        assert taken(modem) == [(NUMBER, TEXT)]


def test_gammu_smsd_sends_what_lies_in_its_spool(tmp_path: Path) -> None:
    with sim_modem(tmp_path, "gsm1", "--latency-ms", "50") as modem:
        folders = {name: tmp_path / name for name in ("in", "out", "sent", "err")}
        for folder in folders.values():
            folder.mkdir()
        config = tmp_path / "smsdrc"
        keys = ("InboxPath", "OutboxPath", "SentSMSPath", "ErrorSMSPath")
        spool = [(key, f"{folder}/") for key, folder in zip(keys, folders.values(), strict=True)]
        config.write_text(
            "[gammu]\n" + lines([("device", modem.link), ("connection", "at115200")])
            + "[smsd]\n" + lines([("service", "files"), ("checksecurity", 0), *spool])
        )  # fmt: skip
        (folders["out"] / f"OUTC20261123_090000_00_{NUMBER}_a.txt").write_text(TEXT)
        with running(tmp_path, "gammu-smsd", "-c", str(config)):
            wait_for("the message on the network", modem.ledger, 90)
        assert taken(modem) == [(NUMBER, TEXT)]


def test_smstools_sends_what_lies_in_its_spool_and_gets_its_report(tmp_path: Path) -> None:
    with sim_modem(tmp_path, "gsm1", "--latency-ms", "50", "--report-delay-ms", "100") as modem:
        folders = {name: tmp_path / name for name in ("outgoing", "checked", "incoming", "report", "sent", "failed")}
        for folder in folders.values():
            folder.mkdir()
        whole = [
            ("devices", "gsm1"), ("delaytime", 1), ("logfile", tmp_path / "smsd.log"), *folders.items(),
            ("infofile", tmp_path / "working"), ("pidfile", tmp_path / "pid"),
        ]  # fmt: skip
        device = [
            ("device", modem.link), ("init", "AT+CNMI=2,1,0,1,0"), ("report", "yes"), ("rtscts", "no"),
            ("using_routed_status_report", "yes"), ("routed_status_report_cnma", "no"), ("incoming", "yes"),
        ]  # fmt: skip
        config = tmp_path / "smsd.conf"
        config.write_text(lines(whole) + "[gsm1]\n" + lines(device))
        (folders["outgoing"] / "one").write_text(f"To: {NUMBER.lstrip('+')}\n\n{TEXT}")
        with running(tmp_path, "smsd", "-t", "-c", str(config)):
            wait_for("the message in the folder of what is sent", lambda: list(folders["sent"].iterdir()), 90)
            wait_for("its status report", lambda: list(folders["report"].iterdir()), 60)
        assert taken(modem) == [(NUMBER, TEXT)]
