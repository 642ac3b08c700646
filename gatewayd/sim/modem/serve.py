"""Runs one simulated modem: port, control channel, timers, signals. The only place where they meet.

Ends at SIGTERM or SIGINT, and takes its link and its socket away. A ledger that cannot be written ends it
too, with an OSError: a simulator that cannot say what it sent proves nothing.
"""

import asyncio
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Final, assert_never

from gatewayd.clock import Clock
from gatewayd.sim.modem.control import listen, socket_of
from gatewayd.sim.modem.device import new_device
from gatewayd.sim.modem.faults import FAULTS
from gatewayd.sim.modem.hooks import Bench
from gatewayd.sim.modem.knobs import Knobs
from gatewayd.sim.modem.ledger import FileLedger, Ledger, NoLedger
from gatewayd.sim.modem.machine import Machine
from gatewayd.sim.modem.network import Network, Settings
from gatewayd.sim.modem.port import Unplugged
from gatewayd.sim.modem.profiles import PROFILES
from gatewayd.sim.modem.pty import PtyPort
from gatewayd.sim.modem.values import PullOut

_SERIALS: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Options:
    """One modem. `seed` fixes chance, and the numbers of modem and SIM."""

    link: Path
    profile: str = "generic"
    settings: Settings = field(default_factory=Settings)
    faults: tuple[str, ...] = ()
    ledger: Path | None = None
    seed: int = 0


def build(options: Options, ledger: Ledger, clock: Clock) -> Machine:
    """The modem without its port. Raises ValueError for a fault that is none."""
    random = Random(options.seed)
    bench = Bench(FAULTS, Random(random.random()))
    for fault in options.faults:
        bench.arm(fault)
    device = new_device(
        PROFILES[options.profile], Network(options.settings), bench, clock, serial=(options.seed + 1) % _SERIALS
    )  # fmt: skip
    return Machine(device, ledger, clock, random)


class Simulator:
    """The machine at its port."""

    def __init__(self, machine: Machine, link: Path, clock: Clock) -> None:
        self._machine = machine
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._return: asyncio.TimerHandle | None = None
        self.ended: asyncio.Future[None] = self._loop.create_future()
        self.port = PtyPort(link, self._received, self._opened)

    def turn(self, message: object) -> dict[str, object]:
        """One control message; what it leads to happens before the answer is given."""
        answer = Knobs(self._machine, self).turn(message)
        self._guarded(self._machine.run_due)
        return answer

    @property
    def is_open(self) -> bool:
        return self.port.is_open

    def unplug(self) -> None:
        if not self.port.is_plugged:
            raise ValueError("it is not plugged in")
        self._machine.happen(PullOut())

    def replug(self, link: Path | None) -> None:
        if self.port.is_plugged:
            raise ValueError("it is plugged in")
        self._plug_in(link)

    def end(self) -> None:
        """Let `serve` return."""
        if not self.ended.done():
            self.ended.set_result(None)

    def close(self) -> None:
        for timer in (self._timer, self._return):
            if timer:
                timer.cancel()
        self.port.unplug()

    def _plug_in(self, link: Path | None = None) -> None:
        if self._return:
            self._return.cancel()
        self.port.plug_in(link)
        self._guarded(self._machine.plugged_in)

    def _come_back(self) -> None:
        try:
            self._plug_in()
        except OSError as error:
            self._break(error)

    def _break(self, error: OSError) -> None:
        if not self.ended.done():
            self.ended.set_exception(error)

    def _received(self, data: bytes) -> None:
        self._guarded(lambda: self._machine.receive(data))

    def _opened(self) -> None:
        self._guarded(self._machine.client_opened)

    def _guarded(self, step: Callable[[], None]) -> None:
        """Do one step of the machine and pass on what came of it; a ledger that fails ends the simulator."""
        try:
            step()
        except OSError as error:
            self._break(error)
            return
        self._pass_on()
        self._set_timer()

    def _pass_on(self) -> None:
        for output in self._machine.drain():
            match output:
                case bytes():
                    self.port.write(output)
                case Unplugged(back_s):
                    self.port.unplug()
                    if back_s is not None:
                        self._return = self._loop.call_later(back_s, self._come_back)
                case _:
                    assert_never(output)

    def _set_timer(self) -> None:
        if self._timer:
            self._timer.cancel()
        due = self._machine.next_due()
        if due is not None:
            wait_s = max(0.0, due - self._clock.monotonic())
            self._timer = self._loop.call_later(wait_s, self._guarded, self._machine.run_due)


async def serve(options: Options, ready: Callable[[str], None]) -> None:
    """Run until a signal comes; `ready` is told once, when the link is there. Raises OSError, ValueError."""
    clock = Clock()
    ledger = FileLedger(options.ledger) if options.ledger else NoLedger()
    simulator = Simulator(build(options, ledger, clock), options.link, clock)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, simulator.end)
    server = await listen(options.link, simulator.turn)
    try:
        simulator.port.plug_in()
        ready(f"simulated modem at {options.link}")
        await simulator.ended
    finally:
        simulator.close()
        server.close()
        socket_of(options.link).unlink(missing_ok=True)
