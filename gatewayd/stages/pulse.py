"""The heartbeat behind systemd's watchdog: it is fed only while the loop and every stage make progress.

A stage registers with the longest time one of its rounds may take, and beats in every round. A stage that
ended is taken off. The feeder runs on the loop itself, so a blocked loop feeds nothing.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from gatewayd.clock import Clock
from gatewayd.log import get_logger
from gatewayd.notify import notify, watchdog_interval


class Pulse:
    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._beats: dict[str, tuple[float, float]] = {}

    @contextmanager
    def stage(self, name: str, limit_s: float) -> Iterator[None]:
        """While inside, `name` must beat at least every `limit_s` seconds."""
        self._beats[name] = (self._clock.monotonic(), limit_s)
        try:
            yield
        finally:
            del self._beats[name]

    def beat(self, name: str) -> None:
        """Of no effect outside `stage`."""
        if name in self._beats:
            self._beats[name] = (self._clock.monotonic(), self._beats[name][1])

    def late(self) -> list[str]:
        """Stages that did not beat within their limit."""
        return [name for name, margin_s in self.margins().items() if margin_s < 0]

    def margins(self) -> dict[str, float]:
        """Seconds that each stage has left until it is late; negative where it is."""
        now = self._clock.monotonic()
        return {name: limit_s - (now - last) for name, (last, limit_s) in self._beats.items()}

    async def feed(self) -> None:
        """Feed systemd's watchdog for ever; a no-op where it does not watch."""
        interval = watchdog_interval()
        while True:
            late = self.late()
            if late:
                get_logger().error("daemon.stuck", stages=",".join(late))
            elif interval is not None:
                notify("WATCHDOG=1")
            await asyncio.sleep((interval or 60.0) / 3)
