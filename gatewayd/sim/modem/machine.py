"""The modem as a whole, without a port: bytes and time in, bytes and what happens to the port out.

`receive` takes what the client typed, `run_due` what time brings, `drain` gives what leaves the port; between
them nothing happens. While a part is on the air the input waits, as the modem has one hand; lines of its own
accord wait only while it reads a PDU. The ledger is written before the bytes that follow from it are given out.
Status reports belong to the network (centre.py), and wait there while the modem is away.
"""

from functools import partial
from math import inf
from random import Random
from typing import Final, TypeAlias, assert_never

from gatewayd.clock import Clock
from gatewayd.sim.modem.centre import Centre
from gatewayd.sim.modem.commands_ussd import choose
from gatewayd.sim.modem.device import Device
from gatewayd.sim.modem.interpreter import carry_out
from gatewayd.sim.modem.ledger import Journal, Ledger
from gatewayd.sim.modem.occasions import Heard, Start, Unasked
from gatewayd.sim.modem.port import Output, Port, Unplugged
from gatewayd.sim.modem.timers import Timers
from gatewayd.sim.modem.transmitter import Transmitter
from gatewayd.sim.modem.typed import Cancelled, CommandLine, PduTyped, Reader, Token
from gatewayd.sim.modem.values import (
    Answer,
    Deafen,
    EchoAgain,
    Event,
    Incoming,
    Note,
    Occupy,
    Prompt,
    PullOut,
    Reboot,
    Say,
    Stall,
)
from gatewayd.sim.modem.watch import Watch

_Delayed: TypeAlias = Say | Prompt | Reboot | PullOut | Incoming

#: What a client may type ahead while a part is on the air.
_TYPE_AHEAD: Final = 8192


class Machine:
    """One modem with its SIM and network. Not thread-safe: one caller drives it."""

    def __init__(self, device: Device, ledger: Ledger, clock: Clock, random: Random) -> None:
        self.device = device
        self.journal = Journal(ledger, clock, device.imei)
        self._clock = clock
        self._timers = Timers()
        self._port = Port(device.bench, self._timers, clock)
        self._reader = Reader()
        self.centre = Centre(device, self.journal, clock, self._timers, self._say, lambda: self._is_up)
        self._transmitter = Transmitter(device, self.centre, clock, self._timers, random, self._sent)
        self._watch = Watch(device, self._timers, clock, self._say)
        self._input = bytearray()
        self._held: list[str] = []
        self._length = 0
        self._asks_ussd = False
        self._is_up = True
        self._is_asking = False
        self._calls = self._lines = 0
        self._heard_at = -inf
        self._watch.begin()
        self.journal.note("boot", reason="start")
        self._happen_all(device.bench.start(Start("start")).then)

    @property
    def is_up(self) -> bool:
        """Whether it hears anything: not while unplugged, restarting or hung."""
        return self._is_up

    def receive(self, data: bytes) -> None:
        """What the client typed, cut anywhere."""
        if self._is_up:
            data = self.device.bench.typed(data)
            self._input += data[: _TYPE_AHEAD - len(self._input)]
            self._read()
        self.run_due()

    def run_due(self) -> None:
        """Let everything happen that is due."""
        now = self._clock.monotonic()
        while (action := self._timers.pop_due(now)) is not None:
            action()
        if self._is_up:
            self._watch.keep()
        self.centre.flush()

    def next_due(self) -> float | None:
        """When `run_due` is wanted next (monotonic seconds)."""
        return self._timers.next_due()

    def drain(self) -> list[Output]:
        return self._port.drain()

    def client_opened(self) -> None:
        self.journal.note("client_opened")
        self._lines = 0
        if self._is_up:
            self._happen_all(self.device.bench.opening().then)

    def registration_changed(self) -> None:
        """Tell the client, if it asked for that; the network's own settings were changed already."""
        if self._is_up:
            self._watch.registration_changed(self.device.network.settings.registration)

    def happen(self, event: Event) -> None:
        """Let `event` happen after its delay."""
        after_s = event.after_s if isinstance(event, _Delayed) else 0.0
        if after_s > 0:
            self._timers.at(self._clock.monotonic() + after_s, partial(self._do, event), is_modems=True)
        else:
            self._do(event)

    def plugged_in(self) -> None:
        """The port is there again; the modem starts with default settings."""
        self._start("plugged in")

    def _read(self) -> None:
        while self._input and self._is_up and not self._is_busy:
            byte = self._input.pop(0)
            if self.device.session.echo:
                self._port.echo(byte)
            token = self._reader.type(byte)
            if token is not None:
                self._act(token)
        self._port.flush_echo()

    @property
    def _is_busy(self) -> bool:
        return self._transmitter.is_busy or self._is_asking

    def _act(self, token: Token) -> None:
        match token:
            case CommandLine(text):
                self._hear(text)
            case PduTyped(text):
                self._release_held()
                if self._asks_ussd:
                    self._give(choose(self.device, text))
                else:
                    self._transmitter.submit(text, self._length)
            case Cancelled():
                self._release_held()
                self._give(self.device.bench.escape(Answer(final=self.device.profile.escape_answer)))
            case _:
                assert_never(token)

    def _hear(self, line: str) -> None:
        now = self._clock.monotonic()
        heard = self.device.bench.heard(Heard(line, self._calls, self._lines, now - self._heard_at))
        self._heard_at = now
        self._lines += 1
        self._calls += heard.is_call
        if heard.is_lost:
            self._port.forget_echo()
            return
        answer = carry_out(self.device, line)
        if answer is not None:
            self._give(answer)

    def _give(self, answer: Answer) -> None:
        self._port.answer(answer, self.device.session)
        self._happen_all(answer.then)

    def _sent(self, answer: Answer) -> None:
        self._give(answer)
        self._read()

    def _happen_all(self, events: tuple[Event, ...]) -> None:
        for event in events:
            self.happen(event)

    def _do(self, event: Event) -> None:
        match event:
            case Say(lines):
                self._say(lines)
            case Prompt():
                self._prepare(self.device.bench.prompt(event))
            case Note(name, fields):
                self.journal.note(name, **dict(fields))
            case Incoming(sender, text):
                self.centre.inbound(sender, text)
            case Reboot(_, is_unseen):
                self._start("restart", is_unseen)
            case PullOut(_, back_s, is_renamed, leaves_name):
                self._go_down()
                self._port.happen(Unplugged(back_s, is_renamed, leaves_name))
            case Deafen(for_s):
                self._go_down()
                if for_s is not None:
                    self._timers.at(self._clock.monotonic() + for_s, self._come_up, is_modems=True)
            case Stall() | Occupy():
                self._port.happen(event)
            case EchoAgain():
                self.device.session.echo = True
            case _:
                assert_never(event)

    def _say(self, lines: tuple[str, ...]) -> None:
        if lines:
            lines = self.device.bench.unasked(Unasked(lines, self.device.session.is_port_chosen)).lines
        if self._reader.awaits_pdu:
            self._held += lines
        else:
            self._port.lines(lines)

    def _release_held(self) -> None:
        held, self._held = tuple(self._held), []
        self._port.lines(held)

    def _prepare(self, prompt: Prompt) -> None:
        """Show the prompt when it is time; nothing is read until then."""
        if prompt.after_s > 0:
            self._is_asking = True
            due = self._clock.monotonic() + prompt.after_s
            self._timers.at(due, partial(self._ask_late, prompt), is_modems=True)
        else:
            self._ask(prompt)

    def _ask_late(self, prompt: Prompt) -> None:
        self._is_asking = False
        self._ask(prompt)
        self._read()

    def _ask(self, prompt: Prompt) -> None:
        self._port.send(prompt.shown.encode("ascii"))
        if prompt.refused:
            self._port.lines((prompt.refused,))
        else:
            self._length = prompt.length
            self._asks_ussd = prompt.is_ussd
            self._reader.begin_pdu(prompt.typed)
        self._happen_all(prompt.then)

    def _go_down(self) -> None:
        """Nothing is heard any more, and nothing said of what was under way."""
        self._is_up = False
        self._transmitter.is_busy = False
        self._is_asking = False
        self._timers.lapse()
        self._port.cut()
        self._reader.reset()
        self._input.clear()
        self._held.clear()

    def _start(self, reason: str, is_unseen: bool = False) -> None:
        self._go_down()
        self.device.restart()
        self._calls = self._lines = 0
        self._heard_at = -inf
        self.journal.note("boot", reason=reason)
        start = self.device.bench.start(Start(reason, is_mute=is_unseen))
        if is_unseen:
            self._booted(start)
        else:
            due = self._clock.monotonic() + self.device.network.settings.boot_ms / 1000
            self._timers.at(due, partial(self._booted, start), is_modems=True)
        self._happen_all(start.then)

    def _booted(self, start: Start) -> None:
        self._come_up()
        self._port.lines(() if start.is_mute else (*self.device.boot_lines(), *start.more))

    def _come_up(self) -> None:
        self._is_up = True
        self._watch.begin()
