"""The modem as a whole, without a port: bytes and time in, bytes and unplugging out.

`receive` takes what the client typed, `run_due` what time brings, `drain` gives what leaves the port; between
them nothing happens. While a part is on the air the input waits, as the modem has one hand; lines of its own
accord wait only while it reads a PDU. The ledger is written before the bytes that follow from it are given out.

Time: a part that leaves at t is taken by the service centre half-way through its latency, and answered at its
end; so unplugging in between gives both kinds of doubt. Status reports are planned from the answer on, belong
to the network, and wait there while the modem is away. Numbers: TP-MR goes 0 to 255 and again.
"""

from functools import partial
from math import exp
from random import Random
from typing import Final, TypeAlias, assert_never

from gatewayd.clock import Clock
from gatewayd.sim.modem.centre import Centre
from gatewayd.sim.modem.commands_ussd import choose
from gatewayd.sim.modem.device import Device
from gatewayd.sim.modem.interpreter import carry_out
from gatewayd.sim.modem.ledger import Journal, Ledger
from gatewayd.sim.modem.port import Output, Port, Unplugged
from gatewayd.sim.modem.session import cms
from gatewayd.sim.modem.timers import Timers
from gatewayd.sim.modem.typed import Cancelled, CommandLine, PduTyped, Reader, Token
from gatewayd.sim.modem.values import (
    Answer,
    Deafen,
    Event,
    Incoming,
    Note,
    Prompt,
    PullOut,
    Reboot,
    Say,
    Verdict,
)
from gatewayd.sim.modem.watch import Watch
from gatewayd.wire import tpdu

_Delayed: TypeAlias = Say | Prompt | Reboot | PullOut | Incoming

_BAD_PDU: Final = 304
#: Spread of the radio's latency (of its logarithm), and the longest that a network allows itself.
_SPREAD: Final = 0.45
_LONGEST_S: Final = 45.0
#: What a client may type ahead while a part is on the air.
_TYPE_AHEAD: Final = 8192


class Machine:
    """One modem with its SIM and network. Not thread-safe: one caller drives it."""

    def __init__(self, device: Device, ledger: Ledger, clock: Clock, random: Random) -> None:
        self.device = device
        self.journal = Journal(ledger, clock, device.imei)
        self._clock = clock
        self._random = random
        self._timers = Timers()
        self._port = Port(device.bench, self._timers, clock)
        self._reader = Reader()
        self.centre = Centre(device, self.journal, clock, self._timers, self._say, lambda: self._is_up)
        self._watch = Watch(device, self._timers, clock, self._say)
        self._input = bytearray()
        self._held: list[str] = []
        self._length = 0
        self._asks_ussd = False
        self._is_up = True
        self._is_busy = False
        self._watch.begin()
        self.journal.note("boot", reason="start")

    @property
    def is_up(self) -> bool:
        """Whether it hears anything: not while unplugged, restarting or hung."""
        return self._is_up

    def receive(self, data: bytes) -> None:
        """What the client typed, cut anywhere."""
        if self._is_up:
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

    def _act(self, token: Token) -> None:
        match token:
            case CommandLine(text):
                answer = carry_out(self.device, text)
                if answer is not None:
                    self._give(answer)
            case PduTyped(text):
                self._release_held()
                if self._asks_ussd:
                    self._give(choose(self.device, text))
                else:
                    self._submit(text)
            case Cancelled():
                self._release_held()
                self._give(Answer(final=self.device.profile.escape_answer))
            case _:
                assert_never(token)

    def _give(self, answer: Answer) -> None:
        self._port.answer(answer, self.device.session)
        for event in answer.then:
            self.happen(event)

    def _do(self, event: Event) -> None:
        match event:
            case Say(lines):
                self._say(lines)
            case Prompt():
                self._ask(self.device.bench.prompt(event))
            case Note(name, fields):
                self.journal.note(name, **dict(fields))
            case Incoming(sender, text):
                self.centre.inbound(sender, text)
            case Reboot(_, is_unseen):
                self._start("restart", is_unseen)
            case PullOut(_, back_s):
                self._go_down()
                self._port.cut(Unplugged(back_s))
            case Deafen(for_s):
                self._go_down()
                if for_s is not None:
                    self._timers.at(self._clock.monotonic() + for_s, self._come_up, is_modems=True)
            case _:
                assert_never(event)

    def _say(self, lines: tuple[str, ...]) -> None:
        if self._reader.awaits_pdu:
            self._held += lines
        else:
            self._port.lines(lines)

    def _release_held(self) -> None:
        held, self._held = tuple(self._held), []
        self._port.lines(held)

    def _ask(self, prompt: Prompt) -> None:
        self._port.send(prompt.shown.encode("ascii"))
        if prompt.refused:
            self._port.lines((prompt.refused,))
        else:
            self._length = prompt.length
            self._asks_ussd = prompt.is_ussd
            self._reader.awaits_pdu = True

    def _submit(self, text: str) -> None:
        part = tpdu.decode(text, incoming=False)
        if not isinstance(part, tpdu.SubmitPdu) or tpdu.tpdu_length(text) != self._length:
            self._give(Answer(final=cms(self.device.session, _BAD_PDU)))
            return
        reference = self.device.take_reference()
        verdict = self.device.bench.verdict(self._judged(part, reference))
        leaves_at = self._clock.monotonic()
        answered_at = leaves_at + verdict.latency_s
        taken = partial(self.centre.take, part, reference, verdict, answered_at)
        self._is_busy = True
        self._timers.at(leaves_at + verdict.latency_s / 2, taken, is_modems=True)
        self._timers.at(answered_at, partial(self._answered, verdict), is_modems=True)

    def _judged(self, part: tpdu.SubmitPdu, reference: int) -> Verdict:
        code = self.device.network.refusal(part, self.device.radio())
        if code is None:
            return Verdict(True, Answer((f"+CMGS: {reference}",)), self._latency_s())
        return Verdict(False, Answer(final=cms(self.device.session, code)), self._latency_s(), f"cms-{code}")

    def _latency_s(self) -> float:
        fixed_ms = self.device.network.settings.latency_ms
        if fixed_ms is not None:
            return fixed_ms / 1000
        median_s = self.device.profile.latency_median_s
        return min(_LONGEST_S, median_s * exp(self._random.gauss(0, _SPREAD)))

    def _answered(self, verdict: Verdict) -> None:
        self._is_busy = False
        self._give(verdict.answer)
        self._read()

    def _go_down(self) -> None:
        """Nothing is heard any more, and nothing said of what was under way."""
        self._is_up = False
        self._is_busy = False
        self._timers.lapse()
        self._port.cut()
        self._reader.reset()
        self._input.clear()
        self._held.clear()

    def _start(self, reason: str, is_unseen: bool = False) -> None:
        self._go_down()
        self.device.restart()
        self.journal.note("boot", reason=reason)
        if is_unseen:
            self._come_up()
            return
        boot_s = self.device.network.settings.boot_ms / 1000
        self._timers.at(self._clock.monotonic() + boot_s, self._booted, is_modems=True)

    def _booted(self) -> None:
        self._come_up()
        self._port.lines(self.device.boot_lines())

    def _come_up(self) -> None:
        self._is_up = True
        self._watch.begin()
