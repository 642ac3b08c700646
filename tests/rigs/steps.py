"""Every await of the daemon, one by one: a task factory that sees each step of each coroutine.

A place is the stack of a suspended task, its frames in gatewayd only ("app.py:179 run_daemon > dispatch.py:88 …"),
and whether the step is about to begin (what was awaited is done) or has just ended (what is awaited has begun). Two
lives of the daemon never have the same number of steps, since they have real peers; but they come to the same places.
"""

import asyncio
import os
from collections import Counter
from collections.abc import Callable, Coroutine
from pathlib import Path
from types import FrameType
from typing import Any, Final

import gatewayd

_ROOT: Final = str(Path(gatewayd.__file__).parent) + os.sep
Act = Callable[[asyncio.Task[Any]], None]


class Steps:
    """Counts places, and calls `act` once, at the so-manyth coming to one. Use as a loop's task factory."""

    def __init__(self, place: str = "", occurrence: int = 1, act: Act | None = None) -> None:
        self.seen: Counter[str] = Counter()
        self._place, self._left, self._act = place, occurrence, act

    def __call__(
        self, loop: asyncio.AbstractEventLoop, coro: Coroutine[Any, Any, Any], **options: Any
    ) -> asyncio.Task[Any]:
        stepped = _Stepped(coro, self)
        stepped.task = asyncio.Task(stepped, loop=loop, **options)
        return stepped.task

    def at(self, place: str, task: asyncio.Task[Any]) -> None:
        self.seen[place] += 1
        if place == self._place and self._act is not None:
            self._left -= 1
            if self._left == 0:
                self._act(task)


class _Stepped(Coroutine[Any, Any, Any]):
    """A coroutine that tells of each of its steps."""

    task: asyncio.Task[Any]

    def __init__(self, coro: Coroutine[Any, Any, Any], steps: Steps) -> None:
        self._coro, self._steps = coro, steps
        # What asyncio shows of a task in its messages.
        self.__qualname__ = getattr(coro, "__qualname__", "")

    def send(self, value: Any) -> Any:
        return self._step(lambda: self._coro.send(value))

    def throw(self, *error: Any) -> Any:
        return self._step(lambda: self._coro.throw(*error))

    def _step(self, step: Callable[[], Any]) -> Any:
        # The constructor of a task already shows the coroutine, but nobody has stepped before `task` is set.
        self._steps.at(f"{place_of(self._coro)} |begins", self.task)
        awaited = step()
        self._steps.at(f"{place_of(self._coro)} |rests", self.task)
        return awaited

    def close(self) -> None:
        self._coro.close()

    def __await__(self) -> Any:
        return self._coro.__await__()

    @property
    def cr_frame(self) -> FrameType | None:
        frame: FrameType | None = getattr(self._coro, "cr_frame", None)
        return frame


def place_of(coro: Any) -> str:
    """The frames of gatewayd in the stack of a suspended coroutine, outermost first; of a library's, its name."""
    frames: list[str] = []
    inner = coro
    while inner is not None:
        frame = getattr(inner, "cr_frame", None) or getattr(inner, "gi_frame", None)
        if frame is not None and frame.f_code.co_filename.startswith(_ROOT):
            name = frame.f_code.co_filename.removeprefix(_ROOT)
            frames.append(f"{name}:{frame.f_lineno} {frame.f_code.co_qualname}")
        inner = getattr(inner, "cr_await", None) or getattr(inner, "gi_yieldfrom", None)
    return " > ".join(frames) or f"library: {getattr(coro, '__qualname__', coro)}"
