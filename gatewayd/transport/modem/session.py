"""One conversation with one modem: commands in turn, their answers, and what the modem says by itself.

Invariants: one command outstanding, ever (a lock); at least `gap_s` of silence between a final result and the next
command; every wait has an absolute deadline; after a deadline ESC, then an `AT` barrier that eats what is late.
A barrier that stays without an answer ends the session (Mute). Ctrl-Z is written only behind a PDU that a
prompt asked for.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from gatewayd.errors import LinkError
from gatewayd.transport.modem.line_trace import LineTrace
from gatewayd.transport.modem.link import SerialLink
from gatewayd.wire.at import Answered, Dialogue, Echoed, Indicated, Prompted, Stray

_ESC: Final = b"\x1b"
_CTRL_Z: Final = b"\x1a"
#: How long each AT is waited for: after a deadline, and at a port just opened, whose modem may be starting still.
_BARRIERS_S: Final = (3.0, 3.0, 3.0)
WAKE_S: Final = (0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0)
_SETTLE_S: Final = 0.2


async def first_of(*waited: "asyncio.Future[Any]") -> None:
    """Until one of `waited` is done; none of them is cancelled."""
    await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)


@dataclass(frozen=True, slots=True)
class Manners:
    """What a modem needs between bytes: seconds of silence after an answer and after the prompt, and the PDU in
    pieces of `piece` characters (0: in one) `piece_gap_s` apart."""

    gap_s: float = 0.0
    prompt_gap_s: float = 0.0
    piece: int = 0
    piece_gap_s: float = 0.0


class NoAnswer(Exception):
    """The deadline of a command passed; the line has been put in order again. `info` came in time, the final result
    did not. Stays inside transport/modem."""

    def __init__(self, what: str, info: tuple[str, ...] = ()) -> None:
        super().__init__(what)
        self.info = info


class Mute(LinkError):
    """There is a port, and nobody answers. Stays inside transport/modem, like the two below."""


class Restarted(LinkError):
    """The modem started anew by itself: its settings are gone."""


class Confused(LinkError):
    """It answers, but refuses what it must not, or one thing after another."""


class Session:
    """`on_indication` hears every unsolicited line, `on_stray` every line that belongs to nothing."""

    def __init__(
        self, manners: Manners, on_indication: Callable[[Indicated], None], on_stray: Callable[[str], None],
        tap: LineTrace | None = None,
    ) -> None:  # fmt: skip
        self.manners, self._tap = manners, tap
        self._on_indication, self._on_stray = on_indication, on_stray
        self._dialogue = Dialogue()
        self._link = SerialLink(self._received, lambda why: self._lose(LinkError(why)))
        self._lock = asyncio.Lock()
        self._free_at = 0.0
        self._is_submitting = False
        self.is_settled = False
        #: The port was kept open since an earlier session.
        self.was_open = False
        self._reference_heard: asyncio.Future[None] | None = None
        #: Seen since ATE0 was answered; some modems never stop.
        self._has_echoed = self._echo_stays = False
        self._prompt: asyncio.Future[None] | None = None
        self._answer: asyncio.Future[Answered] | None = None
        self.lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def open(self, path: Path, baud: int) -> None:
        self.was_open = self._link.open(path, baud)

    def close(self, *, keep: bool = False) -> None:
        """`keep`: the port stays open for the next session, with what the modem says meanwhile."""
        self._link.close(keep=keep)
        self._lose(LinkError("closed"))
        self.lost.exception()

    async def hear_out(self, within_s: float) -> None:
        """Write nothing until the answer to a submission of the session before us came, or for so long: some modems
        take any byte as an order to give up what they are at."""
        self._reference_heard = asyncio.get_running_loop().create_future()
        await asyncio.wait((self._reference_heard, self.lost), timeout=within_s, return_when=asyncio.FIRST_COMPLETED)

    async def wake(self, bauds: Sequence[int] = (), waits_s: Sequence[float] = WAKE_S) -> None:
        """Cancel a prompt that the process before us left open, read what is late, and find the modem awake.

        Each AT is waited for so long. Where it stays mute, it is called at each of `bauds`. Raises Mute when it answers
        at none.
        """
        async with self._lock:
            self._write(_ESC)
            await asyncio.sleep(_SETTLE_S)
            if await self._answers(waits_s):
                return
            for baud in bauds:
                self._link.set_baud(baud)
                if await self._answers((0.7, 0.7)):
                    return
            self._give_up()

    def forget_echo(self) -> None:
        """The echo was just turned off."""
        self._has_echoed = False

    def shout(self, command: str) -> None:
        """Write `command` to a modem that does not answer: it may still hear."""
        self._write(f"{command}\r".encode("ascii"))

    async def command(self, text: str, prefix: str = "", timeout_s: float = 5.0) -> Answered:
        """Write `text` and wait for its final result. A query ("AT+CFUN?") expects lines with its own name.

        Raises NoAnswer at the deadline, LinkError when the port is gone.
        """
        if not prefix and text.endswith("?"):
            prefix = f"{text[2:].rstrip('=?')}:"
        async with self._lock:
            await self._silence()
            try:
                return await self._exchange(text, prefix, timeout_s)
            except TimeoutError:
                said = await self._clear()
                raise NoAnswer(f"no answer to {text.partition('=')[0]} within {timeout_s:g} s", said) from None

    async def submit(
        self, length: int, pdu: str, prompt_s: float, timeout_s: float, on_air: Callable[[], None]
    ) -> Answered:
        """AT+CMGS. `on_air` is called right before the byte that sends; until then nothing has left.

        Raises NoAnswer at either deadline, LinkError when the port is gone.
        """
        async with self._lock:
            await self._silence()
            try:
                return await self._submit(length, pdu, prompt_s, timeout_s, on_air)
            except TimeoutError:
                await self._clear()
                raise NoAnswer("no answer to AT+CMGS") from None
            finally:
                self._is_submitting = False

    async def _submit(
        self, length: int, pdu: str, prompt_s: float, timeout_s: float, on_air: Callable[[], None]
    ) -> Answered:
        loop = asyncio.get_running_loop()
        self._is_submitting = True
        self._prompt, self._answer = loop.create_future(), loop.create_future()
        command = f"AT+CMGS={length}"
        self._dialogue.expect(command, "+CMGS:", prompt=True)
        self._write(f"{command}\r".encode("ascii"))
        async with asyncio.timeout(prompt_s):
            await first_of(self._prompt, self._answer)
        if self._prompt.done() and self.manners.prompt_gap_s:
            await asyncio.wait((self._answer,), timeout=self.manners.prompt_gap_s)
        if self._answer.done():
            # Refused; a prompt that comes late, or stays, must not be open for the next command to fall into.
            answered = self._answer.result()
            await self._clear()
            return answered
        size = self.manners.piece or len(pdu)
        *pieces, last = (pdu[at : at + size].encode("ascii") for at in range(0, len(pdu), size))
        for piece in pieces:
            self._write(piece)
            await asyncio.sleep(self.manners.piece_gap_s)
        on_air()
        self._write(last + _CTRL_Z)
        async with asyncio.timeout(timeout_s):
            answered = await self._answer
        self._free_at = loop.time() + self.manners.gap_s
        return answered

    async def _exchange(self, text: str, prefix: str, timeout_s: float) -> Answered:
        self._answer = asyncio.get_running_loop().create_future()
        self._dialogue.expect(text, prefix)
        self._write(f"{text}\r".encode("ascii"))
        async with asyncio.timeout(timeout_s):
            answered = await self._answer
        self._free_at = asyncio.get_running_loop().time() + self.manners.gap_s
        return answered

    async def _silence(self) -> None:
        """The pause before a command. Raises LinkError where the modem was lost while this one waited its turn."""
        if self.lost.done():
            self.lost.result()
        wait = self._free_at - asyncio.get_running_loop().time()
        if wait > 0:
            await asyncio.sleep(wait)

    async def _clear(self) -> tuple[str, ...]:
        """After a deadline: nothing half-typed stays, and what is late is not taken for the next answer.

        Returns the lines that the command was answered with so far. Raises Mute.
        """
        said = self._dialogue.abandon()
        self._write(_ESC)
        await asyncio.sleep(_SETTLE_S)
        if not await self._answers(_BARRIERS_S):
            self._give_up()
        return said

    async def _answers(self, waits_s: Sequence[float]) -> bool:
        """Whether an AT is answered, each waited for so long. Late answers to those before it are let go."""
        for place, wait_s in enumerate(waits_s):
            try:
                await self._exchange("AT", "", wait_s)
            except TimeoutError:
                self._dialogue.abandon()
            else:
                if place:
                    await asyncio.sleep(_SETTLE_S)
                return True
        return False

    def _give_up(self) -> None:
        error = Mute("the modem does not answer AT")
        self._lose(error)
        raise error

    def _write(self, data: bytes) -> None:
        if self._tap is not None:
            self._tap.sent(data)
        self._link.write(data)

    def _received(self, data: bytes) -> None:
        if self._tap is not None:
            self._tap.heard(data)
        for event in self._dialogue.receive(data):
            match event:
                case Answered():
                    self._late_references(event)
                    if self._answer is not None and not self._answer.done():
                        self._answer.set_result(event)
                case Prompted():
                    if self._prompt is not None and not self._prompt.done():
                        self._prompt.set_result(None)
                case Indicated():
                    if event.is_boot and self.is_settled:
                        self._lose(Restarted(f"the modem started anew ({event.line})"))
                    self._on_indication(event)
                case Echoed():
                    self._echoed()
                case Stray(line):
                    self._told(line)

    def settle(self) -> None:
        """Set up. From here on, a line that says the modem starts anew, or an echo where there was none, means that its
        settings are gone: a text mode, say, would read the length of a PDU as a number to send to."""
        self.is_settled, self._echo_stays = True, self._has_echoed

    def _echoed(self) -> None:
        self._has_echoed = True
        if self.is_settled and not self._echo_stays:
            self._lose(Restarted("the modem started anew (its echo is back)"))

    def _late_references(self, event: Answered) -> None:
        """A +CMGS line among the answers of another command belongs to a submission before it."""
        if not self._is_submitting:
            for line in event.info:
                if line.startswith("+CMGS:"):
                    self._told(line)

    def _told(self, line: str) -> None:
        """Something that belongs to no command of ours."""
        waiting = self._reference_heard
        if waiting is not None and not waiting.done() and line.startswith(("+CMGS:", "+CMS ERROR")):
            waiting.set_result(None)
        self._on_stray(line)

    def _lose(self, error: LinkError) -> None:
        for waiting in (self._answer, self._prompt, self.lost):
            if waiting is not None and not waiting.done():
                waiting.set_exception(error)
                waiting.exception()
