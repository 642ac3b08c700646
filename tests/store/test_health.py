"""The facts of a link come back as they were kept, and parts are counted by SIM and time."""

import sqlite3
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from gatewayd.core.health import Credit, Health, LinkState, Registration
from gatewayd.store import health
from gatewayd.store.database import Database
from tests.store.conftest import NOW

SIM, OTHER = "510100000000001", "510100000000002"
MINUTE = timedelta(minutes=1)
CREDIT = Credit(
    NOW, 20_000, date(2031, 1, 1), "Sisa pulsa Rp 20.000", grace_until=date(2031, 1, 31), sms_left=5, sim=SIM,
    parts_since=10, reckoned_idr=16_500, unread="System Busy", unread_at=NOW + MINUTE, misfit_idr=-700,
)  # fmt: skip
FACTS = Health(
    "gsm1", LinkState.READY, NOW, imei="350000000000001", imsi=SIM, operator="TELKOMSEL",
    registration=Registration.HOME, signal_dbm=-71, credit=CREDIT,
)  # fmt: skip


@pytest.mark.parametrize(
    "facts",
    [
        pytest.param(FACTS, id="everything"),
        pytest.param(replace(FACTS, credit=None, signal_dbm=None), id="nothing measured"),
        pytest.param(replace(FACTS, credit=Credit(NOW, None, None, "Menu")), id="not understood"),
    ],
)
async def test_facts_come_back_as_they_were_kept(db: Database, facts: Health) -> None:
    await db.run(health.put, "modem", facts, "", "", NOW)
    assert [row.health for row in await db.run(health.all_links)] == [facts]
    assert await db.run(health.credit_of, "gsm1") == facts.credit


async def test_facts_of_an_earlier_version_are_read(db: Database) -> None:
    await db.run(health.put, "modem", FACTS, "", "", NOW)
    await db.run(
        lambda conn: conn.execute(
            "UPDATE health SET facts = json_set(facts, '$.credit',"
            ' json(\'{"at": 0, "balance_idr": 700, "active_until": null, "raw": "Pulsa Rp 700"}\'))'
        )
    )
    credit = await db.run(health.credit_of, "gsm1")
    assert credit is not None
    assert (credit.balance_idr, credit.sim, credit.parts_since, credit.unread_at) == (700, "", 0, None)


async def test_what_the_staff_was_told_outlives_new_facts(db: Database) -> None:
    await db.run(health.put, "modem", FACTS, "modem.no_credit", "Rp 100", NOW)
    await db.run(health.alarmed, "gsm1", {"modem.no_credit", "active_period"})
    await db.run(health.put, "modem", FACTS, "", "", NOW + MINUTE)
    assert (await db.run(health.all_links))[0].alarmed == {"modem.no_credit", "active_period"}
    await db.run(health.alarmed, "gsm1", set[str]())
    assert (await db.run(health.all_links))[0].alarmed == frozenset()


def attempt(conn: sqlite3.Connection, part: int, transport: str, sim: str, state: str, ended: datetime | None) -> None:
    conn.execute("INSERT OR IGNORE INTO runs VALUES (1, 'boot', '0', 0)")
    conn.execute(
        "INSERT OR IGNORE INTO deliveries (id, kind, channel, address, priority, state)"
        " VALUES (1, 'message', 'sms', '+6281200000101', 2, 'queued')"
    )
    began = (ended or NOW + MINUTE) - timedelta(seconds=3)
    conn.execute(
        "INSERT INTO attempts (delivery, part, attempt, state, transport, sim, run, began_at, ended_at)"
        " VALUES (1, ?, 1, ?, ?, ?, 1, ?, ?)",
        (part, state, transport, sim, health.to_ms(began), health.to_ms(ended)),
    )


@pytest.mark.parametrize(
    ("transport", "sim", "state", "ended", "counts"),
    [
        pytest.param("gsm1", SIM, "accepted", NOW + MINUTE, True, id="accepted"),
        pytest.param("gsm1", SIM, "in_doubt", NOW + MINUTE, True, id="in doubt"),
        pytest.param("gsm1", SIM, "deferred", NOW + MINUTE, False, id="refused"),
        pytest.param("gsm1", SIM, "submitting", None, False, id="on the air"),
        pytest.param("gsm1", SIM, "accepted", NOW, False, id="before the reading"),
        pytest.param("gsm1", SIM, "accepted", NOW + timedelta(seconds=1), True, id="begun before, ended after it"),
        pytest.param("gsm1", SIM, "accepted", NOW + 3 * MINUTE, False, id="after the time"),
        pytest.param("gsm1", OTHER, "accepted", NOW + MINUTE, False, id="another SIM in the same modem"),
        pytest.param("gsm2", SIM, "accepted", NOW + MINUTE, True, id="the SIM in another modem"),
    ],
)
async def test_a_part_counts_against_the_balance_of_its_sim(
    db: Database, transport: str, sim: str, state: str, ended: datetime | None, counts: bool
) -> None:
    for name in ("gsm1", "gsm2"):
        await db.run(health.put, "modem", replace(FACTS, name=name), "", "", NOW)
    await db.run(attempt, 1, transport, sim, state, ended)
    assert await db.run(health.submitted_between, "gsm1", SIM, NOW, NOW + 2 * MINUTE) == int(counts)


async def test_without_a_known_sim_the_parts_of_the_modem_count(db: Database) -> None:
    await db.run(attempt, 1, "gsm1", "", "accepted", NOW + MINUTE)
    await db.run(attempt, 2, "gsm2", "", "accepted", NOW + MINUTE)
    assert await db.run(health.submitted_between, "gsm1", "", NOW, NOW + 2 * MINUTE) == 1
