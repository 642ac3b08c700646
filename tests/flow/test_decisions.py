"""From a stored request to queued deliveries: who is asked, whose word counts, who hears of it."""

import io
import sqlite3
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from gatewayd.core.approval import Verdict
from gatewayd.core.model import Applicant, RequestId
from gatewayd.core.request import Request
from gatewayd.core.states import DeliveryState
from gatewayd.stages import approve, decide
from gatewayd.stages.accept import MailDesk
from gatewayd.stages.context import Context
from gatewayd.stages.correspond import Correspondence, effect
from gatewayd.stages.decide import Decided, MailProof, NotDecided
from gatewayd.store import approvals, deliveries, notices, requests
from gatewayd.wire.mailvalues import ReadMail, Reply
from tests.fakes.requests import APPLICANT, NOW, new_request
from tests.flow.conftest import SettableTime
from tests.flow.test_mails import FORM, mail
from tests.store.test_queue import store

S = DeliveryState
TOKENS = {"rina": "A" * 32, "andi": "B" * 32, "siti": "D" * 32}
ADDRESS = {"rina": "ka.upsi@kampus.example", "andi": "ka.bpsi@kampus.example"}


async def waiting(ctx: Context, **changes: Any) -> RequestId:
    return await ctx.db.run(store, new_request(**changes), queued=False)


async def move(ctx: Context, request: RequestId) -> Request:
    """One round of the approve stage."""
    await ctx.db.run(approve._move, ctx, request, ctx.clock.now())
    return await ctx.db.run(requests.get, request)


async def asked(ctx: Context, request: RequestId, kind: str = "approval") -> list[str]:
    return [notice.to_address for notice, _ in await ctx.db.run(notices.states, request, kind)]


async def give_token(ctx: Context, request: RequestId, step: int, person: str) -> None:
    """What composing the question does."""

    def keep(conn: sqlite3.Connection) -> None:
        digest = requests.get(conn, request).digest
        hash_ = decide.token_hash(TOKENS[person])
        approvals.add_token(conn, hash_, request, step, person, digest, NOW + timedelta(days=7))

    await ctx.db.run(keep)


async def reply(
    ctx: Context, person: str, verdict: Verdict = Verdict.APPROVE, *, sender: str = "", at: datetime = NOW
) -> Decided | NotDecided:
    proof = MailProof(sender or ADDRESS[person], "dmarc=pass", 0)
    return await ctx.db.run(decide.by_mail, ctx, TOKENS[person], verdict, "alasan", proof, at)


async def test_two_approvals_queue_everything(ctx: Context) -> None:
    request = await waiting(ctx)
    for step, person in enumerate(("rina", "andi")):
        await move(ctx, request)
        await give_token(ctx, request, step, person)
        assert isinstance(await reply(ctx, person), Decided)
    assert await asked(ctx, request) == [ADDRESS["rina"], ADDRESS["andi"]]
    assert await ctx.db.run(deliveries.counts, request) == {S.HELD: 2}
    assert (await move(ctx, request)).approved_at is not None
    assert await ctx.db.run(deliveries.counts, request) == {S.QUEUED: 2}


async def test_each_person_is_asked_once_and_reminded_once(ctx: Context, time: SettableTime) -> None:
    request = await waiting(ctx)
    for hours in (0, 1, 23, 25, 26, 60):
        time.now = NOW + timedelta(hours=hours)
        await move(ctx, request)
    assert await asked(ctx, request) == [ADDRESS["rina"]] * 2


async def test_a_correction_asks_again(ctx: Context) -> None:
    request = await waiting(ctx)
    await move(ctx, request)
    await ctx.db.run(requests.replace, request, new_request(text="Teks lain"), NOW)
    await move(ctx, request)
    assert await asked(ctx, request) == [ADDRESS["rina"]] * 2


async def test_everybody_involved_hears_of_a_decision(ctx: Context) -> None:
    request = await waiting(ctx)
    await give_token(ctx, request, 0, "rina")
    await reply(ctx, "rina")
    assert set(await asked(ctx, request, "decision")) == {APPLICANT.address, *ADDRESS.values()}


async def test_a_refusal_ends_it_and_nothing_leaves(ctx: Context) -> None:
    request = await waiting(ctx)
    await give_token(ctx, request, 0, "rina")
    await reply(ctx, "rina", Verdict.REJECT)
    found = await move(ctx, request)
    assert (found.closed_as, found.close_reason) == ("rejected", "alasan")
    assert await ctx.db.run(deliveries.counts, request) == {S.CANCELLED: 2}


async def test_a_token_counts_once(ctx: Context) -> None:
    request = await waiting(ctx)
    await give_token(ctx, request, 0, "rina")
    await reply(ctx, "rina")
    assert await reply(ctx, "rina") == NotDecided("token.used", request, "UPSI-2026-000001")
    assert len(await ctx.db.run(approvals.decisions, request)) == 1


@pytest.mark.parametrize("sender", ["ka.bpsi@kampus.example", "baa@kampus.example", "ka.upsi@kampus.example.evil"])
async def test_a_token_counts_for_its_person_only_and_is_not_spent_by_others(ctx: Context, sender: str) -> None:
    request = await waiting(ctx)
    await give_token(ctx, request, 0, "rina")
    assert await reply(ctx, "rina", sender=sender) == NotDecided("token.wrong_person", request, "UPSI-2026-000001")
    assert isinstance(await reply(ctx, "rina"), Decided)


async def test_a_token_dies_with_the_text_it_was_made_for(ctx: Context) -> None:
    request = await waiting(ctx)
    await give_token(ctx, request, 0, "rina")
    await ctx.db.run(requests.replace, request, new_request(text="Teks lain"), NOW)
    assert await reply(ctx, "rina") == NotDecided("token.changed", request, "UPSI-2026-000001")


async def test_an_approval_does_not_outlive_a_changed_list(ctx: Context) -> None:
    request = await waiting(ctx)
    for step, person in enumerate(("rina", "andi")):
        await give_token(ctx, request, step, person)
        await reply(ctx, person)
    await ctx.db.run(requests.replace, request, new_request(count=3), NOW)
    assert (await move(ctx, request)).approved_at is None
    assert await ctx.db.run(deliveries.counts, request) == {S.HELD: 3}


async def test_a_token_is_over_after_its_time(ctx: Context) -> None:
    request = await waiting(ctx)
    await give_token(ctx, request, 0, "rina")
    late = NOW + timedelta(days=8)
    assert await reply(ctx, "rina", at=late) == NotDecided("token.expired", request, "UPSI-2026-000001")


async def test_an_unknown_token_is_nothing(ctx: Context) -> None:
    assert await reply(ctx, "rina") == NotDecided("token.unknown")


async def test_nobody_approves_his_own_request(ctx: Context) -> None:
    own = replace(APPLICANT, address=ADDRESS["rina"], person="rina")
    request = await waiting(ctx, applicant=own)
    await move(ctx, request)
    assert await asked(ctx, request) == []
    assert await asked(ctx, request, "alarm") == ["staf@kampus.example"]
    await give_token(ctx, request, 0, "rina")
    assert await reply(ctx, "rina") == NotDecided("decision.own_request", request, "UPSI-2026-000001")


async def test_nobody_decides_in_time(ctx: Context, time: SettableTime) -> None:
    request = await waiting(ctx)
    time.now = NOW + timedelta(days=8)
    assert (await move(ctx, request)).closed_as == "expired"
    assert await ctx.db.run(deliveries.counts, request) == {S.EXPIRED: 2}


async def test_a_preapproved_job_asks_nobody(ctx: Context) -> None:
    request = await waiting(ctx, client="siakad", job="j-1", preapproved="policy:siakad")
    await move(ctx, request)
    assert await asked(ctx, request) == []
    assert await ctx.db.run(deliveries.counts, request) == {S.QUEUED: 2}


async def by_cli(ctx: Context, request: RequestId, user: str, verdict: Verdict = Verdict.APPROVE) -> str:
    found = await ctx.db.run(requests.get, request)
    done = await ctx.db.run(decide.by_operator, ctx, found, verdict, "", user, NOW)
    return done.problem if isinstance(done, NotDecided) else "decided"


async def test_an_operator_decides_one_step_not_two(ctx: Context) -> None:
    request = await waiting(ctx)
    assert await by_cli(ctx, request, "budi") == "decided"
    assert await by_cli(ctx, request, "budi") == "decision.not_yours"
    assert await by_cli(ctx, request, "siti") == "decided"
    assert (await move(ctx, request)).approved_at is not None


async def test_an_operator_does_not_decide_on_what_he_sent(ctx: Context) -> None:
    request = await waiting(ctx, applicant=Applicant("UPSI", "budi", "os:budi", person="operator:budi"))
    assert await by_cli(ctx, request, "budi") == "decision.own_request"
    assert await by_cli(ctx, request, "siti") == "decided"


async def test_what_is_sent_stays_sent_when_a_request_is_cancelled(ctx: Context) -> None:
    request = await ctx.db.run(store, new_request(count=3))

    def accept_one(conn: sqlite3.Connection) -> None:
        conn.execute("UPDATE deliveries SET state = 'accepted', accepted_at = 1 WHERE id = 1")

    await ctx.db.run(accept_one)
    found = await ctx.db.run(requests.get, request)
    assert await ctx.db.run(decide.cancel, ctx, found, "rina", "salah", "mail", NOW) == 2
    assert await ctx.db.run(deliveries.counts, request) == {S.ACCEPTED: 1, S.CANCELLED: 2}
    assert (await ctx.db.run(requests.get, request)).reported_at is None
    assert await ctx.db.run(decide.cancel, ctx, found, "rina", "salah", "mail", NOW) is None


async def test_a_second_question_is_not_counted_after_the_first(ctx: Context) -> None:
    request = await waiting(ctx)
    await give_token(ctx, request, 0, "rina")
    assert isinstance(await reply(ctx, "rina"), Decided)
    await ctx.db.run(_again, request)
    assert await reply(ctx, "rina") == NotDecided("request.decided", request, "UPSI-2026-000001")


def _again(conn: sqlite3.Connection, request: RequestId) -> None:
    """A reminder's token: of the same person, step and content, and not used."""
    conn.execute("UPDATE tokens SET used_at = NULL WHERE request = ?", (request,))


async def test_an_operator_decides_a_step_whose_only_person_asks_himself(ctx: Context) -> None:
    request = await waiting(ctx, applicant=replace(APPLICANT, person="rina"))
    stored = await ctx.db.run(requests.get, request)
    done = await ctx.db.run(decide.by_operator, ctx, stored, Verdict.APPROVE, "", "root", NOW)
    assert isinstance(done, Decided)
    await move(ctx, request)
    assert await asked(ctx, request) == [ADDRESS["andi"]]


async def test_of_a_questions_message_id_only_the_hash_is_kept(ctx: Context) -> None:
    request = await waiting(ctx)
    await move(ctx, request)
    (notice,) = await ctx.db.run(notices.uncomposed, NOW, 9)
    message_id = f"<gatewayd.1.{'a' * 32}@kampus.example>"
    await ctx.db.run(notices.composed, notice, message_id, io.BytesIO(b"mail"), 4)
    kept = await ctx.db.run(lambda conn: conn.execute("SELECT message_id FROM notices").fetchone()[0])
    assert "a" * 32 not in kept
    assert await ctx.db.run(notices.request_of_message_id, (message_id,)) == request


async def test_codes_of_two_requests_in_one_reply_decide_neither(ctx: Context) -> None:
    first, second = await waiting(ctx), await waiting(ctx)
    await give_token(ctx, first, 0, "rina")
    await ctx.db.run(_token_for, second)
    letter = Correspondence(
        1,
        ReadMail(
            sender=ADDRESS["rina"], authenticated=True, reply=Reply("approve"), tokens=(TOKENS["rina"], "C" * 32),
            message_id="<9@kampus.example>",
        ),
        too_big=False,
    )  # fmt: skip
    assert await ctx.db.run(effect, ctx, letter, None, NOW) == "answered.token_problem"
    assert await ctx.db.run(approvals.decisions, first) == []
    assert await ctx.db.run(approvals.decisions, second) == []


def _token_for(conn: sqlite3.Connection, request: RequestId) -> None:
    digest = requests.get(conn, request).digest
    approvals.add_token(conn, decide.token_hash("C" * 32), request, 0, "rina", digest, NOW + timedelta(days=7))


async def test_after_five_wrong_codes_an_address_is_locked_for_a_day(ctx: Context, time: SettableTime) -> None:
    request = await waiting(ctx)
    await give_token(ctx, request, 0, "rina")
    wrong = [
        await ctx.db.run(effect, ctx, answer(f"{place}" * 32, place), None, ctx.clock.now()) for place in range(2, 7)
    ]
    assert wrong == ["answered.token_problem"] * 5
    assert await ctx.db.run(effect, ctx, answer(TOKENS["rina"], 9), None, ctx.clock.now()) == "answered.token_problem"
    assert await ctx.db.run(approvals.decisions, request) == []
    time.now += timedelta(hours=25)
    assert "decision.approve" in await ctx.db.run(effect, ctx, answer(TOKENS["rina"], 10), None, ctx.clock.now())


def answer(token: str, number: int) -> Correspondence:
    read = ReadMail(
        sender=ADDRESS["rina"], authenticated=True, reply=Reply("approve"), tokens=(token,),
        message_id=f"<{number}@kampus.example>",
    )  # fmt: skip
    return Correspondence(0, read, too_big=False)


def own_form_from(person: str) -> Applicant:
    return replace(APPLICANT, address=ADDRESS[person], person=person)


@pytest.fixture
def deputy(raw: dict[str, Any]) -> None:
    raw["people"].append({"id": "siti", "name": "Siti Contoh", "addresses": ["siti@kampus.example"]})
    dates = {"first_day": date(2026, 11, 24), "last_day": date(2026, 11, 25)}
    raw["approval"]["deputies"] = [{"person": "siti", "in_place_of": "rina", **dates}]


@pytest.mark.usefixtures("deputy")
async def test_a_deputy_is_asked_when_his_days_begin_and_not_counted_when_they_are_over(
    ctx: Context, time: SettableTime
) -> None:
    request = await waiting(ctx)
    await move(ctx, request)
    assert await asked(ctx, request) == [ADDRESS["rina"]]
    time.now = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
    await move(ctx, request)
    assert await asked(ctx, request) == [ADDRESS["rina"], "siti@kampus.example"]
    await give_token(ctx, request, 0, "siti")
    late = await reply(ctx, "siti", sender="siti@kampus.example", at=datetime(2026, 11, 25, 17, 0, tzinfo=UTC))
    assert late == NotDecided("request.decided", request, "UPSI-2026-000001")
    in_time = await reply(ctx, "siti", sender="siti@kampus.example", at=datetime(2026, 11, 25, 16, 0, tzinfo=UTC))
    assert isinstance(in_time, Decided)
    await move(ctx, request)
    assert (await asked(ctx, request))[-1] == ADDRESS["andi"]


@pytest.fixture
def parallel(raw: dict[str, Any]) -> None:
    raw["approval"]["order"] = "parallel"


@pytest.mark.usefixtures("parallel")
async def test_side_by_side_both_are_asked_at_once(ctx: Context) -> None:
    request = await waiting(ctx)
    await move(ctx, request)
    assert await asked(ctx, request) == [ADDRESS["rina"], ADDRESS["andi"]]
    for step, person in ((1, "andi"), (0, "rina")):
        await give_token(ctx, request, step, person)
        assert isinstance(await reply(ctx, person), Decided)
    assert (await move(ctx, request)).approved_at is not None


@pytest.fixture
def small(raw: dict[str, Any]) -> None:
    raw["approval"] |= {"small_recipients": 2, "small_step": "Ka. BPSI"}


@pytest.mark.usefixtures("small")
async def test_a_small_request_needs_one_step_until_it_grows(ctx: Context) -> None:
    request = await waiting(ctx, count=2)
    await move(ctx, request)
    assert await asked(ctx, request) == [ADDRESS["andi"]]
    await ctx.db.run(requests.replace, request, new_request(count=3), NOW)
    await move(ctx, request)
    assert await asked(ctx, request) == [ADDRESS["andi"], ADDRESS["rina"]]


@pytest.fixture
def own_form(raw: dict[str, Any]) -> None:
    raw["approval"]["own_form"] = True


FORWARDED = FORM.replace(b"baa@kampus.example", b"ka.upsi@kampus.example")


async def accepted(ctx: Context, raw: bytes) -> Request:
    await MailDesk(ctx).accept(mail(raw))
    (found,) = await ctx.db.run(requests.all_numbers, 9)
    return found


@pytest.mark.usefixtures("own_form")
async def test_a_form_from_ka_upsi_himself_is_his_step(ctx: Context) -> None:
    request = await accepted(ctx, FORWARDED)
    assert (request.applicant.unit, request.applicant.person, request.faults) == ("BAA", "rina", ())
    (row,) = await ctx.db.run(approvals.decisions, request.id)
    assert (row.person, row.step, row.via, row.digest) == ("rina", 0, "form", request.digest)
    await move(ctx, request.id)
    assert await asked(ctx, request.id) == [ADDRESS["andi"]]


async def test_without_the_setting_his_form_is_a_request_like_any_other(ctx: Context) -> None:
    request = await accepted(ctx, FORWARDED)
    assert await ctx.db.run(approvals.decisions, request.id) == []
    await move(ctx, request.id)
    assert await asked(ctx, request.id) == []


@pytest.mark.usefixtures("own_form")
async def test_the_own_form_decides_nothing_while_it_has_faults_nor_after_a_change(ctx: Context) -> None:
    request = await accepted(ctx, FORWARDED.replace(b'isi: "Kuliah libur"', b""))
    assert request.faults
    assert await ctx.db.run(approvals.decisions, request.id) == []


async def test_who_has_got_too_much_since_is_left_out_when_the_request_is_approved(ctx: Context) -> None:
    early = await waiting(ctx, preapproved="policy:x", client="x", job="1")
    for job in ("2", "3", "4"):
        await move(ctx, await waiting(ctx, count=1, preapproved="policy:x", client="x", job=job))
    await move(ctx, early)
    rows = await ctx.db.run(deliveries.of_request, early)
    assert [(row.state, row.cause_code) for row in rows] == [(S.FAILED, "row.limit_hour"), (S.QUEUED, "")]
