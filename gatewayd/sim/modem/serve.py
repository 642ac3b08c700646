"""Runs one simulated modem: its ports, control channel, timers, signals. The only place where they meet.

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
from gatewayd.sim.modem.port import Output, Unplugged
from gatewayd.sim.modem.profiles import PROFILES
from gatewayd.sim.modem.pty import PtyPort
from gatewayd.sim.modem.tcp import TcpPort
from gatewayd.sim.modem.values import Occupy, PullOut, Stall

_SERIALS: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Options:
    """One modem; `tcp` is where it listens besides (host, port). `seed` fixes chance, and the numbers of modem and
    SIM."""

    link: Path
    profile: str = "generic"
    settings: Settings = field(default_factory=Settings)
    faults: tuple[str, ...] = ()
    ledger: Path | None = None
    seed: int = 0
    tcp: tuple[str, int] | None = None


def build(options: Options, ledger: Ledger, clock: Clock) -> Machine:
    """The modem without its port. Raises ValueError for a fault that is none."""
    random = Random(options.seed)
    bench = Bench(FAULTS, Random(random.random()), clock)
    for fault in options.faults:
        bench.arm(fault)
    network = Network(options.settings, bench.account)
    device = new_device(PROFILES[options.profile], network, bench, clock, serial=(options.seed + 1) % _SERIALS)
    return Machine(device, ledger, clock, random)


class Simulator:
    """The machine at its port, and at a TCP port besides if `tcp` gives one."""

    def __init__(self, machine: Machine, link: Path, clock: Clock, tcp: tuple[str, int] | None = None) -> None:
        self._machine = machine
        self._clock = clock
        self._loop = asyncio.get_running_loop()
        self._timer: asyncio.TimerHandle | None = None
        self._later: dict[Callable[[], None], asyncio.TimerHandle] = {}
        self._link = link
        self._names_used = 1
        self.ended: asyncio.Future[None] = self._loop.create_future()
        self.port = PtyPort(link, self._received, self._opened)
        self.tcp = TcpPort(*tcp, self._received, self._opened) if tcp else None

    @property
    def names(self) -> tuple[str, ...]:
        """Where clients find it."""
        return (str(self.port.link), *([self.tcp.name] if self.tcp else []))

    def begin(self) -> None:
        """Plug it in for the first time, unless a fault keeps it away. Raises OSError."""
        outputs = self._machine.drain()
        if not any(isinstance(output, Unplugged) for output in outputs):
            self._make_ports(None)
        self._act(outputs)
        self._set_timer()

    def turn(self, message: object) -> dict[str, object]:
        """One control message; what it leads to happens before the answer is given."""
        answer = Knobs(self._machine, self).turn(message)
        self._guarded(self._machine.run_due)
        return answer

    @property
    def is_open(self) -> bool:
        return self.port.is_open or bool(self.tcp and self.tcp.is_open)

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
        for timer in (*([self._timer] if self._timer else []), *self._later.values()):
            timer.cancel()
        self.port.close()
        if self.tcp:
            self.tcp.unplug()

    def _plug_in(self, link: Path | None = None) -> None:
        for timer in self._later.values():
            timer.cancel()
        self._make_ports(link)
        self._guarded(self._machine.plugged_in)

    def _make_ports(self, link: Path | None) -> None:
        self.port.plug_in(link)
        if self.tcp:
            self.tcp.plug_in()

    def _come_back(self) -> None:
        try:
            self._plug_in()
        except OSError as error:
            self._break(error)

    def _come_back_renamed(self) -> None:
        """Under the next free name, as the next ttyUSB is."""
        self._names_used += 1
        try:
            self._plug_in(self._link.with_name(f"{self._link.name}-{self._names_used}"))
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
        bench = self._machine.device.bench
        if bench.armed:
            bench.speed = self.port.speed if self.port.is_open else 0
        try:
            step()
        except OSError as error:
            self._break(error)
            return
        self._act(self._machine.drain())
        self._set_timer()

    def _act(self, outputs: list[Output]) -> None:
        ports: tuple[PtyPort | TcpPort, ...] = (self.port, self.tcp) if self.tcp else (self.port,)
        for output in outputs:
            match output:
                case bytes():
                    for port in ports:
                        port.write(output)
                case Unplugged(back_s, is_renamed, leaves_name):
                    self._unplug(leaves_name)
                    self._do_later(back_s, self._come_back_renamed if is_renamed else self._come_back)
                case Stall(for_s):
                    for port in ports:
                        port.stall()
                        self._do_later(for_s, port.resume)
                case Occupy(for_s):
                    for port in ports:
                        port.occupy()
                        self._do_later(for_s, port.release)
                case _:
                    assert_never(output)

    def _unplug(self, leaves_name: bool) -> None:
        self.port.unplug(leaves_name=leaves_name)
        if self.tcp:
            self.tcp.unplug()

    def _do_later(self, after_s: float | None, action: Callable[[], None]) -> None:
        before = self._later.pop(action, None)
        if before:
            before.cancel()
        if after_s is not None:
            self._later[action] = self._loop.call_later(after_s, action)

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
    simulator = Simulator(build(options, ledger, clock), options.link, clock, options.tcp)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, simulator.end)
    server = await listen(options.link, simulator.turn)
    try:
        simulator.begin()
        ready(f"simulated modem at {' and '.join(simulator.names)}")
        await simulator.ended
    finally:
        simulator.close()
        server.close()
        socket_of(options.link).unlink(missing_ok=True)
