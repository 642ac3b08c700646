"""Self-test of the broker's access list: can one client write, or read, as another?

The name in a job's topic is the identity, so all rests on the broker keeping each user to his own. In: settings with a
second account that has few rights. Out: `Gaps`, what the broker let through. How: the account publishes marked
messages to the jobs of others, and listens to the receipts of a client that does not exist; a session of the gateway's
own account looks whether the first arrive, and writes the second. What counts is what arrives: version 3.1.1 has no
reason codes, and a broker may say yes and drop the message.
Invariants: a marked message is never a job (intake/mqtt.py drops it), no client gets one, and neither session
outlives the test.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

from gatewayd.config import Mqtt, MqttSelftest
from gatewayd.errors import LinkError, ProtocolError
from gatewayd.intake.mqtt_session import Arrived, Session, connected

#: How a message of the test begins.
MARK: Final = b"gatewayd-selftest "
#: A client that no broker has.
_NOBODY: Final = "gatewayd-selftest"
#: Other clients whose jobs are written to.
_MOST: Final = 5
#: How long a message that was let through may be on its way.
_SETTLE_S: Final = 3.0


@dataclass(frozen=True, slots=True)
class Gaps:
    """The clients in whose name the account could write, and whether it could read another one's receipts."""

    writes: tuple[str, ...]
    reads: bool

    def __bool__(self) -> bool:
        return bool(self.writes) or self.reads

    def __str__(self) -> str:
        said: list[str] = []
        if self.writes:
            named = ", ".join(self.writes)
            said.append(f"the broker lets one client write as another ({named}): set `pattern write gatewayd/jobs/%u`")
        if self.reads:
            said.append("the broker lets one client read another's receipts: set `pattern read gatewayd/receipts/%u/#`")
        return "; ".join(said)


@dataclass(slots=True)
class _Ears:
    """Marks that a session heard, all messages acknowledged, so that live ones do not keep ours back."""

    session: Session
    heard: set[bytes] = field(default_factory=set)
    news: asyncio.Event = field(default_factory=asyncio.Event)

    async def listen(self) -> None:
        with suppress(LinkError, ProtocolError):
            await self.session.receive(self._hear)

    async def _hear(self, message: Arrived) -> None:
        if message.payload.startswith(MARK):
            self.heard.add(message.payload)
            self.news.set()
        self.session.acknowledge(message)


async def find_gaps(settings: Mqtt, test: MqttSelftest, *, settle_s: float = _SETTLE_S) -> Gaps:
    """Try it. Raises LinkError or ProtocolError where the test itself cannot be made."""
    names = [client.name for client in settings.clients if client.name not in (test.user, settings.user)]
    others = [*names[:_MOST], _NOBODY]
    marks = {name: MARK + secrets.token_hex(16).encode() for name in others}
    receipt = MARK + secrets.token_hex(16).encode()
    topic = f"{settings.prefix}/receipts/{_NOBODY}"
    async with (
        connected(_as(settings, "selftest-1", {}), None, keep=False) as gateway,
        connected(_low(settings, test, "selftest-2"), None, keep=False) as reader,
    ):
        at_gateway, at_reader = _Ears(gateway), _Ears(reader)
        for name in others:
            await gateway.subscribe(f"{settings.prefix}/jobs/{name}")
        with suppress(ProtocolError):
            # Refused here, or granted and never served: both are right.
            await reader.subscribe(topic)
        async with _listening(at_gateway, at_reader):
            for name, mark in marks.items():
                await _write(settings, test, f"{settings.prefix}/jobs/{name}", mark)
            await gateway.publish(topic, receipt)
            await asyncio.gather(
                _wait(at_gateway, set(marks.values()), settle_s), _wait(at_reader, {receipt}, settle_s)
            )
    writes = tuple(name for name, mark in marks.items() if mark in at_gateway.heard)
    return Gaps(writes, receipt in at_reader.heard)


@asynccontextmanager
async def _listening(*sessions: _Ears) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(ears.listen()) for ears in sessions]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _write(settings: Mqtt, test: MqttSelftest, topic: str, mark: bytes) -> None:
    """On a connection of its own: some brokers end it for what is not allowed."""
    async with connected(_low(settings, test, "selftest-3"), None, keep=False) as session:
        with suppress(LinkError, ProtocolError):
            await session.publish(topic, mark)


async def _wait(ears: _Ears, wanted: set[bytes], settle_s: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(settle_s):
            while not wanted <= ears.heard:
                ears.news.clear()
                await ears.news.wait()


def _low(settings: Mqtt, test: MqttSelftest, suffix: str) -> Mqtt:
    return _as(settings, suffix, {"user": test.user, "password": test.password})


def _as(settings: Mqtt, suffix: str, account: dict[str, object]) -> Mqtt:
    """A session that the broker forgets, beside that of a running daemon."""
    own = {"client_id": f"{settings.client_id}-{suffix}", "session_expiry": 0.0}
    return settings.model_copy(update={**own, **account})
