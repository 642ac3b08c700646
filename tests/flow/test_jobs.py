"""Jobs of other systems: what a rejected receipt says."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from gatewayd.errors import SettingsError
from gatewayd.intake.base import IncomingJob
from gatewayd.stages import approve
from gatewayd.stages.context import Context
from gatewayd.stages.jobs import JobDesk
from gatewayd.store import deliveries, requests
from gatewayd.wire.payload_signature import signature
from tests.fakes.requests import NOW
from tests.flow.conftest import SettableTime

KEY = "kunci-contoh-0123456789abcdefghij"


@pytest.fixture
def raw(raw: dict[str, Any], tmp_path: Path) -> dict[str, Any]:
    key = tmp_path / "hmac-key"
    key.write_text(f"{KEY}\n", encoding="ascii")
    clients = [{"name": "siakad", "groups": ["dosen"]}, {"name": "absensi", "hmac_key": {"file": str(key)}}]
    return raw | {"mqtt": {"host": "localhost", "tls": "none", "clients": clients}}


def job(**changes: Any) -> bytes:
    content = {
        "v": 1, "id": "a-1", "created": NOW.isoformat(), "expires": (NOW + timedelta(hours=2)).isoformat(),
        "channel": "sms", "to": ["081200000101"], "text": "Halo",
    }  # fmt: skip
    return json.dumps(content | changes).encode()


async def receipt(ctx: Context, **changes: Any) -> dict[str, Any]:
    answer = await JobDesk(ctx).accept(IncomingJob("siakad", job(**changes), retained=False))
    found: dict[str, Any] = json.loads(answer.payload)
    return found


@pytest.mark.parametrize(
    ("changes", "errors"),
    [
        pytest.param({"to": ["abc"]}, [("to", "nobody left"), ("to[0]", "letters")], id="a bad number"),
        pytest.param(
            {"text": "Halo {kelas}"}, [("to", "nobody left"), ("to[0]", "needs a value")], id="a missing value"
        ),
        pytest.param({"expires": "9999-12-31T23:59:59Z"}, [("expires", "within 36525 days")], id="too far"),
        pytest.param({"channel": "email", "to": ["a@b.example"], "subject": "=?utf-8?q?x?="},
                     [("subject", "mail header")], id="a header in disguise"),
        pytest.param({"text": "x" * 2000}, [("text", "too many SMS parts")], id="too long"),
    ],
)  # fmt: skip
async def test_a_rejected_receipt_names_every_path(
    ctx: Context, changes: dict[str, Any], errors: list[tuple[str, str]]
) -> None:
    found = await receipt(ctx, **changes)
    assert found["result"] == "rejected"
    assert [error["path"] for error in found["errors"]] == [path for path, _ in errors]
    for error, (_, words) in zip(found["errors"], errors, strict=True):
        assert words in error["message"]


async def test_a_good_job_is_accepted_once(ctx: Context) -> None:
    first, second = await receipt(ctx), await receipt(ctx)
    assert (first["result"], second["result"]) == ("accepted", "duplicate")
    assert first["request"] == second["request"]


async def test_a_recipient_gets_no_more_than_three_jobs_an_hour(ctx: Context, time: SettableTime) -> None:
    found = [await receipt(ctx, id=f"b-{index}") for index in range(4)]
    assert [one["result"] for one in found] == ["accepted"] * 3 + ["rejected"]
    assert [error["path"] for error in found[3]["errors"]] == ["to", "to[0]"]
    assert "within an hour" in found[3]["errors"][1]["message"]
    time.now += timedelta(hours=1)
    assert (await receipt(ctx, id="b-4"))["result"] == "accepted"


async def test_others_of_the_same_job_are_still_sent_to(ctx: Context) -> None:
    for index in range(3):
        await receipt(ctx, id=f"c-{index}")
    found = await receipt(ctx, id="c-3", to=["081200000101", "081200000102"])
    assert (found["result"], found["recipients"]) == ("accepted", 1)


async def test_a_repeated_job_is_a_duplicate_even_when_its_recipient_has_had_enough(ctx: Context) -> None:
    for index in range(3):
        await receipt(ctx, id=f"d-{index}")
    assert (await receipt(ctx, id="d-0"))["result"] == "duplicate"


async def test_a_system_may_send_a_code(ctx: Context) -> None:
    assert (await receipt(ctx, text="PIN Anda 4821"))["result"] == "accepted"


WINDOWS = {
    "ahead": (timedelta(minutes=11), "accepted", "rejected", "the gateway's clock says 2026-11-23T02"),
    "old": (timedelta(days=-7, minutes=-11), "accepted", "rejected", "too long ago"),
    "a little ahead": (timedelta(minutes=9), "accepted", "accepted", ""),
    "a week old": (timedelta(days=-7, minutes=-9), "accepted", "accepted", ""),
}  # fmt: skip


@pytest.mark.parametrize(("age", "first", "result", "words"), WINDOWS.values(), ids=WINDOWS)
async def test_a_job_is_taken_within_its_window_only(
    ctx: Context, age: timedelta, first: str, result: str, words: str
) -> None:
    created = (NOW + age).isoformat()
    found = await receipt(ctx, created=created, expires=(NOW + timedelta(days=1)).isoformat())
    assert found["result"] == result
    if words:
        assert [error["path"] for error in found["errors"]] == ["created"]
        assert words in found["errors"][0]["message"]
    # `created` is not content: the same job that came in time once is a duplicate, whatever its window says now.
    times = {"expires": (NOW + timedelta(days=1)).isoformat()}
    assert (await receipt(ctx, id="w-1", **times))["result"] == first
    assert (await receipt(ctx, id="w-1", created=created, **times))["result"] == "duplicate"


async def test_an_expired_job_is_rejected(ctx: Context) -> None:
    found = await receipt(ctx, created=(NOW - timedelta(hours=2)).isoformat(), expires=NOW.isoformat())
    assert (found["result"], [error["path"] for error in found["errors"]]) == ("rejected", ["expires"])


async def test_a_job_that_nobody_decided_until_it_expires_is_over(ctx: Context, time: SettableTime) -> None:
    number = (await receipt(ctx))["request"]
    time.now += timedelta(hours=2)
    request = await ctx.db.run(requests.by_number, number)
    assert request is not None
    await ctx.db.run(approve._move, ctx, request.id, time.now)
    request = await ctx.db.run(requests.by_number, number)
    assert request is not None
    assert request.closed_as == "expired"
    assert await ctx.db.run(deliveries.counts, request.id) == {"expired": 1}


async def signed_by(ctx: Context, client: str, key: str, *, topic: str = "", **changes: Any) -> dict[str, Any]:
    body = job(**changes)
    mac = signature(topic or f"gatewayd/jobs/{client}", body, key).encode()
    answer = await JobDesk(ctx).accept(IncomingJob(client, body + b"\n" + mac, retained=False))
    found: dict[str, Any] = json.loads(answer.payload)
    return found


async def test_a_signed_job_is_accepted_once(ctx: Context) -> None:
    assert (await signed_by(ctx, "absensi", KEY))["result"] == "accepted"
    assert (await signed_by(ctx, "absensi", KEY))["result"] == "duplicate"


async def test_a_job_that_is_not_signed_as_it_must_be_is_rejected_with_its_id(ctx: Context) -> None:
    unsigned = json.loads((await JobDesk(ctx).accept(IncomingJob("absensi", job(), retained=False))).payload)
    other_topic = await signed_by(ctx, "absensi", KEY, topic="gatewayd/jobs/siakad")
    for found, words in (
        (unsigned, "must be signed"), (await signed_by(ctx, "absensi", "x" * 40), "not that of this job"),
        (other_topic, "not that of this job"), (await signed_by(ctx, "siakad", KEY), "has no key"),
    ):  # fmt: skip
        assert (found["result"], found["job"], found["request"]) == ("rejected", "a-1", None)
        assert words in found["errors"][0]["message"]


async def test_an_accepted_job_repeated_without_signature_tells_nothing(ctx: Context) -> None:
    await signed_by(ctx, "absensi", KEY)
    found = json.loads((await JobDesk(ctx).accept(IncomingJob("absensi", job(), retained=False))).payload)
    assert (found["result"], found["request"], found["digest"]) == ("rejected", None, None)


async def test_a_job_waits_at_the_broker_while_the_key_cannot_be_read(ctx: Context, tmp_path: Path) -> None:
    (tmp_path / "hmac-key").unlink()
    with pytest.raises(SettingsError):
        await signed_by(ctx, "absensi", KEY)


@pytest.fixture
def templates(raw: dict[str, Any]) -> None:
    raw["mqtt"]["clients"][0] |= {
        "preapproved_channels": ["sms"], "preapproved_recipients": 2, "preapproved_templates": ["Halo {nama}"],
    }  # fmt: skip


@pytest.mark.usefixtures("templates")
@pytest.mark.parametrize(("text", "policy"), [("Halo {nama}", "policy:siakad"), ("Halo {nama}, bayar", "")])
async def test_only_a_known_text_goes_without_approval(ctx: Context, text: str, policy: str) -> None:
    await receipt(ctx, text=text, to=[{"to": "081200000101", "name": "Budi"}])
    (request,) = await ctx.db.run(requests.all_numbers, 9)
    assert request.preapproved == policy
