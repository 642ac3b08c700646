"""A bound on the processor time of one piece of work in the sandbox child, where the whole child must not die of it.

In: seconds. Out: TimeUp in the middle of the work, whatever it is doing. It is no Exception, so that a library that
forgives everything does not forgive it, and comes again if it is caught. Main thread only; elsewhere there is no bound.
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

_AGAIN_S: Final = 0.1


class TimeUp(BaseException):
    """The work took too long."""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Raises TimeUp in the block after so many seconds of the processor's time."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGVTALRM, _ring)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds, _AGAIN_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def _ring(_number: int, _frame: FrameType | None) -> None:
    raise TimeUp
