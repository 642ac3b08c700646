"""An information system that resends each job until it has the receipt: the contract's hand-over point.

The broker may be killed, forget what it acknowledged, or be cut off; this one goes on. `receipts` is its ledger: job →
results in order of arrival, with the request's number.
"""

import json
import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from tests.system.servers.mosquitto import Mosquitto

#: A job without its receipt is sent again; sooner, a slow gateway would see nothing but repetitions.
_AGAIN_S = 15.0
_TICK_S = 0.02
#: Jobs without a receipt at a time: a broker's queue has an end.
_WINDOW = 50


class Publisher:
    def __init__(self, broker: Mosquitto, user: str, password: str, jobs: Mapping[str, Mapping[str, Any]]) -> None:
        self._user, self._waiting = user, {name: _payload(name, job) for name, job in jobs.items()}
        self._sent: dict[str, float] = {}
        self.receipts: dict[str, list[tuple[str, str]]] = defaultdict(list)
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=f"resending-{user}")
        self._client.username_pw_set(user, password)
        self._client.reconnect_delay_set(1, 2)
        self._client.on_connect = lambda *_: self._client.subscribe(f"gatewayd/receipts/{user}", 1)
        self._client.on_message = self._heard
        self._client.connect_async(broker.host, broker.port, keepalive=5)
        self._client.loop_start()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @property
    def done(self) -> int:
        """Jobs that have their receipt."""
        return len(self.receipts)

    def _heard(self, _client: mqtt.Client, _data: object, message: mqtt.MQTTMessage) -> None:
        receipt = json.loads(message.payload)
        self.receipts[receipt["job"]].append((receipt["result"], receipt["request"]))
        self._waiting.pop(receipt["job"], None)

    def _run(self) -> None:
        while not self._over.wait(_TICK_S):
            now = time.monotonic()
            for name, payload in list(self._waiting.items())[:_WINDOW]:
                if now - self._sent.get(name, float("-inf")) >= _AGAIN_S:
                    self._sent[name] = now
                    with suppress(ValueError, RuntimeError):
                        self._client.publish(f"gatewayd/jobs/{self._user}", payload, qos=1)

    def close(self) -> None:
        self._over.set()
        self._thread.join(10)
        self._client.disconnect()
        self._client.loop_stop()


def _payload(name: str, job: Mapping[str, Any]) -> str:
    created = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return json.dumps({"v": 1, "id": name, "created": created, "expires": "2099-01-01T00:00:00Z", **job})


@contextmanager
def publisher(
    broker: Mosquitto, user: str, password: str, jobs: Mapping[str, Mapping[str, Any]]
) -> Iterator[Publisher]:
    made = Publisher(broker, user, password, jobs)
    try:
        yield made
    finally:
        made.close()
