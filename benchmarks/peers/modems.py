"""The modems of the benchmark: simulated ones, in one process, that write down when they hear and answer what.

    python -m benchmarks.peers.modems --folder F --count 4 --latency-ms 1000 --report-delay-ms 200

Out: ports F/gsm1 … F/gsmN with their control sockets (gatewayd.sim.modem.control), for each a ledger gsmN.ledger of
what the network took, and a trace gsmN.trace (trace.py). A trace line is written when the last byte of a command
has been read, or an answer is about to be written; that is the modem's own view, some 20 µs from the wire.
"""

import argparse
import asyncio
import os
import re
import signal
import time
from collections.abc import Iterable
from contextlib import AsyncExitStack
from pathlib import Path
from random import Random
from typing import Any, Final

from gatewayd.clock import Clock
from gatewayd.sim.modem.control import listen, socket_of
from gatewayd.sim.modem.device import Device, new_device
from gatewayd.sim.modem.faults import FAULTS
from gatewayd.sim.modem.hooks import Bench
from gatewayd.sim.modem.ledger import FileLedger, Ledger
from gatewayd.sim.modem.machine import Machine
from gatewayd.sim.modem.network import Network, Settings
from gatewayd.sim.modem.port import Output
from gatewayd.sim.modem.profiles import PROFILES
from gatewayd.sim.modem.serve import Simulator

#: What ends a piece of typing, and what the piece was then.
_ENDS: Final = re.compile(rb"[\r\x1a\x1b]")
_COMMAND: Final = re.compile(rb"AT([^=?]*)", re.IGNORECASE)
_ANSWERED: Final = (b"+CMGS:", b"+CMS ERROR")
#: Credit that no run uses up.
_CREDIT_IDR: Final = 10**9


class Tap:
    """Writes the trace of what goes by."""

    def __init__(self, trace: Path) -> None:
        self._trace = os.open(trace, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._typed = b""

    def heard(self, data: bytes) -> None:
        self._typed += data
        while found := _ENDS.search(self._typed):
            piece, self._typed = self._typed[: found.start()], self._typed[found.end() :]
            if found[0] == b"\x1a":
                self._note("handed")
            elif found[0] == b"\r" and (command := _COMMAND.search(piece)):
                self._note(f"AT{command[1].decode('ascii', 'replace').strip()}".upper())

    def said(self, outputs: Iterable[Output]) -> None:
        for output in outputs:
            if isinstance(output, bytes) and any(mark in output for mark in _ANSWERED):
                self._note("answered")

    def _note(self, what: str) -> None:
        os.write(self._trace, f"{time.monotonic_ns()} {what}\n".encode())


class TappedMachine(Machine):
    """A modem whose line is listened to."""

    def __init__(self, device: Device, ledger: Ledger, clock: Clock, random: Random, tap: Tap) -> None:
        self.__tap = tap
        super().__init__(device, ledger, clock, random)

    def receive(self, data: bytes) -> None:
        self.__tap.heard(data)
        super().receive(data)

    def drain(self) -> list[Output]:
        outputs = super().drain()
        self.__tap.said(outputs)
        return outputs


def _machine(folder: Path, number: int, settings: Settings, clock: Clock) -> TappedMachine:
    name = f"gsm{number}"
    random = Random(number)
    device = new_device(
        PROFILES["generic"], Network(settings), Bench(FAULTS, Random(number)), clock, serial=number
    )  # fmt: skip
    tap = Tap(folder / f"{name}.trace")
    return TappedMachine(device, FileLedger(folder / f"{name}.ledger"), clock, random, tap)


async def serve(folder: Path, count: int, latency_ms: int, report_delay_ms: int) -> None:
    """Run them until SIGTERM. A fault of the simulator ends them too: half a modem would be measured as a bad peer."""
    clock, ended, loop = Clock(), asyncio.Event(), asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, ended.set)

    def give_up(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        loop.default_exception_handler(context)
        ended.set()

    loop.set_exception_handler(give_up)
    async with AsyncExitStack() as stack:
        for number in range(1, count + 1):
            link = folder / f"gsm{number}"
            settings = Settings(credit=_CREDIT_IDR, latency_ms=latency_ms, report_delay_ms=report_delay_ms)
            simulator = Simulator(_machine(folder, number, settings, clock), link, clock)
            server = await listen(link, simulator.turn)
            simulator.port.plug_in()
            stack.callback(socket_of(link).unlink, missing_ok=True)
            stack.callback(server.close)
            stack.callback(simulator.close)
        await ended.wait()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers.modems")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--count", type=int, default=1)
    parser.add_argument("--latency-ms", type=int, default=0)
    parser.add_argument("--report-delay-ms", type=int, default=200)
    args = parser.parse_args()
    asyncio.run(serve(args.folder, args.count, args.latency_ms, args.report_delay_ms))


if __name__ == "__main__":
    main()
