"""What comes back: proven by its token, given its effect once, and nothing else believed."""

import json
import sqlite3
from dataclasses import replace
from datetime import timedelta

import pytest

from gatewayd.cli import main
from gatewayd.core.model import Channel, DeliveryId, RequestId
from gatewayd.core.states import DeliveryState
from gatewayd.intake.base import Disposition, IncomingMail
from gatewayd.intake.control import Command
from gatewayd.stages.accept import MailDesk
from gatewayd.stages.bounces import BounceDesk
from gatewayd.stages.context import Context
from gatewayd.stages.operate import OperatorDesk
from gatewayd.stages.track import track
from gatewayd.store import bounces, deliveries, keys, optouts, requests
from gatewayd.wire import mailtoken
from gatewayd.wire.bounce import BounceKind
from gatewayd.wire.mailtoken import Purpose
from tests.fakes.bounces import CASES, TOKEN, Case
from tests.fakes.requests import new_request
from tests.flow.conftest import SettableTime
from tests.store.test_queue import store

S = DeliveryState
BY_NAME = {case.name: case for case in CASES}
PHONE = "+6281200000107"


async def sent(ctx: Context, state: S = S.ACCEPTED, *, groups: tuple[str, ...] = ()) -> tuple[RequestId, DeliveryId]:
    """A request with one e-mail in `state`."""
    new = new_request(count=1, channel=Channel.EMAIL, text="Halo")
    message = replace(new.messages[0], fields={"no hp": "0812-0000-0107", "prodi": "Fisika"})
    request = await ctx.db.run(store, replace(new, messages=(message,), groups=groups))

    def put(conn: sqlite3.Connection) -> DeliveryId:
        row = conn.execute("SELECT id FROM deliveries WHERE request = ?", (request,)).fetchone()
        conn.execute(
            "UPDATE deliveries SET state = ?, accepted_at = ? WHERE id = ?",
            (state, int(ctx.clock.now().timestamp() * 1000), row["id"]),
        )
        return DeliveryId(row["id"])

    return request, await ctx.db.run(put)


async def returned(ctx: Context, case: Case, delivery: DeliveryId, *, key: bytes = b"") -> str:
    """What the desk makes of a bounce in that shape about `delivery`."""
    key = key or await ctx.db.run(keys.mail_key)
    purpose = Purpose.LEAVE if case.kind is BounceKind.LEAVE else Purpose.BOUNCE
    ours = mailtoken.token(key, purpose, delivery).encode()
    raw = case.raw.replace(TOKEN.encode(), ours).replace(b"u" + TOKEN[1:].encode(), ours)
    return await BounceDesk(ctx).take(raw)


async def state_of(ctx: Context, request: RequestId) -> tuple[S, str]:
    (row,) = await ctx.db.run(deliveries.of_request, request)
    return row.state, row.cause_code


EFFECTS = {
    BounceKind.HARD: S.FAILED, BounceKind.SOFT: S.FAILED, BounceKind.DELIVERED: S.DELIVERED,
    BounceKind.DELAYED: S.ACCEPTED, BounceKind.AUTO_REPLY: S.ACCEPTED, BounceKind.OTHER: S.ACCEPTED,
    BounceKind.COMPLAINT: S.ACCEPTED, BounceKind.LEAVE: S.ACCEPTED,
}  # fmt: skip


@pytest.mark.parametrize(
    "name",
    ["postfix: unknown user", "postfix: queue time over", "postfix: success", "postfix: delayed", "qmail: no mailbox",
     "read receipt", "out of office with a null sender", "complaint", "a wish to leave"],
)  # fmt: skip
async def test_each_kind_has_its_effect_and_a_repetition_none(ctx: Context, name: str) -> None:
    case = BY_NAME[name]
    request, delivery = await sent(ctx)
    await returned(ctx, case, delivery)
    after = await state_of(ctx, request)
    assert after[0] is EFFECTS[case.kind]
    await returned(ctx, case, delivery)
    assert await state_of(ctx, request) == after


@pytest.mark.parametrize(
    "name", ["postfix: unknown user", "postfix: success", "qmail: no mailbox", "complaint", "a wish to leave"]
)
async def test_without_our_seal_nothing_happens(ctx: Context, name: str) -> None:
    request, delivery = await sent(ctx)
    assert await returned(ctx, BY_NAME[name], delivery, key=b"forged" * 6) == "bounce.unproven"
    assert await state_of(ctx, request) == (S.ACCEPTED, "")
    assert await ctx.db.run(optouts.all_of) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (S.IN_DOUBT, S.FAILED),
        (S.DELIVERED, S.DELIVERED),
        (S.CANCELLED, S.CANCELLED),
        (S.QUEUED, S.QUEUED),
        (S.HELD, S.HELD),
    ],
)
async def test_a_hard_bounce_follows_the_table_of_states(ctx: Context, before: S, after: S) -> None:
    request, delivery = await sent(ctx, before)
    await returned(ctx, BY_NAME["postfix: unknown user"], delivery)
    assert (await state_of(ctx, request))[0] is after


async def test_a_bounce_that_overtakes_the_answer_waits(ctx: Context) -> None:
    _, delivery = await sent(ctx, S.SUBMITTING)
    assert await returned(ctx, BY_NAME["postfix: unknown user"], delivery) == "later"


async def test_who_leaves_by_mail_leaves_with_his_number(ctx: Context) -> None:
    _, delivery = await sent(ctx)
    await returned(ctx, BY_NAME["a wish to leave"], delivery)
    found = {(row.address, row.source) for row in await ctx.db.run(optouts.all_of)}
    assert found == {("orang1@kampus.example", "mail"), (PHONE, "mail")}


async def test_a_complaint_is_a_wish_to_leave(ctx: Context) -> None:
    _, delivery = await sent(ctx)
    await returned(ctx, BY_NAME["complaint"], delivery)
    assert {row.source for row in await ctx.db.run(optouts.all_of)} == {"complaint"}


async def test_an_operator_may_hand_in_the_token_of_a_page(ctx: Context) -> None:
    _, delivery = await sent(ctx)
    token = mailtoken.token(await ctx.db.run(keys.mail_key), Purpose.LEAVE, delivery)
    reply = await OperatorDesk(ctx).accept(Command("optout", {"act": "add", "address": token}, "root"))
    assert (reply["address"], reply["changed"]) == ("orang1@kampus.example", True)
    bounce = mailtoken.token(await ctx.db.run(keys.mail_key), Purpose.BOUNCE, delivery)
    assert "error" in await OperatorDesk(ctx).accept(Command("optout", {"act": "add", "address": bounce}, "root"))


async def test_the_request_mailbox_takes_bounces_and_wishes_too(ctx: Context) -> None:
    request, delivery = await sent(ctx)
    key = await ctx.db.run(keys.mail_key)
    for number, name in enumerate(("postfix: unknown user", "a wish to leave"), start=1):
        case = BY_NAME[name]
        purpose = Purpose.LEAVE if case.kind is BounceKind.LEAVE else Purpose.BOUNCE
        ours = mailtoken.token(key, purpose, delivery).encode()
        raw = case.raw.replace(TOKEN.encode(), ours).replace(b"u" + TOKEN[1:].encode(), ours)
        mail = IncomingMail("INBOX", 1, number, len(raw), raw, too_big=False)
        assert await MailDesk(ctx).accept(mail) is Disposition.PROCESSED
    assert (await state_of(ctx, request))[0] is S.FAILED
    assert len(await ctx.db.run(optouts.all_of)) == 2


async def test_what_cannot_be_read_is_set_aside_and_the_rest_goes_on(
    ctx: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail = IncomingMail("INBOX", 1, 1, 3, b"x\r\n", too_big=False)
    assert await BounceDesk(ctx).accept(mail) is Disposition.PROCESSED
    monkeypatch.setattr("gatewayd.stages.bounces._CHILD", "gatewayd.wire.bounce:nothing")
    other = replace(mail, raw=b"y\r\n", uid=2)
    assert await BounceDesk(ctx).accept(other) is Disposition.QUARANTINE
    assert await BounceDesk(ctx).accept(other) is Disposition.QUARANTINE


async def test_dead_addresses_are_listed_by_directory(ctx: Context, capsys: pytest.CaptureFixture[str]) -> None:
    _, dead = await sent(ctx, groups=("dosen",))
    _, full = await sent(ctx, groups=("pegawai",))
    await returned(ctx, BY_NAME["postfix: unknown user"], dead)
    await returned(ctx, BY_NAME["postfix: over quota"], full)
    capsys.readouterr()
    (bad,) = await ctx.db.run(bounces.bad_addresses)
    assert (bad.groups, bad.status, bad.times) == (("dosen",), "5.1.1", 1)
    config = ctx.settings.gateway.state_dir / "gatewayd.toml"
    config.write_text(f'[gateway]\nstate_dir = "{ctx.settings.gateway.state_dir}"\n', encoding="utf-8")
    assert main(["bounces", "--config", str(config), "--json"]) == 0
    (listed,) = json.loads(capsys.readouterr().out)
    assert listed["address"] == "orang1@kampus.example"
    assert main(["bounces", "--config", str(config), "--group", "pegawai"]) == 0
    assert "no address" in capsys.readouterr().out


async def test_a_request_waits_for_its_bounces_before_it_is_settled(ctx: Context, time: SettableTime) -> None:
    request, _ = await sent(ctx)
    wait = timedelta(minutes=15)
    assert await ctx.db.run(track, time.now, timedelta(hours=1), wait) == []
    time.now += wait
    assert await ctx.db.run(track, time.now, timedelta(hours=1), wait) != []
    assert (await ctx.db.run(requests.get, request)).settled_at is not None
