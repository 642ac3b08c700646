"""Watch on a real store: balances that fall with each part, gates, and warnings that are given once."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from gatewayd.core.health import Credit, Health, LinkState, Registration
from gatewayd.core.model import Channel
from gatewayd.core.outcome import Accepted, Blame, Cause, Deferred, InDoubt, Outcome
from gatewayd.core.retry import after
from gatewayd.stages.context import Context
from gatewayd.stages.gates import Gate
from gatewayd.stages.watch import Watch
from gatewayd.store import health as health_store
from gatewayd.store import queue
from gatewayd.store.queue import Claimant, Ended
from tests.fakes.requests import NOW, new_request
from tests.flow.conftest import SettableTime
from tests.store.test_queue import store

SIM = "510100000000001"
MINUTE = timedelta(minutes=1)
ACCEPTED = Accepted(1)
DOUBT = InDoubt(Cause("no-answer", "no answer", Blame.DEVICE))
REFUSED = Deferred(Cause("cms-21", "Short message transfer rejected", Blame.ACCOUNT))


@pytest.fixture
def raw(raw: dict[str, Any]) -> dict[str, Any]:
    raw["modems"][0] |= {"credit_floor_idr": 5_000}
    return raw


def reading(balance: int | None, at: datetime = NOW, until: date | None = date(2031, 1, 1)) -> Credit:
    return Credit(at, balance, until, f"Sisa pulsa Rp {balance}", sim=SIM)


def facts(credit: Credit | None = None) -> Health:
    return Health(
        "gsm1", LinkState.READY, NOW, imsi=SIM, operator="TELKOMSEL", registration=Registration.HOME, credit=credit
    )


LOST = Health("gsm1", LinkState.ABSENT, NOW, "unplugged")


class Rig:
    """A Watch with one modem; `refreshed` counts how often a real reading was asked for."""

    def __init__(self, ctx: Context, time: SettableTime) -> None:
        self.ctx, self.time = ctx, time
        self.gate = Gate()
        self.refreshed = 0
        self.watch = Watch(ctx, {"gsm1": self.gate}, {"gsm1": self._refresh})

    async def _refresh(self) -> None:
        self.refreshed += 1

    def restarted(self) -> "Rig":
        return Rig(self.ctx, self.time)

    async def kept(self) -> Credit:
        credit = await self.ctx.db.run(health_store.credit_of, "gsm1")
        assert credit is not None
        return credit

    async def mails(self) -> list[str]:
        """Codes of the alarms that the staff was written."""
        rows = await self.ctx.db.run(
            lambda conn: conn.execute(
                "SELECT params ->> 'code' FROM notices WHERE kind = 'alarm' ORDER BY id"
            ).fetchall()
        )  # fmt: skip
        return [code for (code,) in rows]

    async def submit(self, count: int, outcome: Outcome = ACCEPTED) -> None:
        """`count` parts through the store, one a second."""
        await self.ctx.db.run(store, new_request(count=count))
        for _ in range(count):
            self.time.now += timedelta(seconds=1)
            now = self.time.now
            claimed = await self.ctx.db.run(
                queue.advance, None, Claimant("gsm1", Channel.SMS, SIM, self.ctx.run, (0, 1, 2, 3)), now
            )  # fmt: skip
            assert claimed is not None
            move = after(outcome, tries=0, ladder=(3600.0,), now=now, resend_doubt=False)
            await self.ctx.db.run(queue.finish, Ended(claimed, outcome, move, now))

    async def round(self) -> None:
        """One round of the stage."""
        await self.watch.look()


@pytest.fixture
def rig(ctx: Context, time: SettableTime) -> Rig:
    return Rig(ctx, time)


async def test_between_readings_the_balance_falls_with_each_part(rig: Rig) -> None:
    await rig.watch.take(facts(reading(20_000)))
    await rig.submit(8)
    await rig.submit(2, DOUBT)
    await rig.submit(3, REFUSED)
    await rig.round()
    kept = await rig.kept()
    assert (kept.balance_idr, kept.parts_since, kept.reckoned_idr) == (20_000, 10, 16_500)


async def test_reckoned_below_the_floor_pauses_and_has_it_read(rig: Rig) -> None:
    await rig.watch.take(facts(reading(6_000)))
    assert rig.gate.is_open
    await rig.submit(3)
    await rig.round()
    assert (rig.gate.is_open, rig.refreshed) == (False, 1)
    assert rig.gate.pause is not None
    assert "reckoned" in rig.gate.pause.why
    await rig.round()
    assert (rig.refreshed, await rig.mails()) == (1, [])


async def test_a_reading_above_the_floor_opens_the_gate_again(rig: Rig) -> None:
    await rig.watch.take(facts(reading(6_000)))
    await rig.submit(3)
    await rig.round()
    await rig.watch.take(facts(reading(6_000, rig.time.now)))
    assert rig.gate.is_open
    assert await rig.mails() == []


async def test_while_there_is_too_little_it_is_read_every_quarter_of_an_hour(rig: Rig) -> None:
    await rig.watch.take(facts(reading(1_000)))
    assert rig.refreshed == 1
    for _ in range(31):
        rig.time.now += MINUTE
        await rig.round()
    assert rig.refreshed == 3


async def test_no_credit_is_told_once_over_a_restart_and_a_lost_modem(rig: Rig) -> None:
    await rig.watch.take(facts(reading(1_000)))
    assert await rig.mails() == ["modem.no_credit"]
    again = rig.restarted()
    await again.watch.take(facts())
    await again.watch.take(facts(reading(1_000, NOW + MINUTE)))
    await again.watch.take(LOST)
    await again.round()
    await again.watch.take(facts(reading(900, NOW + 2 * MINUTE)))
    await again.round()
    assert await again.mails() == ["modem.no_credit"]
    await again.watch.take(facts(reading(50_000, NOW + 3 * MINUTE)))
    assert await again.mails() == ["modem.no_credit", "recovered"]
    await again.watch.take(facts(reading(1_000, NOW + 4 * MINUTE)))
    assert (await again.mails()).count("modem.no_credit") == 2


async def test_a_lost_modem_and_a_restart_keep_the_last_reading(rig: Rig) -> None:
    await rig.watch.take(facts(reading(20_000)))
    await rig.submit(4)
    await rig.watch.take(LOST)
    assert (await rig.kept()).left_idr == 18_600
    again = rig.restarted()
    await again.watch.take(facts())
    assert (await again.kept()).left_idr == 18_600


async def test_another_sim_starts_from_nothing(rig: Rig) -> None:
    await rig.watch.take(facts(reading(1_000)))
    await rig.watch.take(replace(facts(), imsi="510100000000002"))
    assert rig.gate.is_open
    assert await rig.ctx.db.run(health_store.credit_of, "gsm1") is None


async def test_an_answer_that_is_not_understood_changes_no_balance(rig: Rig) -> None:
    await rig.watch.take(facts(reading(1_000)))
    await rig.watch.take(facts(replace(reading(None, NOW + MINUTE), raw="System Busy")))
    kept = await rig.kept()
    assert (kept.balance_idr, kept.unread, kept.unread_at) == (1_000, "System Busy", NOW + MINUTE)
    assert not rig.gate.is_open


async def test_credit_that_is_gone_without_parts_is_told_once(rig: Rig) -> None:
    await rig.watch.take(facts(reading(90_000)))
    await rig.submit(10)
    for minutes, balance in ((5, 60_000), (6, 60_000), (7, 40_000), (8, 20_000)):
        rig.time.now = NOW + minutes * MINUTE
        await rig.watch.take(facts(reading(balance, rig.time.now)))
        await rig.round()
    # Told at the first drop; over at the reading that fits; told again at the next one, and not at the one after.
    assert await rig.mails() == ["modem.credit_drop", "modem.credit_drop"]
    assert (await rig.kept()).misfit_idr == -20_000


async def test_a_reading_that_fits_what_was_sent_is_nothing_to_tell(rig: Rig) -> None:
    await rig.watch.take(facts(reading(90_000)))
    await rig.submit(100)
    rig.time.now += MINUTE
    await rig.watch.take(facts(reading(55_000, rig.time.now)))
    kept = await rig.kept()
    assert (kept.misfit_idr, kept.reckoned_idr, await rig.mails()) == (0, None, [])


async def test_an_active_period_is_warned_of_once_though_the_modem_pauses_meanwhile(rig: Rig) -> None:
    ending = (NOW + timedelta(days=9)).date()
    await rig.watch.take(facts(reading(90_000, until=ending)))
    await rig.watch.take(LOST)
    rig.time.now += 3 * MINUTE
    await rig.round()
    await rig.watch.take(facts(reading(90_000, NOW + MINUTE, ending)))
    await rig.round()
    assert (await rig.mails()).count("active_period") == 1
