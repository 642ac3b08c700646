"""Quotas of clients and units: what is refused, what is given back, and what a jumping clock may not do."""

import json
from collections.abc import Callable
from datetime import timedelta
from email import message_from_bytes, policy
from typing import Any

import pytest

from gatewayd.core.model import Applicant
from gatewayd.core.states import Event
from gatewayd.intake.base import IncomingJob, IncomingMail
from gatewayd.stages import approve, quota
from gatewayd.stages.accept import MailDesk
from gatewayd.stages.compose import compose_batch
from gatewayd.stages.context import Context
from gatewayd.stages.jobs import JobDesk
from gatewayd.store import deliveries, notices, queue, requests
from tests.fakes.requests import NOW, new_request
from tests.flow.conftest import Opened, SettableTime

UNIT = Applicant("BAA", "Budi Contoh", "baa@kampus.example")


@pytest.fixture
def raw(raw: dict[str, Any]) -> dict[str, Any]:
    clients = [
        {"name": "siakad", "unit": "BAA", "parts_per_day": 10, "preapproved_channels": ["sms"],
         "preapproved_recipients": 50, "priorities": ["normal"]},
        {"name": "elearning"},
    ]  # fmt: skip
    units = [{"name": "BAA", "senders": ["baa@kampus.example"], "parts_per_month": 25}]
    return raw | {"mqtt": {"host": "localhost", "tls": "none", "clients": clients}, "units": units}


async def receipt(ctx: Context, id_: str, count: int, *, client: str = "siakad", text: str = "Halo") -> dict[str, Any]:
    now = ctx.clock.now()
    content = {
        "v": 1, "id": id_, "created": now.isoformat(), "expires": (now + timedelta(hours=2)).isoformat(),
        "channel": "sms", "to": [f"08120000{int(id_[1:]):02d}{index:02d}" for index in range(count)], "text": text,
    }  # fmt: skip
    answer = await JobDesk(ctx).accept(IncomingJob(client, json.dumps(content).encode(), retained=False))
    found: dict[str, Any] = json.loads(answer.payload)
    return found


async def test_a_job_over_the_quota_is_rejected_with_the_figures_and_fits_again_when_they_say(
    ctx: Context, time: SettableTime
) -> None:
    assert (await receipt(ctx, "a1", 6))["result"] == "accepted"
    time.now += timedelta(hours=1)
    assert (await receipt(ctx, "a2", 4))["result"] == "accepted"
    over = await receipt(ctx, "a3", 1)
    assert (over["result"], over["errors"][0]["path"]) == ("rejected", "to")
    assert "10 + 1 > 10 (2026-11-24 09:00 WIB)" in over["errors"][0]["message"]
    time.now = NOW + timedelta(hours=23, minutes=59)
    assert (await receipt(ctx, "a3", 1))["result"] == "rejected"
    time.now = NOW + timedelta(hours=24)
    assert (await receipt(ctx, "a3", 1))["result"] == "accepted"
    assert (await receipt(ctx, "a3", 1))["result"] == "duplicate"


async def test_a_quota_counts_parts_not_messages(ctx: Context) -> None:
    assert (await receipt(ctx, "a1", 4, text="x" * 300))["parts"] == 8
    assert (await receipt(ctx, "a2", 2, text="y" * 300))["result"] == "rejected"


async def test_what_never_fits_says_so_by_giving_no_time(ctx: Context) -> None:
    over = await receipt(ctx, "a1", 11)
    assert over["errors"][0]["message"].endswith("0 + 11 > 10")


async def test_a_client_without_quota_has_none(ctx: Context) -> None:
    assert (await receipt(ctx, "a1", 40, client="elearning"))["result"] == "accepted"
    assert (await receipt(ctx, "a2", 40, client="elearning"))["result"] == "accepted"


async def test_a_unit_pays_for_its_systems_and_its_forms(ctx: Context, time: SettableTime) -> None:
    await ctx.db.run(requests.insert, new_request(count=18, applicant=UNIT), "UPSI-2026-900001", NOW)
    over = await receipt(ctx, "a1", 8)
    assert "18 + 8 > 25 (2026-12-23 09:00 WIB)" in over["errors"][0]["message"]
    assert "30 days" in over["errors"][0]["message"]
    assert (await receipt(ctx, "a1", 7))["result"] == "accepted"


async def test_a_restart_keeps_the_count(ctx_again: Callable[[], Opened]) -> None:
    async with ctx_again() as ctx:
        await receipt(ctx, "a1", 10)
    async with ctx_again() as again:
        assert (await receipt(again, "a2", 1))["result"] == "rejected"


@pytest.mark.parametrize("back", [timedelta(seconds=1), timedelta(days=40), timedelta(days=4000)])
async def test_a_clock_set_back_gives_no_second_quota(ctx: Context, time: SettableTime, back: timedelta) -> None:
    await receipt(ctx, "a1", 10)
    time.now -= back
    assert (await receipt(ctx, "a2", 1))["result"] == "rejected"
    time.now += timedelta(hours=23)
    assert (await receipt(ctx, "a2", 1))["result"] == "rejected"


async def test_a_clock_that_ran_ahead_for_a_while_costs_one_window_not_the_years(
    ctx: Context, time: SettableTime
) -> None:
    time.now += timedelta(days=3650)
    await receipt(ctx, "a1", 10)
    time.now = NOW
    assert (await receipt(ctx, "a2", 1))["result"] == "rejected"
    time.now += timedelta(hours=24)
    assert (await receipt(ctx, "a2", 1))["result"] == "accepted"


async def test_a_clock_set_forward_and_back_gives_no_second_quota(ctx: Context, time: SettableTime) -> None:
    await receipt(ctx, "a1", 10)
    time.now += timedelta(days=2)
    await receipt(ctx, "a2", 10)
    time.now = NOW + timedelta(hours=1)
    over = await receipt(ctx, "a3", 1)
    assert "20 + 1 > 10" in over["errors"][0]["message"]


async def _job(ctx: Context, count: int) -> int:
    await receipt(ctx, "a1", count)
    found = await ctx.db.run(requests.by_job, "siakad", "a1")
    assert found is not None
    return found[0].id


async def test_what_was_cancelled_before_it_was_sent_is_given_back(ctx: Context) -> None:
    request = await _job(ctx, 10)
    await ctx.db.run(requests.close, request, "cancelled", "", NOW)
    await ctx.db.run(deliveries.apply_all, request, Event.CANCEL, NOW)
    assert (await receipt(ctx, "a2", 10))["result"] == "accepted"
    assert (await receipt(ctx, "a3", 1))["result"] == "rejected"


async def test_parts_that_left_or_may_have_left_are_not_given_back(ctx: Context) -> None:
    request = await _job(ctx, 10)

    def one_in_doubt(conn: Any) -> None:
        approve._move(conn, ctx, request, NOW)  # type: ignore[arg-type]
        first = conn.execute("SELECT min(id) FROM deliveries WHERE request = ?", (request,)).fetchone()[0]
        conn.execute(
            "INSERT INTO attempts (delivery, part, attempt, state, transport, run, began_at)"
            " VALUES (?, 1, 1, 'in_doubt', 'gsm1', 1, 0)", (first,),
        )  # fmt: skip
        conn.execute("UPDATE deliveries SET state = 'in_doubt' WHERE id = ?", (first,))
        conn.execute("UPDATE deliveries SET expires_at = 1 WHERE request = ?", (request,))
        queue.expire_due(conn, NOW)

    await ctx.db.run(one_in_doubt)
    assert (await receipt(ctx, "a2", 10))["errors"][0]["message"].partition("): ")[2].startswith("1 + 10 > 10")
    assert (await receipt(ctx, "a2", 9))["result"] == "accepted"


async def test_a_form_over_the_quota_gets_a_fault_and_the_deciders_hear_of_it_once(ctx: Context) -> None:
    new = new_request(count=26, applicant=UNIT)
    for number in ("UPSI-2026-900001", "UPSI-2026-900002"):
        admitted = await ctx.db.run(quota.admit, ctx, new, NOW)
        assert [fault.code for fault in admitted.faults] == ["quota.unit_month"]
        await ctx.db.run(requests.insert, admitted, number, NOW)
        await ctx.db.run(quota.tell_deciders, ctx, admitted, number, NOW)
    told = await ctx.db.run(notices.uncomposed, NOW, 10)
    assert sorted(notice.to_address for notice in told) == ["ka.bpsi@kampus.example", "ka.upsi@kampus.example"]
    assert {notice.params["name"] for notice in told} == {"BAA"}
    fitting = await ctx.db.run(quota.admit, ctx, new_request(count=20, applicant=UNIT), NOW)
    assert [(note.code, note.typed) for note in fitting.warnings] == [("quota.nearly", "20 / 25")]


async def test_a_correction_does_not_count_against_itself(ctx: Context) -> None:
    request = await ctx.db.run(requests.insert, new_request(count=20, applicant=UNIT), "UPSI-2026-900001", NOW)
    assert not (await ctx.db.run(quota.admit, ctx, new_request(count=25, applicant=UNIT), NOW, request)).faults
    assert (await ctx.db.run(quota.admit, ctx, new_request(count=25, applicant=UNIT), NOW)).faults


FORM = (
    b"Authentication-Results: mail.kampus.example; dmarc=pass header.from=kampus.example\r\n"
    b"From: BAA <baa@kampus.example>\r\nTo: pesan@kampus.example\r\nSubject: Permohonan\r\n"
    b"Message-ID: <1@kampus.example>\r\n\r\n"
    b"NAMA UNIT: BAA\r\nNAMA LENGKAP: Budi Contoh\r\nSMS MASSAL: [x] LAINNYA\r\n"
    b'KETERANGAN: isi: "Kuliah libur"\r\nPENERIMA:\r\n081200000101\r\n081200000102\r\n'
)


async def test_the_unit_and_who_decides_read_the_figures_and_the_form_fits_later(
    ctx: Context, time: SettableTime
) -> None:
    await ctx.db.run(requests.insert, new_request(count=24, applicant=UNIT), "UPSI-2026-900001", NOW)
    await MailDesk(ctx).accept(IncomingMail("INBOX", 1, 1, len(FORM), FORM))
    while await compose_batch(ctx):
        pass
    mails = await ctx.db.run(_mails)
    assert set(mails) == {"baa@kampus.example", "ka.upsi@kampus.example", "ka.bpsi@kampus.example"}
    for text in mails.values():
        assert "24 + 2 > 25 (2026-12-23 09:00 WIB)" in " ".join(text.split())
    # The corrected form asks for one recipient less than fits.
    reply = FORM.replace(b"<1@", b"<2@").replace(b"081200000102\r\n", b"")
    number = (await ctx.db.run(requests.all_numbers, 1))[0].number
    reply = reply.replace(b"Subject: Permohonan", b"Subject: Re: [" + number.encode() + b"] Permohonan")
    await MailDesk(ctx).accept(IncomingMail("INBOX", 1, 2, len(reply), reply))
    request = await ctx.db.run(requests.by_number, number)
    assert request is not None
    assert (request.recipients, request.faults) == (1, ())
    assert ("quota.nearly", "25 / 25") in [(note.code, note.typed) for note in request.warnings]


def _mails(conn: Any) -> dict[str, str]:
    """Address → text of the mails that are composed."""
    found = {}
    for address, raw in conn.execute("SELECT to_address, raw FROM notices WHERE raw IS NOT NULL").fetchall():
        body = message_from_bytes(raw, policy=policy.default).get_body(("plain",))
        found[address] = "" if body is None else str(body.get_content())
    return found
