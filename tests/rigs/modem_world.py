"""The sending side of gatewayd on the simulated modem, in one process and virtual time.

Real: ModemTransport with everything below it, Dispatcher, Watch, TransportListener, inbound stage's store, all SQL.
Simulated: the modem (gatewayd.sim.modem, its machine and its ledger). Replaced: the pseudo terminal by a wire that
hands over the same bytes (tests/edges/test_modem_on_sim.py proves the real one), SQLite's thread by a call in place.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from gatewayd.clock import Clock
from gatewayd.config.load import parse
from gatewayd.core.health import Health, LinkState
from gatewayd.core.model import RequestId
from gatewayd.core.states import Event
from gatewayd.errors import LinkError, ProtocolError
from gatewayd.sim.modem.ledger import Entry, MemoryLedger
from gatewayd.sim.modem.machine import Machine
from gatewayd.sim.modem.network import Settings as NetworkSettings
from gatewayd.sim.modem.network import international
from gatewayd.sim.modem.port import Output, Unplugged
from gatewayd.sim.modem.serve import Options, build
from gatewayd.sim.modem.values import Occupy, Stall
from gatewayd.stages.bells import Bell, Bells
from gatewayd.stages.context import Context
from gatewayd.stages.dispatch import Dispatcher
from gatewayd.stages.fleet import Fleet, tariffs_of
from gatewayd.stages.gates import Gate
from gatewayd.stages.listen import TransportListener
from gatewayd.stages.pacing import Pacer, hours_of, pace_of
from gatewayd.stages.pulse import Pulse
from gatewayd.stages.watch import Watch
from gatewayd.store import database, deliveries, queue, requests, schema
from gatewayd.store.requests import NewRequest
from gatewayd.transport.modem import ModemTransport, session
from tests.flow.conftest import raw_settings
from tests.flow.test_dispatch import ALWAYS

T = TypeVar("T")
START = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


class InlineDatabase:
    """Database without its thread."""

    def __init__(self) -> None:
        self.conn = sqlite3.connect(":memory:", isolation_level=None)
        schema.prepare(self.conn)
        database._transaction(self.conn, schema.migrate)

    async def run(self, fn: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        await asyncio.sleep(0)
        return database._transaction(self.conn, lambda conn: fn(conn, *args, **kwargs))

    async def join(self, within_s: float, fn: Callable[..., T], *args: Any) -> T:
        await asyncio.sleep(within_s)
        return await self.run(fn, *args)


class Wire:
    """What SerialLink is to a session, with the machine of the world at that port at the other end."""

    def __init__(
        self, worlds: "Sequence[World]", on_data: Callable[[bytes], None], on_lost: Callable[[str], None]
    ) -> None:
        self._worlds, self.on_data, self.on_lost = worlds, on_data, on_lost
        self._world = worlds[0]

    def open(self, path: Path, baud: int) -> bool:
        self._world = next(world for world in self._worlds if world.port == path)
        self._world.attach(self, baud)
        return False

    def set_baud(self, baud: int) -> None:
        self._world.baud = baud

    def write(self, data: bytes) -> None:
        if self._world.wire is not self:
            raise LinkError("the port is closed")
        self._world.typed(data)

    def close(self, *, keep: bool = False) -> None:
        self._world.detach(self)


class World:
    """One modem with everything of gatewayd that sends through it. `fleet` are the settings of all modems of a fleet
    that it belongs to, and `beside` the one of them that made the store."""

    def __init__(
        self, folder: Path, *faults: str, seed: int = 0, profile: str = "generic", name: str = "gsm1",
        fleet: Sequence[dict[str, Any]] = (), sending: dict[str, Any] | None = None, beside: "World | None" = None,
        **network: Any,
    ) -> None:  # fmt: skip
        self.loop = asyncio.get_running_loop()
        self.clock = Clock(now=self._now, monotonic=self.loop.time)
        self.ledger = MemoryLedger()
        self.name, self.port = name, folder / name
        self.baud, self.wire = 115200, None
        self._timer: asyncio.TimerHandle | None = None
        self._stalled: bytes | None = None
        #: What the client typed, and when it opened the port and the port came back (virtual seconds).
        self.all_typed = b""
        self.opened_at: list[float] = []
        self.plugged_at: list[float] = []
        self._is_occupied = False
        settings = NetworkSettings(latency_ms=800, report_delay_ms=2_000)
        settings.recipients.update({international(who): how for who, how in network.items()})
        options = Options(self.port, profile, settings, faults, None, seed)
        self.machine: Machine = build(options, self.ledger, self.clock)
        self.port.touch()
        self._act(self.machine.drain())
        self._set_timer()
        self._make_gateway(folder, fleet, sending, beside)

    wire: Wire | None

    def _now(self) -> datetime:
        return START + timedelta(seconds=self.loop.time())

    # The modem's side.

    def attach(self, wire: Wire, baud: int) -> None:
        if not self.port.exists():
            raise LinkError("no such port")
        if self._is_occupied:
            raise LinkError("another program has the port")
        self.wire, self.baud = wire, baud
        self.opened_at.append(self.loop.time())
        self._step(self.machine.client_opened)

    def detach(self, wire: Wire) -> None:
        if self.wire is wire:
            self.wire = None

    def typed(self, data: bytes) -> None:
        self.all_typed += data
        if self._stalled is not None:
            self._stalled += data
        else:
            self._step(lambda: self.machine.receive(data))

    def inbound(self, sender: str, text: str) -> None:
        self._step(lambda: self.machine.centre.inbound(sender, text))

    def _step(self, step: Callable[[], object]) -> None:
        self.machine.device.bench.speed = self.baud if self.wire else 0
        step()
        self._act(self.machine.drain())
        self._set_timer()

    def _act(self, outputs: list[Output]) -> None:
        for output in outputs:
            match output:
                case bytes():
                    self.loop.call_soon(self._give, self.wire, output)
                case Unplugged(back_s, _, leaves_name):
                    self._pull_out(leaves_name)
                    if back_s is not None:
                        self.loop.call_later(back_s, self._plug_in)
                case Stall(for_s):
                    self._stalled = b""
                    if for_s is not None:
                        self.loop.call_later(for_s, self._resume)
                case Occupy(for_s):
                    self._is_occupied = True
                    if for_s is not None:
                        self.loop.call_later(for_s, self._release)

    def _give(self, wire: Wire | None, data: bytes) -> None:
        if wire is not None and wire is self.wire:
            wire.on_data(data)

    def _pull_out(self, leaves_name: bool) -> None:
        if not leaves_name:
            self.port.unlink(missing_ok=True)
        wire, self.wire = self.wire, None
        if wire is not None:
            self.loop.call_soon(wire.on_lost, "unplugged")

    def _plug_in(self) -> None:
        self.port.touch()
        self.plugged_at.append(self.loop.time())
        self._step(self.machine.plugged_in)

    def _resume(self) -> None:
        typed, self._stalled = self._stalled or b"", None
        self.typed(typed)

    def _release(self) -> None:
        self._is_occupied = False

    def _set_timer(self) -> None:
        if self._timer:
            self._timer.cancel()
        due = self.machine.next_due()
        if due is not None:
            wait = max(0.0, due - self.loop.time())
            self._timer = self.loop.call_later(wait, self._step, self.machine.run_due)

    # The gateway's side.

    def _make_gateway(
        self, folder: Path, fleet: Sequence[dict[str, Any]], sending: dict[str, Any] | None, beside: "World | None"
    ) -> None:
        raw = raw_settings(folder)
        alone = {"name": self.name, "pause": ["0s", "0s"], "parts_per_day": 1_000_000}
        raw["modems"] = [{**modem, "port": str(folder / modem["name"])} for modem in fleet or [alone]]
        raw["sending"] = sending or raw["sending"]
        settings = parse(raw, "test")
        if beside is None:
            db = InlineDatabase()
            run = database._transaction(db.conn, lambda conn: queue.start_run(conn, "boot", "0", self._now()))
            self.ctx = Context(settings, db, self.clock, Bells(), Pulse(self.clock), run)  # type: ignore[arg-type]
            self.db, self.fleet = db, Fleet(tariffs_of(settings.modems), self.ctx.bells)
        else:
            self.ctx, self.db, self.fleet = beside.ctx, beside.db, beside.fleet
        modem = next(modem for modem in settings.modems if modem.name == self.name)
        self.transport = ModemTransport(modem, self.clock)
        gate = Gate()
        watch = Watch(self.ctx, {self.name: gate}, {self.name: self.transport.refresh})
        self.listener = TransportListener(self.ctx, watch)
        hours = hours_of(settings) if sending else ALWAYS
        self.dispatcher = Dispatcher(self.ctx, self.transport, gate, Pacer(pace_of(modem)), hours, self.fleet, watch)

    async def ask(self, new: NewRequest) -> RequestId:
        """Store an approved request."""

        def put(conn: sqlite3.Connection) -> RequestId:
            now = self._now()
            number = requests.next_number(conn, "UPSI", 2026)
            request = requests.insert(conn, new, number, now)
            requests.approve(conn, request, now)
            deliveries.apply_all(conn, request, Event.QUEUE, now)
            return request

        request = await self.db.run(put)
        self.ctx.bells.ring(Bell.DISPATCH)
        return request

    async def live(self, monkeypatch: Any, seconds: float) -> None:
        """Let everything run for so long."""
        await live([self], monkeypatch, seconds)

    async def run(self, seconds: float) -> None:
        """What `live` does, once the wires are laid."""
        keeping = asyncio.create_task(self._keep())
        sending = asyncio.create_task(self.dispatcher.run())
        done, _ = await asyncio.wait({keeping, sending}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        self.dispatcher.stop()
        await asyncio.wait({sending}, timeout=20)
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
        for task in (*done, sending):
            task.result()

    async def _keep(self) -> None:
        while True:
            try:
                await self.transport.run(self.listener)
            except (LinkError, ProtocolError) as error:
                health = Health(self.name, LinkState.ABSENT, self._now(), str(error))
                with suppress(LinkError):
                    await self.listener.health(health)
            await asyncio.sleep(1.0)

    # What came of it.

    def entries(self, event: str) -> list[Entry]:
        return [entry for entry in self.ledger.entries if entry["event"] == event]

    def states(self) -> dict[str, str]:
        """Address → state of its delivery."""
        return {row["address"]: row["state"] for row in self.db.conn.execute("SELECT address, state FROM deliveries")}


async def live(worlds: Sequence[World], monkeypatch: Any, seconds: float) -> None:
    """Let several modems, of one store or of several, run side by side."""
    monkeypatch.setattr(session, "SerialLink", lambda on_data, on_lost: Wire(worlds, on_data, on_lost))
    await asyncio.gather(*(world.run(seconds) for world in worlds))
