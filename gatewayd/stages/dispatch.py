"""Dispatch: one loop a transport. Claim a part (committed as submitting), submit it, record what came of it.

In: queued deliveries of the transport's channel, priority first, oldest first, inside the windows.
Out: attempts with their outcome; deliveries accepted, queued again for later, failed, or in doubt.
Invariants: the intent is committed before the first byte leaves; one submission at a time on a transport;
a submission that began is never cancelled, and at stop it is finished, or recorded as in doubt after
STOP_WAIT_S. A failure that the next message would meet too rests the transport, not the message.
"""

import asyncio
import sqlite3
from datetime import datetime, timedelta
from typing import Final, Protocol

from gatewayd.core.model import Channel, Kind, Priority
from gatewayd.core.outcome import Accepted, Blame, Cause, Deferred, InDoubt, Outcome, Rejected
from gatewayd.core.retry import after, transport_pause
from gatewayd.core.schedule import ALL, Hours
from gatewayd.core.states import Event
from gatewayd.log import get_logger, mask
from gatewayd.stages.bells import Bell
from gatewayd.stages.bulk_mail import BulkMail
from gatewayd.stages.context import Context
from gatewayd.stages.fleet import Fleet
from gatewayd.stages.gates import Gate
from gatewayd.stages.meter import Meter
from gatewayd.stages.pacing import Pacer
from gatewayd.stages.submission import submission_of
from gatewayd.store import health, notices, queue, tracking
from gatewayd.store.queue import Claimant, Claimed, Ended
from gatewayd.transport.base import Transport
from gatewayd.wire.outmail import UnsafeHeader

STOP_WAIT_S: Final = 8.0
#: Refusals in a row after which a SIM is set aside, and for how long (seconds).
_SET_ASIDE_AFTER: Final = 8
_ASIDE_S: Final = 900.0
_POLL_S: Final = 20.0
#: Longest round beside the submission itself, for the watchdog.
_ROUND_S: Final = 300.0
_READY_S: Final = 2.0
_NOTICE_LADDER: Final = (5.0, 30.0, 120.0, 600.0, 1800.0, 3600.0, 7200.0, 14400.0)


class SetAside(Protocol):
    """Who shuts a gate for a while (stages/watch.py)."""

    async def set_aside(self, name: str, seconds: float, why: str) -> None: ...


class Dispatcher:
    """The loop of one transport."""

    def __init__(
        self, ctx: Context, transport: Transport, gate: Gate, pacer: Pacer, hours: Hours, fleet: Fleet, watch: SetAside
    ) -> None:
        self._watch = watch
        self._ctx, self._transport, self._gate, self._pacer, self._hours = ctx, transport, gate, pacer, hours
        self._fleet = fleet
        self._log = get_logger().bind(modem=transport.name)
        self._stop, self._urgent = asyncio.Event(), asyncio.Event()
        self._wait = ctx.bells.listen(Bell.DISPATCH)
        self._mails = BulkMail(ctx)
        self._meter = Meter(transport.name, ctx.clock, ctx.tally)
        self._ended: Ended | None = None
        self._failures = 0
        self._rest_until: datetime | None = None
        self._refused: list[str] = []
        self._set_aside = ""

    def stop(self, *, is_urgent: bool = True) -> None:
        """Claim nothing more; finish what is in hand, where it `is_urgent` within STOP_WAIT_S."""
        self._stop.set()
        if is_urgent:
            self._urgent.set()
        self._ctx.bells.ring(Bell.DISPATCH)

    async def run(self) -> None:
        """Until `stop` is called."""
        name = f"dispatch.{self._transport.name}"
        begun = await self._ctx.db.run(
            queue.submitted_since, self._transport.name, self._ctx.clock.now() - timedelta(days=1)
        )
        self._pacer.remember(begun)
        with self._ctx.pulse.stage(name, limit_s=_ROUND_S + self._longest_s()):
            while not self._stop.is_set():
                self._ctx.pulse.beat(name)
                await self._round()
        await self._record()

    def _longest_s(self) -> float:
        """How long a submission may wait for its answer: that is no hang of ours."""
        settings = self._ctx.settings
        if self._transport.channel is Channel.EMAIL:
            return 0.0 if settings.smtp is None else 2 * settings.smtp.data_timeout
        return max((modem.submit_timeout for modem in settings.modems), default=0.0)

    async def _round(self) -> None:
        """One part, or one wait."""
        now = self._ctx.clock.now()
        is_able = self._is_able(now)
        self._fleet.tell(self._transport.name, is_able=is_able)
        if not is_able:
            self._meter.idle()
        if not self._gate.is_open:
            await self._record()
            await self._sleep_shut()
            return
        held_back = self._held_back(now)
        if held_back > 0:
            await self._record()
            await self._sleep(held_back)
            return
        if not await self._is_ready():
            await self._record()
            return
        claimed = await self._claim(now)
        if claimed is None:
            self._meter.idle()
            await self._sleep(await self._until_due(now))
        else:
            await self._submit(claimed)

    async def _is_ready(self) -> bool:
        """Whether the link can take a submission now, or within a moment."""
        try:
            async with asyncio.timeout(_READY_S):
                await self._transport.ready()
        except TimeoutError:
            return False
        return True

    async def _claim(self, now: datetime) -> Claimed | None:
        is_mail = self._transport.channel is Channel.EMAIL
        lanes = self._fleet.lanes.take(now) if is_mail else self._fleet.routes(self._transport.name)
        used = ""
        try:
            claimant = self._claimant(now, lanes)
            ended, self._ended = self._ended, None
            claimed = await self._ctx.db.run(_advance, ended, claimant, now)
            used = claimed.route if claimed is not None else ""
        finally:
            if is_mail:
                self._fleet.lanes.leave(lanes, used, now)
        if ended is not None:
            self._tell(ended)
        return claimed

    def _claimant(self, now: datetime, lanes: tuple[str, ...]) -> Claimant:
        name, channel = self._transport.name, self._transport.channel
        routes = ("", *lanes)
        return Claimant(name, channel, self._gate.sim, self._ctx.run, self._priorities(now), routes)

    def _is_able(self, now: datetime) -> bool:
        """Whether it can send now, or after the pause between two parts."""
        rests = self._rest_until is not None and self._rest_until > now
        return self._gate.is_open and not rests and not self._pacer.is_capped(now)

    async def _submit(self, claimed: Claimed) -> None:
        try:
            submission = await submission_of(self._ctx, self._mails, claimed)
        except UnsafeHeader as error:
            # One message that cannot be written must not end the loop.
            self._take(claimed, Rejected(Cause("smtp-unsafe", str(error), Blame.MESSAGE)))
            await self._record()
            return
        self._pacer.began(self._ctx.clock.now())
        self._meter.began()
        work = asyncio.create_task(self._transport.submit(submission))
        stopping = asyncio.create_task(self._urgent.wait())
        await asyncio.wait({work, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not work.done():
            await asyncio.wait({work}, timeout=STOP_WAIT_S)
        stopping.cancel()
        self._meter.ended()
        if work.done():
            outcome = work.result()
        else:
            work.cancel()
            outcome = InDoubt(Cause("stopped", "the gateway was stopped while the answer was awaited", Blame.DEVICE))
        self._take(claimed, outcome)
        if not self._pacer.free_running or not isinstance(outcome, Accepted):
            await self._record()

    def _take(self, claimed: Claimed, outcome: Outcome) -> None:
        """Decide what follows; it is written with the next claim, or at once by `_record`."""
        now = self._ctx.clock.now()
        self._pacer.ended(now)
        notice = claimed.kind is Kind.NOTICE
        ladder = _NOTICE_LADDER if notice else self._ctx.settings.sending.retry
        move = after(
            outcome, tries=claimed.tries, ladder=ladder, now=now,
            resend_doubt=self._resend_doubt(claimed.priority) or (notice and claimed.channel is Channel.EMAIL),
            may_hold=not notice and claimed.channel is Channel.SMS,
        )  # fmt: skip
        self._ended = Ended(claimed, outcome, move, now)
        self._rest(outcome, now)

    def _resend_doubt(self, priority: Priority) -> bool:
        sending = self._ctx.settings.sending
        return (sending.in_doubt_urgent if priority is Priority.URGENT else sending.in_doubt) == "resend"

    def _rest(self, outcome: Outcome, now: datetime) -> None:
        if isinstance(outcome, Accepted):
            self._failures, self._rest_until = 0, None
            self._refused.clear()
            return
        self._count_refusal(outcome.cause)
        seconds = transport_pause(outcome.cause.blame, self._failures + 1)
        if seconds > 0:
            self._failures += 1
            self._rest_until = now + timedelta(seconds=seconds)
            self._log.warning("transport.rests", code=outcome.cause.code, why=outcome.cause.text, seconds=seconds)

    def _count_refusal(self, cause: Cause) -> None:
        """Refusals in a row, of one recipient after another, are the SIM's own: it is set aside for a while."""
        self._refused.append(cause.text)
        if len(self._refused) >= _SET_ASIDE_AFTER and self._transport.channel is Channel.SMS:
            why = f"{len(self._refused)} refusals in a row, the last: {cause.text}"
            self._refused.clear()
            self._set_aside = why

    async def _record(self) -> None:
        """Write the last outcome without claiming anything."""
        ended, self._ended = self._ended, None
        if ended is None:
            return
        await self._ctx.db.run(_finish, ended, self._transport.name)
        self._tell(ended)
        if self._rest_until is not None and not isinstance(ended.outcome, Accepted):
            await self._ctx.db.run(health.rests, self._transport.name, self._rest_until, ended.outcome.cause.text)
        if self._set_aside:
            why, self._set_aside = self._set_aside, ""
            await self._watch.set_aside(self._transport.name, _ASIDE_S, why)
        if self._stop.is_set() or isinstance(ended.outcome, Accepted):
            return
        if ended.outcome.cause.blame in (Blame.ACCOUNT, Blame.NETWORK):
            await self._transport.refresh()

    def _tell(self, ended: Ended) -> None:
        """One line a transition, and a hint to the stages that follow."""
        claimed, outcome = ended.claimed, ended.outcome
        self._meter.result(ended)
        fields: dict[str, str | int] = {
            "request": claimed.request, "delivery": claimed.delivery, "part": f"{claimed.part}/{claimed.parts}",
            "kind": claimed.kind, "to": mask(claimed.address),
        }  # fmt: skip
        match outcome:
            case Accepted(reference):
                self._log.info("delivery.accepted", **fields, mr="" if reference is None else reference)
            case Deferred(cause):
                self._log.warning("delivery.deferred", **fields, code=cause.code, why=cause.text)
            case Rejected(cause):
                name = "delivery.held" if ended.move.event is Event.HOLD else "delivery.failed"
                self._log.warning(name, **fields, code=cause.code, why=cause.text)
            case InDoubt(cause):
                self._log.warning("delivery.in_doubt", **fields, code=cause.code, why=cause.text)
        self._ctx.bells.ring(Bell.TRACK, Bell.PUBLISH, Bell.REPORT)

    def _priorities(self, now: datetime) -> tuple[Priority, ...]:
        """While nobody knows the time of day, only what may leave at any time."""
        return self._hours.priorities(now) if self._ctx.clock.is_sure() else self._hours.at_any_time

    def _held_back(self, now: datetime) -> float:
        rest = (self._rest_until - now).total_seconds() if self._rest_until else 0.0
        return max(0.0, rest, self._pacer.wait(now))

    async def _until_due(self, now: datetime) -> float:
        """Seconds until something queued becomes ready, or the next window opens."""
        is_mail = self._transport.channel is Channel.EMAIL
        lanes = () if is_mail else self._fleet.routes(self._transport.name)
        due = await self._ctx.db.run(queue.next_due, self._claimant(now, lanes))
        opening = self._hours.opening(now) if self._priorities(now) != ALL else None
        lane = self._fleet.lanes.opening(now) if is_mail else None
        times = [at for at in (due, opening, lane) if at is not None and at > now]
        return min([(at - now).total_seconds() for at in times], default=_POLL_S)

    async def _sleep(self, seconds: float) -> None:
        """Wait, but no longer than a stop or a beat of the pulse allows."""
        if seconds <= 0:
            return
        if self._stop.is_set():
            return
        await self._wait(min(max(seconds, 0.01), _POLL_S))

    async def _sleep_shut(self) -> None:
        """The gate knows why; once it opens, an older rest has no reason any more."""
        self._failures, self._rest_until = 0, None
        await self._wait(_POLL_S)


def _advance(conn: sqlite3.Connection, ended: Ended | None, claimant: Claimant, now: datetime) -> Claimed | None:
    claimed = queue.advance(conn, ended, claimant, now)
    if ended is not None:
        _after_finish(conn, ended, claimant.transport)
    return claimed


def _finish(conn: sqlite3.Connection, ended: Ended, transport: str) -> None:
    queue.finish(conn, ended)
    _after_finish(conn, ended, transport)


def _after_finish(conn: sqlite3.Connection, ended: Ended, transport: str) -> None:
    if isinstance(ended.outcome, Accepted):
        if ended.claimed.notice is not None:
            notices.wipe_secret(conn, ended.claimed.notice)
        elif ended.outcome.reference is not None:
            tracking.match_orphans(conn, transport, ended.outcome.reference, ended.at)
