"""The broker: jobs of other systems in, receipts and facts out.

In: publishes on <prefix>/jobs/<client>; the topic level is the identity, nothing in the payload is. Out:
`IncomingJob` to the callback, one at a time, in the order they came; its receipt on <prefix>/receipts/<client>; a
retained state of the daemon, which the broker turns to "offline" by itself when we vanish (last will).
Invariants: accept returns (commit) → the receipt is with the broker (its PUBACK) → the job is acknowledged. A crash
or a lost link anywhere before the end gives a repeat, never a loss; the callback answers a repeat as duplicate. A
job whose callback fails is not acknowledged, and the link is dropped so that the broker offers it again.
Source: contract §4; reference/reliability §1.5, §3.
"""

import asyncio
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Final, Literal

from gatewayd.config import Mqtt
from gatewayd.errors import LinkError, ProtocolError
from gatewayd.intake.base import AcceptJob, IncomingJob
from gatewayd.intake.mqtt_selftest import MARK
from gatewayd.intake.mqtt_session import Arrived, LastWill, Session, connected
from gatewayd.log import get_logger
from gatewayd.wire import payload

#: The longest a clean stop waits for the word "offline" to leave.
_FAREWELL_S: Final = 2.0


class MqttLink:
    """One broker. `run` keeps one connection; `publish` may be called by anybody at any time."""

    def __init__(self, settings: Mqtt, *, version: str, boot: str) -> None:
        self._settings, self._version, self._boot = settings, version, boot
        self._log = get_logger().bind(broker=settings.host)
        self._session: Session | None = None
        self._up = asyncio.Event()

    @property
    def connected(self) -> bool:
        return self._session is not None

    async def wait_connected(self) -> None:
        await self._up.wait()

    async def run(self, accept: AcceptJob) -> None:
        """Until cancelled. Raises LinkError when the broker is lost, ProtocolError when it refuses us."""
        will = LastWill(self._state_topic, self._state("offline"))
        async with connected(self._settings, will) as session:
            await session.subscribe(f"{self._settings.prefix}/jobs/+")
            await session.publish(self._state_topic, self._state("online"), retain=True)
            self._session = session
            self._up.set()
            self._log.info("broker.connected", protocol=self._settings.protocol)
            try:
                await session.receive(lambda job: self._take(session, job, accept))
            finally:
                self._session = None
                self._up.clear()
                await self._farewell(session)

    async def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> bool:
        """QoS 1. True once the broker took it; False when it is away, or went away meanwhile."""
        session = self._session
        if session is None:
            return False
        try:
            await session.publish(topic, payload, retain=retain)
        except (LinkError, ProtocolError) as error:
            self._log.debug("broker.not_published", topic=topic, why=str(error))
            return False
        return True

    async def _take(self, session: Session, job: Arrived, accept: AcceptJob) -> None:
        """One job: stored, receipted, acknowledged, in this order."""
        if job.payload.startswith(MARK):
            session.acknowledge(job)
            return
        client = job.topic.removeprefix(f"{self._settings.prefix}/jobs/")
        try:
            receipt = await accept(IncomingJob(client, job.payload, job.retained))
        except Exception as error:
            # The message of the exception may hold the job's text; its type and place do not.
            self._log.error("job.failed", client=client, error=type(error).__name__, at=_place(error))
            raise LinkError(f"a job of {client} could not be stored ({type(error).__name__})") from error
        for topic, correlation in self._receipt_topics(job, client):
            await session.publish(topic, receipt.payload, correlation=correlation)
        session.acknowledge(job)

    def _receipt_topics(self, job: Arrived, client: str) -> list[tuple[str, bytes]]:
        """Where a receipt goes, with which correlation data."""
        usual = f"{self._settings.prefix}/receipts/{client}"
        if not job.reply_to:
            return [(usual, b"")]
        if job.reply_to == usual:
            return [(usual, job.correlation)]
        if not is_own_topic(self._settings.prefix, client, job.reply_to):
            self._log.warning("job.reply_refused", client=client, topic=job.reply_to)
            return [(usual, b"")]
        return [(usual, b""), (job.reply_to, job.correlation)]

    async def _farewell(self, session: Session) -> None:
        """A clean disconnect keeps the last will from being sent, so we say it ourselves."""
        with suppress(LinkError, ProtocolError, TimeoutError):
            async with asyncio.timeout(_FAREWELL_S):
                await session.publish(self._state_topic, self._state("offline"), retain=True)

    @property
    def _state_topic(self) -> str:
        return f"{self._settings.prefix}/daemon"

    def _state(self, state: Literal["online", "offline"]) -> bytes:
        return payload.daemon_state(state=state, version=self._version, boot=self._boot)


def is_own_topic(prefix: str, client: str, topic: str) -> bool:
    """Whether a client may have answers sent to `topic`: below its own levels only, or it would speak to others."""
    own = (f"{prefix}/receipts/{client}/", f"{prefix}/replies/{client}/")
    return topic.startswith(own) and not any(char in topic for char in "+#\0")


def _place(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
