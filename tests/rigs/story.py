"""A short story that takes every kind of request through every stage, and the oracle that judges it.

A form comes by mail and two people approve it: two SMS, one of two parts. Two jobs come over MQTT, one of SMS and one
of e-mail, from a system that sends each until it has a receipt. The oracle compares the ledgers of the peers with the
store: every accepted request in exactly one state, nothing twice at a peer, nothing sent before it was approved,
nothing called sent that no peer has, and nothing called unsent that one has.
"""

import sqlite3
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from gatewayd.core import audit as audit_core
from gatewayd.store import audit, keys
from gatewayd.store.database import FILE
from tests.fakes.mail_smtp import Taken
from tests.rigs.lives import Life
from tests.rigs.town import CLIENT, DOMAIN, KA_BPSI, KA_UPSI, UNIT, Home, Town, job
from tests.system.campus import form, make, reply

LONG = "Kuliah umum dipindah ke Auditorium. " * 5
SENT = {"accepted", "delivered", "undelivered_unknown"}
#: A system sends a job again when it has no receipt after this time.
_PATIENCE_S = 0.5
_TICK_S = 0.02


@dataclass
class Story:
    home: Home
    #: Address → parts, of everybody who is to get something.
    wanted: dict[str, int] = field(default_factory=dict)
    jobs: dict[str, str] = field(default_factory=dict)
    receipts: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    of_form: set[str] = field(default_factory=set)
    lives: list[Life] = field(default_factory=list)
    _published: dict[str, float] = field(default_factory=dict)
    _read: int = 0
    _answered: Counter[str] = field(default_factory=Counter)
    _taken_from: int = 0

    @property
    def town(self) -> Town:
        return self.home.town

    def begin(self) -> "Story":
        """Everything that comes from outside lies there before the daemon is born."""
        self._read = self._taken_from = len(self.town.smtp.taken)
        one, two, three, four = (self._number() for _ in range(4))
        for number in (one, two):
            self.wanted[number] = 2
        self.of_form = {one, two}
        self.town.mailroom.post(make(UNIT, "Permohonan", form(LONG, recipients=f"{one}\n{two}")))
        self.wanted |= {three: 2, four: 1}
        # The texts differ, for what one recipient gets twice is a fault of its own.
        self._job("sms", [three], LONG)
        self._job("sms", [four], "Kelas pindah.")
        mails = [f"p{next(self.town.serial)}@{DOMAIN}" for _ in range(2)]
        self.wanted |= dict.fromkeys(mails, 1)
        self._job("email", mails, "Isi surat.", subject="Jadwal baru")
        return self

    def _number(self) -> str:
        return f"+62812000{next(self.town.serial):05d}"

    def _job(self, channel: str, to: list[str], text: str, **more: str) -> None:
        name, now = f"job-{next(self.town.serial)}", datetime.now(UTC)
        self.jobs[name] = job(
            name, created=now.isoformat(), expires=(now + timedelta(days=1)).isoformat(), channel=channel, to=to,
            text=text, priority="urgent", **more,
        )  # fmt: skip

    # What people and systems do meanwhile.

    def attend(self, until: Callable[[], Any], timeout_s: float = 60.0) -> None:
        """Do what the others do, until something is true."""
        deadline = time.monotonic() + timeout_s
        while not until():
            if time.monotonic() > deadline:
                raise AssertionError(f"the story does not go on: {self._where()}\n{self._last_words()}")
            self._publish()
            self._answer()
            time.sleep(_TICK_S)

    def _publish(self) -> None:
        self._hear()
        for name, body in self.jobs.items():
            if name in self.receipts or time.monotonic() - self._published.get(name, 0.0) < _PATIENCE_S:
                continue
            self._published[name] = time.monotonic()
            self.town.siakad.send(f"gatewayd/jobs/{CLIENT}", body)

    def _hear(self) -> None:
        for topic, body in self.town.siakad.heard():
            if topic == f"gatewayd/receipts/{CLIENT}" and body["job"] in self.jobs:
                self.receipts.setdefault(body["job"], []).append(body)

    def _answer(self) -> None:
        """Ka. UPSI and Ka. BPSI say yes to each question once."""
        taken = self.town.taken()
        for mail in taken[self._read :]:
            person = mail.recipients[0]
            question = message_from_bytes(mail.raw, policy=policy.default)
            name = str(question["Message-ID"])
            if person not in (KA_UPSI, KA_BPSI) or "Kode:" not in _text(question) or self._answered[name]:
                continue
            self._answered[name] += 1
            too_early = [entry for entry in self.air() if entry["recipient"] in self.of_form]
            assert not too_early, "sent before it was approved"
            self.town.mailroom.post(reply(person, question, "Setuju."))
        self._read = len(taken)

    # How it ends.

    def is_told(self) -> bool:
        """Whether every request is done and every mail about it is out."""
        if set(self.receipts) != set(self.jobs):
            return False
        with self._store() as conn:
            try:
                return is_settled(conn, 1 + len(self.jobs))
            except sqlite3.OperationalError:
                # Not there yet, or just being made.
                return False

    def _store(self) -> sqlite3.Connection:
        conn = sqlite3.connect(f"file:{self.home.state / FILE}?mode=ro", uri=True, isolation_level=None, timeout=5)
        conn.row_factory = sqlite3.Row
        return conn

    def live(self, **order: Any) -> Life:
        self.lives.append(self.home.live(**order))
        return self.lives[-1]

    def end(self) -> None:
        """However it went: nobody lives on, and nothing lies in the mailbox, for the next story."""
        for life in self.lives:
            life.kill9()
        self.town.mailroom.empty()

    def finish(self, **order: Any) -> None:
        """A last life in which everything is let be."""
        life = self.live(**order)
        self.attend(lambda: (self.is_told() and "daemon.ready" in life.said()) or _ended(life))
        self.attend(lambda: not self.town.mailroom.mails or _ended(life), 10)
        assert life.stop() == 0, life.said()[-3000:]

    def _where(self) -> str:
        try:
            with self._store() as conn:
                states = conn.execute(
                    "SELECT kind, channel, state, count(*) FROM deliveries GROUP BY 1, 2, 3"
                ).fetchall()
                events = conn.execute("SELECT request, name FROM events ORDER BY id").fetchall()
        except sqlite3.OperationalError as error:
            return str(error)
        return f"{[tuple(row) for row in states]} {[tuple(row) for row in events]} receipts {list(self.receipts)}"

    def _last_words(self) -> str:
        return self.lives[-1].said()[-4000:] if self.lives else ""

    def air(self) -> list[dict[str, Any]]:
        return [entry for entry in self.town.on_air() if entry["recipient"] in self.wanted]

    # The oracle.

    def judge(self, *, interrupted: int) -> Counter[str]:
        """The ledgers against the store. `interrupted` lives may have left one doubt a link each. Returns the states
        that the messages ended in."""
        parts = Counter((entry["recipient"], tuple(entry["concat"] or ())[1:]) for entry in self.air())
        letters = self._letters()
        assert not [part for part, count in parts.items() if count > 1], f"a part was sent twice: {parts}"
        with self._store() as conn:
            assert conn.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
            assert not conn.execute("PRAGMA foreign_key_check").fetchall()
            keys.register(conn, keys.number_key(self.home.state))
            assert not list(audit_core.breaks(audit.entries(conn), ())), "the audit's chain is broken"
            assert not list(audit.differences(conn)), "the audit tells another story than the rows"
            rows = conn.execute("SELECT * FROM deliveries WHERE kind = 'message'").fetchall()
            self._judge_requests(conn)
            self._judge_letters(conn, letters, interrupted)
        got = Counter(recipient for recipient, _ in parts)
        got += Counter(to for to, _ in letters if to in self.wanted)
        assert Counter(row["address"] for row in rows) == Counter(self.wanted.keys()), "a recipient is lost or doubled"
        for row in rows:
            self._judge_delivery(row, got[row["address"]])
        states = Counter(row["state"] for row in rows)
        assert states["in_doubt"] <= 2 * interrupted, f"more doubts than interruptions: {states}"
        return states

    def letters(self) -> list[Taken]:
        """The SMTP server's ledger since the story began."""
        return self.town.taken()[self._taken_from :]

    def _letters(self) -> Counter[tuple[str, str]]:
        """(recipient, Message-ID) of every mail the mail server took."""
        found: Counter[tuple[str, str]] = Counter()
        for mail in self.letters():
            name = str(message_from_bytes(mail.raw, policy=policy.default)["Message-ID"])
            found.update((to, name) for to in mail.recipients)
        return found

    def _judge_requests(self, conn: sqlite3.Connection) -> None:
        sources = Counter(row["source"] for row in conn.execute("SELECT source FROM requests"))
        assert sources == Counter(mail=1, mqtt=len(self.jobs)), f"requests lost or doubled: {sources}"
        known = {row["job"]: row["number"] for row in conn.execute("SELECT job, number FROM requests WHERE job <> ''")}
        for name, receipts in self.receipts.items():
            assert {receipt["request"] for receipt in receipts} == {known.get(name)}, f"{name}: {receipts} {known}"
            words = Counter(receipt["result"] for receipt in receipts)
            assert words["accepted"] <= 1 + self.home.lives, words
            assert set(words) <= {"accepted", "duplicate"}, words
        approvals = conn.execute("SELECT person FROM decisions WHERE verdict = 'approve'").fetchall()
        assert sorted(row["person"] for row in approvals) == ["ka-bpsi", "ka-upsi"], approvals

    def _judge_letters(self, conn: sqlite3.Connection, letters: Counter[tuple[str, str]], interrupted: int) -> None:
        """A request's mail goes once. One of our own may go again when nobody knows what came of it: the same mail."""
        again = 0
        for (to, _), count in letters.items():
            assert count == 1 or to not in self.wanted, f"a mail to {to} was sent twice"
            again += count - 1
        assert again <= interrupted, f"{again} of our own mails came again after {interrupted} interruptions"
        own = conn.execute(
            "SELECT n.kind, n.to_address, d.state FROM notices n LEFT JOIN deliveries d ON d.notice = n.id"
        ).fetchall()
        assert {row["state"] for row in own} <= SENT, [tuple(row) for row in own]
        by_reader = Counter(to for to, _ in letters if to not in self.wanted)
        assert by_reader == Counter(row["to_address"] for row in own), "a mail of ours is lost or doubled"

    def _judge_delivery(self, row: sqlite3.Row, got: int) -> None:
        """Sent means that all of it is there; in doubt, that nobody may say; anything else, that it is not there."""
        state, whole = row["state"], self.wanted[row["address"]]
        if state in SENT:
            assert got == whole, f"{row['address']} is {state}, but {got} of {whole} parts were taken"
        elif state != "in_doubt":
            assert got < whole, f"{row['address']} is {state}, but was taken"
            raise AssertionError(f"{row['address']} is {state}")


def is_settled(conn: sqlite3.Connection, requests: int) -> bool:
    """Whether so many requests are there, and all of them done and told of."""
    count, reported = conn.execute("SELECT count(*), count(reported_at) FROM requests").fetchone()
    waiting = conn.execute("SELECT count(*) FROM notices WHERE message_id IS NULL").fetchone()[0]
    underway = conn.execute(
        "SELECT count(*) FROM deliveries WHERE state IN ('held', 'queued', 'submitting')"
    ).fetchone()
    return bool(count == reported == requests and not waiting and not underway[0])


def _ended(life: Life) -> bool:
    if life.status() is not None:
        raise AssertionError(f"the daemon ended with {life.status()}:\n{life.said()[-4000:]}")
    return False


def _text(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    return "" if body is None else str(body.get_content())
