"""Orders to the whole daemon: end (SIGTERM, SIGINT), take over the settings anew (SIGHUP), or start every part again.

New settings are checked whole before anything stops; with a fault in them the running ones stay, and the journal and
systemd's status line say why. `end` is set by both orders; `new` holds the settings to go on with, None to end.
"""

import asyncio
import signal
from collections.abc import Callable
from typing import Final

from gatewayd.config import Settings
from gatewayd.config.files import file_faults
from gatewayd.errors import SettingsError
from gatewayd.log import get_logger
from gatewayd.notify import reloading

Reread = Callable[[], Settings]
#: Faults that the status line has room for.
_SHOWN: Final = 200


class Orders:
    """`reread` reads the settings file again; `tell` is told why new settings were refused ('' = taken over)."""

    def __init__(self, reread: Reread) -> None:
        self._reread = reread
        #: The settings that were taken over last.
        self.latest: Settings | None = None
        #: Whether the last order says that the clock of the machine is right.
        self.is_clock_right = True
        self._stop, self._hup, self._again = asyncio.Event(), asyncio.Event(), asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        loop.add_signal_handler(signal.SIGHUP, self._hup.set)

    @property
    def must_end(self) -> bool:
        return self._stop.is_set()

    def start_again(self, *, is_clock_right: bool = True) -> None:
        """Every part is to be built again, with the settings as they run."""
        self.is_clock_right = is_clock_right
        self._again.set()

    async def ends_within(self, seconds: float) -> bool:
        """Whether the order to end is there, or comes within so many seconds."""
        try:
            async with asyncio.timeout(seconds):
                await self._stop.wait()
        except TimeoutError:
            return False
        return True

    async def end(self) -> None:
        """Until the daemon must end."""
        await self._stop.wait()

    async def next(self, running: Settings, refused: Callable[[str], None]) -> Settings | None:
        """The settings to go on with, or None to end. `refused` is told why settings were not taken over."""
        while True:
            await _either(self._stop, self._hup, self._again)
            self.is_clock_right |= self._hup.is_set()
            if self._stop.is_set():
                return None
            if self._again.is_set():
                self._again.clear()
                return running
            self._hup.clear()
            reloading()
            try:
                self.latest = await asyncio.to_thread(self._checked, running)
                return self.latest
            except SettingsError as error:
                get_logger().error("settings.refused", why=str(error))
                refused(f"new settings refused, the old ones stay: {' '.join(str(error).split())[:_SHOWN]}")

    def _checked(self, running: Settings) -> Settings:
        """Raises SettingsError with every fault."""
        new = self._reread()
        faults = list(file_faults(new))
        if new.gateway.state_dir != running.gateway.state_dir:
            faults.append("gateway.state_dir: another one is taken over by a restart only")
        if faults:
            raise SettingsError("; ".join(faults))
        return new


async def _either(*events: asyncio.Event) -> None:
    waiting = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()
