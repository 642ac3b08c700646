"""The self-test against a real Mosquitto whose access list is good, missing, or too wide in one of several ways."""

import asyncio
from pathlib import Path

import pytest

from gatewayd.config import Mqtt, MqttSelftest, Secret
from gatewayd.errors import ProtocolError
from gatewayd.intake.mqtt_selftest import MARK, Gaps, find_gaps
from tests.fakes.mqtt_peer import Desk, link, peer, running, settings
from tests.system.servers.mosquitto import PASSWORD, USERS, Mosquitto, running_mosquitto

pytestmark = pytest.mark.system

_USERS = dict.fromkeys((*USERS, "selftest"), PASSWORD)
_GATEWAY = "user gatewayd\ntopic readwrite {prefix}/#\n"
_OWN = "pattern write {prefix}/jobs/%u\npattern read {prefix}/receipts/%u/#\n"
_ALL = ("siakad", "elearning", "gatewayd-selftest")
ACLS = {
    "good": (_GATEWAY + _OWN, Gaps((), reads=False)),
    "none": ("", Gaps(_ALL, reads=True)),
    "may write all jobs": (_GATEWAY + "pattern write {prefix}/jobs/#\n" + _OWN, Gaps(_ALL, reads=False)),
    "may read all receipts": (_GATEWAY + "pattern read {prefix}/receipts/#\n" + _OWN, Gaps((), reads=True)),
    "may write one other": (
        _GATEWAY + "user selftest\ntopic write {prefix}/jobs/siakad\n" + _OWN, Gaps(("siakad",), reads=False)
    ),
    "the name is the client id": (
        _GATEWAY + "pattern write {prefix}/jobs/+\npattern read {prefix}/receipts/%c/#\n", Gaps(_ALL, reads=False)
    ),
}  # fmt: skip


@pytest.fixture(params=["5", "3.1.1"])
def protocol(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def made(broker: Mosquitto, folder: Path, protocol: str) -> tuple[Mqtt, MqttSelftest]:
    found = settings(
        broker, folder, protocol=protocol, clients=[{"name": "siakad"}, {"name": "elearning"}],
        selftest={"user": "selftest", "password": {"file": folder / "mqtt-password"}},
    )  # fmt: skip
    assert found.selftest is not None
    return found, found.selftest


@pytest.mark.parametrize(("acl", "gaps"), ACLS.values(), ids=ACLS)
async def test_what_the_access_list_lets_through_is_found(tmp_path: Path, protocol: str, acl: str, gaps: Gaps) -> None:
    with running_mosquitto(_USERS, acl=acl) as broker:
        assert await find_gaps(*made(broker, tmp_path, protocol), settle_s=0.7) == gaps


async def test_the_test_is_no_job_and_no_client_hears_of_it(tmp_path: Path, protocol: str) -> None:
    desk = Desk()
    with running_mosquitto(_USERS, acl="") as broker:
        mqtt, test = made(broker, tmp_path, protocol)
        async with peer(broker, "siakad", protocol=protocol) as siakad, running(link(mqtt), desk.accept):
            await siakad.listen("gatewayd/receipts/siakad/#", "gatewayd/receipts/elearning/#")
            assert await find_gaps(mqtt, test)
            await siakad.publish("gatewayd/jobs/siakad", b"satu")
            assert (await desk.next()).payload == b"satu"
            assert await siakad.seen("gatewayd/receipts/siakad") == [b"receipt of satu"]
            assert siakad.topics == ["gatewayd/receipts/siakad"]
        # A test of yesterday that waited for the daemon at the broker is no job either.
        async with peer(broker, "siakad", protocol=protocol) as siakad:
            await siakad.publish("gatewayd/jobs/siakad", MARK + b"0123")
            await siakad.publish("gatewayd/jobs/siakad", b"dua")
            async with running(link(mqtt), desk.accept):
                while (job := await desk.next()).payload != b"dua":
                    assert job.payload == b"satu", "the test was taken for a job"
        assert desk.waiting == 0


async def test_nothing_of_the_test_stays_with_the_broker(tmp_path: Path, protocol: str) -> None:
    with running_mosquitto(_USERS, acl="") as broker:
        await find_gaps(*made(broker, tmp_path, protocol), settle_s=0.1)
        async with peer(broker, "observer") as observer:
            await observer.listen("gatewayd/#")
            await observer.publish("gatewayd/end", b"x")
            await observer.seen("gatewayd/end")
            assert observer.topics == ["gatewayd/end"]
        broker.save()
        assert b"gatewayd-selftest" not in (broker.folder / "db" / "mosquitto.db").read_bytes()


async def test_a_busy_client_does_not_hide_a_gap(tmp_path: Path) -> None:
    with running_mosquitto(_USERS, acl="") as broker:
        mqtt, test = made(broker, tmp_path, "5")
        async with peer(broker, "siakad") as siakad:
            finding = asyncio.create_task(find_gaps(mqtt, test))
            number = 0
            while not finding.done():
                await siakad.publish("gatewayd/jobs/siakad", b"%d" % number)
                number += 1
            assert number > mqtt.receive_maximum
            assert finding.result().writes == _ALL


async def test_an_account_that_cannot_log_in_is_no_proof(tmp_path: Path) -> None:
    with running_mosquitto(_USERS) as broker:
        mqtt, _ = made(broker, tmp_path, "5")
        wrong = tmp_path / "wrong"
        wrong.write_text("salah", encoding="ascii")
        with pytest.raises(ProtocolError):
            await find_gaps(mqtt, MqttSelftest(user="selftest", password=Secret(file=wrong)))


def test_the_words_say_what_to_set() -> None:
    assert str(Gaps(("siakad",), reads=True)).count("pattern") == 2
    assert not Gaps((), reads=False)
