"""Jobs and receipts on a real Mosquitto, under both versions of the protocol."""

import asyncio
import json
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gatewayd.intake.base import IncomingJob, JobReceipt
from gatewayd.intake.mqtt import is_own_topic
from gatewayd.wire import payload
from tests.fakes.mqtt_peer import Desk, link, peer, running, settings
from tests.system.servers.mosquitto import Mosquitto, running_mosquitto

pytestmark = pytest.mark.system

RECEIPTS = "gatewayd/receipts/siakad"
JOBS = "gatewayd/jobs/siakad"


@pytest.fixture(params=["5", "3.1.1"])
def protocol(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def broker() -> Iterator[Mosquitto]:
    with running_mosquitto(extra="max_packet_size 8388608\n") as made:
        yield made


async def test_a_job_is_offered_with_its_client_and_receipted_on_that_clients_topic(
    broker: Mosquitto, tmp_path: Path, protocol: str
) -> None:
    desk = Desk()
    async with (
        peer(broker, "siakad", protocol=protocol) as siakad,
        peer(broker, "elearning", protocol=protocol) as elearning,
        running(link(settings(broker, tmp_path, protocol=protocol)), desk.accept),
    ):
        await siakad.listen(RECEIPTS)
        await elearning.listen("gatewayd/receipts/elearning")
        await siakad.publish(JOBS, b"satu")
        await elearning.publish("gatewayd/jobs/elearning", b"dua")
        assert await desk.next() == IncomingJob("siakad", b"satu", retained=False)
        assert await desk.next() == IncomingJob("elearning", b"dua", retained=False)
        assert await siakad.seen(RECEIPTS) == [b"receipt of satu"]
        assert await elearning.seen("gatewayd/receipts/elearning") == [b"receipt of dua"]


async def test_receipts_come_in_the_order_of_the_jobs(broker: Mosquitto, tmp_path: Path, protocol: str) -> None:
    desk = Desk()
    made = settings(broker, tmp_path, protocol=protocol, receive_maximum=3)
    async with peer(broker, "siakad") as siakad, running(link(made), desk.accept):
        await siakad.listen(RECEIPTS)
        for number in range(30):
            await siakad.publish(JOBS, b"%d" % number)
        assert await siakad.seen(RECEIPTS, 30) == [b"receipt of %d" % number for number in range(30)]


async def test_no_receipt_before_accept_returns(broker: Mosquitto, tmp_path: Path) -> None:
    desk = Desk()
    desk.may_return.clear()
    made = link(settings(broker, tmp_path))
    async with peer(broker, "observer") as observer, peer(broker, "siakad") as siakad, running(made, desk.accept):
        await observer.listen("gatewayd/#")
        await siakad.publish(JOBS, b"satu")
        await desk.next()
        # What the link publishes now overtakes the receipt only if there is none yet.
        assert await made.publish("gatewayd/status/siakad/x", b"between")
        desk.may_return.set()
        await observer.seen(RECEIPTS)
        assert observer.topics.index("gatewayd/status/siakad/x") < observer.topics.index(RECEIPTS)


async def test_a_job_of_qos_0_is_taken_too(broker: Mosquitto, tmp_path: Path, protocol: str) -> None:
    desk = Desk()
    made = link(settings(broker, tmp_path, protocol=protocol))
    async with peer(broker, "siakad") as siakad, running(made, desk.accept):
        await siakad.listen(RECEIPTS)
        await siakad.publish(JOBS, b"satu", qos=0)
        assert await siakad.seen(RECEIPTS) == [b"receipt of satu"]


@pytest.mark.parametrize(
    "topic",
    [RECEIPTS, f"{RECEIPTS}/ruang-7", "gatewayd/replies/siakad/7"],
    ids=["own receipts", "below own receipts", "own replies"],
)
async def test_a_response_topic_of_its_own_gets_the_receipt_with_the_correlation_data(
    broker: Mosquitto, tmp_path: Path, topic: str
) -> None:
    async with peer(broker, "siakad") as siakad, running(link(settings(broker, tmp_path)), Desk().accept):
        await siakad.listen(f"{RECEIPTS}/#", "gatewayd/replies/siakad/#")
        await siakad.publish(JOBS, b"satu", reply_to=topic, ticket=b"tiket-7")
        (answer,) = await siakad.messages(topic)
        assert answer.payload == b"receipt of satu"
        assert answer.properties is not None
        assert answer.properties.CorrelationData == b"tiket-7"
        await siakad.publish(JOBS, b"dua")
        usual = await siakad.seen(RECEIPTS, 2)
        assert usual == [b"receipt of satu", b"receipt of dua"]


@pytest.mark.parametrize(
    "topic",
    ["gatewayd/receipts/elearning", "gatewayd/replies/elearning/1", "gatewayd/daemon", "gatewayd/replies/siakad"],
)
async def test_a_response_topic_of_somebody_else_is_not_written_to(
    broker: Mosquitto, tmp_path: Path, topic: str
) -> None:
    made = link(settings(broker, tmp_path))
    async with peer(broker, "observer") as observer, peer(broker, "siakad") as siakad, running(made, Desk().accept):
        await observer.listen("gatewayd/receipts/#", "gatewayd/replies/#")
        await siakad.publish(JOBS, b"satu", reply_to=topic, ticket=b"x")
        await siakad.publish(JOBS, b"dua")
        assert await observer.seen(RECEIPTS, 2) == [b"receipt of satu", b"receipt of dua"]
        assert observer.topics == [RECEIPTS, RECEIPTS]


TOPICS = {
    "below receipts": ("gw/receipts/a/x", True), "below replies": ("gw/replies/a/x/y", True),
    "a longer name": ("gw/receipts/ab/x", False), "another prefix": ("gwx/receipts/a/x", False),
    "a wildcard": ("gw/replies/a/#", False), "a plus": ("gw/replies/a/+", False), "nothing": ("", False),
}  # fmt: skip


@pytest.mark.parametrize(("topic", "own"), TOPICS.values(), ids=TOPICS)
def test_own_topics_are_those_below_the_clients_levels(topic: str, own: bool) -> None:
    assert is_own_topic("gw", "a", topic) is own


async def test_a_retained_job_is_flagged_when_it_is_replayed(broker: Mosquitto, tmp_path: Path, protocol: str) -> None:
    desk = Desk()
    async with peer(broker, "siakad") as siakad:
        await siakad.publish(JOBS, b"lama", retain=True)
        async with running(link(settings(broker, tmp_path, protocol=protocol)), desk.accept):
            assert await desk.next() == IncomingJob("siakad", b"lama", retained=True)


async def test_under_v5_a_retained_job_is_flagged_live_too_and_not_replayed(broker: Mosquitto, tmp_path: Path) -> None:
    desk = Desk()
    made = settings(broker, tmp_path)
    async with peer(broker, "siakad") as siakad:
        async with running(link(made), desk.accept):
            await siakad.publish(JOBS, b"lama", retain=True)
            await siakad.publish(JOBS, b"sesudah")
            assert await desk.next() == IncomingJob("siakad", b"lama", retained=True)
            # Offered only after the one before it was acknowledged.
            assert (await desk.next()).payload == b"sesudah"
        async with running(link(made), desk.accept):
            await siakad.publish(JOBS, b"baru")
            while (job := await desk.next()).payload != b"baru":
                assert job.payload == b"sesudah", "the retained job came again"


async def test_an_oversize_job_is_refused_unread_and_the_next_one_taken(
    broker: Mosquitto, tmp_path: Path, protocol: str
) -> None:
    async def accept(job: IncomingJob) -> JobReceipt:
        read = payload.parse_job(job.payload, now=datetime(2026, 11, 2, tzinfo=UTC), retained=job.retained)
        assert isinstance(read, payload.JobRefusal)
        return JobReceipt(job.client, payload.receipt(job=read.id, result="rejected", faults=read.faults))

    made = link(settings(broker, tmp_path, protocol=protocol))
    async with peer(broker, "siakad", protocol=protocol) as siakad, running(made, accept):
        await siakad.listen(RECEIPTS)
        for size in (65_537, 4_000_000, 1):
            await siakad.publish(JOBS, b" " * size)
        receipts = [json.loads(receipt) for receipt in await siakad.seen(RECEIPTS, 3)]
        assert {receipt["result"] for receipt in receipts} == {"rejected"}
        for receipt in receipts[:2]:
            assert receipt["errors"] == [{"path": "", "message": "the job is too big (at most 65536 bytes)"}]
        assert "not valid JSON" in receipts[-1]["errors"][0]["message"]


async def test_many_oversize_jobs_that_wait_cost_no_more_memory_than_jobs_do(
    broker: Mosquitto, tmp_path: Path, protocol: str
) -> None:
    desk = Desk()
    desk.may_return.clear()
    made = link(settings(broker, tmp_path, protocol=protocol))
    async with peer(broker, "siakad") as siakad, running(made, desk.accept):
        await siakad.listen(RECEIPTS)
        tracemalloc.start()
        try:
            for _ in range(20):
                await siakad.publish(JOBS, b" " * 4_000_000)
            kept = (await desk.next()).payload
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert 65_536 < len(kept) < 66_000
        # The publisher of this test lives in the same process and holds a packet or two itself.
        assert peak < 40_000_000
        desk.may_return.set()
        await siakad.seen(RECEIPTS, 20)


async def test_the_daemons_state_is_retained_and_turns_to_offline_with_a_clean_stop(
    broker: Mosquitto, tmp_path: Path, protocol: str
) -> None:
    async with peer(broker, "observer", protocol=protocol) as observer:
        await observer.listen("gatewayd/daemon")
        async with running(link(settings(broker, tmp_path, protocol=protocol)), Desk().accept):
            (online,) = await observer.seen("gatewayd/daemon")
            assert json.loads(online) == {"state": "online", "version": "1.2.3", "boot": "boot-1"}
            async with peer(broker, "observer") as late:
                await late.listen("gatewayd/daemon")
                assert await late.seen("gatewayd/daemon") == [online]
        offline = (await observer.seen("gatewayd/daemon", 2))[1]
        assert json.loads(offline) == {"state": "offline", "version": "1.2.3", "boot": "boot-1"}


async def test_publish_is_true_once_the_broker_took_it_and_false_while_there_is_none(
    broker: Mosquitto, tmp_path: Path
) -> None:
    made = link(settings(broker, tmp_path))
    assert not await made.publish("gatewayd/modems/gsm1", b"{}", retain=True)
    async with peer(broker, "observer") as observer:
        async with running(made, Desk().accept):
            assert made.connected
            assert await made.publish("gatewayd/modems/gsm1", b"{}", retain=True)
            await observer.listen("gatewayd/modems/+")
            assert (await observer.messages("gatewayd/modems/gsm1"))[0].retain
        assert not made.connected
        assert not await made.publish("gatewayd/modems/gsm1", b"{}")


async def test_publishing_at_once_from_many_sides_keeps_every_message(broker: Mosquitto, tmp_path: Path) -> None:
    made = link(settings(broker, tmp_path))
    async with peer(broker, "observer") as observer, running(made, Desk().accept):
        await observer.listen("gatewayd/status/#")
        results = await asyncio.gather(*(made.publish("gatewayd/status/siakad/1", b"%d" % n) for n in range(100)))
        assert all(results)
        assert len(await observer.seen("gatewayd/status/siakad/1", 100)) == 100
