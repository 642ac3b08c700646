"""What one transport does, for the metrics: results, how long a submission takes, and how long until the next begins.

A gap counts only between two parts of one run of work: pauses that the settings want are in it, waiting for work, a
shut gate, a rest and a cap are not. A result counts once it is in the store.
"""

from typing import Final

from gatewayd.clock import Clock
from gatewayd.core.states import Event
from gatewayd.core.tally import Tally
from gatewayd.store.queue import Ended

#: What a move is called.
RESULTS: Final = {
    Event.ACCEPT: "accepted", Event.DEFER: "deferred", Event.HOLD: "held", Event.REJECT: "failed",
    Event.DOUBT: "in_doubt",
}  # fmt: skip


class Meter:
    def __init__(self, name: str, clock: Clock, tally: Tally) -> None:
        self._name, self._clock, self._tally = name, clock, tally
        self._began = 0.0
        self._ended: float | None = None

    def began(self) -> None:
        """A submission begins."""
        self._began = self._clock.monotonic()
        if self._ended is not None:
            self._tally.gaps[self._name].add(self._began - self._ended)

    def ended(self) -> None:
        """It has its answer, or nobody waits for one any more."""
        self._ended = self._clock.monotonic()
        self._tally.submissions[self._name].add(self._ended - self._began)

    def idle(self) -> None:
        """What follows is no gap."""
        self._ended = None

    def result(self, ended: Ended) -> None:
        """What came of it is stored."""
        cause = ended.move.cause
        self._tally.part(
            self._name, ended.claimed.kind, RESULTS[ended.move.event], cause.code if cause is not None else ""
        )
