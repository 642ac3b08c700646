"""Data ends when it is due, or when somebody is erased: no byte is left in the files, and the audit still holds."""

import json
import os
import sqlite3
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gatewayd.cli import main
from gatewayd.core.audit import breaks
from gatewayd.core.health import IncomingSms
from gatewayd.core.model import Fault, RefusedRow, RequestId
from gatewayd.core.outcome import Accepted, ReportedStatus, StatusReport
from gatewayd.core.request import Message
from gatewayd.core.states import DeliveryState
from gatewayd.intake.control import Command
from gatewayd.stages import retain
from gatewayd.stages.context import Context
from gatewayd.stages.operate import OperatorDesk
from gatewayd.store import (
    audit,
    deliveries,
    events,
    inbox,
    mails,
    notices,
    optouts,
    queue,
    requests,
    retention,
    tracking,
)
from gatewayd.store.database import copying
from tests.fakes.requests import NOW, new_request
from tests.flow.conftest import SettableTime
from tests.store.test_queue import GSM1, ended, store

NUMBER = "+6281200000777"
NAME = "Sulastri Contohwati"
WORDS = "Rahasia sekali"
SPELT = (b"81200000777", b"812-0000-0777", b"812 0000 0777", NAME.encode(), b"Sulastri", WORDS.encode())
YEARS = timedelta(days=800)


async def lived(ctx: Context, count: int = 30) -> RequestId:
    """A request with one person in every place where a person can stand, sent and reported."""
    mail = await ctx.db.run(
        mails.store, folder="INBOX", uidvalidity=1, uid=1, size=9,
        raw=f"Mohon kirim ke 0812-0000-0777 {NAME}: {WORDS}".encode(), now=NOW,
    )  # fmt: skip
    await ctx.db.run(mails.done, mail.id, "request", sender="baa@kampus.example", auth="dmarc=pass", content=b"")
    new = new_request(count=count, text=f"{WORDS}, {{nama}}")
    person = Message(
        count + 1, NUMBER, NAME, {"wali": "0812 0000 0777"}, f"{WORDS}, {NAME}", 1
    )  # fmt: skip
    new = replace(
        new, mail=mail.id, messages=(*new.messages, person), form={"list": [NUMBER, NAME]},
        refused=(RefusedRow(40, "0812-0000-0777", "row.duplicate", NAME),),
        warnings=(Fault("text", "text.kept", NAME),),
    )  # fmt: skip
    request = await ctx.db.run(store, new)
    await ctx.db.run(send, request)
    await ctx.db.run(more, request)
    return request


def send(conn: sqlite3.Connection, request: RequestId) -> None:
    end, reference = None, 0
    while claimed := queue.advance(conn, end, GSM1, NOW):
        reference += 1
        end = ended(claimed, Accepted(reference % 256))
    requests.settle(conn, request, NOW)
    requests.reported(conn, request, NOW)


def more(conn: sqlite3.Connection, request: RequestId) -> None:
    events.record(conn, NOW, "request.held", request, actor="operator:bagus", detail={"reason": f"ditanya {NAME}"})
    events.record(conn, NOW, "request.received", request, actor="baa@kampus.example")
    notices.ask(conn, "unclear", "baa@kampus.example", NOW, request=request, params={"quoted": f"{WORDS} {NAME}"})
    conn.execute(
        "UPDATE notices SET message_id = '<1@kampus.example>', raw = ?", (f"{NUMBER} {NAME} {WORDS}".encode(),)
    )
    stray = StatusReport("gsm1", GSM1.sim, 99, "081200000777", NOW, NOW, ReportedStatus.DELIVERED, 0)
    tracking.take_report(conn, stray, NOW)
    sms = IncomingSms("gsm1", GSM1.sim, NUMBER, f"{WORDS} dari {NAME}", NOW, "07912618", None)
    inbox.store(conn, sms, b"digest", NOW, lambda texts, raws: texts[0] or "")
    conn.execute("UPDATE incoming_sms SET handled = 1")


def hits(state_dir: Path, *spelt: bytes) -> list[str]:
    """Where bytes of the person are still found."""
    return [
        f"{path.name}: {word.decode()}"
        for path in sorted(state_dir.rglob("*"))
        if path.is_file()
        for word in spelt or SPELT
        if word.lower() in path.read_bytes().lower()
    ]


@pytest.mark.parametrize("count", [1, 30, 300])
async def test_nothing_is_left_after_the_deadline(ctx: Context, count: int, tmp_path: Path) -> None:
    request = await lived(ctx, count)
    copy = tmp_path / "before-2.sqlite"
    copy.write_bytes(NUMBER.encode())
    (tmp_path / "backups").mkdir()
    copying(tmp_path, tmp_path / "backups" / "monday.sqlite")
    # Another one that is too young to go with the rest.
    copying(tmp_path, tmp_path / "backups" / "tuesday.sqlite")
    os.utime(tmp_path / "backups" / "tuesday.sqlite", (4e9, 4e9))
    assert hits(tmp_path)
    done = await retain.sweep(ctx, NOW + YEARS + YEARS)
    assert done["numbers"] > count
    assert hits(tmp_path) == []
    assert [path.name for path in (tmp_path / "backups").iterdir()] == ["tuesday.sqlite"]
    assert (tmp_path / "backups" / "tuesday.sqlite").stat().st_mtime == 4e9
    assert await ctx.db.run(verified) == []
    assert set(await ctx.db.run(retention.removed, request)) == {"numbers", "texts"}
    assert await ctx.db.run(deliveries.counts, request) == {DeliveryState.ACCEPTED: count + 1}
    assert await retain.sweep(ctx, NOW + YEARS + YEARS) == {}


def verified(conn: sqlite3.Connection) -> list[str]:
    unexplained = [sent.unexplained for sent in audit.sends(conn) if sent.unexplained not in ("", "nobody decided")]
    return [*breaks(audit.entries(conn), []), *audit.differences(conn), *unexplained]


async def test_each_kind_has_its_own_time(ctx: Context, tmp_path: Path) -> None:
    request = await lived(ctx)
    await retain.sweep(ctx, NOW + timedelta(days=89))
    assert await ctx.db.run(retention.removed, request) == {}
    await retain.sweep(ctx, NOW + timedelta(days=91))
    assert set(await ctx.db.run(retention.removed, request)) == {"numbers"}
    found = {line.split(": ", 1)[1] for line in hits(tmp_path)}
    # The text of the request is kept longer, and with it what an operator wrote and what people sent by SMS.
    assert found <= {WORDS, NAME, "Sulastri"}
    (await ctx.db.run(requests.get, request)).text.startswith(WORDS)


async def test_what_is_open_is_not_touched(ctx: Context, tmp_path: Path) -> None:
    request = await lived(ctx)
    before = hits(tmp_path)
    await ctx.db.run(requests.reopen, request)
    await retain.sweep(ctx, NOW + YEARS)
    assert await ctx.db.run(retention.removed, request) == {}
    assert [row.address for row in await ctx.db.run(deliveries.of_request, request)][-1] == NUMBER
    assert len(hits(tmp_path)) > 2, before


async def test_nothing_is_deleted_by_a_clock_that_is_not_sure(ctx: Context, time: SettableTime) -> None:
    await lived(ctx)
    assert not await ctx.db.run(
        retain.is_due, replace(ctx, clock=replace(ctx.clock, is_sure=lambda: False)), NOW + YEARS
    )
    assert await ctx.db.run(retain.is_due, ctx, NOW + YEARS)


async def test_a_day_is_swept_once_and_at_night(ctx: Context) -> None:
    night = NOW.replace(hour=20)
    assert not await ctx.db.run(retain.is_due, ctx, NOW.replace(hour=18))
    assert await ctx.db.run(retain.is_due, ctx, night)
    await retain.sweep(ctx, night)
    assert not await ctx.db.run(retain.is_due, ctx, night + timedelta(hours=10))
    assert await ctx.db.run(retain.is_due, ctx, night + timedelta(days=1))


async def erase(ctx: Context, address: str = "0812-0000-0777") -> dict[str, Any]:
    return await OperatorDesk(ctx).accept(Command("erase", {"address": address}, "bagus"))


@pytest.mark.parametrize("count", [1, 30, 300])
async def test_who_is_erased_leaves_no_byte(ctx: Context, count: int, tmp_path: Path) -> None:
    request = await lived(ctx, count)
    await ctx.db.run(optouts.add, NUMBER, "sms", NOW)
    (tmp_path / "backups").mkdir()
    copying(tmp_path, tmp_path / "backups" / "monday.sqlite")
    reply = await erase(ctx)
    assert reply["scrubbed"], reply
    assert reply["copies_left"] == []
    assert reply["opted_out"]
    # The text that went to many stays; his own copy of it does not.
    assert hits(tmp_path, *SPELT[:-1], f"{WORDS}, {NAME}".encode()) == []
    assert await ctx.db.run(verified) == []
    rows = await ctx.db.run(deliveries.of_request, request)
    assert [row.address for row in rows if row.address.startswith("+62")] == [
        f"+628120000{n:04d}" for n in range(1, count + 1)
    ]
    (told,) = [e for e in await ctx.db.run(all_events) if e["name"] == "person.erased"]
    assert told["actor"] == "operator:bagus"
    assert NUMBER not in told["detail"]


def all_events(conn: sqlite3.Connection) -> list[sqlite3.Row]:
    return conn.execute("SELECT * FROM events").fetchall()


async def test_who_left_and_was_erased_gets_nothing_any_more(ctx: Context) -> None:
    await lived(ctx)
    await ctx.db.run(optouts.add, NUMBER, "sms", NOW)
    await erase(ctx)
    assert await ctx.db.run(optouts.among, [NUMBER]) == {NUMBER}
    assert not await ctx.db.run(optouts.add, NUMBER, "sms", NOW)
    assert await ctx.db.run(optouts.remove, NUMBER)
    assert not await ctx.db.run(optouts.among, [NUMBER])


async def test_nobody_is_erased_out_of_an_open_request(ctx: Context, tmp_path: Path) -> None:
    request = await lived(ctx)
    await ctx.db.run(requests.reopen, request)
    before = hits(tmp_path)
    reply = await erase(ctx)
    assert "UPSI-2026-000001" in reply["error"]
    assert hits(tmp_path) == before


async def test_an_address_is_erased_too(ctx: Context, tmp_path: Path) -> None:
    await lived(ctx, 2)
    assert "removed" in await erase(ctx, "BAA@kampus.example")
    assert hits(tmp_path, b"baa@kampus.example", b"Budi Contoh") == []
    assert await ctx.db.run(verified) == []


async def test_what_was_removed_cannot_be_sent_again(ctx: Context) -> None:
    request = await lived(ctx)
    await ctx.db.run(lambda conn: conn.execute("UPDATE deliveries SET state = 'failed'"))
    await retain.sweep(ctx, NOW + timedelta(days=91))
    reply = await OperatorDesk(ctx).accept(
        Command("resend", {"request": "UPSI-2026-000001", "what": "failed"}, "bagus")
    )
    assert "removed" in reply["error"]
    assert await ctx.db.run(deliveries.resend, request, DeliveryState.FAILED, NOW) == 0


async def test_commands_say_what_is_gone(ctx: Context, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    await lived(ctx, 2)
    await retain.sweep(ctx, NOW + YEARS + YEARS)
    config = tmp_path / "gatewayd.toml"
    config.write_text(f'[gateway]\nstate_dir = "{tmp_path}"\n', encoding="utf-8")
    assert main(["show", "UPSI-2026-000001", "--config", str(config)]) == 0
    said = capsys.readouterr().out
    assert "text         removed on " in said
    assert "numbers      removed on " in said
    assert main(["show", "UPSI-2026-000001", "--json", "--config", str(config)]) == 0
    assert set(json.loads(capsys.readouterr().out)["removed"]) == {"numbers", "texts"}
    assert main(["report", "UPSI-2026-000001", "-o", str(tmp_path / "out"), "--config", str(config)]) == 0
    page = (tmp_path / "out" / "UPSI-2026-000001.html").read_text(encoding="utf-8")
    assert "Teks sudah dihapus pada" in page
    assert "Nama dan nomor sudah dihapus pada" in page
    assert "hash" not in page


async def test_a_corrected_list_is_the_one_that_was_decided_on(ctx: Context) -> None:
    """Whoever left while the first list waited is in no digest of the second one."""
    request = await ctx.db.run(store, new_request(count=3), queued=False)
    await ctx.db.run(optouts.stop, "+6281200000002", NOW)
    await ctx.db.run(requests.replace, request, new_request(count=2), NOW)
    assert await ctx.db.run(verified) == []


async def test_a_copy_in_which_the_request_was_still_open_goes(ctx: Context, tmp_path: Path) -> None:
    request = await lived(ctx)
    await ctx.db.run(requests.reopen, request)
    (tmp_path / "backups").mkdir()
    copying(tmp_path, tmp_path / "backups" / "monday.sqlite")
    (tmp_path / "before-1.sqlite").write_bytes(b"of another version")
    await ctx.db.run(requests.settle, request, NOW)
    await ctx.db.run(requests.reported, request, NOW)
    reply = await erase(ctx)
    assert reply["copies_left"] == ["before-1.sqlite"]
    assert list((tmp_path / "backups").iterdir()) == []
