"""The balance desk of one SIM: asks the operator by its recipes, when it is due, and understands what comes back.

In: recipes (settings, or core/credit_recipes.py), +CUSD lines, incoming messages. Out: `credit`, the last answer, with
or without a balance in it. Invariants: nothing is asked while a part is submitted (the caller holds the radio); a menu
is answered only where the recipe names the answer, otherwise closed; an SMS is believed only from a sender of the
recipe, and only while it is awaited: an unasked one has the balance read. What does not parse is kept in its words.
"""

import asyncio
from collections.abc import Callable
from typing import Final

from gatewayd.clock import Clock
from gatewayd.config import Modem, Profile
from gatewayd.core.credit_recipes import Recipe
from gatewayd.core.health import Credit, Health, IncomingSms
from gatewayd.core.model import AttemptKey, Encoding
from gatewayd.core.outcome import StatusReport
from gatewayd.log import get_logger
from gatewayd.transport.base import Listener
from gatewayd.transport.modem.dialler import Dialler
from gatewayd.transport.modem.session import NoAnswer, Session
from gatewayd.wire import tpdu, ussd
from gatewayd.wire.credit import CreditState, parse_credit
from gatewayd.wire.credit_menu import choice
from gatewayd.wire.ussd import UssdReply

#: Waits after an answer without a balance, or none; then as often as usual.
_AGAIN_S: Final = (300.0, 300.0, 900.0)
#: However urgent: not more often than this, since asking keeps the radio.
_LEAST_S: Final = 60.0
#: A reading of this SIM is at hand: the link came back.
_AFTER_RETURN_S: Final = 300.0
#: How long an SMS with the answer is awaited.
_SMS_S: Final = 600.0
_PROMPT_S: Final = 15.0
#: How late an answer to a submission may come.
_LATE_S: Final = 60.0
_VALIDITY_S: Final = 3600
#: The operator has the answer elsewhere: asking again soon is of no use.
_NEVER_HERE: Final = frozenset({CreditState.UNSUPPORTED.value})


class BalanceDesk:
    """`credit` is the last answer of the operator for the SIM with number `imsi`; None before the first."""

    def __init__(
        self, settings: Modem, profile: Profile, imsi: str, clock: Clock, credit: Credit | None = None,
        dialler: Dialler | None = None,
    ) -> None:  # fmt: skip
        self._settings, self._imsi, self._clock = settings, imsi, clock
        self._log = get_logger().bind(modem=settings.name)
        self._dialler = dialler or Dialler(profile.ussd, self._has_balance)
        self.credit = credit if credit is not None and credit.sim == imsi else None
        is_known = self.credit is not None and self.credit.balance_idr is not None
        #: Monotonic seconds.
        self._due_at = clock.monotonic() + min(_AFTER_RETURN_S, settings.credit_every) if is_known else 0.0
        self._asked_at = -_LEAST_S
        self._awaited_until = 0.0
        self._failures = 0
        self._recipes: tuple[Recipe, ...] = settings.recipes(imsi, "")

    def due_in(self) -> float:
        """Seconds until the next question."""
        return max(0.0, self._due_at - self._clock.monotonic())

    def hurry(self) -> None:
        """Ask again as soon as that makes sense: what was refused, or what was topped up, may have changed it."""
        self._due_at = min(self._due_at, self._asked_at + min(_LEAST_S, self._settings.credit_every))

    def heard(self, line: str) -> None:
        """A +CUSD line of the port."""
        self._dialler.heard(line)

    async def ask(self, session: Session, network: str) -> bool:
        """Ask by one recipe after another until one gives a balance. True: `credit` is a new answer.

        Raises LinkError when the port is gone.
        """
        self._asked_at = self._clock.monotonic()
        self._recipes = self._recipes or self._settings.recipes(self._imsi, network)
        if not self._recipes:
            self._next(self._settings.credit_every)
            return False
        before = self.credit
        for recipe in self._recipes:
            last = self.credit
            if await self._is_read_by(session, recipe):
                self._likeliest(recipe)
                return self.credit is not before
            if self.credit is last:
                # Silence, or the modem refuses: another code would fare no better.
                break
        self._not_read(self.credit is not before)
        return self.credit is not before

    async def dial(self, session: Session, code: str) -> UssdReply | None:
        """The reply to an operator's own code, kept nowhere; a menu is closed. Raises LinkError."""
        reply = await self._dialler.dial(session, code)
        await self._dialler.close(session)
        return reply

    def take_sms(self, message: IncomingSms) -> bool:
        """An incoming message, once it is stored. True: `credit` is a new answer, or is about to be."""
        recipe = next((each for each in self._recipes if each.comes_from(message.sender)), None)
        if recipe is None:
            return False
        found = self._answer(message.text)
        if found.balance_idr is None and not found.is_in_grace:
            return False
        if self._clock.monotonic() > self._awaited_until and recipe.by == "ussd":
            self.hurry()
            return True
        self._read(found)
        return True

    # One recipe.

    async def _is_read_by(self, session: Session, recipe: Recipe) -> bool:
        """Whether `recipe` led to a balance, or to an SMS that is on its way."""
        if recipe.to:
            return await self._ask_by_sms(session, recipe)
        reply = await self._dialler.dial(session, recipe.code, recipe.styles)
        if reply is not None:
            reply = await self._through_menus(session, recipe, reply)
        if reply is None:
            return False
        found = self._answer(reply.text, reply.mode)
        if found.balance_idr is not None or found.is_in_grace:
            self._read(found)
            return True
        state = parse_credit(reply.text, reply.mode).state
        self._log.warning("modem.credit_not_read", code=recipe.code, state=state)
        self.credit = found
        comes_by_sms = recipe.by == "sms" or state == CreditState.ASYNC_SMS
        return comes_by_sms and bool(recipe.senders) and self._await_sms()

    async def _through_menus(self, session: Session, recipe: Recipe, reply: UssdReply) -> UssdReply:
        """The reply behind the menus that the recipe knows; a session that is still open is closed."""
        for wanted in recipe.follow:
            if reply.mode != ussd.REPLY_WANTED or self._has_balance(reply):
                break
            answer = choice(reply.text, wanted)
            following = await self._dialler.answer(session, answer) if answer else None
            if following is None:
                break
            reply = following
        await self._dialler.close(session)
        return reply

    async def _ask_by_sms(self, session: Session, recipe: Recipe) -> bool:
        """Whether the question left. After silence nothing else is submitted for a while: a late +CMGS must not be
        taken for the answer to a part."""
        question = tpdu.Submit(recipe.to, recipe.code, Encoding.GSM7, status_report=False, validity_s=_VALIDITY_S)
        pdu = tpdu.encode_submit(question)
        try:
            answered = await session.submit(pdu.length, pdu.hex, _PROMPT_S, self._settings.submit_timeout, _no_matter)
        except NoAnswer:
            await asyncio.wait((session.lost,), timeout=_LATE_S)
            return False
        return answered.is_ok and self._await_sms()

    # What follows.

    def _has_balance(self, reply: UssdReply) -> bool:
        found = self._answer(reply.text, reply.mode)
        return found.balance_idr is not None or found.is_in_grace

    def _answer(self, text: str, mode: int = ussd.DONE) -> Credit:
        found = parse_credit(text, mode)
        return Credit(
            at=self._clock.now(), balance_idr=found.balance_idr, active_until=found.active_until, raw=text,
            grace_until=found.grace_until, sms_left=found.sms_left, sim=self._imsi,
        )  # fmt: skip

    def _read(self, found: Credit) -> None:
        self.credit = found
        self._awaited_until, self._failures = 0.0, 0
        self._next(self._settings.credit_every)

    def _await_sms(self) -> bool:
        self._awaited_until = self._clock.monotonic() + _SMS_S
        self._next(self._settings.credit_every)
        return True

    def _not_read(self, is_answered: bool) -> None:
        if not is_answered:
            self._log.warning("modem.credit_unanswered", code=self._recipes[0].code)
        state = parse_credit(self.credit.raw).state if is_answered and self.credit else ""
        waits = () if state in _NEVER_HERE else _AGAIN_S[self._failures :]
        self._failures += 1
        self._next(min((*waits[:1], self._settings.credit_every)))

    def _next(self, seconds: float) -> None:
        self._due_at = self._clock.monotonic() + seconds

    def _likeliest(self, recipe: Recipe) -> None:
        """The one that worked goes first from now on."""
        self._recipes = (recipe, *(each for each in self._recipes if each is not recipe))


class Overheard:
    """A Listener that lets the desk see incoming messages after they are stored; `on_news` when one is about credit."""

    def __init__(self, listener: Listener, desk: BalanceDesk, on_news: Callable[[], None]) -> None:
        self._listener, self._desk, self._on_news = listener, desk, on_news

    async def status_report(self, report: StatusReport) -> None:
        await self._listener.status_report(report)

    async def health(self, health: Health) -> None:
        await self._listener.health(health)

    async def incoming(self, message: IncomingSms) -> None:
        await self._listener.incoming(message)
        if self._desk.take_sms(message):
            self._on_news()

    async def late_answer(self, attempt: AttemptKey, reference: int) -> bool:
        return await self._listener.late_answer(attempt, reference)


def _no_matter() -> None:
    """A question that was asked twice does no harm, so nothing is kept of when it left."""
