"""Status reports find their part, or none. Two candidates are none. Evidence settles a doubt."""

import sqlite3
from dataclasses import replace
from datetime import timedelta

import pytest

from gatewayd.core.model import DeliveryId
from gatewayd.core.outcome import Accepted, Blame, Cause, InDoubt, ReportedStatus, StatusReport
from gatewayd.core.states import DeliveryState
from gatewayd.store import deliveries, queue, tracking
from gatewayd.store.database import Database
from tests.fakes.requests import NOW, new_request, number
from tests.store.test_queue import GSM1, claim, ended, store

SIM = GSM1.sim
SILENCE = Cause("timeout", "no answer", Blame.DEVICE)
REPORT = StatusReport("gsm1", SIM, 7, number(1), NOW, NOW, ReportedStatus.DELIVERED, 0)


async def sent(db: Database, *references: int | None, count: int | None = None, parts: int = 1) -> int:
    """A request whose parts were accepted under these references (None: in doubt). Returns its id."""
    request = await db.run(store, new_request(count=count or len(references), parts=parts, text="x" * 150 * parts))
    before = None
    for reference in references:
        claimed = await claim(db, before)
        before = ended(claimed, InDoubt(SILENCE) if reference is None else Accepted(reference))
    assert before is not None
    await db.run(queue.finish, before)
    return request


async def counts(db: Database, request: int) -> dict[DeliveryState, int]:
    return await db.run(deliveries.counts, request)  # type: ignore[arg-type]


async def test_a_report_delivers_its_message(db: Database) -> None:
    request = await sent(db, 7)
    matched = await db.run(tracking.take_report, REPORT, NOW)
    assert matched is not None
    assert matched.state is DeliveryState.DELIVERED
    assert await counts(db, request) == {DeliveryState.DELIVERED: 1}


@pytest.mark.parametrize(
    "report",
    [
        pytest.param(replace(REPORT, reference=8), id="another reference"),
        pytest.param(replace(REPORT, recipient=number(2)), id="another recipient"),
        pytest.param(replace(REPORT, sim="510990000000009"), id="another SIM"),
        pytest.param(replace(REPORT, modem="gsm2"), id="another modem"),
        pytest.param(replace(REPORT, submitted_at=NOW + timedelta(hours=3)), id="another time: the reference wrapped"),
    ],
)
async def test_a_report_about_something_else_marks_nothing(db: Database, report: StatusReport) -> None:
    request = await sent(db, 7)
    assert await db.run(tracking.take_report, report, NOW) is None
    assert await counts(db, request) == {DeliveryState.ACCEPTED: 1}


@pytest.mark.parametrize("recipient", ["081200000001", "81200000001", "6281200000001", "+6281200000001"])
async def test_reports_may_carry_the_national_form(db: Database, recipient: str) -> None:
    await sent(db, 7)
    assert await db.run(tracking.take_report, replace(REPORT, recipient=recipient), NOW) is not None


async def test_two_candidates_are_no_match(db: Database) -> None:
    first = await sent(db, 7)
    second = await sent(db, 7)
    assert await db.run(tracking.take_report, REPORT, NOW) is None
    assert await counts(db, first) == await counts(db, second) == {DeliveryState.ACCEPTED: 1}


async def test_long_message_is_delivered_with_its_last_part(db: Database) -> None:
    request = await sent(db, 7, 8, count=1, parts=2)
    await db.run(tracking.take_report, REPORT, NOW)
    assert await counts(db, request) == {DeliveryState.ACCEPTED: 1}
    await db.run(tracking.take_report, replace(REPORT, reference=8), NOW)
    assert await counts(db, request) == {DeliveryState.DELIVERED: 1}


async def test_one_failed_part_fails_the_message(db: Database) -> None:
    request = await sent(db, 7, 8, count=1, parts=2)
    await db.run(tracking.take_report, replace(REPORT, status=ReportedStatus.FAILED, tp_status=0x43), NOW)
    await db.run(tracking.take_report, replace(REPORT, reference=8), NOW)
    assert await counts(db, request) == {DeliveryState.FAILED: 1}


async def test_still_trying_changes_nothing_and_the_final_word_counts(db: Database) -> None:
    request = await sent(db, 7)
    await db.run(tracking.take_report, replace(REPORT, status=ReportedStatus.PENDING, tp_status=0x30), NOW)
    assert await counts(db, request) == {DeliveryState.ACCEPTED: 1}
    await db.run(tracking.take_report, REPORT, NOW)
    assert await counts(db, request) == {DeliveryState.DELIVERED: 1}


async def test_evidence_settles_a_doubt(db: Database) -> None:
    request = await sent(db, None)
    assert await counts(db, request) == {DeliveryState.IN_DOUBT: 1}
    await db.run(tracking.take_report, REPORT, NOW)
    assert await counts(db, request) == {DeliveryState.DELIVERED: 1}


async def test_an_exact_reference_wins_over_a_doubt(db: Database) -> None:
    doubted = await sent(db, None)
    known = await sent(db, 7)
    await db.run(tracking.take_report, REPORT, NOW)
    assert await counts(db, doubted) == {DeliveryState.IN_DOUBT: 1}
    assert await counts(db, known) == {DeliveryState.DELIVERED: 1}


async def test_two_doubts_to_one_number_stay_doubts(db: Database) -> None:
    requests = [await sent(db, None), await sent(db, None)]
    assert await db.run(tracking.take_report, REPORT, NOW) is None
    assert [await counts(db, request) for request in requests] == [{DeliveryState.IN_DOUBT: 1}] * 2


async def test_a_settled_part_lets_the_rest_of_a_long_message_go_on(db: Database) -> None:
    request = await sent(db, None, count=1, parts=2)
    await db.run(tracking.take_report, REPORT, NOW)
    assert await counts(db, request) == {DeliveryState.QUEUED: 1}
    assert (await claim(db)).part == 2


async def test_a_report_before_the_answer_is_kept_and_matched(db: Database) -> None:
    await db.run(store, new_request(count=1))
    claimed = await claim(db)
    assert await db.run(tracking.take_report, REPORT, NOW) is None
    await db.run(queue.finish, ended(claimed, Accepted(7)))
    matched = await db.run(tracking.match_orphans, "gsm1", 7, NOW)
    assert [match.state for match in matched] == [DeliveryState.DELIVERED]
    assert await db.run(tracking.match_orphans, "gsm1", 7, NOW) == []


async def test_a_late_report_corrects_unknown(db: Database) -> None:
    request = await sent(db, 7)
    assert await db.run(tracking.wait_over, request, NOW, NOW + timedelta(days=1)) == 1
    assert await counts(db, request) == {DeliveryState.UNDELIVERED_UNKNOWN: 1}
    await db.run(tracking.take_report, REPORT, NOW)
    assert await counts(db, request) == {DeliveryState.DELIVERED: 1}


async def test_a_doubt_keeps_a_request_open_for_the_waiting_time(db: Database) -> None:
    request = await sent(db, None)
    assert await db.run(tracking.unsettled, request, NOW - timedelta(hours=1)) == 1
    assert await db.run(tracking.unsettled, request, NOW) == 0


async def test_a_report_that_comes_again_is_not_given_to_a_doubt(db: Database) -> None:
    doubted = await sent(db, None)
    known = await sent(db, 7)
    for word in (ReportedStatus.DELIVERED, ReportedStatus.DELIVERED, ReportedStatus.PENDING):
        await db.run(tracking.take_report, replace(REPORT, status=word), NOW)
    assert await counts(db, doubted) == {DeliveryState.IN_DOUBT: 1}
    assert await counts(db, known) == {DeliveryState.DELIVERED: 1}


@pytest.mark.parametrize("first", [ReportedStatus.FAILED, ReportedStatus.EXPIRED])
async def test_a_late_delivered_corrects_a_failure_and_nothing_takes_it_back(
    db: Database, first: ReportedStatus
) -> None:
    request = await sent(db, 7)
    for word in (first, ReportedStatus.DELIVERED, first):
        await db.run(tracking.take_report, replace(REPORT, status=word, tp_status=0x46), NOW)
    assert await counts(db, request) == {DeliveryState.DELIVERED: 1}


async def test_a_report_that_comes_before_its_answer_is_not_given_to_a_doubt(db: Database) -> None:
    doubted = await sent(db, None)
    later = await db.run(store, new_request(count=1))
    claimed = await claim(db)
    assert await db.run(tracking.take_report, REPORT, NOW) is None
    await db.run(queue.finish, ended(claimed, Accepted(7)))
    await db.run(tracking.match_orphans, "gsm1", 7, NOW)
    assert await counts(db, doubted) == {DeliveryState.IN_DOUBT: 1}
    assert await counts(db, later) == {DeliveryState.DELIVERED: 1}


@pytest.mark.parametrize("word", list(ReportedStatus))
@pytest.mark.parametrize("state", list(DeliveryState))
@pytest.mark.parametrize(("reference", "parts"), [(7, 1), (None, 1), (7, 2), (None, 2)])
async def test_no_report_in_any_state_is_a_bug(
    db: Database, state: DeliveryState, word: ReportedStatus, reference: int | None, parts: int
) -> None:
    request = await sent(db, reference, count=1, parts=parts)
    await db.run(_force, state)
    await db.run(tracking.take_report, replace(REPORT, status=word), NOW)
    after = await counts(db, request)
    if state in (DeliveryState.DELIVERED, DeliveryState.CANCELLED, DeliveryState.SUBMITTING):
        assert after == {state: 1}
    assert sum(after.values()) == 1


@pytest.mark.parametrize("state", list(DeliveryState))
@pytest.mark.parametrize("parts", [1, 2])
async def test_no_late_answer_in_any_state_is_a_bug(db: Database, state: DeliveryState, parts: int) -> None:
    request = await sent(db, None, count=1, parts=parts)
    delivery = await db.run(_only)
    await db.run(_force, state)
    settled = await db.run(tracking.late_answer, delivery, 1, 1, 9, NOW)
    assert settled is not None
    after = await counts(db, request)
    expected = {DeliveryState.IN_DOUBT: DeliveryState.ACCEPTED if parts == 1 else DeliveryState.QUEUED}
    if parts == 1:
        expected |= dict.fromkeys((DeliveryState.QUEUED, DeliveryState.HELD), DeliveryState.ACCEPTED)
    assert after == {expected.get(state, state): 1}


async def test_a_late_answer_to_a_part_not_yet_written_down_is_told_again(db: Database) -> None:
    await db.run(store, new_request(count=1))
    claimed = await claim(db)
    assert await db.run(tracking.late_answer, claimed.delivery, 1, 1, 9, NOW) is None


async def test_a_failed_first_part_ends_a_message_whose_rest_is_queued(db: Database) -> None:
    request = await sent(db, 7, count=1, parts=2)
    assert await counts(db, request) == {DeliveryState.QUEUED: 1}
    await db.run(tracking.take_report, replace(REPORT, status=ReportedStatus.FAILED, tp_status=0x43), NOW)
    assert await counts(db, request) == {DeliveryState.FAILED: 1}


def _force(conn: sqlite3.Connection, state: DeliveryState) -> None:
    conn.execute("UPDATE deliveries SET state = ?", (state,))


def _only(conn: sqlite3.Connection) -> DeliveryId:
    return DeliveryId(conn.execute("SELECT id FROM deliveries").fetchone()[0])
