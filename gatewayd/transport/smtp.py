"""E-mail out: one kept-open connection to the mail server, one mail at a time. More of them send side by side.

In: submissions with a MailBody. Out: outcomes, and the health of the link. Invariants: a connection takes
at most `max_per_connection` mails; one that lay idle is closed, which is no error; a kept connection that turns
out dead before the text left is replaced once, at once; a server that cannot be reached ends `run` with
LinkError, so that `ready` holds the next mails back instead of failing them one by one.
Source: RFC 5321; reference/reliability §1.6.
"""

import asyncio
from typing import Final

from gatewayd.clock import Clock
from gatewayd.config import Smtp
from gatewayd.core.errand import Done, Errand, NotDone
from gatewayd.core.health import Health, LinkState
from gatewayd.core.model import Channel, MailBody, SmsBody, Submission
from gatewayd.core.outcome import Blame, Cause, Deferred, Outcome, Rejected
from gatewayd.errors import LinkError, ProtocolError
from gatewayd.log import get_logger
from gatewayd.transport.base import Listener
from gatewayd.transport.smtp_opening import SmtpRefusal, refusal_outcome
from gatewayd.transport.smtp_session import SmtpSession

#: Seconds without a mail after which the connection is closed.
IDLE_S: Final = 60.0
#: Seconds between two looks whether an idle server still takes our login.
PROBE_S: Final = 900.0
_TICK_S: Final = 5.0


class SmtpTransport:
    """A transport "smtp", "smtp-2", … `run` keeps its health, `submit` sends."""

    channel = Channel.EMAIL

    def __init__(
        self, settings: Smtp, clock: Clock, *, name: str = "smtp", idle_s: float = IDLE_S, probe_s: float = PROBE_S
    ) -> None:
        self.name = name
        self._settings, self._clock = settings, clock
        self._idle_s, self._probe_s = idle_s, probe_s
        self._log = get_logger().bind(link=self.name)
        #: Held while the connection is in use; whoever holds it may replace the session.
        self._lock = asyncio.Lock()
        self._session: SmtpSession | None = None
        self._ready = asyncio.Event()
        #: Set by a submission that could not reach the server; ends `run`.
        self._lost = asyncio.Event()
        self._why = ""
        self._running = False
        self._used_at = self._next_at = clock.monotonic()
        self._probed_at = clock.monotonic()
        self._health = Health(self.name, LinkState.STARTING, clock.now())

    async def run(self, listener: Listener) -> None:
        """Until cancelled. Raises LinkError or ProtocolError when the server is gone or refuses us."""
        self._lost.clear()
        self._running = True
        await listener.health(self._health)
        try:
            await self._probe()
            await self._tell(listener, LinkState.READY, "")
            self._ready.set()
            await self._keep()
        except (LinkError, ProtocolError) as error:
            self._ready.clear()
            await self._tell(listener, LinkState.ABSENT, str(error))
            raise
        finally:
            self._ready.clear()
            self._running = False
            # A mail in hand keeps its connection; `submit` closes it.
            if not self._lock.locked():
                await self._close()

    async def ready(self) -> None:
        """Return when the server is there and the gap since the last mail is over."""
        await self._ready.wait()
        wait = self._next_at - self._clock.monotonic()
        if wait > 0:
            await asyncio.sleep(wait)

    async def submit(self, submission: Submission) -> Outcome:
        """Send one mail and wait for the server's word on it."""
        match submission.body:
            case SmsBody():
                return Rejected(Cause("smtp-body", "an SMS cannot go by mail", Blame.MESSAGE))
            case MailBody() as body:
                async with self._lock:
                    return await self._submit(submission.address, body)

    async def perform(self, errand: Errand) -> Done | NotDone:
        return NotDone("it is a mail server, not a modem")

    async def refresh(self) -> None:
        """Nothing is measured here."""

    async def _submit(self, address: str, body: MailBody) -> Outcome:
        try:
            outcome = await self._send(address, body)
        except SmtpRefusal as refusal:
            self._fail(refusal)
            outcome = refusal_outcome(refusal)
        except ProtocolError as error:
            self._fail(error)
            outcome = Deferred(Cause("smtp-refused", str(error), Blame.ACCOUNT))
        except LinkError as error:
            self._fail(error)
            outcome = Deferred(Cause("smtp-link", str(error), Blame.NETWORK))
        finally:
            self._used_at = self._clock.monotonic()
            self._next_at = self._used_at + self._settings.gap
            if not self._running:
                await self._close()
        return outcome

    async def _send(self, address: str, body: MailBody) -> Outcome:
        kept = self._session is not None and self._session.is_open
        session = await self._connection()
        try:
            return await session.send(address, body)
        except LinkError:
            if not kept:
                raise
        # Servers close connections that lay idle; nothing was sent on this one.
        session = await self._connection()
        return await session.send(address, body)

    async def _connection(self) -> SmtpSession:
        """The open session, or a new one. Called with the lock held."""
        if self._session is not None and self._session.sent >= self._settings.max_per_connection:
            await self._close()
        if self._session is None or not self._session.is_open:
            self._session = None
            self._session = await SmtpSession.open(self._settings)
            self._log.debug("smtp.connected")
        return self._session

    async def _close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _fail(self, error: LinkError | ProtocolError) -> None:
        self._ready.clear()
        self._why = str(error)
        self._lost.set()

    async def _keep(self) -> None:
        """Close what lies idle, look rarely whether the server is still there, and end when a mail met its loss."""
        while True:
            try:
                async with asyncio.timeout(min(_TICK_S, self._idle_s, self._probe_s)):
                    await self._lost.wait()
            except TimeoutError:
                await self._housekeeping()
            else:
                raise LinkError(self._why)

    async def _housekeeping(self) -> None:
        if self._lock.locked():
            return
        now = self._clock.monotonic()
        if now - max(self._probed_at, self._used_at) >= self._probe_s:
            await self._probe()
        elif self._session is not None and now - self._used_at >= self._idle_s:
            async with self._lock:
                await self._close()

    async def _probe(self) -> None:
        """Prove that connection and login work. Raises LinkError or ProtocolError."""
        async with self._lock:
            session = await self._connection()
            await session.probe()
            self._used_at = self._probed_at = self._clock.monotonic()

    async def _tell(self, listener: Listener, link: LinkState, error: str) -> None:
        since = self._health.since if self._health.link is link else self._clock.now()
        health = Health(self.name, link, since, error)
        if health != self._health:
            self._health = health
            await listener.health(health)
