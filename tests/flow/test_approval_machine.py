"""Forms, corrections, replies, forwards, deputies, crashes, changed settings in any order: nothing unapproved leaves.

The oracle knows only what people said and meant, by the bytes of their mails: who, from a proven address of his own,
to a question that was mailed to him, about which content. Whenever messages are queued, there must be a different
entitled person for each step who meant exactly this content; and what is queued must be that content.
CI does 5,000 steps with a fixed seed, `./scripts/soak approval` 100,000 with any.
"""

import logging
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import product
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
import structlog
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from gatewayd.config import Settings
from gatewayd.config.load import parse
from gatewayd.core.approval import Verdict
from gatewayd.core.model import RequestId
from gatewayd.core.request import Message, digest
from tests.fakes.requests import NOW
from tests.flow.conftest import raw_settings
from tests.rigs.front_desk import Asked, FrontDesk

STEPS: Final = int(os.environ.get("GATEWAYD_SOAK_STEPS", "5000"))
LENGTH: Final = 50
ZONE: Final = ZoneInfo("Asia/Jakarta")
ADDRESSES: Final = {
    "rina": ("ka.upsi@kampus.example", "rina@kampus.example"),
    "andi": ("ka.bpsi@kampus.example",),
    "wakil": ("wakil@kampus.example",),
    "siti": ("siti@kampus.example",),
}
UNIT: Final = "baa@kampus.example"
STRANGER: Final = "orang@luar.example"
SENDERS: Final = (*(address for own in ADDRESSES.values() for address in own), UNIT, STRANGER)
OS_USERS: Final = {"rina": "rina", "operator:tamu": "tamu"}
YES: Final = ("SETUJU", "Acc, silakan diproses.", "Ok setuju", "disetujui\n\nTerima kasih,\nRina")
NO: Final = ("TOLAK isi keliru", "Belum dapat disetujui, tanggalnya salah", "Tidak setuju")
VAGUE: Final = ("Terima kasih, saya baca dulu.", "Setuju atau tidak, nanti saya kabari", "Mohon ditunggu")
TEXTS: Final = ("Kuliah libur Senin", "Kuliah pindah ke Aula", "Rapat pukul 09.00")
FIRST, LAST = date(2026, 11, 24), date(2026, 11, 26)

#: What became of all requests of the run: a machine that approves nothing shows nothing.
SEEN: Counter[str] = Counter()


def variants(folder: Path) -> list[Settings]:
    """Settings in every combination of order, own form, small requests and deputies."""
    found = []
    for order, own_form, small, deputies in product(("sequence", "parallel"), (False, True), (0, 1), (False, True)):
        raw = raw_settings(folder)
        raw["people"] = [
            {
                "id": id_,
                "name": f"{id_.title()} Contoh",
                "addresses": list(own),
                "os_user": id_ if id_ == "rina" else "",
            }
            for id_, own in ADDRESSES.items()
        ]
        raw["approval"] = {
            "steps": [
                {"name": "Ka. UPSI", "people": ["rina", "wakil"]}, {"name": "Ka. BPSI", "people": ["andi", "wakil"]},
            ],
            "order": order, "own_form": own_form, "small_recipients": small, "small_step": "Ka. BPSI",
            "deputies": [
                {"person": "siti", "in_place_of": who, "first_day": FIRST, "last_day": LAST}
                for who in ("rina", "andi") if deputies
            ],
        }  # fmt: skip
        raw["sending"] |= {"per_recipient_hour": 1000, "per_recipient_day": 1000}
        found.append(parse(raw, "test"))
    return found


@dataclass(frozen=True, slots=True)
class Meant:
    """Somebody, certainly himself, decided on this content for a step on a day; `own_form` by sending the form."""

    person: str
    request: RequestId
    step: int | None
    digest: bytes
    day: date
    own_form: bool = False
    verdict: Verdict = Verdict.APPROVE


def owner(address: str) -> str:
    return next((person for person, own in ADDRESSES.items() if address in own), "")


def mail(number: int, sender: str, subject: str, text: str, *, answers: str = "", proven: bool = True) -> bytes:
    """A mail as the mailbox gets it."""
    domain = sender.rpartition("@")[2]
    server = "mail.kampus.example" if proven else "mail.luar.example"
    return (
        f"Authentication-Results: {server}; dmarc=pass header.from={domain}\r\nFrom: {sender}\r\n"
        f"To: pesan@kampus.example\r\nSubject: {subject}\r\nMessage-ID: <{number}@{domain}>\r\n"
        + (f"In-Reply-To: {answers}\r\n" if answers else "")
        + f"\r\n{text}\r\n"
    ).encode()


def form(text: str, count: int) -> str:
    numbers = "\r\n".join(f"08120000{row:04d}" for row in range(101, 101 + count))
    return (
        "NAMA UNIT: BAA\r\nNAMA LENGKAP: Budi Contoh\r\nSMS MASSAL: [x] LAINNYA\r\n"
        f'KETERANGAN: isi: "{text}"\r\nPENERIMA:\r\n{numbers}'
    )


class Approvals(RuleBasedStateMachine):
    settings_of_run: tuple[Settings, ...] = ()

    def __init__(self) -> None:
        super().__init__()
        self.desk = FrontDesk(self.settings_of_run[0], NOW)
        self.asked: list[Asked] = []
        self.meant: list[Meant] = []
        self.mails: list[bytes] = []
        self.decided = 0
        self.queued: dict[RequestId, bytes] = {}

    @initialize(variant=st.integers(0, 15))
    def begin(self, variant: int) -> None:
        self.desk.change(self.settings_of_run[variant])

    def today(self) -> date:
        return self.desk.now.astimezone(ZONE).date()

    def send(self, sender: str, subject: str, text: str, *, answers: str = "", proven: bool = True, crash: int) -> None:
        raw = mail(len(self.mails), sender, subject, text, answers=answers, proven=proven)
        self.mails.append(raw)
        self.desk.receive(raw, fail_in=crash)

    CRASH = st.sampled_from([-1, -1, -1, -1, 0, 1, 2, 3])

    @rule(sender=st.sampled_from(SENDERS), text=st.sampled_from(TEXTS), count=st.integers(1, 3), crash=CRASH)
    def ask(self, sender: str, text: str, count: int, crash: int) -> None:
        """A form of the unit, or one that somebody who decides sends himself."""
        self.send_form(sender, "Permohonan", form(text, count), crash)

    def send_form(self, sender: str, subject: str, content: str, crash: int) -> None:
        """A form of somebody who decides may be his word on whatever request it made or changed."""
        before = {request.id: request.digest for request in self.desk.requests()}
        self.send(sender, subject, content, crash=crash)
        for request in self.desk.requests():
            if owner(sender) and before.get(request.id) != request.digest:
                self.meant.append(Meant(owner(sender), request.id, None, request.digest, self.today(), own_form=True))

    @precondition(lambda self: self.desk.requests())
    @rule(
        data=st.data(), sender=st.sampled_from([UNIT, UNIT, *SENDERS]), text=st.sampled_from(TEXTS),
        count=st.sampled_from([0, 0, 1, 2]), crash=CRASH,
    )  # fmt: skip
    def correct(self, data: st.DataObject, sender: str, text: str, count: int, crash: int) -> None:
        """A reply with another text, maybe another list."""
        request = data.draw(st.sampled_from(self.desk.requests()))
        content = form(text, count) if count else f'KETERANGAN: isi: "{text}"'
        self.send_form(sender, f"Re: [{request.number}] Permohonan", content, crash)

    @rule(crash=CRASH)
    def round(self, crash: int) -> None:
        self.desk.round(fail_in=crash)

    @rule()
    def compose(self) -> None:
        self.asked += self.desk.compose()

    @precondition(lambda self: self.asked)
    @rule(
        data=st.data(), text=st.sampled_from(YES * 3 + NO + VAGUE), proven=st.sampled_from([True, True, True, False]),
        by_subject=st.booleans(), crash=CRASH,
    )  # fmt: skip
    def answer(self, data: st.DataObject, text: str, proven: bool, by_subject: bool, crash: int) -> None:
        """A reply to a question: mostly by whom it was sent to, sometimes by whom it was forwarded to."""
        asked = data.draw(st.sampled_from(self.asked))
        senders = [*ADDRESSES[asked.person] * 4, *SENDERS]
        self.reply(asked, data.draw(st.sampled_from(senders)), text, proven, by_subject, crash)

    def reply(self, asked: Asked, sender: str, text: str, proven: bool, by_subject: bool, crash: int) -> None:
        if text not in VAGUE and proven and owner(sender) == asked.person:
            verdict = Verdict.APPROVE if text in YES else Verdict.REJECT
            meant = Meant(asked.person, asked.request, asked.step, asked.digest, self.today(), verdict=verdict)
            self.meant.append(meant)
        subject = f"Re: [{asked.number}] Persetujuan" if by_subject else "Re: Persetujuan"
        quoted = f"{text}\r\n\r\n> Kode: {asked.token}\r\n"
        self.send(sender, subject, quoted, answers=asked.message_id, proven=proven, crash=crash)

    @rule(crash=CRASH, last=st.sampled_from([YES[0]] * 5 + [NO[0]]))
    def all_agree(self, crash: int, last: str) -> None:
        """Everybody who was asked of late says yes, maybe but the last: else chance would hardly ever approve."""
        self.desk.round()
        self.compose()
        lately = self.asked[-3:]
        for asked, text in zip(lately, [*[YES[0]] * (len(lately) - 1), last], strict=False):
            self.reply(asked, ADDRESSES[asked.person][0], text, True, True, crash)

    @precondition(lambda self: len(self.asked) > 1)
    @rule(data=st.data(), sender=st.sampled_from(SENDERS))
    def answer_two(self, data: st.DataObject, sender: str) -> None:
        """One reply with the codes of two questions: meant for whichever, it must not be guessed."""
        first, second = (data.draw(st.sampled_from(self.asked)) for _ in range(2))
        for asked in (first, second):
            if first.request == second.request and owner(sender) == asked.person:
                self.meant.append(Meant(asked.person, asked.request, asked.step, asked.digest, self.today()))
        text = f"SETUJU\r\n\r\n> Kode: {first.token}\r\n> Kode: {second.token}\r\n"
        self.send(sender, "Re: Persetujuan", text, answers=first.message_id, crash=-1)

    @precondition(lambda self: self.mails)
    @rule(data=st.data())
    def deliver_again(self, data: st.DataObject) -> None:
        """The mailbox offers a mail again; or the sender's server sent it twice, with another trace."""
        raw = data.draw(st.sampled_from(self.mails))
        trace = data.draw(st.sampled_from([b"", b"X-Trace: 2\r\n"]))
        self.desk.receive(raw.replace(b"To: pesan", trace + b"To: pesan", 1))

    @precondition(lambda self: self.desk.requests())
    @rule(
        data=st.data(),
        person=st.sampled_from(sorted(OS_USERS)),
        verdict=st.sampled_from([Verdict.APPROVE] * 3 + [Verdict.REJECT]),
    )
    def operate(self, data: st.DataObject, person: str, verdict: Verdict) -> None:
        request = data.draw(st.sampled_from(self.desk.requests()))
        if self.desk.operate(request.id, verdict, OS_USERS[person]):
            self.meant.append(Meant(person, request.id, None, request.digest, self.today(), verdict=verdict))

    @precondition(lambda self: self.desk.requests())
    @rule(data=st.data(), sender=st.sampled_from(SENDERS))
    def cancel(self, data: st.DataObject, sender: str) -> None:
        request = data.draw(st.sampled_from(self.desk.requests()))
        self.send(sender, f"Re: [{request.number}] Permohonan", "BATAL", crash=-1)

    @rule(hours=st.sampled_from([1, 5, 24, 24, 200]))
    def wait(self, hours: int) -> None:
        self.desk.pass_time(timedelta(hours=hours))

    @rule(variant=st.integers(0, 15))
    def change_settings(self, variant: int) -> None:
        self.desk.change(self.settings_of_run[variant])

    @invariant()
    def nothing_is_decided_that_nobody_meant(self) -> None:
        rows = self.desk.conn.execute("SELECT * FROM decisions WHERE id > ? ORDER BY id", (self.decided,)).fetchall()
        for row in rows:
            self.decided = row["id"]
            said = (row["person"], row["request"], row["digest"], row["verdict"], row["via"] == "form")
            assert any(
                (one.person, one.request, one.digest, one.verdict, one.own_form) == said
                and one.step in (None, row["step"])
                for one in self.meant
            ), f"nobody meant {said}"  # fmt: skip

    @invariant()
    def nothing_unapproved_leaves(self) -> None:
        SEEN["steps"] += 1
        for request in self.desk.requests():
            rows = self.desk.conn.execute(
                "SELECT address, text, state FROM deliveries WHERE request = ? AND kind = 'message'", (request.id,)
            ).fetchall()
            is_queued = request.approved_at is not None or any(row["state"] == "queued" for row in rows)
            if not is_queued:
                continue
            if request.id not in self.queued:
                self.queued[request.id] = request.digest
                SEEN["approved"] += 1
                assert self._is_allowed(request.id), f"{request.number} was queued without the right decisions"
            assert request.digest == self.queued[request.id], f"{request.number} changed after it was approved"
            assert self._content(request.id, rows) == request.digest, f"{request.number}: other rows than decided on"

    def _content(self, request_id: RequestId, rows: list[Any]) -> bytes:
        request = self.desk.request(request_id)
        messages = (Message(0, row["address"], "", {}, row["text"], 1) for row in rows)
        return digest(
            channel=request.channel, subject=request.subject, text=request.text, priority=request.priority,
            send_after=request.send_after, applicant=request.applicant, messages=messages,
        )  # fmt: skip

    def _is_allowed(self, request_id: RequestId) -> bool:
        """Whether different entitled people meant this content, one a step."""
        request, approval = self.desk.request(request_id), self.desk.ctx.settings.approval
        small = request.recipients <= approval.small_recipients
        wanted = [place for place, step in enumerate(approval.steps) if not small or step.name == approval.small_step]
        meant = [
            one for one in self.meant
            if one.request == request_id and one.digest == request.digest and one.verdict is Verdict.APPROVE
        ]  # fmt: skip
        able = [{one.person for one in meant if self._may(one, step)} for step in wanted]
        return any(len(set(choice)) == len(wanted) for choice in product(*able))

    def _may(self, one: Meant, step: int) -> bool:
        approval = self.desk.ctx.settings.approval
        people = set(approval.steps[step].people)
        people |= {
            d.person for d in approval.deputies if d.in_place_of in people and d.first_day <= one.day <= d.last_day
        }
        is_applicant = one.person == self.desk.request(one.request).applicant.person
        if one.own_form:
            return approval.own_form and is_applicant and one.person in people
        is_right = one.person in people or one.person.startswith("operator:")
        return one.step in (None, step) and is_right and not is_applicant

    def teardown(self) -> None:
        SEEN.update(request.closed_as or "open" for request in self.desk.requests())
        self.desk.close()


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    before = structlog.get_config()
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL), cache_logger_on_first_use=False
    )
    yield
    structlog.configure(**before)


@pytest.mark.timeout(0)
def test_nothing_leaves_without_the_right_decisions_on_its_content(tmp_path: Path) -> None:
    Approvals.settings_of_run = tuple(variants(tmp_path))
    SEEN.clear()
    seeded = "GATEWAYD_SOAK_STEPS" not in os.environ
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Approvals,
        settings=settings(
            max_examples=STEPS * 3 // (2 * LENGTH), stateful_step_count=LENGTH, deadline=None, derandomize=seeded,
            suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip
    assert SEEN["steps"] >= STEPS, SEEN
    assert SEEN["approved"] >= STEPS // 200, SEEN
    assert all(SEEN[ended] for ended in ("rejected", "cancelled", "expired")), SEEN
