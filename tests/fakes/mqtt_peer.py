"""Other parties at the broker: clients that publish jobs, an observer of everything, and an `accept` to steer."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from aiomqtt import Client, Message, ProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from gatewayd.config import Mqtt
from gatewayd.intake.base import IncomingJob, JobReceipt
from gatewayd.intake.mqtt import MqttLink
from tests.system.servers.mosquitto import Mosquitto

DEADLINE_S = 15.0
_VERSIONS = {"5": ProtocolVersion.V5, "3.1.1": ProtocolVersion.V311}


class Peer:
    """Somebody else's connection."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._messages: list[Message] = []
        self._news = asyncio.Event()

    async def publish(
        self, topic: str, payload: bytes, *, retain: bool = False, qos: int = 1, reply_to: str = "", ticket: bytes = b""
    ) -> None:
        properties = None
        if reply_to:
            properties = Properties(PacketTypes.PUBLISH)
            properties.ResponseTopic = reply_to
            if ticket:
                properties.CorrelationData = ticket
        await self._client.publish(topic, payload, qos=qos, retain=retain, properties=properties)

    async def listen(self, *filters: str) -> None:
        for topic in filters:
            await self._client.subscribe(topic, qos=1)

    async def read(self) -> None:
        async for message in self._client.messages:
            self._messages.append(message)
            self._news.set()

    async def seen(self, topic: str, count: int = 1) -> list[bytes]:
        """The payloads on `topic` so far, once there are `count`."""
        return [bytes(message.payload) for message in await self.messages(topic, count)]

    async def messages(self, topic: str, count: int = 1) -> list[Message]:
        async with asyncio.timeout(DEADLINE_S):
            while len(found := [message for message in self._messages if message.topic.value == topic]) < count:
                self._news.clear()
                await self._news.wait()
        return found

    @property
    def topics(self) -> list[str]:
        """Where something came, in order."""
        return [message.topic.value for message in self._messages]


@asynccontextmanager
async def peer(broker: Mosquitto, user: str, *, protocol: str = "5") -> AsyncIterator[Peer]:
    """A connection of `user` for the time of the block."""
    async with Client(
        broker.host, broker.port, username=user, password=broker.password, protocol=_VERSIONS[protocol]
    ) as client:
        made = Peer(client)
        reading = asyncio.create_task(made.read())
        try:
            yield made
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)


class Desk:
    """An `accept` that keeps what it was offered and answers with b"receipt of " and the payload."""

    def __init__(self, *failures: Exception | None) -> None:
        self._failures = list(failures)
        self._offered: asyncio.Queue[IncomingJob] = asyncio.Queue()
        #: While cleared, accept does not return.
        self.may_return = asyncio.Event()
        self.may_return.set()

    async def accept(self, job: IncomingJob) -> JobReceipt:
        self._offered.put_nowait(job)
        failure = self._failures.pop(0) if self._failures else None
        if failure is not None:
            raise failure
        await self.may_return.wait()
        return JobReceipt(job.client, b"receipt of " + job.payload[:100])

    async def next(self) -> IncomingJob:
        async with asyncio.timeout(DEADLINE_S):
            return await self._offered.get()

    @property
    def waiting(self) -> int:
        """Jobs that were offered and not asked for by `next`."""
        return self._offered.qsize()


def settings(broker: Mosquitto, secrets: Path, **more: object) -> Mqtt:
    """Settings of the gateway's own account."""
    secret = secrets / "mqtt-password"
    if not secret.exists():
        secret.write_text(broker.password, encoding="ascii")
    usual: dict[str, object] = {
        "host": "localhost", "port": broker.port, "tls": "none", "user": "gatewayd", "password": {"file": secret},
    }  # fmt: skip
    return Mqtt.model_validate(usual | more)


def link(made: Mqtt) -> MqttLink:
    return MqttLink(made, version="1.2.3", boot="boot-1")


@asynccontextmanager
async def running(link: MqttLink, accept: Callable[[IncomingJob], Awaitable[JobReceipt]]) -> AsyncIterator[
    "asyncio.Task[None]"
]:  # fmt: skip
    """The link, connected; stopped as the daemon stops it when the block ends."""
    task = asyncio.create_task(link.run(accept))
    up = asyncio.create_task(link.wait_connected())
    try:
        async with asyncio.timeout(DEADLINE_S):
            await asyncio.wait({task, up}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            task.result()
        yield task
    finally:
        up.cancel()
        task.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await task
