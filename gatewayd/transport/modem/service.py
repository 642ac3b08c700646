"""The work of a modem that is set up, between two submissions: indications, measurements, messages it holds.

In: the settled session and what it says by itself. Out: reports, messages and facts to the listener. One loop; it ends
with LinkError when the session is lost or has to be set up anew. Invariants: a stored message or report is deleted,
and a direct one acknowledged, only after the listener returned; a balance is never asked while a submission is pending.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

from gatewayd.clock import Clock
from gatewayd.config import Modem
from gatewayd.core.health import Credit, Health, LinkState, Registration
from gatewayd.core.model import AttemptKey
from gatewayd.core.recovery import Trouble
from gatewayd.errors import LinkError
from gatewayd.log import get_logger
from gatewayd.transport.base import Listener
from gatewayd.transport.modem import measure
from gatewayd.transport.modem.balance import BalanceDesk, Overheard
from gatewayd.transport.modem.doctor import Doctor
from gatewayd.transport.modem.heard import Heard
from gatewayd.transport.modem.session import Confused, NoAnswer, Restarted, Session, first_of
from gatewayd.transport.modem.setup import Agreed, reads_back, service_centre
from gatewayd.transport.modem.stores import Stores
from gatewayd.wire.at import Indicated
from gatewayd.wire.ussd import UssdReply

#: How often stored messages are looked for and the settings read back, in case an indication was lost.
_SWEEP_S: Final = 300.0
#: After an answer that came too late for a part not yet written down as in doubt.
_EVIDENCE_S: Final = 1.0
_FULL: Final = "^SMMEMFULL"


@dataclass(frozen=True, slots=True)
class LateAnswer:
    """`+CMGS: reference` came after the deadline of `attempt`."""

    attempt: AttemptKey
    reference: int


class Service:
    """One session's work. `radio` is held by a submission and by a balance question."""

    def __init__(
        self, session: Session, settings: Modem, agreed: Agreed, listener: Listener, clock: Clock,
        radio: asyncio.Lock, doctor: Doctor, credit: Credit | None,
    ) -> None:  # fmt: skip
        self._session, self._settings, self._agreed = session, settings, agreed
        self._listener, self._clock, self._radio, self._doctor = listener, clock, radio, doctor
        self._balance = BalanceDesk(settings, agreed.profile, agreed.imsi, clock, credit)
        self._heard = Heard(Overheard(listener, self._balance, self._credit_told), settings.name, agreed.imsi)
        self._stores = Stores(session, agreed.store, agreed.stores, self._heard.take)
        self._indications: deque[Indicated] = deque()
        self._late: deque[LateAnswer] = deque()
        self._work = asyncio.Event()
        self._measure_at = self._sweep_at = 0.0
        self._wants_centre = False
        self._broken: LinkError | None = None
        #: Set once the session has ended.
        self.over = asyncio.Event()
        self._asking: asyncio.Task[None] | None = None
        self.health = Health(
            settings.name, LinkState.READY, clock.now(), imei=agreed.imei, imsi=agreed.imsi, credit=self._balance.credit
        )  # fmt: skip

    # What may be called at any time.

    def indicated(self, indication: Indicated) -> None:
        if indication.line.startswith("+CUSD:"):
            self._balance.heard(indication.line)
            return
        self._indications.append(indication)
        self._work.set()

    def answered_late(self, late: LateAnswer) -> None:
        self._late.append(late)
        self._work.set()

    def measure_now(self) -> None:
        self._measure_at = 0.0
        self._balance.hurry()
        self._work.set()

    def sweep_now(self) -> None:
        """The store is full, as a refusal tells, or an indication led nowhere."""
        self._sweep_at = 0.0
        self._work.set()

    def restore_centre(self) -> None:
        """The modem lost the service centre's number."""
        self._wants_centre = True
        self._work.set()

    def fail(self, why: str) -> None:
        """Too much was refused: set everything up anew."""
        self._broken = Confused(why)
        self._work.set()

    # For who holds the radio.

    @property
    def session(self) -> Session:
        return self._session

    @property
    def agreed(self) -> Agreed:
        return self._agreed

    async def dial(self, code: str) -> UssdReply | None:
        """The reply to a USSD code; the session is closed behind it."""
        return await self._balance.dial(self._session, code)

    async def reset(self, why: str) -> None:
        """Start the modem anew; the session ends, and everything is set up again."""
        with suppress(NoAnswer):
            await self._doctor.reset(self._session, self._agreed.profile)
        self._broken = LinkError(why)
        self._work.set()

    # The loop.

    async def run(self, ready: Callable[[], None]) -> None:
        """Measure once, say `ready`, then serve until LinkError. Sending does not wait for the balance."""
        try:
            await self._look()
            ready()
            while True:
                while self._indications:
                    await self._handle(self._indications.popleft())
                self._work.clear()
                await self._look_around()
                if not self._indications:
                    await self._idle()
        finally:
            self.over.set()
            if self._asking is not None:
                self._asking.cancel()

    async def _idle(self) -> None:
        """Until something is said, the next measurement is due, or the port is lost."""
        wait = max(0.0, min(self._measure_at, self._sweep_at) - self._clock.monotonic())
        if self._may_ask:
            wait = min(wait, max(0.0, self._balance.due_in()))
        working = asyncio.ensure_future(self._work.wait())
        try:
            async with asyncio.timeout(min(wait, _EVIDENCE_S) if self._late else wait):
                await first_of(working, self._session.lost)
        except TimeoutError:
            return
        finally:
            working.cancel()
        if self._session.lost.done():
            self._session.lost.result()

    async def _handle(self, indication: Indicated) -> None:
        line = indication.line
        if indication.pdu:
            await self._heard.take(indication.pdu)
            if self._agreed.acknowledges:
                await self._session.command("AT+CNMA")
        elif line.startswith(("+CMTI:", "+CDSI:")):
            if not await self._stores.indicated(line):
                self._sweep_at = 0.0
        elif line.startswith(_FULL):
            self._sweep_at = 0.0
        elif line.startswith(("+CREG:", "+CEREG:")):
            self._measure_at = 0.0

    async def _look_around(self) -> None:
        """Whatever is due of late answers, registration and signal, balance, stored messages."""
        if self._broken is not None:
            raise self._broken
        await self._tell_late()
        if self._wants_centre:
            self._wants_centre = False
            await service_centre(self._session, self._agreed.centre)
        await self._look()
        if self._may_ask and self._balance.due_in() <= 0:
            self._asking = asyncio.create_task(self._ask_balance())
        if self._clock.monotonic() >= self._sweep_at:
            await self._stores.sweep()
            self._sweep_at = self._clock.monotonic() + _SWEEP_S

    async def _look(self) -> None:
        """Registration and signal, if they are due."""
        if self._clock.monotonic() < self._measure_at:
            return
        await self._mind_settings()
        await self._measure()
        self._measure_at = self._clock.monotonic() + self._settings.signal_every
        await self._listener.health(self.health)
        await self._mind_registration()

    async def _tell_late(self) -> None:
        """An answer whose part is not written down as in doubt yet waits for the next round."""
        for _ in range(len(self._late)):
            late = self._late.popleft()
            if not await self._listener.late_answer(late.attempt, late.reference):
                self._late.append(late)

    async def _mind_settings(self) -> None:
        """Some modems forget AT+CNMI after an acknowledgement that came too late, and all of it in a restart that they
        do not tell of."""
        wanted = self._agreed.indications
        if wanted and not await reads_back(self._session, wanted):
            get_logger().warning("modem.settings_lost", modem=self._settings.name)
            raise Restarted("the modem forgot its settings")

    async def _mind_registration(self) -> None:
        if self.health.registration not in (Registration.SEARCHING, Registration.DENIED, Registration.IDLE):
            self._doctor.well()
        elif await self._doctor.treat(Trouble.UNREGISTERED, self._agreed.profile, self._session):
            raise LinkError("the radio was turned off and on: the network did not take the SIM")

    async def _measure(self) -> None:
        self.health = replace(
            self.health,
            registration=await measure.registration(self._session),
            signal_dbm=await measure.signal_dbm(self._session),
            operator=await measure.operator(self._session) or self._settings.operator,
        )

    @property
    def _is_registered(self) -> bool:
        return self.health.registration in (Registration.HOME, Registration.ROAMING, Registration.UNKNOWN)

    @property
    def _may_ask(self) -> bool:
        return self._is_registered and (self._asking is None or self._asking.done())

    async def _ask_balance(self) -> None:
        """Beside the loop: an operator takes his time, and what comes meanwhile has to be acknowledged."""
        with suppress(LinkError):
            async with self._radio:
                is_answered = await self._balance.ask(self._session, self.health.operator)
            if is_answered:
                self.health = replace(self.health, credit=self._balance.credit)
                await self._listener.health(self.health)
            self._work.set()

    def _credit_told(self) -> None:
        """The operator wrote about the balance."""
        self.health = replace(self.health, credit=self._balance.credit)
        self._measure_at = 0.0
        self._work.set()
