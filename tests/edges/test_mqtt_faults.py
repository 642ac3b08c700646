"""What the broker link makes of kills, lost brokers, refused logins and failing callbacks, on a real Mosquitto."""

import asyncio
import gc
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gatewayd.config import Mqtt
from gatewayd.errors import LinkError, ProtocolError
from gatewayd.intake.base import IncomingJob
from tests.fakes.mqtt_peer import DEADLINE_S, Desk, link, peer, running, settings
from tests.fakes.mqtt_scripted import scripted_broker
from tests.system.servers.authority import make_authority
from tests.system.servers.mosquitto import Mosquitto, running_mosquitto
from tests.system.servers.ports import await_true, free_port

pytestmark = pytest.mark.system

RECEIPTS = "gatewayd/receipts/siakad"
JOBS = "gatewayd/jobs/siakad"

#: A receiver that says when it was offered a job, and then never returns from its callback.
_RECEIVER = """
import asyncio, sys
from pathlib import Path
from gatewayd.config import Mqtt
from gatewayd.intake.mqtt import MqttLink

async def accept(job):
    Path(sys.argv[2]).write_bytes(job.payload)
    await asyncio.Event().wait()

async def main():
    await MqttLink(Mqtt.model_validate_json(sys.argv[1]), version="1.2.3", boot="boot-1").run(accept)

asyncio.run(main())
"""


def _receiver(made: Mqtt, taken: Path) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-c", _RECEIVER, made.model_dump_json(), str(taken)])


@pytest.fixture(params=["5", "3.1.1"])
def protocol(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def broker() -> Iterator[Mosquitto]:
    with running_mosquitto() as made:
        yield made


async def fails(made: Mqtt, desk: Desk | None = None) -> Exception:
    """What `run` raises."""
    async with asyncio.timeout(DEADLINE_S):
        try:
            await link(made).run((desk or Desk()).accept)
        except (LinkError, ProtocolError) as error:
            return error
    raise AssertionError("run() returned")


async def test_a_job_whose_receiver_was_killed_before_accept_returned_comes_again_once(
    broker: Mosquitto, tmp_path: Path, protocol: str
) -> None:
    made = settings(broker, tmp_path, protocol=protocol)
    taken = tmp_path / "taken"
    async with peer(broker, "siakad") as siakad, peer(broker, "observer") as observer:
        await observer.listen("gatewayd/daemon")
        receiver = _receiver(made, taken)
        try:
            await observer.seen("gatewayd/daemon")
            await siakad.publish(JOBS, b"satu")
            await asyncio.to_thread(await_true, lambda: taken.exists() and taken.read_bytes() == b"satu", "the job")
        finally:
            receiver.send_signal(signal.SIGKILL)
            receiver.wait(10)
        last_will = (await observer.seen("gatewayd/daemon", 2))[1]
        assert json.loads(last_will) == {"state": "offline", "version": "1.2.3", "boot": "boot-1"}
        await siakad.listen(RECEIPTS)
        desk = Desk()
        async with running(link(made), desk.accept):
            assert await desk.next() == IncomingJob("siakad", b"satu", retained=False)
            await siakad.publish(JOBS, b"dua")
            assert (await desk.next()).payload == b"dua"
            assert (await siakad.seen(RECEIPTS))[0] == b"receipt of satu"
        async with running(link(made), desk.accept):
            await siakad.publish(JOBS, b"tiga")
            while (job := await desk.next()).payload != b"tiga":
                assert job.payload == b"dua", "an acknowledged job came again"


async def test_a_job_whose_accept_failed_drops_the_link_and_comes_again(
    broker: Mosquitto, tmp_path: Path, protocol: str
) -> None:
    made = settings(broker, tmp_path, protocol=protocol)
    desk = Desk(RuntimeError("Halo Budi Contoh"))
    async with peer(broker, "siakad") as siakad:
        await siakad.listen(RECEIPTS)
        async with running(link(made), desk.accept) as first:
            await siakad.publish(JOBS, b"satu")
            await desk.next()
            with pytest.raises(LinkError) as failure:
                await asyncio.wait_for(asyncio.shield(first), DEADLINE_S)
        assert "Budi" not in str(failure.value)
        async with running(link(made), desk.accept):
            assert (await desk.next()).payload == b"satu"
            assert await siakad.seen(RECEIPTS) == [b"receipt of satu"]


async def test_after_a_power_cut_of_the_broker_a_second_run_takes_the_jobs_that_wait(
    broker: Mosquitto, tmp_path: Path, protocol: str
) -> None:
    made = link(settings(broker, tmp_path, protocol=protocol))
    desk = Desk()
    async with running(made, desk.accept) as first:
        broker.save()
        broker.kill9()
        with pytest.raises(LinkError):
            await asyncio.wait_for(asyncio.shield(first), DEADLINE_S)
        assert not made.connected
        assert not await made.publish("gatewayd/status/siakad/1", b"{}")
    broker.start()
    async with peer(broker, "siakad") as siakad:
        for number in range(25):
            await siakad.publish(JOBS, b"%d" % number)
    broker.save()
    broker.restart()
    async with running(made, desk.accept):
        assert [(await desk.next()).payload for _ in range(25)] == [b"%d" % number for number in range(25)]


async def test_a_publish_that_waits_for_the_broker_ends_at_once_when_it_is_lost(
    broker: Mosquitto, tmp_path: Path
) -> None:
    made = link(settings(broker, tmp_path, timeout=600))
    async with running(made, Desk().accept):
        broker.freeze()
        waiting = asyncio.create_task(made.publish("gatewayd/status/siakad/1", b"{}"))
        await asyncio.sleep(0)
        broker.kill9()
        assert not await asyncio.wait_for(waiting, DEADLINE_S)


async def test_a_receipt_that_does_not_reach_the_broker_leaves_the_job_unacknowledged(
    broker: Mosquitto, tmp_path: Path
) -> None:
    made = settings(broker, tmp_path)
    desk = Desk()
    desk.may_return.clear()
    async with peer(broker, "siakad") as siakad, running(link(made), desk.accept) as first:
        await siakad.publish(JOBS, b"satu")
        await desk.next()
        broker.save()
        broker.kill9()
        desk.may_return.set()
        with pytest.raises(LinkError):
            await asyncio.wait_for(asyncio.shield(first), DEADLINE_S)
    broker.start()
    async with running(link(made), desk.accept):
        assert (await desk.next()).payload == b"satu"


async def test_a_flood_without_promise_is_cut_and_a_job_with_promise_gets_through(
    broker: Mosquitto, tmp_path: Path
) -> None:
    desk = Desk()
    desk.may_return.clear()
    async with peer(broker, "siakad") as siakad, running(link(settings(broker, tmp_path)), desk.accept):
        await siakad.listen(RECEIPTS)
        for _ in range(1000):
            await siakad.publish(JOBS, b"banjir", qos=0)
        await siakad.publish(JOBS, b"penting")
        desk.may_return.set()
        taken = 0
        while (await desk.next()).payload != b"penting":
            taken += 1
        assert 0 < taken < 1000


async def test_a_stop_does_not_wait_for_a_broker_that_says_nothing(broker: Mosquitto, tmp_path: Path) -> None:
    made = link(settings(broker, tmp_path, timeout=600))
    async with asyncio.timeout(8):
        async with running(made, Desk().accept):
            broker.freeze()


REFUSALS = {
    "taken over": ({"goodbye": 142}, ProtocolError, "do two daemons run"),
    "shut down": ({"goodbye": 139}, LinkError, "Server shutting down"),
    "subscription refused": ({"suback": 135}, ProtocolError, "gatewayd/jobs/+"),
}


@pytest.mark.parametrize(("script", "kind", "words"), REFUSALS.values(), ids=REFUSALS)
async def test_a_refusal_after_the_login_says_which(
    tmp_path: Path, script: dict[str, int], kind: type[Exception], words: str
) -> None:
    async with scripted_broker(**script) as port:
        error = await fails(Mqtt(host="localhost", port=port, tls="none"))
    assert type(error) is kind
    assert words in str(error)


async def test_a_wrong_password_is_a_refusal(broker: Mosquitto, tmp_path: Path, protocol: str) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("salah", encoding="ascii")
    error = await fails(settings(broker, tmp_path, protocol=protocol, password={"file": wrong}))
    assert isinstance(error, ProtocolError)
    assert "salah" not in str(error)


async def test_nobody_at_the_port_is_a_lost_link(broker: Mosquitto, tmp_path: Path) -> None:
    assert isinstance(await fails(settings(broker, tmp_path, port=free_port())), LinkError)


async def test_a_missing_secret_is_a_lost_link_that_heals_when_the_file_comes(
    broker: Mosquitto, tmp_path: Path
) -> None:
    error = await fails(settings(broker, tmp_path, password={"file": tmp_path / "missing"}))
    assert isinstance(error, LinkError)
    assert "missing" in str(error)


async def test_a_password_does_not_cross_a_network_without_tls(broker: Mosquitto, tmp_path: Path) -> None:
    error = await fails(settings(broker, tmp_path, host="broker.kampus.example"))
    assert isinstance(error, ProtocolError)
    assert "without TLS" in str(error)


# The library leaves the socket of a failed handshake to the garbage collector.
@pytest.mark.filterwarnings("ignore:.*ssl.SSLSocket:pytest.PytestUnraisableExceptionWarning")
async def test_tls_with_our_authority_is_taken_and_another_authority_refused(tmp_path: Path) -> None:
    with running_mosquitto(tls=True) as broker:
        assert broker.authority is not None
        desk = Desk()
        trusted = settings(broker, tmp_path, tls="tls", ca_file=broker.authority.ca)
        async with running(link(trusted), desk.accept):
            pass
        (tmp_path / "other").mkdir()
        other = make_authority(tmp_path / "other")
        error = await fails(settings(broker, tmp_path, tls="tls", ca_file=other.ca))
        assert isinstance(error, ProtocolError)
        assert "TLS" in str(error)
        del error
        gc.collect()
