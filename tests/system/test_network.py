"""The network is cut, reset and lossy, and servers die, while mails and jobs flow: all of it is found again, each mail
is one request, each job one message, and nothing is sent twice (promises 9, 10 and 11).

Everything runs in a network namespace of its own (tests/rigs/own_network.py). The settings' times are short; what is
promised in minutes is looked for in as many of their seconds.

Seen red with: IDLE that is never left (intake/imap.py; the dead one is not noticed); no look for a job that is known
already (stages/jobs.py; doubled, or never receipted).
"""

import os
import random
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.rigs.own_network import Network, Way, own_network, standing
from tests.rigs.publisher import Publisher, publisher
from tests.system.campus import UNIT, Campus, form, make, running_campus
from tests.system.rig import SimModem, daemon, sim_modem, wait_for
from tests.system.servers.mosquitto import Mosquitto, running_mosquitto

ROUNDS = int(os.environ.get("GATEWAYD_SOAK_NETWORKS", "5"))
JOBS = int(os.environ.get("GATEWAYD_SOAK_JOBS", "100"))
CRASHES = max(3, JOBS // 50)
SEED = int(os.environ.get("GATEWAYD_SOAK_SEED", "20261123"))
#: Seconds a cut lasts, and within which all is well again after it.
CUT_S, BACK_S = 4.0, 60.0
pytestmark = [pytest.mark.system, pytest.mark.timeout(180 + 90 * ROUNDS + JOBS)]
SHORT = {"poll": "3s", "idle": "2s", "timeout": "2s"}
LINKS = ("mailbox", "smtp", "broker")


def test_a_dead_idle_is_noticed(tmp_path: Path) -> None:
    """Both ends believe in the connection, and nothing comes through any more: the mail that comes next is seen."""
    with own_network() as network, running_campus(tmp_path, mailbox_more=SHORT, approval={"steps": []}) as campus:
        port = campus.dovecot.imaps_port
        wait_for("the connection to the mailbox", lambda: standing(port))
        assert network.cut_the_standing(port) == 1
        mail = make(UNIT, "Permohonan", form("Sesudah putus.", recipients="0812-0000-0101"))
        campus.post(mail)
        # With the defaults (idle 110 s, timeout 30 s, poll 300 s) the same path takes at most 6 minutes.
        campus.answer_to(mail, UNIT, 15)


def test_cuts_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    rng = random.Random(SEED)
    with (
        own_network() as network,
        running_campus(
            tmp_path, mailbox_more=SHORT, smtp_more={"timeout": "3s"}, mqtt_more={"timeout": "3s", "keepalive": "3s"},
            approval={"steps": []},
        ) as campus,
    ):  # fmt: skip
        for number in range(ROUNDS):
            link, way = LINKS[number % len(LINKS)], rng.choice([*Way, None])
            one_round(campus, network, rng, number, link, way)
        campus.daemon.check_alive()
        once(campus, 2 * ROUNDS)


def one_round(campus: Campus, network: Network, rng: random.Random, number: int, link: str, way: Way | None) -> None:
    """`way` None: the server itself dies and comes back."""
    job = {"channel": "sms", "to": [f"0812-2222-{number:04d}"], "text": "Tugas."}
    mail = make(UNIT, f"Permohonan {number}", form(f"Surat ronde {number}.", recipients=f"0812-1111-{number:04d}"))
    with publisher(campus.mosquitto, "siakad", "s-rahasia", {f"n-{number}": job}) as siakad:
        campus.post(mail)
        moment = rng.uniform(0, 1.5)
        wait_for("a moment of the traffic", after(moment))
        spoil(campus, network, link, way)
        wait_for("the end of the cut", after(CUT_S))
        mend(campus, network, link, way)
        wait_for(f"the receipt of the job ({link}, {way})", lambda: siakad.done, BACK_S)
        campus.answer_to(mail, UNIT, BACK_S)
        judge(siakad)


def after(seconds: float) -> Callable[[], bool]:
    """The length of a fault is its nature, not a wait for something."""
    end = time.monotonic() + seconds
    return lambda: time.monotonic() >= end


def spoil(campus: Campus, network: Network, link: str, way: Way | None) -> None:
    if way is not None:
        network.cut(port_of(campus, link), way)
    elif link == "broker":
        campus.mosquitto.kill9()
    elif link == "mailbox":
        campus.dovecot.stop()
    else:
        campus.postfix.stop()


def mend(campus: Campus, network: Network, link: str, way: Way | None) -> None:
    if way is not None:
        network.heal()
    elif link == "broker":
        campus.mosquitto.start()
    elif link == "mailbox":
        campus.dovecot.start()
    else:
        campus.postfix.start()


def port_of(campus: Campus, link: str) -> int:
    return {
        "mailbox": campus.dovecot.imaps_port, "smtp": campus.postfix.starttls_port, "broker": campus.mosquitto.port,
    }[link]  # fmt: skip


def judge(siakad: Publisher) -> None:
    """Accepted once; each repetition says so, and names the same request."""
    for name, receipts in siakad.receipts.items():
        assert {result for result, _ in receipts} <= {"accepted", "duplicate"}, f"{name}: {receipts}"
        assert len({number for _, number in receipts}) == 1, f"{name}: {receipts}"


def once(campus: Campus, expected: int) -> None:
    rows = campus.daemon.json("requests")
    assert len(rows) == expected, "a mail or a job is two requests, or none"
    for row in rows:
        campus.daemon.wait_state(row["request"], "done", BACK_S)
    taken = Counter(entry["recipient"] for entry in campus.modem.ledger())
    assert max(taken.values()) == 1, "sent twice"
    assert len(taken) == expected, "a message is lost"


def test_a_broker_that_dies_again_and_again_loses_and_doubles_no_job(tmp_path: Path) -> None:
    """kill -9 and back, with a publisher that resends until it has the receipt: each job is one message."""
    rng = random.Random(SEED)
    jobs = {f"b-{i}": {"channel": "sms", "to": [f"0813{i:08d}"], "text": f"Tugas {i}."} for i in range(JOBS)}
    words = ("--latency-ms", "1", "--report-delay-ms", "100", "--credit", "1000000000")
    with (
        running_mosquitto(users={"gatewayd": "g-rahasia", "siakad": "s-rahasia"}) as broker,
        sim_modem(tmp_path, "gsm1", *words) as modem,
        daemon(tmp_path, only_jobs(tmp_path, broker, modem)) as gateway,
    ):
        gateway.start()
        gateway.wait_event("modem.ready")
        with publisher(broker, "siakad", "s-rahasia", jobs) as siakad:
            for crash in range(CRASHES):
                due = (crash + rng.random()) * JOBS / CRASHES
                wait_for("jobs under way", lambda: siakad.done >= due, 120)  # noqa: B023
                broker.restart()
            wait_for("every receipt", lambda: siakad.done == JOBS, 120 + JOBS / 5)
            judge(siakad)
        wait_for("every message", lambda: len(modem.ledger()) >= JOBS, 120 + JOBS / 5)
        gateway.check_alive()
    taken = Counter(entry["recipient"] for entry in modem.ledger())
    assert len(taken) == JOBS
    assert max(taken.values()) == 1


def only_jobs(folder: Path, broker: Mosquitto, modem: SimModem) -> dict[str, Any]:
    """Settings without mail: nobody is reported to."""
    (folder / "mqtt-password").write_text("g-rahasia", encoding="ascii")
    return {
        "gateway": {"state_dir": folder / "state"},
        "mqtt": {
            "host": "127.0.0.1", "port": broker.port, "tls": "none", "user": "gatewayd", "timeout": "3s",
            "password": {"file": folder / "mqtt-password"},
            "clients": [{"name": "siakad", "preapproved_channels": ["sms"], "preapproved_recipients": 3}],
        },
        "modems": [{
            "name": "gsm1", "port": modem.link, "pause": ["0s", "0s"], "parts_per_day": 1000000, "command_gap": "0s",
        }],
        "sending": {"windows": [{"start": "00:00", "end": "23:59"}]},
        "log": {"format": "json"},
    }  # fmt: skip
