"""Wake-ups between stages. A bell is a hint: a lost one costs one polling interval, never a row."""

import asyncio
from collections.abc import Awaitable, Callable
from enum import StrEnum


class Bell(StrEnum):
    #: Requests or decisions changed.
    APPROVE = "approve"
    #: A mail of ours waits to be composed.
    COMPOSE = "compose"
    #: Something may have become ready to leave, or a gate opened.
    DISPATCH = "dispatch"
    #: Deliveries changed.
    TRACK = "track"
    #: Requests may owe a report.
    REPORT = "report"
    #: An SMS came in.
    INBOX = "inbox"
    #: Something that is published on MQTT changed.
    PUBLISH = "publish"


class Bells:
    """One bell a stage; several waiters (modems) may listen to one bell."""

    def __init__(self) -> None:
        self._waiting: dict[Bell, set[asyncio.Event]] = {bell: set() for bell in Bell}

    def ring(self, *bells: Bell) -> None:
        for bell in bells:
            for event in self._waiting[bell]:
                event.set()

    def listen(self, bell: Bell, rest_s: float = 0.0) -> Callable[[float], Awaitable[None]]:
        """A waiter for `bell`: `await wait(seconds)` returns when it rang since the last wait, or after `seconds`.

        With `rest_s` it first rests that long, so that a storm of rings is answered once.
        """
        event = asyncio.Event()
        event.set()
        self._waiting[bell].add(event)

        async def wait(seconds: float) -> None:
            await asyncio.sleep(rest_s)
            try:
                async with asyncio.timeout(seconds):
                    await event.wait()
            except TimeoutError:
                return
            finally:
                event.clear()

        return wait
