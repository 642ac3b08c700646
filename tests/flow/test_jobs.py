"""Jobs of other systems: what a rejected receipt says."""

import json
from datetime import timedelta
from typing import Any

import pytest

from gatewayd.intake.base import IncomingJob
from gatewayd.stages.context import Context
from gatewayd.stages.jobs import JobDesk
from tests.fakes.requests import NOW
from tests.flow.conftest import SettableTime


@pytest.fixture
def raw(raw: dict[str, Any]) -> dict[str, Any]:
    return raw | {
        "mqtt": {"host": "localhost", "tls": "none", "clients": [{"name": "siakad", "groups": ["dosen"]}]},
    }  # fmt: skip


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
