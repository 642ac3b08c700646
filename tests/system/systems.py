"""Another information system at the broker, with a client library of its own kind: it publishes and waits."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from tests.system.rig import wait_for
from tests.system.servers.mosquitto import Mosquitto


class System:
    def __init__(self, broker: Mosquitto, user: str, password: str) -> None:
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=f"test-{user}")
        self._client.username_pw_set(user, password)
        self._client.on_message = self._heard
        self._granted = threading.Event()
        self._client.on_subscribe = lambda *_: self._granted.set()
        self._messages: list[tuple[str, Any]] = []
        self._read = 0
        self._client.connect(broker.host, broker.port)
        self._client.loop_start()

    def _heard(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        self._messages.append((message.topic, json.loads(message.payload)))

    def subscribe(self, *topics: str) -> None:
        self._granted.clear()
        self._client.subscribe([(topic, 1) for topic in topics])
        assert self._granted.wait(10)

    def publish(self, topic: str, payload: str | bytes, *, retain: bool = False) -> None:
        self._client.publish(topic, payload, qos=1, retain=retain).wait_for_publish(10)

    def send(self, topic: str, payload: str | bytes) -> None:
        """Publish without waiting for the broker's word."""
        self._client.publish(topic, payload, qos=1)

    def heard(self) -> list[tuple[str, Any]]:
        """What came since it was asked last."""
        new, self._read = self._messages[self._read :], len(self._messages)
        return new

    def wait(self, topic: str, wanted: Callable[[dict[str, Any]], bool], timeout_s: float = 20.0) -> dict[str, Any]:
        """The first message on `topic` that is `wanted`."""

        def probe() -> dict[str, Any] | None:
            return next((body for at, body in list(self._messages) if at == topic and wanted(body)), None)

        return wait_for(f"a message on {topic}", probe, timeout_s)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@contextmanager
def system(broker: Mosquitto, user: str, password: str) -> Iterator[System]:
    made = System(broker, user, password)
    try:
        yield made
    finally:
        made.close()
