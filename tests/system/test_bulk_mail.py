"""Five hundred mails through a real Postfix that refuses, greylists, bounces and drops: right row by row."""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping
from email import message_from_bytes
from pathlib import Path

import pytest

from tests.system.rig import Daemon, daemon
from tests.system.servers.dovecot import Dovecot, running_dovecot
from tests.system.servers.mishaps import Relay, policy_service, relay
from tests.system.servers.postfix import DOMAIN, Postfix, running_postfix

pytestmark = [pytest.mark.system, pytest.mark.timeout(600)]

COUNT = 500
CUT = 250


def address(row: int) -> str:
    match row % 10:
        case 3:
            return f"tolak{row}@{DOMAIN}"
        case 5:
            return f"pindah{row}@{DOMAIN}"
        case 7:
            return f"orang+abu{row}@{DOMAIN}"
        case _:
            return f"orang+{row}@{DOMAIN}"


class Doorman:
    """The policy: refuses by name, greylists once, and lets the relay cut one connection after the final dot."""

    def __init__(self, door: Relay) -> None:
        self._door = door
        self._seen: set[str] = set()
        self.cuts = 0

    def decide(self, asked: Mapping[str, str]) -> str:
        recipient, state = asked["recipient"], asked["protocol_state"]
        if state == "END-OF-MESSAGE":
            if recipient == address(CUT) and not self.cuts:
                self.cuts += 1
                self._door.cut(int(asked["client_port"]))
            return "DUNNO"
        if recipient.startswith("tolak"):
            return "550 5.1.1 No such user here"
        if "+abu" in recipient and recipient not in self._seen:
            self._seen.add(recipient)
            return "450 4.2.0 Greylisted, try again later"
        return "DUNNO"


@pytest.fixture(scope="module")
def dovecot() -> Iterator[Dovecot]:
    with running_dovecot(("gateway", "balik", "orang", "kaupsi")) as server:
        yield server


@pytest.fixture(scope="module")
def door() -> Iterator[Relay]:
    with relay() as made:
        yield made


@pytest.fixture(scope="module")
def doorman(door: Relay) -> Doorman:
    return Doorman(door)


@pytest.fixture(scope="module")
def postfix(dovecot: Dovecot, door: Relay, doorman: Doorman) -> Iterator[Postfix]:
    with policy_service(doorman.decide) as port, running_postfix(dovecot, policy_port=port) as server:
        door.to_port = server.starttls_port
        yield server


def settings(folder: Path, dovecot: Dovecot, postfix: Postfix, door: Relay) -> dict[str, object]:
    secret = folder / "password"
    secret.write_text(postfix.password, encoding="ascii")
    login = {"password": {"file": secret}, "ca_file": postfix.authority.ca, "host": "localhost"}
    return {
        "gateway": {"state_dir": folder / "state", "language": "en"},
        "smtp": login
        | {"port": door.port, "tls": "starttls", "user": postfix.user, "sender": f"gateway@{DOMAIN}",
           "bounce_address": f"balik@{DOMAIN}"},
        "bounces": login | {"port": dovecot.imaps_port, "tls": "tls", "user": "balik", "poll": "5s", "wait": "20s"},
        "people": [{"id": "rina", "name": "Rina Contoh", "addresses": [f"kaupsi@{DOMAIN}"]}],
        "approval": {"steps": []},
        "report": {"first_to": ["rina"]},
        "sending": {"windows": [{"start": "00:00", "end": "23:59"}], "retry": ["2s", "2s", "2s"]},
        "log": {"format": "json"},
    }  # fmt: skip


def report_rows(daemon: Daemon, number: str, folder: Path) -> list[list[str]]:
    daemon.cli("report", number, "-o", str(folder), "--full-numbers")
    (table,) = folder.glob("*.csv")
    return list(csv.reader(io.StringIO(table.read_text(encoding="utf-8-sig")), delimiter=";"))[1:]


def test_every_row_of_five_hundred_is_told_for_what_became_of_it(
    tmp_path: Path, dovecot: Dovecot, postfix: Postfix, door: Relay, doorman: Doorman
) -> None:
    listed = tmp_path / "daftar.csv"
    rows = range(1, COUNT + 1)
    listed.write_text("nama,email\n" + "".join(f"Orang {n},{address(n)}\n" for n in rows), encoding="utf-8")
    with daemon(tmp_path, settings(tmp_path, dovecot, postfix, door)) as running:
        running.start()
        text = "Yth. **{nama}**,\n\nwisuda hari Sabtu."
        words = ("--channel", "email", "--subject", "Wisuda, {nama}", "--text", text)
        number = running.json("send", "--list", str(listed), *words)["request"]
        running.wait_state(number, "done", timeout_s=400)
        told = report_rows(running, number, tmp_path / "laporan")
    assert [(int(row[0]), row[1], row[2]) for row in told] == [(n + 1, address(n), f"Orang {n}") for n in rows]
    assert {n: (row[6], row[10]) for n, row in zip(rows, told, strict=True)} == {n: expected(n) for n in rows}
    assert doorman.cuts == 1
    check_mailbox(dovecot)


def expected(row: int) -> tuple[str, str]:
    """Outcome and code of that row in the report."""
    if row == CUT:
        return ("in doubt", "smtp-lost")
    match row % 10:
        case 3:
            return ("failed", "smtp-550-5.1.1")
        case 5:
            return ("failed", "bounce-5.1.1")
        case _:
            return ("sent, no report", "")


def check_mailbox(dovecot: Dovecot) -> None:
    """Everybody who can be reached has his own mail, once, and the one in doubt at most once."""
    mails = [message_from_bytes(raw) for raw in dovecot.mails("orang")]
    got = Counter(str(mail["To"]).rpartition("<")[2].rstrip(">") for mail in mails)
    meant = {address(n) for n in range(1, COUNT + 1) if n % 10 not in (3, 5)}
    assert set(got.values()) == {1}
    assert meant - set(got) <= {address(CUT)}
    assert set(got) <= meant
    assert len({mail["Message-ID"] for mail in mails}) == len(mails)
    assert all(mail["Return-Path"].startswith("<balik+b") for mail in mails)
