"""The peers of many short lives: modem, mail server, mailbox and broker, each with a ledger of its own that no daemon
can touch, since none of them lives in its process.

The modem and the broker are processes; the SMTP server and the mailbox are threads of the test. They stay for a whole
test; each story (story.py) has numbers and addresses of its own.
"""

import asyncio
import itertools
import json
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path
from typing import Any

from tests.fakes.mail_imap import FakeImap, serving
from tests.fakes.mail_smtp import FakeSmtp, Taken, fake_smtp
from tests.rigs.lives import Life, Warm, warm_process
from tests.system.rig import SimModem, sim_modem, wait_for, write_settings
from tests.system.servers.mosquitto import Mosquitto, running_mosquitto
from tests.system.systems import System, system

DOMAIN = "kampus.example"
AUTHSERV = f"mail.{DOMAIN}"
UNIT, KA_UPSI, KA_BPSI, STAFF, GATEWAY = (
    f"{name}@{DOMAIN}" for name in ("unit", "kaupsi", "kabpsi", "staf", "gateway")
)
CLIENT, PASSWORD = "siakad", "s-rahasia"


@dataclass
class Mailroom(FakeImap):
    """The request mailbox, written to by the test while the daemon reads it."""

    uids: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    guard: threading.Lock = field(default_factory=threading.Lock)

    #: Whether the daemon looks at the inbox, and not at the folders of what it has dealt with.
    is_inbox: bool = True

    def _select(self, rest: str) -> tuple[list[bytes], str]:
        self.is_inbox = "INBOX" in rest
        return super()._select(rest)

    def _uid_search(self, rest: str) -> tuple[list[bytes], str]:
        return super()._uid_search(rest) if self.is_inbox else ([b"* SEARCH"], "OK done")

    def post(self, mail: EmailMessage) -> None:
        sender = str(mail["From"]).rpartition("<")[2].rstrip(">")
        verdict = f"Authentication-Results: {AUTHSERV}; dmarc=pass header.from={sender.rpartition('@')[2]}\r\n"
        with self.guard:
            self.mails[next(self.uids)] = verdict.encode() + mail.as_bytes(policy=SMTP)

    def empty(self) -> None:
        with self.guard:
            self.mails.clear()

    def answer(self, tag: str, word: str, rest: str) -> list[bytes] | None:
        with self.guard:
            try:
                return super().answer(tag, word, rest)
            except KeyError:
                # What a killed daemon still asked for is moved already.
                return [f"{tag} NO gone".encode()]


@dataclass
class Town:
    folder: Path
    warm: Warm
    modem: SimModem
    smtp: FakeSmtp
    mailroom: Mailroom
    broker: Mosquitto
    siakad: System
    serial: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    heard: int = 0

    def home(self) -> "Home":
        """A new store's folder, and the settings that lead to it."""
        folder = self.folder / f"home{next(self.serial)}"
        folder.mkdir()
        return Home(self, folder, write_settings(folder / "gatewayd.toml", self._settings(folder)))

    def on_air(self) -> list[dict[str, Any]]:
        """The modem's ledger: every part the network took."""
        return self.modem.ledger()

    def taken(self) -> list[Taken]:
        """The SMTP server's ledger."""
        return list(self.smtp.taken)

    def _settings(self, folder: Path) -> dict[str, Any]:
        (folder / "password").write_text("g-rahasia", encoding="ascii")
        password = {"file": folder / "password"}
        return {
            "gateway": {"state_dir": folder / "state", "staff": [STAFF], "backup_every": "0s"},
            "mailbox": {
                "host": "localhost", "port": self.mailroom.port, "tls": "none", "user": "gateway", "password": password,
                "poll": 0.1, "trusted_authserv_ids": [AUTHSERV],
            },
            "smtp": {
                "host": "localhost", "port": self.smtp.port, "tls": "none", "sender": GATEWAY, "connections": 1,
                "timeout": 5,
            },
            "mqtt": {
                "host": "127.0.0.1", "port": self.broker.port, "tls": "none", "user": "gatewayd", "password": password,
                # What an earlier story left with the broker is none of this one's.
                "client_id": folder.name, "session_expiry": "30s",
                "clients": [{
                    "name": CLIENT, "unit": "SIAKAD", "priorities": ["urgent", "normal"], "contact": STAFF,
                    "preapproved_channels": ["sms", "email"], "preapproved_recipients": 9,
                }],
            },
            "modems": [{
                "name": "gsm1", "port": self.modem.link, "price_idr": 350, "pause": ["0s", "0s"],
                "parts_per_day": 1000000, "command_gap": 0, "credit": False,
            }],
            "units": [{"name": "Biro Administrasi Akademik", "senders": [UNIT]}],
            "people": [
                {"id": "ka-upsi", "name": "Rina Contoh", "title": "Ka. UPSI", "addresses": [KA_UPSI]},
                {"id": "ka-bpsi", "name": "Andi Contoh", "title": "Ka. BPSI", "addresses": [KA_BPSI]},
            ],
            "approval": {"steps": [
                {"name": "Ka. UPSI", "people": ["ka-upsi"]}, {"name": "Ka. BPSI", "people": ["ka-bpsi"]},
            ]},
            "sending": {
                "windows": [{"start": "00:00", "end": "23:59"}], "per_recipient_hour": 1000, "per_recipient_day": 1000,
                "retry": [0.2] * 9,
            },
            "report": {"status_report_wait": "1s", "attach": []},
            "log": {"format": "json"},
        }  # fmt: skip


@dataclass
class Home:
    """Where lives of the daemon follow one another."""

    town: Town
    folder: Path
    config: Path
    lives: int = 0

    @property
    def state(self) -> Path:
        return self.folder / "state"

    def live(self, **order: Any) -> Life:
        self.lives += 1
        return self.town.warm.live(self.config, self.folder / f"log{self.lives}", **order)


class _SmtpThread:
    """The SMTP server in a loop and thread of its own."""

    def __init__(self) -> None:
        self.fake: FakeSmtp | None = None
        self._end: asyncio.Event | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)

    def start(self) -> FakeSmtp:
        self._thread.start()
        return wait_for("the SMTP server", lambda: self.fake)

    async def _serve(self) -> None:
        self._end, self._loop = asyncio.Event(), asyncio.get_running_loop()
        async with fake_smtp() as fake:
            self.fake = fake
            await self._end.wait()

    def stop(self) -> None:
        if self._loop is not None and self._end is not None:
            self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(10)


@contextmanager
def running_town(folder: Path, *modem: str) -> Iterator[Town]:
    """All peers and the warm process; `modem` are more options of the simulated one."""
    with ExitStack() as stack:
        warm = stack.enter_context(warm_process())
        thread = _SmtpThread()
        stack.callback(thread.stop)
        broker = stack.enter_context(running_mosquitto(users={"gatewayd": "g-rahasia", CLIENT: PASSWORD}))
        siakad = stack.enter_context(system(broker, CLIENT, PASSWORD))
        siakad.subscribe(f"gatewayd/receipts/{CLIENT}", f"gatewayd/status/{CLIENT}/#")
        options = ("--latency-ms", "20", "--report-delay-ms", "5", "--credit", "1000000000", "--price", "1", *modem)
        port = stack.enter_context(sim_modem(folder, "gsm1", *options))
        mailroom = stack.enter_context(serving(Mailroom()))
        yield Town(folder, warm, port, thread.start(), mailroom, broker, siakad)


def job(name: str, **fields: Any) -> str:
    """The payload of one job."""
    return json.dumps({"v": 1, "id": name, **fields})
