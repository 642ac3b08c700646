"""Peers that hand their octets over one by one: each phase is given up in time, by itself and as a whole, and works
again afterwards; meanwhile the modem sends as if nothing was (promise 17).

A relay (tests/rigs/loris.py) stands between the daemon and a real Dovecot, smtp-sink and Mosquitto. The settings'
timeouts are short, and an octet comes well within each of them.

Seen red with: no bound on a whole conversation in intake/imap.py (greeting, literal and idle are never given up).
"""

import itertools
import json
import os
import statistics
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.rigs.loris import Loris, Phase, loris
from tests.system.campus import AUTHSERV, GATEWAY, UNIT, campus_settings, form, make
from tests.system.rig import Daemon, SimModem, daemon, sim_modem, wait_for
from tests.system.servers.dovecot import Dovecot, running_dovecot
from tests.system.servers.mosquitto import Mosquitto, running_mosquitto
from tests.system.servers.sink import Sink, running_sink
from tests.system.systems import system

pytestmark = [pytest.mark.system, pytest.mark.timeout(240)]
#: Seconds between two octets, and what the settings call timeout.
EACH_S, TIMEOUT_S = 0.4, 1.0
#: In soak the times between so many parts are compared; CI only looks that they leave.
COMPARED = int(os.environ.get("GATEWAYD_SOAK_SLOW", "0"))
PARTS = COMPARED or 10
SLOWER = 2.0

#: Name → the link, and when it becomes slow.
PHASES: dict[str, tuple[str, Phase]] = {
    "IMAP greeting": ("mailbox", lambda sent, heard: True),
    "IMAP literal": ("mailbox", lambda sent, heard: b"BODY[]<0> {" in heard),
    "IMAP idle": ("mailbox", lambda sent, heard: b" IDLE\r\n" in sent),
    "SMTP greeting": ("smtp", lambda sent, heard: True),
    "SMTP reply to DATA": ("smtp", lambda sent, heard: b"\r\n.\r\n" in sent),
    "MQTT CONNACK": ("broker", lambda sent, heard: True),
    "MQTT SUBACK": ("broker", lambda sent, heard: b"gatewayd/jobs/+" in sent),
}


@dataclass(frozen=True)
class Place:
    dovecot: Dovecot
    sink: Sink
    mosquitto: Mosquitto
    modem: SimModem
    daemon: Daemon
    relays: dict[str, Loris]

    def ask(self, words: str) -> None:
        """A form mail, as the university's server would deliver it."""
        head = f"Authentication-Results: {AUTHSERV}; dmarc=pass header.from={UNIT.partition('@')[2]}\r\n"
        mail = make(UNIT, "Permohonan", form(words, recipients="0812-0000-0101"))
        self.dovecot.deliver(head.encode() + mail.as_bytes(), GATEWAY, UNIT)

    def send(self) -> list[float]:
        """Parts through the modem; the seconds between them, by the modem's ledger."""
        before = len(self.modem.ledger())
        numbers = [f"0812{before:04d}{index:04d}" for index in range(PARTS)]
        self.daemon.json("send", "--to", *numbers, "--text", "Sambil menunggu.", "--priority", "urgent")
        wait_for("the parts", lambda: len(self.modem.ledger()) >= before + PARTS, 30 + PARTS)
        at = [datetime.fromisoformat(entry["at"]) for entry in self.modem.ledger()[before:]]
        return [(b - a).total_seconds() for a, b in itertools.pairwise(at)]


@contextmanager
def slow_place(folder: Path) -> Iterator[Place]:
    with ExitStack() as stack:
        dovecot, sink = stack.enter_context(running_dovecot()), stack.enter_context(running_sink())
        mosquitto = stack.enter_context(running_mosquitto(users={"gatewayd": "g-rahasia", "siakad": "s-rahasia"}))
        modem = stack.enter_context(sim_modem(folder, "gsm1", "--latency-ms", "60", "--report-delay-ms", "100"))
        ports = {"mailbox": dovecot.imap_port, "smtp": sink.port, "broker": mosquitto.port}
        relays = {name: stack.enter_context(loris(port, EACH_S)) for name, port in ports.items()}
        gateway = stack.enter_context(daemon(folder, settings(folder, dovecot, mosquitto, modem, relays)))
        gateway.start()
        gateway.wait_event("modem.ready")
        yield Place(dovecot, sink, mosquitto, modem, gateway, relays)


def settings(
    folder: Path, dovecot: Dovecot, mosquitto: Mosquitto, modem: SimModem, relays: dict[str, Loris]
) -> dict[str, Any]:
    postfix: Any = SimpleNamespace(starttls_port=0, authority=dovecot.authority, user="")
    made = campus_settings(folder, dovecot, postfix, mosquitto, modem)
    timeout = f"{TIMEOUT_S * 1000:.0f}ms"
    made["mailbox"] |= {
        "host": "127.0.0.1", "port": relays["mailbox"].port, "tls": "none", "timeout": timeout, "poll": "2s",
        "idle": "1s",
    }  # fmt: skip
    made["smtp"] = {
        "host": "127.0.0.1", "port": relays["smtp"].port, "tls": "none", "sender": GATEWAY, "timeout": timeout,
        "data_timeout": "2s",
    }  # fmt: skip
    made["mqtt"] |= {"port": relays["broker"].port, "timeout": timeout, "keepalive": "2s"}
    made["approval"] = {"steps": []}
    return made


@pytest.mark.parametrize("name", PHASES)
def test_a_slow_peer_is_given_up_and_nobody_else_waits(tmp_path: Path, name: str) -> None:
    link, phase = PHASES[name]
    with slow_place(tmp_path) as place:
        usual = place.send() if COMPARED else []
        relay = place.relays[link]
        heard = len(lost(place, link))
        relay.begin(phase)
        place.ask("Selama lambat.")
        wait_for("a slow connection", lambda: relay.caught)
        slow = place.send()
        # The cut is one loss, giving up the slow one is another.
        wait_for("the slow peer given up", lambda: len(lost(place, link)) >= heard + 2, 60)
        assert relay.open_connections <= 4, "connections stay behind"
        if COMPARED:
            assert p99(slow) <= SLOWER * p99(usual), f"{name}: {p99(slow):.3f} s instead of {p99(usual):.3f} s"
        relay.begin(None)
        works_again(place)


def lost(place: Place, link: str) -> list[dict[str, Any]]:
    """What the journal says of the link: each try that failed for a new reason, each answer that was not waited for."""
    place.daemon.check_alive()
    found = place.daemon.events("link.lost", "delivery.in_doubt")
    return [event for event in found if str(event.get("GW_LINK") or event["GW_MODEM"]).startswith(link)]


def works_again(place: Place) -> None:
    mails = len(place.sink.mails())
    place.ask("Sesudah lambat.")
    wait_for("the receipt by mail", lambda: len(place.sink.mails()) > mails, 90)
    job = {
        "v": 1, "id": "s-1", "created": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}", "expires": "2099-01-01T00:00:00Z",
        "channel": "sms", "to": ["0812-0000-0109"], "text": "Sesudah.",
    }  # fmt: skip
    with system(place.mosquitto, "siakad", "s-rahasia") as siakad:
        siakad.subscribe("gatewayd/receipts/siakad")
        siakad.publish("gatewayd/jobs/siakad", json.dumps(job))
        assert siakad.wait("gatewayd/receipts/siakad", lambda m: m["job"] == "s-1", 60)["result"] == "accepted"


def p99(seconds: list[float]) -> float:
    return statistics.quantiles(seconds, n=100)[98]
