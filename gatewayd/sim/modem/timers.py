"""What is to happen later, in order of time; things due at the same moment happen in the order they were set.

Time is what the caller says it is, so a test may let hours pass at once.
"""

import heapq
from collections.abc import Callable
from typing import Final


class Timers:
    """`lapse` drops what belongs to the modem (its answers), not what belongs to the network (its reports)."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, int, bool, Callable[[], None]]] = []
        self._set: int = 0
        self._lapsed: int = 0

    def at(self, due: float, action: Callable[[], None], *, is_modems: bool) -> None:
        """Do `action` at `due` (monotonic seconds)."""
        self._set += 1
        heapq.heappush(self._heap, (due, self._set, is_modems, action))

    def lapse(self) -> None:
        """Forget everything of the modem's that has not happened yet."""
        self._lapsed = self._set

    def next_due(self) -> float | None:
        self._drop_lapsed()
        return self._heap[0][0] if self._heap else None

    def pop_due(self, now: float) -> Callable[[], None] | None:
        """The next action that is due, if any."""
        self._drop_lapsed()
        if not self._heap or self._heap[0][0] > now:
            return None
        return heapq.heappop(self._heap)[_ACTION]

    def _drop_lapsed(self) -> None:
        while self._heap and self._heap[0][_IS_MODEMS] and self._heap[0][_NUMBER] <= self._lapsed:
            heapq.heappop(self._heap)


_NUMBER: Final = 1
_IS_MODEMS: Final = 2
_ACTION: Final = 3
