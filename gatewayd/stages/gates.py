"""One gate a transport: shut while its facts do not allow sending (stages/watch.py), with the reason beside it."""

import asyncio

from gatewayd.core.resources import Pause


class Gate:
    def __init__(self) -> None:
        self._open = asyncio.Event()
        self.pause: Pause | None = Pause("starting", "not measured yet")
        self.sim = ""

    def set(self, pause: Pause | None, sim: str) -> None:
        """Open it (None) or shut it for a reason; `sim` is the SIM now in the transport."""
        self.pause, self.sim = pause, sim
        if pause is None:
            self._open.set()
        else:
            self._open.clear()

    @property
    def is_open(self) -> bool:
        return self._open.is_set()

    async def wait(self, seconds: float) -> bool:
        """True once it is open; False after `seconds`."""
        try:
            async with asyncio.timeout(seconds):
                await self._open.wait()
        except TimeoutError:
            return False
        return True
