"""What people hear of a store on hold, and what an operator can do meanwhile."""

import sqlite3
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest

from gatewayd.intake.control import Command
from gatewayd.stages import hold
from gatewayd.stages.compose import compose_batch
from gatewayd.stages.context import Context
from gatewayd.stages.operate import OperatorDesk
from gatewayd.stages.statusline import StatusLine
from gatewayd.store import deliveries, notices, queue
from gatewayd.store import hold as store
from tests.fakes.requests import NOW, new_request
from tests.fakes.transport import ScriptedTransport
from tests.store.test_hold import SMTP
from tests.store.test_queue import store as store_request


@pytest.fixture
async def held(ctx: Context) -> Context:
    await ctx.db.run(store_request, new_request(count=2))
    await ctx.db.run(store.enter, store.Doubt("older", "an older copy"), NOW)
    return ctx


async def do(ctx: Context, verb: str, **arguments: Any) -> dict[str, Any]:
    desk = OperatorDesk(ctx, modems={"gsm1": ScriptedTransport()})
    return await desk.accept(Command(verb, arguments, "budi"))


async def test_the_staff_is_written_to_once_with_the_command_that_ends_it(held: Context) -> None:
    for _ in range(2):
        assert await held.db.run(hold.tell_staff, held, NOW) is not None
    assert await compose_batch(held) == 1
    claimed = await held.db.run(queue.advance, None, SMTP, NOW)
    assert claimed is not None
    assert claimed.notice is not None
    mail = message_from_bytes(
        await held.db.run(notices.raw, claimed.notice), _class=EmailMessage, policy=policy.default
    )
    said = mail.get_body(("plain",))
    assert said is not None
    text = " ".join(said.get_content().split())
    assert "Basis data ditahan" in text
    assert "gatewayd release --store" in text
    assert "an older copy" in text


async def test_every_other_order_waits_and_says_why(held: Context) -> None:
    for verb in ("approve", "reject", "cancel", "hold", "release", "resend", "send", "optout", "erase"):
        reply = await do(held, verb, request="UPSI-2026-000001")
        assert "gatewayd release --store" in reply["error"], verb
    refused = await do(held, "modem", act="ussd", name="gsm1", code="*888#")
    assert "gatewayd release --store" in refused["error"]
    assert (await do(held, "modem", act="reset", name="gsm1"))["error"] == "gsm1: scripted"
    assert await held.db.run(lambda conn: told(conn, "modem.ussd")) == []


async def test_the_release_is_written_down_with_the_user_and_only_once(held: Context) -> None:
    released: list[bool] = []
    desk = OperatorDesk(held, lambda: released.append(True))
    reply = await desk.accept(Command("release_store", {"reason": "kartu diganti"}, "budi"))
    assert (reply["released"], reply["in_doubt"]) == (True, 2)
    again = await desk.accept(Command("release_store", {}, "budi"))
    assert again["error"] == "the store is not on hold"
    assert released == [True]
    assert await held.db.run(lambda conn: told(conn, "store.released")) == ["operator:budi"]
    assert (await do(held, "resend", request="UPSI-2026-000001", what="in_doubt"))["messages"] == 2
    assert await held.db.run(deliveries.queue_counts)


def told(conn: sqlite3.Connection, name: str) -> list[str]:
    return [row["actor"] for row in conn.execute("SELECT actor FROM events WHERE name = ?", (name,))]


async def test_systemd_shows_it_first(held: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr("gatewayd.stages.statusline.notify", lambda *lines: said.extend(lines))
    found = await held.db.run(store.held)
    assert found is not None
    StatusLine(held).note(hold.line(found))
    assert said[-1].startswith("STATUS=the store is on hold since 2026-11-23")
    assert "gatewayd release --store" in said[-1]
