"""The transport of one GSM modem: finds it, sets it up, submits parts, brings it back when it is in trouble.

`run` owns the port from finding it until it is lost; service.py does the work in between. `submit` may be called at
any time by one caller. Invariants:
- Before the byte that sends, every failure is Deferred; after it, only `+CMGS` or an error of the cause tables is
  certain, everything else is InDoubt (TS 27.005 §3.5.1; docs/architecture.md "What is in doubt").
- An answer that comes after the deadline belongs to the part in doubt as long as no other part is on the air. So does
  one that waits in a port which outlived the process before us (kept.py): that part is `on_air`, and the port is heard
  out before anything is written to it.
"""

import asyncio
import re
from typing import Final

from gatewayd.clock import Clock
from gatewayd.config import Modem, Profile
from gatewayd.core.errand import Done, Errand, NotDone
from gatewayd.core.health import Credit
from gatewayd.core.model import AttemptKey, Channel, SmsBody, Submission
from gatewayd.core.outcome import Accepted, Blame, Cause, Deferred, InDoubt, Outcome
from gatewayd.core.recovery import Trouble
from gatewayd.errors import LinkError
from gatewayd.log import get_logger
from gatewayd.transport.base import Listener
from gatewayd.transport.modem.doctor import Doctor
from gatewayd.transport.modem.errands import Errands
from gatewayd.transport.modem.line_trace import LineTrace
from gatewayd.transport.modem.locate import Absent, locate
from gatewayd.transport.modem.outcome import of_answer
from gatewayd.transport.modem.service import LateAnswer, Service
from gatewayd.transport.modem.session import Confused, Manners, Mute, NoAnswer, Restarted, Session
from gatewayd.transport.modem.setup import set_up
from gatewayd.transport.modem.unlock import PinOnce
from gatewayd.wire import tpdu
from gatewayd.wire.at import Indicated

_PROMPT_S: Final = 15.0
#: Seconds after its deadline in which an answer is still taken.
_LATE_S: Final = 60.0
#: Seconds in which a port that outlived the process before us is heard out while a part may be on the air.
_HEAR_S: Final = 30.0
#: Indications that are kept until the modem is set up.
_EARLY: Final = 100
#: Failures of the device in a row after which it is set up anew.
_CONFUSED: Final = 3
_REFERENCE: Final = re.compile(r"\+CMGS: *(\d+)")
#: Refusals that the modem's own memory or settings are to blame for (TS 27.005 §3.2.5, TS 24.011 annex E).
_MEMORY_FULL: Final = frozenset({"cms-208", "cms-209", "cms-211", "cms-320", "cms-321", "cms-322"})
_NO_CENTRE: Final = "cms-330"


class ModemTransport:
    """One modem of the settings."""

    channel = Channel.SMS

    def __init__(
        self, settings: Modem, clock: Clock, *, prompt_s: float = _PROMPT_S, on_air: AttemptKey | None = None
    ) -> None:
        """`prompt_s`: how long a submission waits for the prompt. `on_air`: what the process before us left there."""
        self._settings, self._clock, self._prompt_s = settings, clock, prompt_s
        self._log = get_logger().bind(modem=settings.name)
        self._pin, self._doctor = PinOnce(), Doctor(settings, clock)
        self._session: Session | None = None
        self._opening: Session | None = None
        self._service: Service | None = None
        self._profile = Profile()
        self._credit: Credit | None = None
        self._ready = asyncio.Event()
        self._radio = asyncio.Lock()
        self._errands = Errands(self._radio, self._ready, lambda: self._service)
        self._failures = 0
        #: The part in doubt whose answer may still come, and until when.
        self._doubted: tuple[AttemptKey, float] | None = None
        self._late_reference: int | None = None
        self._left_on_air = on_air
        #: Said before there is a service to take it.
        self._early: list[Indicated | LateAnswer] = []

    @property
    def name(self) -> str:
        return self._settings.name

    async def run(self, listener: Listener) -> None:
        """Until the port is lost (LinkError), the modem cannot send (ProtocolError), or cancelled."""
        session: Session | None = None
        try:
            session = (await locate(self._settings, self._new_session, self._hear_s())).session
            await self._serve(session, listener)
        except asyncio.CancelledError:
            if session is not None:
                session.close(keep=True)
            raise
        except Absent:
            await self._doctor.treat(Trouble.ABSENT, self._profile)
            raise
        except Mute:
            if session is not None:
                session.close()
            await self._doctor.treat(Trouble.MUTE, self._profile)
            raise
        except Restarted:
            self._doctor.restarted()
            raise
        except (Confused, NoAnswer) as error:
            await self._doctor.treat(Trouble.CONFUSED, self._profile, session)
            raise LinkError(str(error)) from None
        finally:
            self._ready.clear()
            if self._service is not None:
                self._credit = self._service.health.credit
            self._session = self._service = None
            if session is not None:
                session.close()

    async def _serve(self, session: Session, listener: Listener) -> None:
        agreed = await set_up(session, self._settings, self._pin)
        self._profile, self._failures = agreed.profile, 0
        self._service = Service(
            session, self._settings, agreed, listener, self._clock, self._radio, self._doctor, self._credit
        )
        self._session = session
        early, self._early = self._early, []
        for said in early:
            if isinstance(said, LateAnswer):
                self._service.answered_late(said)
            else:
                self._service.indicated(said)
        await self._service.run(self._ready.set)

    def _hear_s(self) -> float:
        """How long a kept port is heard out, once: not at all where nothing was on the air."""
        left, self._left_on_air = self._left_on_air, None
        if left is None:
            return 0.0
        self._doubted = (left, self._clock.monotonic() + _LATE_S)
        return min(_HEAR_S, self._settings.submit_timeout)

    def _new_session(self) -> Session:
        self._early = [said for said in self._early if isinstance(said, LateAnswer)]
        until = self._settings.trace_until
        tap = None if until is None else LineTrace(self.name, until, self._clock)
        self._opening = Session(Manners(self._settings.command_gap), self._indicated, self._stray, tap)
        return self._opening

    async def ready(self) -> None:
        """While a balance or an operator's errand has the radio, nothing is claimed for it."""
        await self._ready.wait()
        async with self._radio:
            return

    async def perform(self, errand: Errand) -> Done | NotDone:
        return await self._errands.perform(errand)

    async def refresh(self) -> None:
        """Measure at the next opportunity, the balance too."""
        if self._service is not None:
            self._service.measure_now()

    # Submitting.

    async def submit(self, submission: Submission) -> Outcome:
        session = self._session
        if session is None:
            return Deferred(Cause("link-lost", "the modem is not there", Blame.DEVICE))
        async with self._radio:
            outcome = await self._submit(session, submission)
        if isinstance(outcome, InDoubt):
            self._doubted = (submission.key, self._clock.monotonic() + _LATE_S)
        self._learn(outcome)
        return outcome

    async def _submit(self, session: Session, submission: Submission) -> Outcome:
        pdu = tpdu.encode_submit(self._submit_of(submission))
        sent = False

        def on_air() -> None:
            nonlocal sent
            # From here on a +CMGS that comes unasked may be this part's own.
            sent, self._doubted, self._late_reference = True, None, None

        try:
            answered = await session.submit(pdu.length, pdu.hex, self._prompt_s, self._settings.submit_timeout, on_air)
        except (NoAnswer, LinkError) as error:
            if sent and self._late_reference is not None:
                return Accepted(self._late_reference)
            cause = Cause("no-answer" if isinstance(error, NoAnswer) else "link-lost", str(error), Blame.DEVICE)
            return InDoubt(cause) if sent else Deferred(cause)
        return of_answer(answered, on_air=sent)

    def _submit_of(self, submission: Submission) -> tpdu.Submit:
        body = submission.body
        if not isinstance(body, SmsBody):
            raise TypeError("a modem submits SMS only")
        return tpdu.Submit(
            recipient=submission.address, text=body.text, encoding=body.encoding, concat=body.concat,
            status_report=self._settings.status_reports, validity_s=self._validity_s(submission),
        )  # fmt: skip

    def _validity_s(self, submission: Submission) -> int:
        """How long the network may try: not past the time after which nobody wants the message any more."""
        longest = int(self._settings.validity)
        if submission.expires_at is None:
            return longest
        left = (submission.expires_at - self._clock.now()).total_seconds()
        return max(1, min(longest, int(left)))

    def _learn(self, outcome: Outcome) -> None:
        """What an outcome tells of the modem: its memory, its settings, its health."""
        cause = None if isinstance(outcome, Accepted) else outcome.cause
        if cause is None or cause.blame is not Blame.DEVICE:
            self._failures = 0
        else:
            self._failures += 1
        if cause is None or self._service is None:
            return
        if cause.code in _MEMORY_FULL:
            self._service.sweep_now()
        elif cause.code == _NO_CENTRE:
            self._service.restore_centre()
        if self._failures >= _CONFUSED:
            self._service.fail(f"{self._failures} failures in a row, the last: {cause.text}")

    # What the modem says by itself.

    def _indicated(self, indication: Indicated) -> None:
        if self._service is not None:
            self._service.indicated(indication)
        elif len(self._early) < _EARLY:
            self._early.append(indication)

    def _stray(self, line: str) -> None:
        """A late +CMGS settles the part in doubt; one that fits none is worth a line in the journal."""
        found = _REFERENCE.match(line)
        if found is None:
            return
        reference = int(found[1])
        self._late_reference = reference
        is_ours = self._service is not None or (self._opening is not None and self._opening.was_open)
        if not is_ours or self._doubted is None or self._clock.monotonic() > self._doubted[1]:
            self._log.warning("modem.late_answer", mr=reference)
            return
        late = LateAnswer(self._doubted[0], reference)
        self._doubted = None
        if self._service is None:
            self._early.append(late)
        else:
            self._service.answered_late(late)
