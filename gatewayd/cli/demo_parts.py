"""The parts the demo plays on: mail server, broker, simulated modem, and the daemon with its settings."""

import asyncio
import contextlib
import json
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from gatewayd.errors import GatewaydError
from gatewayd.sim.broker import EmbeddedBroker
from gatewayd.sim.mailserver import EmbeddedMail

DOMAIN: Final = "kampus.example"
MAILBOX: Final = f"permohonan-pesan@{DOMAIN}"
UNIT: Final = f"baa@{DOMAIN}"
KA_UPSI: Final = f"ka.upsi@{DOMAIN}"
KA_BPSI: Final = f"ka.bpsi@{DOMAIN}"
STAFF: Final = f"staf-upsi@{DOMAIN}"
PASSWORD: Final = "demo-only"
#: One that the network never reaches, one that never reports.
UNREACHABLE: Final = "+6281200000113"
SILENT: Final = "+6281200000108"

_SETTINGS: Final = """\
# The settings the demo ran with. Everything is on this machine; the pauses are short so that you need not wait.
[gateway]
state_dir = "{dir}/state"
organisation = "UPSI Universitas Contoh"
staff = ["{staff}"]

[mailbox]
host = "127.0.0.1"
port = {imap}
tls = "none"
user = "{mailbox}"
password = {{file = "{dir}/password"}}
poll = "5s"
trusted_authserv_ids = ["mail.{domain}"]

[smtp]
host = "127.0.0.1"
port = {smtp}
tls = "none"
user = "{mailbox}"
password = {{file = "{dir}/password"}}
sender = "{mailbox}"
sender_name = "UPSI Layanan Pesan"

[mqtt]
host = "127.0.0.1"
port = {mqtt}
tls = "none"
protocol = "3.1.1"
user = "gatewayd"
password = {{file = "{dir}/password"}}

[[mqtt.clients]]
name = "siakad"
unit = "SIAKAD"
priorities = ["urgent", "normal", "bulk"]
preapproved_channels = ["sms"]
preapproved_recipients = 5

[[modems]]
name = "gsm1"
port = "{dir}/gsm1"
operator = "telkomsel"
price_idr = 350
pause = ["300ms", "600ms"]
credit_code = "*888#"
credit_floor_idr = 5000
signal_every = "5s"

[[units]]
name = "Biro Administrasi Akademik"
senders = ["{unit}"]

[[people]]
id = "ka-upsi"
name = "Rina Contoh"
title = "Ka. UPSI"
addresses = ["{ka_upsi}"]

[[people]]
id = "ka-bpsi"
name = "Andi Contoh"
title = "Ka. BPSI"
addresses = ["{ka_bpsi}"]

[approval]
steps = [{{name = "Ka. UPSI", people = ["ka-upsi"]}}, {{name = "Ka. BPSI", people = ["ka-bpsi"]}}]

[sending]
windows = [{{start = "00:00", end = "23:59"}}]

[report]
status_report_wait = "8s"

[log]
format = "json"
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True, slots=True)
class Parts:
    """What plays, and where to reach it."""

    folder: Path
    imap_port: int
    smtp_port: int
    mqtt_port: int
    config: Path
    daemon: asyncio.subprocess.Process

    @property
    def log(self) -> Path:
        return self.folder / "gatewayd.log"

    def events(self, name: str) -> list[dict[str, Any]]:
        """The daemon's journal lines with this event."""
        lines = self.log.read_text(encoding="utf-8").splitlines()
        found = [json.loads(line) for line in lines if line.startswith("{") and line.endswith("}")]
        return [event for event in found if event["GW_EVENT"] == name]


@asynccontextmanager
async def parts(folder: Path) -> AsyncIterator[Parts]:
    """Everything up and running, and down again at the end."""
    (folder / "password").write_text(PASSWORD, encoding="ascii")
    users = dict.fromkeys((MAILBOX, UNIT, KA_UPSI, KA_BPSI, STAFF), PASSWORD)
    mqtt_port = free_port()
    async with (
        EmbeddedMail(users=users, authserv_id=f"mail.{DOMAIN}", save_to=folder / "mails") as mail,
        EmbeddedBroker(port=mqtt_port, users={"gatewayd": PASSWORD, "siakad": PASSWORD}),
        _process(folder, "gsm1.log", *_modem_arguments(folder)),
    ):
        config = folder / "gatewayd.toml"
        config.write_text(_settings(folder, mail, mqtt_port), encoding="utf-8")
        async with _process(folder, "gatewayd.log", "gatewayd", "run", "--config", str(config)) as daemon:
            yield Parts(folder, mail.imap_port, mail.smtp_port, mqtt_port, config, daemon)


def _settings(folder: Path, mail: EmbeddedMail, mqtt_port: int) -> str:
    return _SETTINGS.format(
        dir=folder, domain=DOMAIN, mailbox=MAILBOX, unit=UNIT, ka_upsi=KA_UPSI, ka_bpsi=KA_BPSI, staff=STAFF,
        imap=mail.imap_port, smtp=mail.smtp_port, mqtt=mqtt_port,
    )  # fmt: skip


def _modem_arguments(folder: Path) -> list[str]:
    return [
        "gatewayd", "simulate-modem", "--link", str(folder / "gsm1"), "--latency-ms", "250", "--report-delay-ms", "900",
        "--credit", "50000", "--price", "350", "--ledger", str(folder / "network-ledger.jsonl"),
        "--recipient", f"{UNREACHABLE}=unreachable", "--recipient", f"{SILENT}=silent",
    ]  # fmt: skip


@asynccontextmanager
async def _process(folder: Path, log: str, module: str, *arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    with (folder / log).open("wb") as out:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", module, *arguments, stdin=asyncio.subprocess.DEVNULL, stdout=out, stderr=out
        )
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(12):
                await process.wait()
        except TimeoutError:
            process.kill()
            raise GatewaydError(f"{module} did not end; see {folder / log}") from None
