"""A transport that does what a script says, and records every submission it was handed."""

import asyncio
from collections.abc import Callable

from gatewayd.core.errand import Done, Errand, NotDone
from gatewayd.core.model import Channel, Submission
from gatewayd.core.outcome import Accepted, Outcome
from gatewayd.transport.base import Listener

#: What comes of a submission; None: no answer ever comes.
Script = Callable[[Submission], Outcome | None]


class ScriptedTransport:
    """`submitted` holds every submission in order; `came` is set at each one."""

    def __init__(self, name: str = "gsm1", channel: Channel = Channel.SMS, script: Script | None = None) -> None:
        self._name, self._channel = name, channel
        self.script: Script = script or self._accept
        self.submitted: list[Submission] = []
        self.came = asyncio.Event()
        self.measured = asyncio.Event()

    @property
    def name(self) -> str:
        return self._name

    @property
    def channel(self) -> Channel:
        return self._channel

    def _accept(self, _submission: Submission) -> Outcome:
        return Accepted(len(self.submitted) % 256)

    async def run(self, listener: Listener) -> None:
        await asyncio.Event().wait()

    async def ready(self) -> None:
        return

    async def refresh(self) -> None:
        self.measured.set()

    async def perform(self, errand: Errand) -> Done | NotDone:
        return NotDone("scripted")

    async def submit(self, submission: Submission) -> Outcome:
        self.submitted.append(submission)
        self.came.set()
        outcome = self.script(submission)
        if outcome is None:
            await asyncio.Event().wait()
            raise AssertionError
        await asyncio.sleep(0)
        return outcome
