"""Everything at once, for a while: forms and their approvals, jobs of SMS and e-mail, reports, over four modems that
fail by chance, with real Dovecot, Postfix and Mosquitto.

The peers' ledgers against the store, as ever: nothing twice, nothing called sent that no peer has, nobody forgotten.
A soak (`./scripts/soak everything SECONDS`) also looks at the daemon from outside: memory and descriptors stay flat
after the first ten minutes, and at rest it takes next to no processor time.
"""

import itertools
import json
import os
import random
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from statistics import median

import pytest

from gatewayd.store.database import FILE
from tests.rigs.story import SENT, is_settled
from tests.system.campus import DOMAIN, KA_BPSI, KA_UPSI, UNIT, Campus, form, make, reply, running_campus, text
from tests.system.rig import SimModem, sim_modem, wait_for
from tests.system.systems import System, system

SECONDS = int(os.environ.get("GATEWAYD_SOAK_SECONDS", "20"))
SEED = int(os.environ.get("GATEWAYD_SOAK_SEED", "20261123"))
IS_SOAK = SECONDS >= 1200
#: A sample of memory and descriptors each so often; those of the beginning are left out of the judgement.
_SAMPLE_S, _WARM_S, _REST_S = 10.0, 600.0, 60.0
_FLAT_MIB = 4.0
_IDLE_SHARE = 0.001
#: What each modem has some of, by chance. In none of them does the network itself lie.
FAULTS = (
    "unplug_eio:5,p=0.002", "unplug_zero_read:5,p=0.002", "write_stall:3,p=0.01", "rx_coalesced:200,p=0.02",
    "late_final:10,p=0.005", "hang_total:20,p=0.002", "prompt_missing:p=0.02", "prompt_then_error:p=0.03",
    "reboot_before_ctrlz:p=0.01", "cmgs_timeout_late_ok:100,p=0.01", "cmgs_ok_without_mr:p=0.05",
    "cmgs_code:500,p=0.05", "cmgs_plain_error:p=0.03", "reboot_after_ctrlz_sent:p=0.01",
    "reboot_after_ctrlz_notsent:p=0.01", "reboot_after_ok:p=0.01", "collision_512:p=0.05", "sr_never:p=0.1",
    "sr_duplicate:p=0.2", "sr_out_of_order:30,p=0.1", "sr_delayed:20,p=0.1", "sr_unknown_mr:p=0.05",
    "ussd_ok_no_reply:p=0.2", "ussd_busy:p=0.3", "urc_storm:50,p=0.01", "ring_during_cmd:p=0.02",
    "urc_glued_after_ok:p=0.05", "undervoltage_warn:p=0.05", "brownout_on_tx:p=0.01", "csq_swallowed:p=0.1",
)  # fmt: skip

pytestmark = [pytest.mark.system, pytest.mark.timeout(300 + 2 * SECONDS)]


@dataclass
class Watched:
    """What the daemon costs, as the kernel tells."""

    pid: int
    began: float = field(default_factory=time.monotonic)
    samples: list[tuple[float, float, int]] = field(default_factory=list)

    def sample(self) -> None:
        memory = int(Path(f"/proc/{self.pid}/statm").read_text(encoding="ascii").split()[1])
        seconds = time.monotonic() - self.began
        self.samples.append((seconds, memory * os.sysconf("SC_PAGE_SIZE") / (1 << 20), self.descriptors()))

    def descriptors(self) -> int:
        return len(list(Path(f"/proc/{self.pid}/fd").iterdir()))

    def processor_s(self) -> float:
        fields = Path(f"/proc/{self.pid}/stat").read_text(encoding="ascii").rpartition(") ")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def share_at_rest(self, seconds: float) -> float:
        before = self.processor_s()
        time.sleep(seconds)
        return (self.processor_s() - before) / seconds


@dataclass
class Traffic:
    """Whoever asks for sendings, and who allows them."""

    campus: Campus
    siakad: System
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    forms: int = 0
    jobs: dict[str, str] = field(default_factory=dict)
    mails_got: Counter[str] = field(default_factory=Counter)
    _due: dict[str, float] = field(default_factory=dict)

    def tick(self, *, asks: bool) -> None:
        """Whatever is due now; nobody asks for anything new unless `asks`."""
        self._answer()
        self._collect()
        if asks:
            self._every("job", 2.0, self._job)
            self._every("form", 15.0, self._form)

    def _every(self, name: str, seconds: float, act: Callable[[], None]) -> None:
        now = time.monotonic()
        if now >= self._due.get(name, 0.0):
            self._due[name] = now + seconds
            act()

    def _number(self) -> str:
        return f"+62812000{next(self.numbers):05d}"

    def _job(self) -> None:
        turn = len(self.jobs) + 1
        is_mail = turn % 3 == 0
        to = [f"staf+{next(self.numbers)}@{DOMAIN}"] if is_mail else [self._number() for _ in range(turn % 2 + 1)]
        now = datetime.now(UTC)
        job = {
            "v": 1, "id": f"job-{turn}", "channel": "email" if is_mail else "sms", "to": to, "priority": "normal",
            "text": f"Kelas {turn} pindah.", "created": now.isoformat(),
            "expires": (now + timedelta(days=1)).isoformat(),
        } | ({"subject": "Jadwal"} if is_mail else {})  # fmt: skip
        self.jobs[f"job-{turn}"] = json.dumps(job)
        self.siakad.send("gatewayd/jobs/siakad", self.jobs[f"job-{turn}"])

    def _form(self) -> None:
        self.forms += 1
        to = "\n".join(self._number() for _ in range(8))
        words = f"Kuliah umum ke-{self.forms} dipindah ke Auditorium. " * (self.forms % 3 + 1)
        self.campus.post(make(UNIT, f"Permohonan {self.forms}", form(words, recipients=to)))

    def _answer(self) -> None:
        for person in (KA_UPSI, KA_BPSI):
            for mail in self._taken(person):
                if "Kode:" in text(mail) and "[UPSI-" in str(mail["Subject"]):
                    self.campus.post(reply(person, mail, "Setuju."))

    def _collect(self) -> None:
        self._taken(UNIT)
        self.mails_got.update(str(mail["To"]).rpartition("<")[2].rstrip(">") for mail in self._taken(f"staf@{DOMAIN}"))

    def _taken(self, address: str) -> list[EmailMessage]:
        mails = self.campus.dovecot.take(address.partition("@")[0])
        return [message_from_bytes(raw, policy=policy.default) for raw in mails]


@pytest.fixture
def modems(tmp_path: Path) -> Iterator[list[SimModem]]:
    """Three beside that of the campus."""
    with ExitStack() as stack:
        yield [
            stack.enter_context(sim_modem(tmp_path, f"gsm{n}", *_words(n), "--latency-ms", "200")) for n in (2, 3, 4)
        ]


def _words(modem: int) -> list[str]:
    chosen = random.Random(SEED + modem).sample(FAULTS, 6)
    sys.stdout.write(f"gsm{modem}: {' '.join(chosen)}\n")
    faults = [word for fault in chosen for word in ("--fault", fault)]
    return [
        *faults,
        "--credit",
        "1000000000",
        "--price",
        "350",
        "--report-delay-ms",
        "300",
        "--seed",
        str(SEED + modem),
    ]


def test_everything_at_once_for_a_while(tmp_path: Path, modems: list[SimModem]) -> None:
    client = {
        "name": "siakad", "unit": "SIAKAD", "priorities": ["normal"], "preapproved_channels": ["sms", "email"],
        "preapproved_recipients": 3, "contact": f"staf@{DOMAIN}",
    }  # fmt: skip
    links = [
        {
            "name": f"gsm{n}",
            "port": tmp_path / f"gsm{n}",
            "price_idr": 350,
            "pause": ["0s", "0s"],
            "parts_per_day": 1000000,
        }
        for n in (1, 2, 3, 4)
    ]
    with (
        running_campus(tmp_path, modem_words=_words(1), modems=links, mqtt_more={"clients": [client]}) as campus,
        system(campus.mosquitto, "siakad", "s-rahasia") as siakad,
    ):
        watched = Watched(campus.daemon.pid)
        traffic = Traffic(campus, siakad)
        _let_run(campus, traffic, watched)
        store = tmp_path / "state" / FILE
        wait_for("the end of all requests", lambda: _is_over(store, traffic), 200 + SECONDS / 20)
        _judge(store, [campus.modem, *modems], traffic)
        _judge_journal(campus)
        _judge_cost(watched)


def _let_run(campus: Campus, traffic: Traffic, watched: Watched) -> None:
    until, sampled = time.monotonic() + SECONDS, 0.0
    while time.monotonic() < until:
        campus.daemon.check_alive()
        traffic.tick(asks=True)
        if time.monotonic() >= sampled + _SAMPLE_S:
            sampled = time.monotonic()
            watched.sample()
        time.sleep(0.2)


def _is_over(store: Path, traffic: Traffic) -> bool:
    traffic.tick(asks=False)
    with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True, timeout=10)) as conn:
        return is_settled(conn, traffic.forms + len(traffic.jobs))


def _judge(store: Path, modems: list[SimModem], traffic: Traffic) -> None:
    parts = Counter(
        (entry["recipient"], tuple(entry["concat"] or ())[1:]) for modem in modems for entry in modem.ledger()
    )
    assert not [part for part, count in parts.items() if count > 1], "a part was sent twice"
    taken = Counter(recipient for recipient, _ in parts)
    with closing(sqlite3.connect(f"file:{store}?mode=ro", uri=True, timeout=10)) as conn:
        rows = conn.execute("SELECT address, channel, state, parts FROM deliveries WHERE kind = 'message'").fetchall()
        open_ones = conn.execute("SELECT count(*) FROM attempts WHERE state = 'submitting'").fetchone()[0]
    sys.stdout.write(
        f"{dict(Counter((row[1], row[2]) for row in rows))}, by modem {[len(m.ledger()) for m in modems]}\n"
    )
    assert open_ones == 0
    assert len({row[0] for row in rows}) == len(rows)
    for address, channel, state, whole in rows:
        got = traffic.mails_got[address] if channel == "email" else taken[address]
        assert got <= whole, f"{address} got {got} of {whole}"
        if state in SENT:
            assert got == whole, f"{address} is {state}, but {got} of {whole} were taken"
        elif state != "in_doubt":
            assert got < whole, f"{address} is {state}, but was taken"


def _judge_journal(campus: Campus) -> None:
    """Faults of modems are warnings; an error is one of ours."""
    lines = campus.daemon.events()
    bad = [line for line in lines if line["level"] in ("error", "critical") or line["GW_EVENT"] == "library.said"]
    assert not bad, bad[:5]


def _judge_cost(watched: Watched) -> None:
    share = watched.share_at_rest(_REST_S if IS_SOAK else 1.0)
    watched.sample()
    warm = [sample for sample in watched.samples if sample[0] >= _WARM_S] if IS_SOAK else watched.samples
    memory, descriptors = [sample[1] for sample in warm], [sample[2] for sample in warm]
    usual = median(memory)
    sys.stdout.write(
        f"memory {min(memory):.1f} to {max(memory):.1f} MiB, usually {usual:.1f}; descriptors {min(descriptors)} to"
        f" {max(descriptors)}, at rest {descriptors[-1]}; at rest {share:.2%} of a processor\n"
    )
    if IS_SOAK:
        assert max(memory) - usual <= _FLAT_MIB
        assert usual - min(memory) <= _FLAT_MIB
        assert descriptors[-1] <= min(descriptors)
        assert share <= _IDLE_SHARE
