"""The composition root: settings → parts → one TaskGroup. The only file that names every part.

Start: store, recovery of what an earlier run left on the air, links, stages, READY. Stop (SIGTERM, SIGINT):
intakes stop, every dispatcher finishes or records the submission in hand, links close, within 10 s.
Reload (SIGHUP): the same stop, but a submission in hand has all its time; then every part is built again from the new
settings, on the same open store. Anything but a lost link ends the process; systemd starts it again.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Final

from gatewayd import __version__
from gatewayd.clock import Clock, Source, SteadyClock, boot_id
from gatewayd.config import Settings
from gatewayd.core.health import Health, LinkState
from gatewayd.core.model import AttemptKey, Channel
from gatewayd.core.schedule import Pace
from gatewayd.core.tally import Tally
from gatewayd.intake import control, scrape
from gatewayd.intake.imap import MailIntake
from gatewayd.intake.mqtt import MqttLink
from gatewayd.log import get_logger, setup, setup_hooks
from gatewayd.notify import MISSING, notify
from gatewayd.stages import (
    approve,
    backups,
    brokertest,
    compose,
    hold,
    inbound,
    report,
    retain,
    room,
    summary,
    timekeeping,
    track,
)
from gatewayd.stages.accept import MailDesk
from gatewayd.stages.bells import Bells
from gatewayd.stages.bounces import BounceDesk
from gatewayd.stages.context import Context
from gatewayd.stages.dispatch import Dispatcher
from gatewayd.stages.fleet import Fleet, Lanes, tariffs_of
from gatewayd.stages.gates import Gate
from gatewayd.stages.jobs import JobDesk
from gatewayd.stages.links import LinkFacts
from gatewayd.stages.listen import TransportListener
from gatewayd.stages.operate import OperatorDesk
from gatewayd.stages.orders import Orders, Reread
from gatewayd.stages.pacing import Pacer, hours_of, pace_of
from gatewayd.stages.publish import Publish
from gatewayd.stages.pulse import Pulse
from gatewayd.stages.statusline import StatusLine
from gatewayd.stages.supervise import keep
from gatewayd.stages.unwritable import until_writable, unwritable
from gatewayd.stages.watch import Watch
from gatewayd.store import audit, queue
from gatewayd.store import health as health_store
from gatewayd.store import timekeeping as timekeeping_store
from gatewayd.store.database import open_store
from gatewayd.transport.base import Transport
from gatewayd.transport.modem import ModemTransport
from gatewayd.transport.smtp import SmtpTransport

Run = Callable[[], Awaitable[None]]
#: Longer than any link takes to say goodbye.
_CANCEL_AGAIN_S: Final = 3.0


@dataclass(frozen=True, slots=True)
class _Line:
    """A transport with what paces it."""

    transport: Transport
    pace: Pace


def transports(settings: Settings, clock: Clock, on_air: Mapping[str, AttemptKey]) -> list[_Line]:
    """Every transport of the settings, with what an earlier run left on the air of it. A new kind of transport is one
    more line here."""
    lines = [
        _Line(ModemTransport(modem, clock, on_air=on_air.get(modem.name)), pace_of(modem)) for modem in settings.modems
    ]
    if (smtp := settings.smtp) is not None:
        names = ["smtp", *(f"smtp-{number}" for number in range(2, smtp.connections + 1))]
        lines += [_Line(SmtpTransport(smtp, clock, name=name), Pace((smtp.gap, smtp.gap))) for name in names]
    return lines


async def run_daemon(settings: Settings, *, reread: Reread) -> int:
    """The daemon's whole life. Returns 0 after a clean stop; raises what ended it otherwise."""
    setup_hooks(asyncio.get_running_loop())
    orders, log = Orders(reread), get_logger()
    if "NOTIFY_SOCKET" in os.environ and MISSING:
        log.error("daemon.no_sd_notify", why="systemd expects READY=1, but systemd-python is not installed")
    while True:
        try:
            await _with_store(orders.latest or settings, orders)
            break
        except Exception as error:
            if (why := unwritable(error)) is None:
                raise
        if not await until_writable(settings.gateway.state_dir, orders, why):
            break
    log.info("daemon.stopped")
    return 0


async def _with_store(settings: Settings, orders: Orders) -> None:
    """From the opening of the store until the daemon must end. Raises what ended it otherwise."""
    log = get_logger()
    async with open_store(settings.gateway.state_dir) as db:
        steady = SteadyClock(Source(boot=boot_id()), await db.run(timekeeping_store.mark))
        clock = Clock(now=steady.now, is_sure=steady.is_sure)
        run = await db.run(queue.start_run, boot_id(), __version__, clock.now())
        doubted, requeued = await db.run(queue.recover, run, clock.now())
        on_air = await db.run(queue.left_on_air)
        head = await db.run(audit.note_head)
        log.info("daemon.start", version=__version__, run=run, in_doubt=doubted, requeued=requeued)
        log.info("audit.head", count=head.count, head=str(head))
        running: Settings | None = settings
        tally = Tally()
        while running is not None:
            for left_out in _left_out(running):
                log.info("daemon.without", part=left_out)
            ctx = Context(running, db, clock, Bells(), Pulse(clock), run, tally=tally)
            running = await _live(ctx, steady, orders, on_air)
            on_air = {}
            if running is not None:
                if orders.is_clock_right:
                    await timekeeping.set_right(db, steady, running)
                setup(running.log.level, running.log.format)
                log.info("settings.taken_over")


def _left_out(settings: Settings) -> list[str]:
    parts = {"mailbox": settings.mailbox, "smtp": settings.smtp, "mqtt": settings.mqtt, "modems": settings.modems}
    return [name for name, part in parts.items() if not part]


async def _live(ctx: Context, steady: SteadyClock, orders: Orders, on_air: Mapping[str, AttemptKey]) -> Settings | None:
    """Run every part until an order comes; then stop them in order. Returns the settings to go on with, if any."""
    held = await ctx.db.run(hold.tell_staff, ctx, ctx.clock.now())
    lines = transports(ctx.settings, ctx.clock, on_air) if held is None else _listening(ctx)
    gates = {line.transport.name: Gate() for line in lines}
    watch = Watch(ctx, gates, {line.transport.name: line.transport.refresh for line in lines})
    listener = TransportListener(ctx, watch)
    await _tidy(ctx, gates)
    dispatchers = _dispatchers(ctx, lines, gates, watch)
    status = StatusLine(ctx)
    async with _tasks() as start:
        for line in lines:
            start(_transport_runner(ctx, line.transport, listener))
        start(watch.run)
        start(ctx.pulse.feed)
        start(status.run)
        start(partial(timekeeping.run, ctx, steady, orders))
        commands = _control(ctx, orders, [line.transport for line in lines])
        for part in [commands, *_metrics(ctx), *(_parts(ctx) if held is None else _parts_in_hold(ctx))]:
            start(part)
        sending = [asyncio.create_task(dispatcher.run()) for dispatcher in dispatchers]
        guard = start(lambda: _all_of(sending))
        notify("READY=1", "STATUS=running")
        get_logger().info("daemon.ready")
        if held is not None:
            get_logger().error("store.held", code=held.code, why=held.why, release=hold.COMMAND)
            status.note(hold.line(held))
        new = await orders.next(ctx.settings, status.note)
        for dispatcher in dispatchers:
            dispatcher.stop(is_urgent=False)
        if new is not None:
            await _until(guard, orders)
        if orders.must_end:
            new = None
            notify("STOPPING=1")
            get_logger().info("daemon.stopping")
            for dispatcher in dispatchers:
                dispatcher.stop(is_urgent=True)
            await asyncio.wait({guard}, timeout=9.5)
    return new


async def _tidy(ctx: Context, gates: Mapping[str, Gate]) -> None:
    """What the store keeps of settings that are others now."""
    tested = {brokertest.ROW} if ctx.settings.mqtt and ctx.settings.mqtt.selftest else set()
    await ctx.db.run(
        health_store.forget_others, set(gates) | {"mailbox", "bounces", "broker", timekeeping.ROW, room.ROW} | tested
    )
    domains = ctx.settings.smtp.domains if ctx.settings.smtp else {}
    await ctx.db.run(queue.pace_domains, list(domains))


def _dispatchers(ctx: Context, lines: list[_Line], gates: Mapping[str, Gate], watch: Watch) -> list[Dispatcher]:
    domains = ctx.settings.smtp.domains if ctx.settings.smtp else {}
    fleet, hours = Fleet(tariffs_of(ctx.settings.modems), ctx.bells, Lanes(domains)), hours_of(ctx.settings)
    return [
        Dispatcher(ctx, line.transport, gates[line.transport.name], Pacer(line.pace), hours, fleet, watch)
        for line in lines
    ]


def _parts(ctx: Context) -> list[Run]:
    stages = (
        approve.run, backups.run, compose.run, inbound.run, report.run, retain.run, room.run, summary.run, track.run,
    )  # fmt: skip
    return [*(partial(stage, ctx) for stage in stages), *_intakes(ctx)]


def _listening(ctx: Context) -> list[_Line]:
    """The transports while the store is on hold: no question about the balance leaves by a modem either."""
    quiet = [modem.model_copy(update={"credit": False, "credit_code": ""}) for modem in ctx.settings.modems]
    return transports(ctx.settings.model_copy(update={"modems": tuple(quiet)}), ctx.clock, {})


def _parts_in_hold(ctx: Context) -> list[Run]:
    """Nothing is taken in; alarms are composed."""
    return [partial(compose.run, ctx)]


def _metrics(ctx: Context) -> list[Run]:
    """The page, where the settings want one; only then its library is loaded."""
    if (page := ctx.settings.metrics) is None:
        return []
    from gatewayd.stages.metrics import Metrics

    return [partial(keep, "metrics", partial(scrape.serve, page.host, page.port, Metrics(ctx).page), ctx.clock)]


def _control(ctx: Context, orders: Orders, lines: list[Transport]) -> Run:
    """The command line, answered also while the store is on hold."""
    by_name = {transport.name: transport for transport in lines}
    desk = OperatorDesk(ctx, partial(orders.start_again, is_clock_right=False), by_name)
    return lambda: control.serve(ctx.settings.gateway.state_dir, desk.accept)


async def _until(guard: asyncio.Task[None], orders: Orders) -> None:
    """Until what is in hand is finished, or the daemon must end."""
    get_logger().info("daemon.reloading")
    ending = asyncio.create_task(orders.end())
    await asyncio.wait({guard, ending}, return_when=asyncio.FIRST_COMPLETED)
    ending.cancel()


async def _all_of(tasks: list[asyncio.Task[None]]) -> None:
    """All dispatchers; one that fails takes the others with it."""
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()


@asynccontextmanager
async def _tasks() -> AsyncIterator[Callable[[Run], asyncio.Task[None]]]:
    """One TaskGroup; what still runs when the body ends, or when one of the tasks fails, is cancelled."""
    started: list[asyncio.Task[None]] = []
    async with asyncio.TaskGroup() as group:

        async def call(run: Run) -> None:
            await run()

        def start(run: Run) -> asyncio.Task[None]:
            task = group.create_task(call(run))
            started.append(task)
            return task

        try:
            yield start
        finally:
            await _cancelled(started)


async def _cancelled(tasks: Collection[asyncio.Task[None]]) -> None:
    """Cancel until all have ended: before Python 3.12 asyncio.wait_for, which the mail and MQTT libraries use, loses a
    cancel that comes just as what it waits for is done, and the task would go on for ever."""
    left = {task for task in tasks if not task.done()}
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=_CANCEL_AGAIN_S)


def _transport_runner(ctx: Context, transport: Transport, listener: TransportListener) -> Run:
    async def lost(why: str) -> None:
        await listener.health(Health(transport.name, LinkState.ABSENT, ctx.clock.now(), why))

    # A port is looked for each second: a modem that was plugged in again works within three.
    longest = 1.0 if transport.channel is Channel.SMS else 60.0
    return lambda: keep(transport.name, lambda: transport.run(listener), ctx.clock, on_lost=lost, longest_s=longest)


def _intakes(ctx: Context) -> list[Run]:
    """Every intake of the settings. A new kind of intake is one more line here."""
    settings = ctx.settings
    parts: list[Run] = []
    keep_s = settings.retention.first
    if settings.mailbox is not None:
        facts, desk = LinkFacts(ctx, "mailbox"), MailDesk(ctx)
        mailbox = MailIntake(settings.mailbox, clock=ctx.clock, on_state=facts.of_mailbox, keep_s=keep_s)
        parts.append(partial(keep, "mailbox", partial(mailbox.run, desk.accept), ctx.clock, on_lost=facts.lost))
    if settings.bounces is not None:
        facts, returned = LinkFacts(ctx, "bounces"), BounceDesk(ctx)
        box = MailIntake(settings.bounces, clock=ctx.clock, on_state=facts.of_mailbox, keep_s=keep_s)
        parts.append(partial(keep, "bounces", partial(box.run, returned.accept), ctx.clock, on_lost=facts.lost))
    if settings.mqtt is not None:
        facts, jobs = LinkFacts(ctx, "broker"), JobDesk(ctx)
        link = MqttLink(settings.mqtt, version=__version__, boot=boot_id())
        # A broker stands near by, and publishers wait for their receipts.
        broker = partial(keep, "broker", partial(link.run, jobs.accept), ctx.clock, longest_s=10.0)
        parts.append(partial(broker, on_lost=facts.lost))
        parts.append(partial(facts.of_broker, link))
        if settings.mqtt.selftest is not None:
            parts.append(partial(brokertest.run, ctx, settings.mqtt, settings.mqtt.selftest))
        parts.append(Publish(ctx, link, settings.mqtt.prefix).run)
    return parts
