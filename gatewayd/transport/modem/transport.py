"""The transport of one GSM modem: keeps the port, measures, submits parts, relays what the network says.

`run` owns the port: it opens and sets up the modem, then works off indications and measurements between two
submissions until the port is lost. `submit` may be called at any time by one caller. Invariants:
- Before the byte that sends, every failure is Deferred; after it, only `+CMGS` or an error of the cause tables is
  certain, everything else is InDoubt (TS 27.005 §3.5.1; docs/architecture.md "What is in doubt").
- A balance is never asked while a submission is pending, nor the other way round.
- A stored message or report is deleted, and a direct one acknowledged, only after the listener returned.
"""

import asyncio
from collections import deque
from dataclasses import replace
from typing import Final

from gatewayd.clock import Clock
from gatewayd.config import Modem
from gatewayd.core.health import Health, IncomingSms, LinkState, Registration
from gatewayd.core.model import Channel, SmsBody, Submission
from gatewayd.core.outcome import Blame, Cause, Deferred, InDoubt, Outcome, StatusReport
from gatewayd.errors import LinkError
from gatewayd.log import get_logger
from gatewayd.transport.base import Listener
from gatewayd.transport.modem import measure, stored
from gatewayd.transport.modem.outcome import of_answer
from gatewayd.transport.modem.profiles import profile
from gatewayd.transport.modem.session import NoAnswer, Session, first_of
from gatewayd.transport.modem.setup import Identity, PinOnce, set_up
from gatewayd.wire import causes, tpdu
from gatewayd.wire.at import Indicated

_PROMPT_S: Final = 15.0
#: How often stored messages are looked for, in case an indication was lost.
_SWEEP_S: Final = 300.0
#: After a refused balance question, not at once again.
_CREDIT_RETRY_S: Final = 300.0


class ModemTransport:
    """One modem of the settings."""

    channel = Channel.SMS

    def __init__(self, settings: Modem, clock: Clock, *, prompt_s: float = _PROMPT_S) -> None:
        """`prompt_s`: how long a submission waits for the prompt."""
        self._settings, self._clock, self._prompt_s = settings, clock, prompt_s
        self._log = get_logger().bind(modem=settings.name)
        self._pin = PinOnce()
        self._health = Health(settings.name, LinkState.STARTING, clock.now())
        self._session: Session | None = None
        self._identity = Identity("", "", False, "")
        self._ready = asyncio.Event()
        #: Held by a submission and by a balance question.
        self._radio = asyncio.Lock()
        self._balance = measure.BalanceDesk()
        self._indications: deque[Indicated] = deque()
        self._work = asyncio.Event()
        self._measure_at = self._credit_at = self._sweep_at = 0.0

    @property
    def name(self) -> str:
        return self._settings.name

    async def run(self, listener: Listener) -> None:
        """Until the port is lost (LinkError), the modem cannot send (ProtocolError), or cancelled."""
        self._indications.clear()
        session = Session(self._settings.command_gap, self._indicated, self._stray)
        try:
            session.open(self._settings.port, self._settings.baud)
            self._identity = await set_up(session, self._settings, profile(self._settings.profile), self._pin)
            self._session = session
            self._measure_at = self._credit_at = self._sweep_at = 0.0
            self._health = Health(
                self.name, LinkState.READY, self._clock.now(), imei=self._identity.imei, imsi=self._identity.imsi,
                credit=self._health.credit,
            )  # fmt: skip
            await self._look_around(session, listener)
            self._ready.set()
            await self._serve(session, listener)
        except NoAnswer as error:
            raise LinkError(str(error)) from None
        finally:
            self._ready.clear()
            self._session = None
            session.close()

    async def ready(self) -> None:
        await self._ready.wait()

    async def refresh(self) -> None:
        """Measure at the next opportunity, the balance too."""
        self._measure_at = self._credit_at = 0.0
        self._work.set()

    # Submitting.

    async def submit(self, submission: Submission) -> Outcome:
        session = self._session
        if session is None:
            return Deferred(Cause("link-lost", "the modem is not there", Blame.DEVICE))
        pdu = tpdu.encode_submit(self._submit_of(submission))
        sent = False

        def on_air() -> None:
            nonlocal sent
            sent = True

        async with self._radio:
            try:
                answered = await session.submit(
                    pdu.length, pdu.hex, self._prompt_s, self._settings.submit_timeout, on_air
                )
            except (NoAnswer, LinkError) as error:
                cause = Cause("no-answer" if isinstance(error, NoAnswer) else "link-lost", str(error), Blame.DEVICE)
                return InDoubt(cause) if sent else Deferred(cause)
        return of_answer(answered, on_air=sent)

    def _submit_of(self, submission: Submission) -> tpdu.Submit:
        body = submission.body
        if not isinstance(body, SmsBody):
            raise TypeError("a modem submits SMS only")
        return tpdu.Submit(
            recipient=submission.address, text=body.text, encoding=body.encoding, concat=body.concat,
            status_report=self._settings.status_reports, validity_s=int(self._settings.validity),
        )  # fmt: skip

    # What the modem says by itself.

    def _indicated(self, indication: Indicated) -> None:
        if indication.line.startswith("+CUSD:"):
            self._balance.heard(indication.line)
            return
        self._indications.append(indication)
        self._work.set()

    def _stray(self, line: str) -> None:
        """A late +CMGS is worth a line in the journal; its part stays in doubt until its status report comes."""
        if line.startswith("+CMGS:"):
            self._log.warning("modem.late_answer", answer=line)

    async def _serve(self, session: Session, listener: Listener) -> None:
        while True:
            while self._indications:
                await self._handle(session, listener, self._indications.popleft())
            self._work.clear()
            await self._look_around(session, listener)
            if self._indications:
                continue
            await self._idle(session)

    async def _idle(self, session: Session) -> None:
        """Until something is said, the next measurement is due, or the port is lost."""
        due = min(self._measure_at, self._sweep_at, self._credit_at if self._settings.credit_code else self._sweep_at)
        working = asyncio.ensure_future(self._work.wait())
        try:
            async with asyncio.timeout(max(0.0, due - self._clock.monotonic())):
                await first_of(working, session.lost)
        except TimeoutError:
            return
        finally:
            working.cancel()
        if session.lost.done():
            session.lost.result()

    async def _handle(self, session: Session, listener: Listener, indication: Indicated) -> None:
        line = indication.line
        if indication.pdu:
            await self._take(listener, indication.pdu)
            if self._identity.acknowledges:
                await session.command("AT+CNMA")
        elif line.startswith(("+CMTI:", "+CDSI:")):
            index = line.rpartition(",")[2].strip()
            if index.isdigit():
                await stored.take_one(session, int(index), lambda pdu: self._take(listener, pdu))
            self._sweep_at = 0.0
        elif line.startswith("+CREG:"):
            self._measure_at = 0.0
        elif indication.is_boot:
            raise LinkError(f"the modem started anew ({line})")

    async def _take(self, listener: Listener, pdu: str) -> None:
        """One PDU from the network, into the store."""
        decoded = tpdu.decode(pdu)
        match decoded:
            case tpdu.StatusReportPdu():
                await listener.status_report(self._report_of(decoded))
            case tpdu.Deliver():
                await listener.incoming(
                    IncomingSms(self.name, self._identity.imsi, decoded.sender, decoded.text, decoded.sent_at, pdu)
                )
            case _:
                reason = decoded.reason if isinstance(decoded, tpdu.Defect) else "not from the network"
                self._log.warning("modem.pdu_unreadable", why=reason, octets=len(pdu) // 2)

    def _report_of(self, pdu: tpdu.StatusReportPdu) -> StatusReport:
        return StatusReport(
            modem=self.name, sim=self._identity.imsi, reference=pdu.reference, recipient=pdu.recipient,
            submitted_at=pdu.submitted_at, discharged_at=pdu.discharged_at,
            status=causes.reported_status(pdu.tp_status), tp_status=pdu.tp_status,
        )  # fmt: skip

    # Measuring.

    async def _look_around(self, session: Session, listener: Listener) -> None:
        """Whatever is due of registration and signal, balance, stored messages."""
        now = self._clock.monotonic()
        if now >= self._measure_at:
            await self._measure(session)
            self._measure_at = self._clock.monotonic() + self._settings.signal_every
            await listener.health(self._health)
        if self._settings.credit_code and now >= self._credit_at and self._is_registered:
            found = await self._ask_balance(session)
            self._credit_at = self._clock.monotonic() + (self._settings.credit_every if found else _CREDIT_RETRY_S)
            await listener.health(self._health)
        if now >= self._sweep_at:
            await stored.take_all(session, lambda pdu: self._take(listener, pdu))
            self._sweep_at = self._clock.monotonic() + _SWEEP_S

    async def _measure(self, session: Session) -> None:
        registered = await measure.registration(session)
        self._health = replace(
            self._health, registration=registered, signal_dbm=await measure.signal_dbm(session),
            operator=await measure.operator(session) or self._settings.operator,
        )  # fmt: skip

    @property
    def _is_registered(self) -> bool:
        return self._health.registration in (Registration.HOME, Registration.ROAMING, Registration.UNKNOWN)

    async def _ask_balance(self, session: Session) -> bool:
        """Keep the last reading where no answer comes: an old one with its age is better than none."""
        async with self._radio:
            reply = await self._balance.ask(session, self._settings.credit_code)
        if reply is None:
            self._log.warning("modem.credit_unanswered", code=self._settings.credit_code)
            return False
        self._health = replace(self._health, credit=measure.reading(reply, self._clock.now()))
        return True
