"""The queue: what is claimed next, what is written before and after, what a crash leaves behind."""

import io
import sqlite3
from dataclasses import replace
from datetime import datetime, timedelta

from gatewayd.core.model import AttemptKey, Channel, DeliveryId, Priority, RequestId
from gatewayd.core.outcome import Accepted, Blame, Cause, Deferred, InDoubt, Outcome, Rejected
from gatewayd.core.retry import after
from gatewayd.core.states import DeliveryState, Event
from gatewayd.store import deliveries, notices, queue, requests
from gatewayd.store.database import Database
from gatewayd.store.queue import Claimant, Claimed, Ended
from tests.fakes.requests import NOW, new_request, number

ALL = tuple(Priority)
GSM1 = Claimant("gsm1", Channel.SMS, "510100000000001", 1, ALL)
BUSY = Cause("cms-42", "congestion", Blame.NETWORK)


def store(conn: sqlite3.Connection, new: requests.NewRequest, *, queued: bool = True) -> RequestId:
    request = requests.insert(conn, new, requests.next_number(conn, "UPSI", 2026), NOW)
    if queued:
        requests.approve(conn, request, NOW)
        deliveries.apply_all(conn, request, Event.QUEUE, NOW)
    return request


def ended(claimed: Claimed, outcome: Outcome, at: datetime = NOW) -> Ended:
    return Ended(claimed, outcome, after(outcome, tries=claimed.tries, ladder=(30.0,), now=at, resend_doubt=False), at)


async def claim(db: Database, after_: Ended | None = None, at: datetime = NOW, claimant: Claimant = GSM1) -> Claimed:
    claimed = await db.run(queue.advance, after_, claimant, at)
    assert claimed is not None
    return claimed


async def test_nothing_held_is_ever_claimed(db: Database) -> None:
    await db.run(store, new_request(), queued=False)
    assert await db.run(queue.advance, None, GSM1, NOW) is None


async def test_priority_first_then_oldest(db: Database) -> None:
    for priority in (Priority.BULK, Priority.NORMAL, Priority.URGENT, Priority.URGENT):
        await db.run(store, new_request(count=1, priority=priority))
    found = [(await claim(db)).request for _ in range(4)]
    assert found == ["UPSI-2026-000003", "UPSI-2026-000004", "UPSI-2026-000002", "UPSI-2026-000001"]


async def test_priorities_that_may_not_leave_now_stay(db: Database) -> None:
    await db.run(store, new_request(count=1))
    urgent_only = replace(GSM1, priorities=(Priority.NOTICE, Priority.URGENT))
    assert await db.run(queue.advance, None, urgent_only, NOW) is None


async def test_the_intent_is_written_with_the_claim(db: Database) -> None:
    request = await db.run(store, new_request(count=1))
    await claim(db)
    assert await db.run(deliveries.counts, request) == {DeliveryState.SUBMITTING: 1}


async def test_outcome_and_next_intent_are_one_transaction(db: Database) -> None:
    request = await db.run(store, new_request(count=2))
    first = await claim(db)
    second = await claim(db, ended(first, Accepted(7)))
    assert (first.address, second.address) == (number(1), number(2))
    assert await db.run(deliveries.counts, request) == {DeliveryState.ACCEPTED: 1, DeliveryState.SUBMITTING: 1}


async def test_long_message_goes_on_with_its_next_part_on_the_same_modem(db: Database) -> None:
    await db.run(store, new_request(count=2, parts=2, text="x" * 200))
    first = await claim(db)
    second = await claim(db, ended(first, Accepted(7)))
    third = await claim(db, ended(second, Accepted(8)))
    assert [(c.address, c.part) for c in (first, second, third)] == [(number(1), 1), (number(1), 2), (number(2), 1)]


async def test_long_message_resumes_at_the_first_part_never_accepted(db: Database) -> None:
    await db.run(store, new_request(count=1, parts=3, text="x" * 400))
    first = await claim(db)
    second = await claim(db, ended(first, Accepted(7)))
    assert await db.run(queue.advance, ended(second, Deferred(BUSY)), GSM1, NOW) is None
    again = await claim(db, at=NOW + timedelta(seconds=30))
    assert (again.part, again.attempt, again.tries) == (2, 3, 1)


async def test_deferred_waits_its_time(db: Database) -> None:
    await db.run(store, new_request(count=1))
    first = await claim(db)
    assert await db.run(queue.advance, ended(first, Deferred(BUSY)), GSM1, NOW) is None
    assert await db.run(queue.next_due, GSM1) == NOW + timedelta(seconds=30)
    assert await db.run(queue.advance, None, GSM1, NOW + timedelta(seconds=29)) is None
    await claim(db, at=NOW + timedelta(seconds=30))


UNKNOWN_NUMBER = Cause("cms-1", "unassigned number", Blame.DESTINATION)


async def test_rejected_and_doubt_are_final(db: Database) -> None:
    request = await db.run(store, new_request(count=2))
    second = await claim(db, ended(await claim(db), Rejected(UNKNOWN_NUMBER)))
    await db.run(queue.finish, ended(second, InDoubt(BUSY)))
    assert await db.run(deliveries.counts, request) == {DeliveryState.FAILED: 1, DeliveryState.IN_DOUBT: 1}


async def test_what_a_crash_left_on_the_air_is_in_doubt_and_not_claimed_again(db: Database) -> None:
    request = await db.run(store, new_request(count=1))
    await claim(db)
    run = await db.run(queue.start_run, "boot", "0", NOW)
    assert await db.run(queue.recover, run, NOW) == (1, 0)
    assert await db.run(queue.left_on_air) == {"gsm1": AttemptKey(DeliveryId(1), 1, 1)}
    assert await db.run(deliveries.counts, request) == {DeliveryState.IN_DOUBT: 1}
    assert await db.run(queue.advance, None, replace(GSM1, run=run), NOW) is None


async def test_only_the_last_attempt_may_still_be_on_the_air(db: Database) -> None:
    await db.run(store, new_request(count=2))
    await claim(db)
    run = await db.run(queue.start_run, "boot", "0", NOW)
    await db.run(queue.recover, run, NOW)
    assert await db.run(queue.advance, None, replace(GSM1, run=run), NOW + timedelta(seconds=9)) is not None
    assert await db.run(queue.left_on_air) == {}


async def test_recovery_leaves_this_run_alone(db: Database) -> None:
    await db.run(store, new_request(count=1))
    await claim(db)
    assert await db.run(queue.recover, GSM1.run, NOW) == (0, 0)


async def test_an_sms_of_our_own_that_a_crash_interrupted_is_in_doubt(db: Database) -> None:
    await db.run(queue.add_sms, "+6281200000101", "Halo", "gsm1")
    await claim(db)
    assert await db.run(queue.recover, GSM1.run + 1, NOW) == (0, 0)
    assert await db.run(deliveries.queue_counts) == []


async def test_a_notice_that_a_crash_interrupted_is_sent_again(db: Database) -> None:
    def compose(conn: sqlite3.Connection) -> None:
        notice = notices.ask(conn, "alarm", "staf@kampus.example", NOW)
        notices.composed(conn, notices.get(conn, notice), "<a@b>", io.BytesIO(b"mail"), 4)

    await db.run(compose)
    smtp = replace(GSM1, transport="smtp", channel=Channel.EMAIL, sim="")
    first = await claim(db, claimant=smtp)
    run = await db.run(queue.start_run, "boot", "0", NOW)
    assert await db.run(queue.recover, run, NOW) == (0, 1)
    again = await claim(db, claimant=replace(smtp, run=run))
    assert again.delivery == first.delivery


async def test_expired_messages_are_not_claimed(db: Database) -> None:
    request = await db.run(store, new_request(count=1))
    late = NOW + timedelta(days=8)
    assert await db.run(queue.advance, None, GSM1, late) is None
    assert await db.run(queue.expire_due, late) == 1
    assert await db.run(deliveries.counts, request) == {DeliveryState.EXPIRED: 1}


async def test_a_transport_claims_only_its_channel(db: Database) -> None:
    await db.run(store, new_request(count=1, channel=Channel.EMAIL))
    assert await db.run(queue.advance, None, GSM1, NOW) is None


async def test_claiming_uses_the_partial_index(db: Database) -> None:
    def plan(conn: sqlite3.Connection) -> str:
        rows = conn.execute(
            "EXPLAIN QUERY PLAN SELECT id FROM deliveries WHERE state = 'queued' AND channel = 'sms' AND priority = 2"
            " AND route = 'xl' AND not_before <= 5 AND (expires_at IS NULL OR expires_at > 5)"
            " ORDER BY not_before, id LIMIT 1"
        ).fetchall()
        return " ".join(row[3] for row in rows)

    found = await db.run(plan)
    assert "deliveries_claim" in found
    assert "TEMP B-TREE" not in found
