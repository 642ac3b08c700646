"""What counts against the limits of a recipient, on a real store."""

import sqlite3
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from gatewayd.core.caution import Recent
from gatewayd.core.model import Channel, Fault, Priority, RequestId
from gatewayd.core.states import Event
from gatewayd.store import deliveries, limits, queue, requests
from gatewayd.store.database import Database
from gatewayd.store.queue import Claimant
from tests.fakes.requests import NOW, new_request, number

WHO = number(1)
TEXT = "Kuliah libur"
GSM1 = Claimant("gsm1", Channel.SMS, "510100000000001", 1, tuple(Priority))


def store(conn: sqlite3.Connection, new: requests.NewRequest, at: datetime = NOW) -> RequestId:
    return requests.insert(conn, new, requests.next_number(conn, "UPSI", 2026), at)


def queued(conn: sqlite3.Connection, new: requests.NewRequest, at: datetime = NOW) -> RequestId:
    request = store(conn, new, at)
    requests.approve(conn, request, at)
    deliveries.apply_all(conn, request, Event.QUEUE, at)
    return request


async def asked(db: Database, at: datetime = NOW, text: str = TEXT, corrects: RequestId | None = None) -> Recent:
    found = await db.run(limits.recent, [(WHO, text)], at, corrects)
    return found.get(WHO, Recent())


async def test_who_got_nothing_is_left_out(db: Database) -> None:
    await db.run(store, new_request(count=1))
    assert await db.run(limits.recent, [(number(2), TEXT)], NOW) == {}


@pytest.mark.parametrize("priority", [Priority.URGENT, Priority.NORMAL, Priority.BULK])
async def test_every_priority_counts_from_the_moment_it_is_asked_for(db: Database, priority: Priority) -> None:
    await db.run(store, new_request(count=1, priority=priority))
    await db.run(store, new_request(count=2, priority=priority, client="siakad", job="1", preapproved="policy:siakad"))
    assert await asked(db) == Recent(2, 2, same_text=True)


@pytest.mark.parametrize(
    ("age", "wanted"),
    [
        pytest.param(timedelta(minutes=59), Recent(1, 1, same_text=True), id="within the hour"),
        pytest.param(timedelta(minutes=60), Recent(0, 1, same_text=True), id="an hour ago"),
        pytest.param(timedelta(hours=24), Recent(), id="a day ago"),
    ],
)
async def test_undecided_messages_count_when_they_came_in(db: Database, age: timedelta, wanted: Recent) -> None:
    await db.run(store, new_request(count=1), NOW - age)
    assert await asked(db) == wanted


async def test_what_still_waits_in_the_queue_counts_as_now(db: Database) -> None:
    await db.run(queued, new_request(count=1), NOW - timedelta(days=5))
    assert await asked(db) == Recent(1, 1, same_text=True)


async def test_what_was_submitted_counts_then(db: Database) -> None:
    await db.run(queued, new_request(count=1), NOW - timedelta(days=5))
    await db.run(queue.advance, None, GSM1, NOW)
    assert (await asked(db, NOW + timedelta(minutes=59))).hour == 1
    assert await asked(db, NOW + timedelta(hours=2)) == Recent(0, 1, same_text=True)


async def test_what_may_leave_later_counts_then(db: Database) -> None:
    tomorrow = NOW + timedelta(days=2)
    await db.run(queued, replace(new_request(count=1), send_after=tomorrow))
    assert await asked(db) == Recent()
    assert (await asked(db, tomorrow - timedelta(minutes=30))).hour == 1


async def test_cancelled_faulty_and_corrected_requests_do_not_count(db: Database) -> None:
    gone = await db.run(store, new_request(count=1))
    await db.run(deliveries.apply_all, gone, Event.CANCEL, NOW)
    await db.run(store, replace(new_request(count=1), faults=(Fault("text", "text.empty"),)))
    corrected = await db.run(store, new_request(count=1))
    assert await asked(db, corrects=corrected) == Recent()
    assert (await asked(db)).day == 1


async def test_the_same_text_is_the_one_that_this_recipient_got(db: Database) -> None:
    new = new_request(count=1, text="Nilai {nama}")
    await db.run(store, replace(new, messages=(replace(new.messages[0], text="Nilai Budi"),)))
    assert (await asked(db, text="Nilai Budi")).same_text
    assert not (await asked(db, text="Nilai {nama}")).same_text
