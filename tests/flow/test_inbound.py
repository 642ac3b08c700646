"""What comes in: put together, obeyed once, confirmed once, forwarded, published."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest

from gatewayd.core.health import IncomingSms
from gatewayd.core.model import Concat, Kind
from gatewayd.core.states import DeliveryState
from gatewayd.intake.control import Command
from gatewayd.stages import inbound
from gatewayd.stages.bells import Bell
from gatewayd.stages.context import Context
from gatewayd.stages.listen import TransportListener
from gatewayd.stages.operate import OperatorDesk
from gatewayd.stages.watch import Watch
from gatewayd.store import deliveries, inbox, notices, optouts
from gatewayd.wire import tpdu
from tests.fakes.requests import NOW, new_request, number
from tests.flow.conftest import SettableTime
from tests.store.test_queue import store

SENDER = number(1)


def sms(text: str, sender: str = SENDER, concat: Concat | None = None) -> IncomingSms:
    pdu = tpdu.encode_deliver(sender, text, NOW, concat)
    return IncomingSms("gsm1", "510100000000001", sender, text, NOW, pdu.hex, concat)


async def hear(ctx: Context, *messages: IncomingSms) -> None:
    """The messages come in, and the stage acts on them."""
    listener = TransportListener(ctx, Watch(ctx, {}))
    for message in messages:
        await listener.incoming(message)
    async with running(ctx), asyncio.timeout(20):
        wait = ctx.bells.listen(Bell.PUBLISH)
        while await ctx.db.run(inbox.unhandled, 1):
            await wait(0.05)


@asynccontextmanager
async def running(ctx: Context) -> AsyncIterator[None]:
    task = asyncio.create_task(inbound.run(ctx))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def answers(conn: sqlite3.Connection) -> list[tuple[str, str, str]]:
    found = "SELECT address, text, pinned FROM deliveries WHERE kind = ? AND channel = 'sms'"
    return [tuple(row) for row in conn.execute(found, (Kind.NOTICE,))]


async def test_many_at_once_are_all_acted_on_at_once(ctx: Context) -> None:
    await hear(ctx, *[sms(f"halo {n}") for n in range(180)])
    assert await ctx.db.run(inbox.unhandled, 1) == []


async def test_a_long_message_is_one_message_whatever_the_order(ctx: Context) -> None:
    parts = [sms("satu ", concat=Concat(7, 2, 1)), sms("dua", concat=Concat(7, 2, 2))]
    await hear(ctx, parts[1], parts[1], parts[0], parts[0])
    (message,) = await ctx.db.run(inbox.unpublished, 9)
    assert (message.text, message.missing) == ("satu dua", 0)


async def test_an_emoji_cut_between_two_parts_is_whole_again(ctx: Context) -> None:
    whole = "é" * 66 + "😁"
    octets = whole.encode("utf-16-be")
    cut = [octets[:134].decode("utf-16-be", "surrogatepass"), octets[134:].decode("utf-16-be", "surrogatepass")]
    texts = [text.encode("utf-8", "replace").decode() for text in cut]
    pdus = [tpdu.encode_deliver(SENDER, text, NOW, Concat(7, 2, place)).hex for place, text in enumerate(cut, 1)]
    messages = [
        IncomingSms("gsm1", "1", SENDER, text, NOW, pdu, Concat(7, 2, place))
        for place, (text, pdu) in enumerate(zip(texts, pdus, strict=True), 1)
    ]
    await hear(ctx, *messages)
    (message,) = await ctx.db.run(inbox.unpublished, 9)
    assert message.text == whole


async def test_a_message_whose_rest_does_not_come_is_given_with_a_mark_after_a_day(
    ctx: Context, time: SettableTime
) -> None:
    await hear(ctx, sms("dua", concat=Concat(7, 3, 2)))
    assert await ctx.db.run(inbox.unpublished, 9) == []
    time.now += timedelta(hours=25)
    await hear(ctx, sms("lain"))
    found = {message.text: message.missing for message in await ctx.db.run(inbox.unpublished, 9)}
    assert found == {"lain": 0, "[…]dua[…]": 2}


async def test_open_parts_are_bounded(ctx: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox, "_MOST_OPEN", 3)
    await hear(ctx, *[sms(f"t{place}", concat=Concat(place, 2, 1)) for place in range(5)], sms("halo"))
    texts = [message.text for message in await ctx.db.run(inbox.unpublished, 9)]
    assert sorted(texts) == ["halo", "t0[…]", "t1[…]"]


async def test_what_cannot_be_read_is_kept_and_nobody_is_troubled(ctx: Context) -> None:
    await hear(ctx, IncomingSms("gsm1", "1", "", "", None, "000ABF00"))
    assert await ctx.db.run(inbox.unpublished, 9) == []
    assert await ctx.db.run(lambda conn: conn.execute("SELECT raw FROM incoming_parts").fetchone()[0]) == "000ABF00"


async def test_stop_is_obeyed_confirmed_once_and_stops_what_waits(ctx: Context) -> None:
    request = await ctx.db.run(store, new_request(count=2))
    await hear(ctx, sms("BERHENTI"), sms("Berhenti!"), sms("STOP"))
    assert [(row.address, row.source) for row in await ctx.db.run(optouts.all_of)] == [(SENDER, "sms")]
    ((address, text, pinned),) = await ctx.db.run(answers)
    assert (address, pinned) == (SENDER, "gsm1")
    assert "tidak akan menerima pesan lagi" in text
    assert await ctx.db.run(deliveries.counts, request) == {DeliveryState.QUEUED: 1, DeliveryState.CANCELLED: 1}
    (stopped,) = [row for row in await ctx.db.run(deliveries.of_request, request) if row.cause_code]
    assert (stopped.address, stopped.cause_code) == (SENDER, "opted-out")


async def test_start_takes_the_number_off_the_list(ctx: Context) -> None:
    await hear(ctx, sms("STOP"), sms("MULAI"))
    assert await ctx.db.run(optouts.all_of) == []
    assert len(await ctx.db.run(answers)) == 2


async def test_who_wants_nothing_is_refused_by_row_and_told_of(ctx: Context) -> None:
    await hear(ctx, sms("STOP"))
    reply = await OperatorDesk(ctx).accept(Command("send", {"to": [SENDER, number(2)], "text": "Halo"}, "root"))
    assert (reply["recipients"], [row["code"] for row in reply["refused"]]) == (1, ["row.opted_out"])


async def test_an_operator_may_change_the_list(ctx: Context) -> None:
    desk = OperatorDesk(ctx)
    added = await desk.accept(Command("optout", {"act": "add", "address": "0812 0000 0001"}, "root"))
    assert (added["address"], added["changed"]) == (SENDER, True)
    assert not (await desk.accept(Command("optout", {"act": "add", "address": SENDER}, "root")))["changed"]
    assert (await desk.accept(Command("optout", {"act": "remove", "address": SENDER}, "root")))["changed"]
    assert "error" in await desk.accept(Command("optout", {"act": "add", "address": "Budi"}, "root"))


@pytest.mark.parametrize("sender", ["Telkomsel", "3636"])
async def test_a_machine_is_not_answered(ctx: Context, sender: str) -> None:
    await hear(ctx, sms("STOP", sender))
    assert await ctx.db.run(answers) == []
    assert await ctx.db.run(optouts.all_of) == []


@pytest.fixture
def forwarding(raw: dict[str, Any]) -> None:
    raw["modems"][0] |= {"forward_to": ["humas@kampus.example"], "keywords": {"INFO": ["info@kampus.example"]}}


@pytest.mark.usefixtures("forwarding")
async def test_a_message_is_mailed_to_the_readers_of_its_first_word_or_of_its_modem(ctx: Context) -> None:
    await hear(ctx, sms("info wisuda"), sms("Terima kasih"))
    asked = await ctx.db.run(notices.uncomposed, ctx.clock.now(), 9)
    assert [(notice.kind, notice.to_address) for notice in asked] == [
        ("inbound", "info@kampus.example"),
        ("inbound", "humas@kampus.example"),
    ]
