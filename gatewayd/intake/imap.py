"""The request mailbox: every mail in it is offered once it is there, and moved once it is dealt with.

In: an IMAP mailbox. Out: `IncomingMail` to the callback, one at a time, oldest first. Invariants: a mail is moved
only after the callback returned, that is after its commit, so a crash between gives a repeat and never a
loss; what arrived is found by SEARCH after every wake-up, never by what the server pushed; the key of a
mail is (UIDVALIDITY, UID). One refused mail or move does not hold up the others: it waits for the next poll.
Source: reference/reliability §1.4.

All talk with the server happens in one thread (intake/imap_session.py). IDLE is left and entered again, since
networks drop silent connections; the poll beside it finds what a dead IDLE would miss.
"""

import asyncio
import concurrent.futures
import queue
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, TypeVar

from gatewayd.clock import Clock
from gatewayd.config import Imap
from gatewayd.errors import GatewaydError, LinkError, ProtocolError
from gatewayd.intake.base import AcceptMail, Disposition
from gatewayd.intake.imap_session import ImapSession
from gatewayd.log import get_logger

T = TypeVar("T")

#: Seconds given to a closing connection; a thread that hangs longer, in a name look-up say, is left behind.
#: A server that sends an octet now and then answers in time, each time: the whole answer may take so many timeouts.
_WHOLE: Final = 10
_CLOSE_S: Final = 2.0
_DAY_S: Final = 86400.0
_CLOCK: Final = Clock()


@dataclass(frozen=True, slots=True)
class MailboxState:
    """For `status`. `since` is when `connected` became what it is; `error` is the last one, '' once connected."""

    connected: bool
    since: datetime
    last_poll: datetime | None = None
    error: str = ""


OnState = Callable[[MailboxState], Awaitable[None]]


class MailIntake:
    """Watches one mailbox. `on_state` hears every change of `state`, and every poll. Once a day mails that were dealt
    with and came more than `keep_s` ago are deleted; None: they are kept for ever."""

    def __init__(
        self, settings: Imap, *, clock: Clock = _CLOCK, on_state: OnState | None = None, keep_s: float | None = None
    ) -> None:
        self._settings, self._clock, self._on_state = settings, clock, on_state
        self._keep_s, self._tidied = keep_s, float("-inf")
        self._log = get_logger().bind(mailbox=settings.host)
        self._state = MailboxState(connected=False, since=clock.now())

    @property
    def state(self) -> MailboxState:
        return self._state

    async def run(self, accept: AcceptMail) -> None:
        """Until cancelled. Raises LinkError when the server is lost, ProtocolError when it refuses us."""
        thread = _Thread("imap")
        session = ImapSession(self._settings)
        try:
            await thread.call(session.open, _WHOLE * self._settings.timeout)
            await self._tell(connected=True, error="")
            await _Watch(self._settings, self._clock, thread, session, accept, self._polled, self._tidy).run()
        except (LinkError, ProtocolError) as error:
            await self._tell(connected=False, error=str(error))
            raise
        finally:
            self._state = replace(self._state, connected=False)
            await _end(thread, session)

    async def _tell(self, *, connected: bool, error: str) -> None:
        since = self._state.since if self._state.connected is connected else self._clock.now()
        self._state = replace(self._state, connected=connected, since=since, error=error)
        if self._on_state is not None:
            await self._on_state(self._state)

    async def _polled(self) -> None:
        self._state = replace(self._state, last_poll=self._clock.now())
        if self._on_state is not None:
            await self._on_state(self._state)

    async def _tidy(self, thread: "_Thread", session: ImapSession) -> None:
        """A server that refuses to delete is asked again the next day."""
        keep_s, now = self._keep_s, self._clock.monotonic()
        whole_s = _WHOLE * self._settings.timeout
        if keep_s is None or now - self._tidied < _DAY_S or not self._clock.is_sure():
            return
        self._tidied = now
        try:
            if count := await thread.call(lambda: session.delete_older(keep_s, self._clock.now()), whole_s):
                self._log.info("mailbox.tidied", deleted=count)
        except ProtocolError as error:
            self._log.warning("mailbox.not_tidied", why=str(error))
        await thread.call(session.select, whole_s)


class _Watch:
    """The rounds of one connection."""

    def __init__(
        self, settings: Imap, clock: Clock, thread: "_Thread", session: ImapSession, accept: AcceptMail,
        polled: Callable[[], Awaitable[None]], tidy: Callable[["_Thread", ImapSession], Awaitable[None]],
    ) -> None:  # fmt: skip
        self._settings, self._clock, self._thread = settings, clock, thread
        self._session, self._accept, self._polled, self._tidy = session, accept, polled, tidy
        self._log = get_logger().bind(mailbox=settings.host)
        #: Left where they are until the next poll.
        self._later: set[int] = set()
        self._next_poll = clock.monotonic()

    async def run(self) -> None:
        while True:
            if self._clock.monotonic() >= self._next_poll:
                self._later.clear()
                self._next_poll = self._clock.monotonic() + self._settings.poll
            await self._round()
            await self._tidy(self._thread, self._session)
            await self._rest(max(0.0, self._next_poll - self._clock.monotonic()))

    async def _round(self) -> None:
        """Offer everything, and what came meanwhile: IDLE does not repeat an arrival that another answer told."""
        while True:
            uids = [uid for uid in await self._call(self._session.search) if uid not in self._later]
            await self._polled()
            if not uids:
                return
            for uid in uids:
                await self._offer(uid)

    async def _offer(self, uid: int) -> None:
        try:
            mail = await self._call(lambda: self._session.fetch(uid))
            if mail is None:
                return
            folder = self._folder(await self._accept(mail))
            if folder:
                await self._call(lambda: self._session.move(uid, folder))
                return
        except ProtocolError as error:
            self._log.warning("mailbox.refused", uid=uid, why=str(error))
        self._later.add(uid)

    def _folder(self, disposition: Disposition) -> str:
        match disposition:
            case Disposition.PROCESSED:
                return self._settings.processed_folder
            case Disposition.QUARANTINE:
                return self._settings.quarantine_folder
            case Disposition.LATER:
                return ""

    async def _rest(self, until_poll: float) -> None:
        if self._session.can_idle:
            seconds = min(self._settings.idle, until_poll)
            await self._call(lambda: self._session.wait(seconds), seconds)
        else:
            await asyncio.sleep(until_poll)

    async def _call(self, function: Callable[[], T], beside_s: float = 0.0) -> T:
        """A conversation with the server, that is over in time whatever the server does; `beside_s` it may wait."""
        return await self._thread.call(function, beside_s + _WHOLE * self._settings.timeout)


class _Thread:
    """One thread that runs blocking calls one after another. A daemon: it must not keep the process alive."""

    def __init__(self, name: str) -> None:
        self._calls: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        threading.Thread(target=self._run, name=name, daemon=True).start()

    async def call(self, function: Callable[[], T], within_s: float) -> T:
        """What `function` returns or raises, run in the thread; LinkError if it takes longer. Cancelling stops the
        waiting, not the call."""
        future: concurrent.futures.Future[T] = concurrent.futures.Future()
        self._calls.put(lambda: _settle(future, function))
        try:
            async with asyncio.timeout(within_s):
                return await asyncio.wrap_future(future)
        except TimeoutError:
            raise LinkError(f"no whole answer within {within_s:g} s") from None

    def stop(self) -> None:
        """End the thread after the calls that wait."""
        self._calls.put(None)

    def _run(self) -> None:
        while (call := self._calls.get()) is not None:
            call()


def _settle(future: "concurrent.futures.Future[T]", function: Callable[[], T]) -> None:
    if not future.set_running_or_notify_cancel():
        return
    try:
        future.set_result(function())
    except BaseException as error:
        future.set_exception(error)


async def _end(thread: _Thread, session: ImapSession) -> None:
    """Cut a call that runs, let the connection go, end the thread."""
    session.interrupt()
    with suppress(GatewaydError, TimeoutError):
        async with asyncio.timeout(_CLOSE_S):
            await thread.call(session.close, _CLOSE_S)
    thread.stop()
