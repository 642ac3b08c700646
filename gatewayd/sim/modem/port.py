"""The modem's side of the port: answers and lines become bytes, in order, as the faults of the line make them.

Echo is joined to what follows it, as a person typing sees it and a program reads it. Source: V.250 §5.7.1.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from math import inf
from typing import Final, TypeAlias

from gatewayd.clock import Clock
from gatewayd.sim.modem.hooks import Bench
from gatewayd.sim.modem.session import Session
from gatewayd.sim.modem.timers import Timers
from gatewayd.sim.modem.values import Answer, Occupy, Stall

_CODES: Final = {"OK": "0", "ERROR": "4"}


@dataclass(frozen=True, slots=True)
class Unplugged:
    """The port is gone; it comes back by itself after `back_s` (None: when somebody plugs it in), under another name
    if it `is_renamed`. With `leaves_name` the name stands on."""

    back_s: float | None
    is_renamed: bool = False
    leaves_name: bool = False


Output: TypeAlias = bytes | Unplugged | Stall | Occupy


class Port:
    """`drain` empties what has left the port so far; each `bytes` of it is one write."""

    def __init__(self, bench: Bench, timers: Timers, clock: Clock) -> None:
        self._bench = bench
        self._timers = timers
        self._clock = clock
        self._outbox: list[Output] = []
        self._echoed = bytearray()
        self._held = bytearray()
        self._left_at = -inf

    def drain(self) -> list[Output]:
        outbox, self._outbox = self._outbox, []
        return outbox

    def echo(self, byte: int) -> None:
        self._echoed.append(byte)

    def forget_echo(self) -> None:
        """What was typed is not echoed after all, as far as it has not been yet."""
        self._echoed.clear()

    def flush_echo(self) -> None:
        if self._echoed:
            self.send(b"")

    def answer(self, answer: Answer, session: Session) -> None:
        self.send(_rendered(answer, session).encode("latin-1", "replace"))

    def lines(self, lines: Sequence[str]) -> None:
        self.send("".join(f"\r\n{line}\r\n" for line in lines).encode("latin-1", "replace"))

    def send(self, data: bytes) -> None:
        """Let `data` leave behind all that is still leaving."""
        data = bytes(self._echoed) + data
        self._echoed.clear()
        if not data:
            return
        chunks = self._bench.line(data)
        if chunks.held_s or self._held:
            self._hold(b"".join(chunks.parts), chunks.held_s)
            return
        for chunk in filter(None, chunks.parts):
            self._leave(chunk, chunks.gap_s)

    def happen(self, output: Unplugged | Stall | Occupy) -> None:
        """Something happens to the port itself."""
        self._outbox.append(output)

    def cut(self) -> None:
        """Drop what was still leaving."""
        self._echoed.clear()
        self._held.clear()
        self._left_at = -inf

    def _hold(self, data: bytes, held_s: float) -> None:
        if not self._held:
            self._timers.at(self._clock.monotonic() + held_s, self._let_go, is_modems=True)
        self._held += data

    def _let_go(self) -> None:
        data = bytes(self._held)
        self._held.clear()
        if data:
            self._leave(data, 0.0)

    def _leave(self, chunk: bytes, gap_s: float) -> None:
        now = self._clock.monotonic()
        due = max(now, self._left_at + gap_s)
        if due <= now:
            self._outbox.append(chunk)
        else:
            self._timers.at(due, partial(self._put, chunk), is_modems=True)
        self._left_at = due

    def _put(self, chunk: bytes) -> None:
        self._outbox.append(chunk)


def _rendered(answer: Answer, session: Session) -> str:
    before = "".join(f"\r\n{line}\r\n" for line in answer.before)
    body = "\r\n".join(answer.info)
    glued = "".join(f"\r\n{line}\r\n" for line in answer.glued)
    if session.verbose:
        info = f"\r\n{body}\r\n" if body else ""
        return before + info + (f"\r\n{answer.final}\r\n" if answer.final else "") + glued
    info = f"{body}\r\n" if body else ""
    return before + info + (f"{_CODES.get(answer.final, answer.final)}\r" if answer.final else "") + glued
