"""An event loop whose clock jumps to the next event: hours of a modem's life in a second, the same on every machine.

Only for what does no real I/O: a loop with nothing left to happen raises, since it would wait for ever.
"""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class _Jumping(selectors.SelectSelector):
    def __init__(self) -> None:
        super().__init__()
        self.now = 1_000.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        found = super().select(0)
        if not found and timeout is None:
            raise RuntimeError("nothing is left to happen")
        if not found:
            # A little further than asked for: the loop runs what is due within its resolution, and time must not stand.
            self.now += (timeout or 0.0) + 1e-6
        return found


class VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self._jumping = _Jumping()
        super().__init__(self._jumping)

    def time(self) -> float:
        return self._jumping.now


def run_virtually(main: Coroutine[Any, Any, T]) -> T:
    """Run `main` on a virtual loop, and end whatever it left."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(main)
