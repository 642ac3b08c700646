"""The callback of a mail intake, as a test plays it: keeps what it was offered and answers as it is told."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from gatewayd.errors import LinkError, ProtocolError
from gatewayd.intake.base import Disposition, IncomingMail
from gatewayd.intake.imap import MailIntake

Decide = Callable[[IncomingMail], Awaitable[Disposition]]


class Offered:
    """`accept` is the callback; `next` waits for what it gets."""

    def __init__(self, *dispositions: Disposition) -> None:
        self._dispositions = list(dispositions)
        self._queue: asyncio.Queue[IncomingMail] = asyncio.Queue()

    async def accept(self, mail: IncomingMail) -> Disposition:
        self._queue.put_nowait(mail)
        return self._dispositions.pop(0) if self._dispositions else Disposition.PROCESSED

    async def next(self, timeout_s: float = 10.0) -> IncomingMail:
        async with asyncio.timeout(timeout_s):
            return await self._queue.get()

    @property
    def nothing_more(self) -> bool:
        return self._queue.empty()


@asynccontextmanager
async def watching(intake: MailIntake, accept: Decide) -> AsyncIterator["asyncio.Task[None]"]:
    """`intake`, run until the block ends; its task, for tests that expect it to fail."""
    task = asyncio.create_task(intake.run(accept))
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError, LinkError, ProtocolError):
            await task
