"""The line to a mail server once we are logged in: commands out, several at once where the server takes them so, and a
reply to each, in order.

aiosmtplib connects, secures and logs in; it keeps one reply at a time, so that of commands sent together (RFC 2920) all
replies but the first would be lost. From the login on its transport is ours. Invariants: a reply is only ever given to
the command it answers; a reply that nobody asked for, and one that is none, closes the line, and so does whoever stops
waiting for his reply.
"""

import asyncio
from collections import deque
from typing import Final

import aiosmtplib

from gatewayd.errors import LinkError
from gatewayd.wire.smtp_reply import MalformedReply, Reply, ReplyReader

_LOST: Final = "connection lost"


class SmtpLine(asyncio.Protocol):
    def __init__(self, client: aiosmtplib.SMTP) -> None:
        """Take the line over from `client`. Raises LinkError if it is lost already."""
        transport = client.transport
        if not isinstance(transport, asyncio.Transport) or transport.is_closing():
            raise LinkError(_LOST)
        self._client, self._transport = client, transport
        self._reader = ReplyReader()
        self._awaited: deque[asyncio.Future[Reply]] = deque()
        self._why = ""
        self._writable = asyncio.Event()
        self._writable.set()
        transport.set_protocol(self)

    @property
    def is_open(self) -> bool:
        return not self._why and not self._transport.is_closing()

    async def ask(self, *commands: bytes, timeout_s: float) -> list[Reply]:
        """The replies to commands that are sent together. Raises LinkError."""
        awaited = self.begin(*commands)
        return [await self.reply(one, timeout_s) for one in awaited]

    def begin(self, *commands: bytes) -> list[asyncio.Future[Reply]]:
        """Send commands together; `reply` waits for each answer. Raises LinkError."""
        if not self.is_open:
            raise LinkError(self._why or _LOST)
        awaited = [self.expect() for _ in commands]
        self._transport.write(b"".join(command + b"\r\n" for command in commands))
        return awaited

    def expect(self) -> asyncio.Future[Reply]:
        """A reply is to come for what is about to be written."""
        awaited: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._awaited.append(awaited)
        return awaited

    async def write(self, octets: bytes) -> None:
        """Once the socket took most of what was written before. Raises LinkError."""
        if not self.is_open:
            raise LinkError(self._why or _LOST)
        self._transport.write(octets)
        await self._writable.wait()

    async def reply(self, awaited: asyncio.Future[Reply], timeout_s: float) -> Reply:
        """Raises LinkError, TimeoutError; the line is closed then, as it is when the wait is cancelled."""
        try:
            async with asyncio.timeout(timeout_s):
                return await awaited
        except (TimeoutError, asyncio.CancelledError):
            self.close("no answer in time")
            raise

    def close(self, why: str = "closed") -> None:
        """Whoever waits for a reply is told."""
        self._end(why)
        self._client.close()

    def _end(self, why: str) -> None:
        self._why = self._why or why
        while self._awaited:
            awaited = self._awaited.popleft()
            if not awaited.done():
                awaited.set_exception(LinkError(self._why))
                # Whoever sent several commands may give up at the first of them.
                awaited.exception()
        self._writable.set()

    # asyncio's side.

    def data_received(self, data: bytes) -> None:
        if self._why:
            return
        try:
            for reply in self._reader.feed(data):
                self._take(reply)
        except MalformedReply as error:
            self.close(str(error))

    def _take(self, reply: Reply) -> None:
        if not self._awaited:
            self.close(f"the server said {reply.code} {reply.message}")
            return
        awaited = self._awaited.popleft()
        if not awaited.done():
            awaited.set_result(reply)

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(str(exc) if exc else _LOST)

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()
