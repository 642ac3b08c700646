"""The daemon and each of its peers is stopped (SIGSTOP) in mid-traffic and goes on later: everybody else works
meanwhile, nothing is lost, nothing is sent twice (promise 16; the watchdog's part is in tests/system/test_host.py).

Seen red with: IMAP's calls made on the event loop itself (intake/imap.py; nothing else gets ready).
"""

import os
import random
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.rigs.canaries import descendants
from tests.rigs.publisher import publisher
from tests.system.campus import UNIT, Campus, form, make, running_campus
from tests.system.rig import wait_for
from tests.system.test_network import BACK_S, SHORT, after, judge, once

ROUNDS = int(os.environ.get("GATEWAYD_SOAK_HANGS", "5"))
SEED = int(os.environ.get("GATEWAYD_SOAK_SEED", "20261123"))
#: Longer than every timeout of these settings.
STOPPED_S = 6.0
PEERS: dict[str, Callable[[Campus], list[int]]] = {
    "daemon": lambda campus: [campus.daemon.pid],
    "modem": lambda campus: [campus.modem.pid],
    "Dovecot": lambda campus: family(campus.dovecot.pid),
    "Postfix": lambda campus: family(int((campus.postfix.folder / "queue/pid/master.pid").read_text())),
    "Mosquitto": lambda campus: [campus.mosquitto.pid],
}
pytestmark = [pytest.mark.system, pytest.mark.timeout(120 + 60 * ROUNDS)]


def family(pid: int) -> list[int]:
    return [pid, *descendants(pid)]


@contextmanager
def stopped(pids: list[int]) -> Iterator[None]:
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def test_whoever_hangs_for_a_while_harms_nothing(tmp_path: Path) -> None:
    rng = random.Random(SEED)
    with running_campus(
        tmp_path, mailbox_more=SHORT, smtp_more={"timeout": "3s"}, mqtt_more={"timeout": "3s", "keepalive": "3s"},
        approval={"steps": []}, modem_words=("--latency-ms", "300"),
    ) as campus:  # fmt: skip
        for number in range(ROUNDS):
            one_round(campus, rng, number, list(PEERS)[number % len(PEERS)])
        campus.daemon.check_alive()
        once(campus, 2 * ROUNDS)


def one_round(campus: Campus, rng: random.Random, number: int, peer: str) -> None:
    job = {"channel": "sms", "to": [f"0812-2222-{number:04d}"], "text": "Tugas."}
    mail = make(UNIT, f"Permohonan {number}", form(f"Surat ronde {number}.", recipients=f"0812-1111-{number:04d}"))
    with publisher(campus.mosquitto, "siakad", "s-rahasia", {f"h-{number}": job}) as siakad:
        campus.post(mail)
        wait_for("a moment of the traffic", after(rng.uniform(0, 1.5)))
        with stopped(PEERS[peer](campus)):
            wait_for("the end of the stop", after(STOPPED_S))
            if peer in ("Dovecot", "Postfix"):
                assert siakad.done, f"the job waited for {peer}"
        wait_for(f"the receipt of the job ({peer})", lambda: siakad.done, BACK_S)
        campus.answer_to(mail, UNIT, BACK_S)
        judge(siakad)
