"""One connection to the broker: connect, subscribe, receive in order, publish, acknowledge; errors of ours only.

In: the settings of the broker. Out: messages, one at a time, in the order they came. Invariants: nothing is
acknowledged unless `acknowledge` is called; the session on the broker outlives the connection (clean start off,
session expiry), so what was not acknowledged comes again; a lost link ends every waiting call at once.
LinkError: the link is gone, connect again. ProtocolError: the broker refuses us, and will again until somebody
changes something. The one place that knows aiomqtt: another client library is another version of this file.
Sources: MQTT 5.0 and 3.1.1 (OASIS); reference/dependencies §2.
"""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from typing import Final

from gatewayd.lean import without

# dnspython would look up SRV records of brokers, which nobody asks for, in 3 MiB.
without("dns", "aiomqtt")
from aiomqtt import Client, Message, MqttCodeError, MqttError, ProtocolVersion, Will
from paho.mqtt.client import Client as PahoClient
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from gatewayd.config import Mqtt
from gatewayd.errors import LinkError, ProtocolError, SettingsError
from gatewayd.log import get_logger
from gatewayd.wire.payload import MAX_BYTES
from gatewayd.wire.payload_signature import LINE_BYTES

#: Above this a v5 broker drops a publish without a word to anybody, so it is far above what a job may be: a job that is
#: too big gets its receipt. One packet at a time is held whole (thrice, while it is read); 3.1.1 has no such limit.
_MAX_PACKET: Final = 4 * 1024 * 1024
#: What is kept of a payload: enough to see that it is too big. Many large ones that wait cost no more than jobs do.
_MAX_KEPT: Final = MAX_BYTES + LINE_BYTES + 1
#: Jobs sent without any promise (QoS 0) that may wait; QoS 1 is bounded by the receive maximum.
_MAX_WAITING_QOS0: Final = 200
_CLOSE_S: Final = 2.0
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
#: CONNACK reasons that another attempt will meet again (MQTT 5.0 table 3-1; 3.1.1 codes are mapped to these).
_REFUSED: Final = frozenset({132, 133, 134, 135, 138, 140, 144, 149})
_TAKEN_OVER: Final = 142
_V5: Final = "5"
#: What goes wrong comes as exceptions; the library's own lines would go to stderr past our log.
_QUIET: Final = logging.getLogger("gatewayd.mqtt.library")
_QUIET.disabled = True


@dataclass(frozen=True, slots=True)
class Arrived:
    """One publish. `reply_to` and `correlation` are the v5 request/response properties, '' and b'' without."""

    topic: str
    payload: bytes
    qos: int
    retained: bool
    packet_id: int
    reply_to: str = ""
    correlation: bytes = b""


@dataclass(frozen=True, slots=True)
class LastWill:
    """What the broker publishes, retained, when we vanish without a word."""

    topic: str
    payload: bytes


class Session:
    """A live connection; made by `connected`."""

    def __init__(self, client: Client, *, is_v5: bool) -> None:
        self._client, self._is_v5 = client, is_v5
        self._arrived: asyncio.Queue[Arrived | None] = asyncio.Queue()
        self._reader = asyncio.create_task(self._read())

    async def subscribe(self, topic_filter: str) -> None:
        """QoS 1. Under v5 a retained publish stays recognisable even when it comes live."""
        with _mapped("subscribe"):
            if self._is_v5:
                only_new = SubscribeOptions.RETAIN_SEND_IF_NEW_SUB
                options = SubscribeOptions(qos=1, retainAsPublished=True, retainHandling=only_new)
                codes = await self._client.subscribe(topic_filter, options=options)
            else:
                codes = await self._client.subscribe(topic_filter, qos=1)
        for code in codes:
            if (code if isinstance(code, int) else code.value) >= 128:
                raise ProtocolError(f"subscribe: the broker refused {topic_filter}: {code}")

    async def receive(self, handle: Callable[[Arrived], Awaitable[None]]) -> None:
        """Hand over every message, one after another. Ends only by raising: the link was lost, or `handle` failed."""
        while (message := await self._arrived.get()) is not None:
            await handle(message)
        with _mapped("receive"):
            await self._reader

    async def publish(self, topic: str, payload: bytes, *, retain: bool = False, correlation: bytes = b"") -> None:
        """QoS 1; returns once the broker took it. LinkError when it is gone or silent."""
        properties: Properties | None = None
        if correlation:
            properties = _properties(PacketTypes.PUBLISH)
            properties.CorrelationData = correlation
        publishing = self._client.publish(topic, payload, qos=1, retain=retain, properties=properties)
        sending = asyncio.ensure_future(publishing)
        try:
            await asyncio.wait({sending, self._reader}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sending.cancel()
        with _mapped("publish"):
            if not sending.done() or sending.cancelled():
                raise LinkError("publish: the link was lost")
            sending.result()

    def acknowledge(self, message: Arrived) -> None:
        """Tell the broker that this message is dealt with. Must be called in the order of arrival (MQTT-4.6.0-2)."""
        with _mapped("acknowledge"):
            _paho(self._client).ack(message.packet_id, message.qos)

    async def close(self) -> None:
        """Disconnect with a word if the link still stands."""
        self._reader.cancel()
        await asyncio.gather(self._reader, return_exceptions=True)
        self._client.timeout = _CLOSE_S
        with suppress(MqttError, OSError):
            await self._client.__aexit__(None, None, None)

    async def _read(self) -> None:
        """Take messages off the library as they come, so that a lost link is noticed while one is handled."""
        try:
            async for message in self._client.messages:
                arrived = _arrived(message)
                if arrived.qos == 0 and self._arrived.qsize() >= _MAX_WAITING_QOS0:
                    get_logger().warning("broker.flood", topic=arrived.topic)
                    continue
                self._arrived.put_nowait(arrived)
        finally:
            self._arrived.put_nowait(None)


@asynccontextmanager
async def connected(settings: Mqtt, will: LastWill | None, *, keep: bool = True) -> AsyncIterator[Session]:
    """A connection for the time of the block; with `keep` the broker's session stays when it ends."""
    with _mapped("connect"):
        client = _client(settings, will, keep=keep)
        _paho(client).manual_ack_set(True)
        await client.__aenter__()
    session = Session(client, is_v5=settings.protocol == _V5)
    try:
        yield session
    finally:
        await session.close()


def _paho(client: Client) -> PahoClient:
    """aiomqtt acknowledges on arrival and has no public switch (its issue 345): the one reach into its inside."""
    return client._client


def _client(settings: Mqtt, will: LastWill | None, *, keep: bool) -> Client:
    last_will = Will(will.topic, will.payload, qos=1, retain=True) if will else None
    password = _password(settings)
    tls = ssl.create_default_context(cafile=settings.ca_file) if settings.tls == "tls" else None
    user, keepalive = settings.user or None, max(1, int(settings.keepalive))
    if settings.protocol == _V5:
        return Client(
            settings.host, settings.port, username=user, password=password, identifier=settings.client_id,
            will=last_will, timeout=settings.timeout, keepalive=keepalive, tls_context=tls, logger=_QUIET,
            protocol=ProtocolVersion.V5, clean_start=not keep, properties=_connect_properties(settings),
        )  # fmt: skip
    return Client(
        settings.host, settings.port, username=user, password=password, identifier=settings.client_id,
        will=last_will, timeout=settings.timeout, keepalive=keepalive, tls_context=tls, logger=_QUIET,
        protocol=ProtocolVersion.V311, clean_session=not keep,
    )  # fmt: skip


def _password(settings: Mqtt) -> str | None:
    if settings.password is None:
        return None
    if settings.tls == "none" and settings.host not in _LOOPBACK:
        raise ProtocolError("connect: a password is not sent over a network without TLS")
    return settings.password.read()


def _properties(packet: int) -> Properties:
    return Properties(packet)  # type: ignore[no-untyped-call]


def _connect_properties(settings: Mqtt) -> Properties:
    properties = _properties(PacketTypes.CONNECT)
    properties.SessionExpiryInterval = min(int(settings.session_expiry), 0xFFFFFFFF)
    properties.ReceiveMaximum = settings.receive_maximum
    properties.MaximumPacketSize = _MAX_PACKET
    return properties


def _arrived(message: Message) -> Arrived:
    payload = message.payload[:_MAX_KEPT] if isinstance(message.payload, bytes) else b""
    properties = message.properties
    return Arrived(
        topic=message.topic.value, payload=payload, qos=message.qos, retained=message.retain, packet_id=message.mid,
        reply_to=getattr(properties, "ResponseTopic", ""), correlation=getattr(properties, "CorrelationData", b""),
    )  # fmt: skip


@contextmanager
def _mapped(doing: str) -> Iterator[None]:
    """Errors of the library, the socket and the secret → ours."""
    try:
        yield
    except MqttError as error:
        raise _ours(doing, error) from error
    except (OSError, ValueError, SettingsError) as error:
        raise LinkError(f"{doing}: {error}") from error


def _ours(doing: str, error: MqttError) -> LinkError | ProtocolError:
    cause = error.__cause__ if isinstance(error.__cause__, MqttCodeError) else error
    reason = cause.rc if isinstance(cause, MqttCodeError) else None
    code = reason if isinstance(reason, int) else getattr(reason, "value", 0)
    text = " ".join(str(cause).split())
    if code == _TAKEN_OVER:
        return ProtocolError(f"{doing}: another connection took over our client id: do two daemons run?")
    if code in _REFUSED:
        return ProtocolError(f"{doing}: the broker refused us: {text}")
    if "CERTIFICATE_VERIFY_FAILED" in text:
        return ProtocolError(f"{doing}: TLS: {text}")
    return LinkError(f"{doing}: {text}")
