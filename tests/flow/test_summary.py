"""The summary from rows to mail: asked for once, right sums, nothing live in it."""

import email
import email.policy
from dataclasses import replace
from datetime import date, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from gatewayd.core.health import Credit, Health, LinkState
from gatewayd.core.model import Applicant, Channel
from gatewayd.core.summary import UnitSum
from gatewayd.stages import summary
from gatewayd.stages.compose import compose_batch
from gatewayd.stages.compose_child import month_files
from gatewayd.stages.context import Context
from gatewayd.stages.summary_facts import facts_of, month_sums
from gatewayd.store import health, notices, requests, signals, summaries
from gatewayd.store.instants import to_ms
from tests.fakes.requests import new_request
from tests.flow.conftest import SettableTime

DAY = timedelta(days=1)
EVIL = '=HYPERLINK("http://x.example") <b>BAA</b>\u202e\r\nBcc: x'


async def ask(ctx: Context) -> int:
    return await ctx.db.run(summary.ask, ctx, ctx.clock.now())


def store(conn: Any, now: datetime, unit: str, states: list[str], channel: Channel = Channel.SMS) -> str:
    """A sent request of `unit` with a delivery in each of these states."""
    number = requests.next_number(conn, "UPSI", now.year)
    new = new_request(
        count=len(states), channel=channel, applicant=Applicant(unit, "Budi Contoh", "baa@kampus.example")
    )
    request = requests.insert(conn, new, number, now)
    conn.execute("UPDATE requests SET approved_at = ? WHERE id = ?", (to_ms(now), request))
    transport = "gsm1" if channel is Channel.SMS else "smtp"
    for row, state in enumerate(states, 1):
        conn.execute(
            "UPDATE deliveries SET state = ?, submitted_at = ?, transport = ? WHERE request = ? AND row = ?",
            (state, to_ms(now), transport, request, row),
        )
    conn.execute(
        "INSERT INTO attempts (delivery, part, attempt, state, transport, run, began_at) SELECT id, 1, 1,"
        " CASE state WHEN 'failed' THEN 'rejected' WHEN 'in_doubt' THEN 'in_doubt' ELSE 'accepted' END, transport,"
        " (SELECT max(id) FROM runs), submitted_at FROM deliveries WHERE request = ?",
        (request,),
    )
    return number


async def mails(ctx: Context) -> list[EmailMessage]:
    while await compose_batch(ctx):
        pass
    rows = await ctx.db.run(
        lambda conn: [row[0] for row in conn.execute("SELECT id FROM notices WHERE kind = 'summary' ORDER BY id")]
    )
    raw = [await ctx.db.run(notices.raw, row) for row in rows]
    return [email.message_from_bytes(one, policy=email.policy.default) for one in raw]  # type: ignore[misc]


async def test_it_is_asked_for_once_a_day_for_each_who_decides(ctx: Context, time: SettableTime) -> None:
    assert await ask(ctx) == 0, "the time that it covers begins with the first start"
    time.now += DAY
    assert (await ask(ctx), await ask(ctx)) == (2, 0)
    time.now += 40 * DAY
    assert (await ask(ctx), await ask(ctx)) == (2, 0), "one for all the days that it was switched off"
    kinds = [one.kind for one in await ctx.db.run(notices.uncomposed, ctx.clock.now(), 20)]
    assert kinds == ["summary"] * 4


async def test_a_clock_that_ran_ahead_silences_it_for_no_longer_than_a_day(ctx: Context, time: SettableTime) -> None:
    await ctx.db.run(summaries.told, ctx.clock.now() + 9999 * DAY)
    assert await ask(ctx) == 0
    time.now += DAY
    assert await ask(ctx) == 2


async def test_a_clock_that_is_not_sure_asks_for_nothing_and_begins_nothing(ctx: Context, time: SettableTime) -> None:
    unsure = replace(ctx, clock=replace(ctx.clock, is_sure=lambda: False))
    assert await ask(unsure) == 0
    assert await ctx.db.run(summaries.told_until) is None, "or the time covered would begin in 1970"
    await ask(ctx)
    time.now += DAY
    assert (await ask(unsure), await ask(ctx)) == (0, 2)


class TestSettings:
    @pytest.fixture
    def raw(self, raw: dict[str, Any]) -> dict[str, Any]:
        return raw | {"summary": {"every": "weekly", "weekday": "tue", "to": [raw["people"][0]["id"]]}}

    async def test_weekly_and_to_whom(self, ctx: Context, time: SettableTime) -> None:
        await ask(ctx)
        asked = []
        for _ in range(14):
            time.now += DAY
            asked.append(await ask(ctx))
        assert sum(asked) == 2


async def test_the_sums_are_those_of_the_rows(ctx: Context, time: SettableTime) -> None:
    now = ctx.clock.now()

    def fill(conn: Any) -> None:
        store(conn, now, "BAA", ["delivered", "delivered", "failed", "in_doubt", "accepted"])
        store(conn, now, "BAA", ["delivered"])
        store(conn, now, "LPM", ["accepted", "failed"], Channel.EMAIL)
        store(conn, now - 2 * DAY, "LPM", ["delivered"])

    await ctx.db.run(fill)
    facts = await ctx.db.run(facts_of, ctx.settings, now - DAY, now + DAY, now + DAY)
    price = ctx.settings.modems[0].price_idr
    assert facts.units == (
        UnitSum("BAA", Channel.SMS, 2, 6, 3, 1, 1, 5, 5 * price),
        UnitSum("LPM", Channel.EMAIL, 1, 2, 0, 1, 0, 0, 0),
    )
    month = await ctx.db.run(month_sums, ctx.settings, date(2026, 11, 1))
    assert sum(one.messages for one in month) == 9
    assert await ctx.db.run(month_sums, ctx.settings, date(2026, 12, 1)) == ()


async def test_what_waits_alarms_and_signal_are_told_and_nothing_is_live(ctx: Context, time: SettableTime) -> None:
    await ask(ctx)
    now = ctx.clock.now()

    def fill(conn: Any) -> None:
        store(conn, now, EVIL, ["delivered", "failed"])
        requests.insert(conn, new_request(count=3), requests.next_number(conn, "UPSI", now.year), now)
        params = {"code": "modem.lost", "name": "gsm1", "why": "", "since": now.isoformat(), "was": ""}
        for address in ("a@kampus.example", "b@kampus.example"):
            notices.ask(conn, "alarm", address, now, params=params)
        for hour in range(20):
            signals.heard(conn, "gsm1", -100 + hour, now + timedelta(hours=hour))

    await ctx.db.run(fill)
    await ctx.db.run(
        health.put,
        "modem",
        Health("gsm1", LinkState.READY, now, credit=Credit(now, 120, None, "")),
        "modem.no_credit",
        "no credit",
        now,
    )
    time.now += DAY
    await ask(ctx)
    one, two = await mails(ctx)
    assert one["To"] != two["To"]
    said = one.get_body(("plain",)).get_content()
    for words in (
        "Perlu perhatian: 1 permohonan menunggu keputusan; 1 modem tidak mengirim; 1 gangguan.",
        "Modem tidak terhubung: gsm1 (1 kali",
        "UPSI-2026-000002 (BAA) menunggu Ka. UPSI, lalu Ka. BPSI sejak",
        "sinyal ",
        "Kartu SIM:",
    ):
        assert words in said, said
    page = one.get_body(("html",)).get_content()
    assert "<b>BAA</b>" not in page
    assert "\u202e" not in said + page
    assert "Bcc" not in one


async def test_the_first_summary_of_a_month_brings_the_sums_of_the_last_one(ctx: Context, time: SettableTime) -> None:
    now = ctx.clock.now()
    await ctx.db.run(store, now, EVIL, ["delivered"] * 3)
    await ctx.db.run(summaries.told, datetime(2026, 11, 30, 7, tzinfo=ZoneInfo("Asia/Jakarta")))
    time.now = datetime(2026, 12, 1, 8, tzinfo=ZoneInfo("Asia/Jakarta"))
    await ask(ctx)
    one, _ = await mails(ctx)
    (file,) = one.iter_attachments()
    rows = file.get_payload(decode=True).decode("utf-8-sig").splitlines()
    assert file.get_filename() == "rekap-2026-11.csv"
    assert rows[0].startswith("Unit;")
    assert rows[1].startswith("\"'=HYPERLINK")
    assert rows[1].split(";")[-8:-1] == ["SMS", "1", "3", "3", "0", "0", "3"]


async def test_the_sums_of_a_month_are_written_at_any_time(ctx: Context, tmp_path: Path) -> None:
    await ctx.db.run(store, ctx.clock.now(), "BAA", ["delivered"] * 3)
    (made,) = month_files(ctx.settings, date(2026, 11, 1)).items()
    assert made[0] == "rekap-2026-11.csv"
    assert made[1].decode("utf-8-sig").splitlines()[1] == f"BAA;SMS;1;3;3;0;0;3;{3 * ctx.settings.modems[0].price_idr}"


async def test_signals_keep_the_weakest_of_an_hour_and_forty_days(ctx: Context) -> None:
    now = ctx.clock.now().replace(minute=0)
    for dbm, at in ((-80, now), (-90, now), (-70, now), (-60, now + 41 * DAY)):
        await ctx.db.run(signals.heard, "gsm1", dbm, at)
    assert list((await ctx.db.run(signals.between, "gsm1", now - DAY, now + DAY)).values()) == []
    assert list((await ctx.db.run(signals.between, "gsm1", now + 40 * DAY, now + 42 * DAY)).values()) == [-60]
