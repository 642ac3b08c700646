"""Where a fault may take hold, and when it does.

A hook is a pure function from a value to the faulty value, or to None where it has nothing to do with that
value; each value a hook could change is one opportunity, and the trigger (triggers.py) picks among them. So a fault
is an entry of a table (faults/), and the modem has one place per hook, not one per fault.

Written as NAME[:ARGS], ARGS being the fault's own number and its trigger.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from random import Random
from typing import TypeVar

from gatewayd.clock import Clock
from gatewayd.sim.modem.atline import Command
from gatewayd.sim.modem.occasions import Account, Heard, Opening, Reference, Start, Typed, Unasked
from gatewayd.sim.modem.session import Session
from gatewayd.sim.modem.triggers import ALWAYS, Given, Trigger, read
from gatewayd.sim.modem.values import (
    Answer,
    Arrival,
    Card,
    Chunks,
    Delivery,
    Prompt,
    Radio,
    Report,
    Room,
    UssdHabit,
    UssdTurn,
    Verdict,
)

__all__ = ["Bench", "Given", "Hook", "Kind", "Trigger", "parse"]

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """`command` gives an answer in place of carrying the command out; `answer` gets the name of the last command
    of the line with its answer; `escape` what ESC is answered where a PDU was awaited. `verdict`, `reference` and
    `reports` belong to a part, `account` to the credit behind it, `arrivals` to a message for this SIM, `delivery`
    to what the modem does with either. `start`, `opening`, `typed`, `heard` and `unasked` are what occasions.py
    tells, `session` the settings that a start and ATZ bring back, `chatter` the lines the modem says in this second
    for no reason; `line` is what leaves the port. Every look at the network, the SIM or a memory is an opportunity
    of `radio`, `card`, `room`."""

    command: Callable[[Given, Command], Answer | None] | None = None
    answer: Callable[[Given, str, Answer], Answer | None] | None = None
    prompt: Callable[[Given, Prompt], Prompt | None] | None = None
    escape: Callable[[Given, Answer], Answer | None] | None = None
    verdict: Callable[[Given, Verdict], Verdict | None] | None = None
    reference: Callable[[Given, Reference], Reference | None] | None = None
    account: Callable[[Given, Account], Account | None] | None = None
    reports: Callable[[Given, tuple[Report, ...]], tuple[Report, ...] | None] | None = None
    radio: Callable[[Given, Radio], Radio | None] | None = None
    card: Callable[[Given, Card], Card | None] | None = None
    room: Callable[[Given, Room], Room | None] | None = None
    arrivals: Callable[[Given, tuple[Arrival, ...]], tuple[Arrival, ...] | None] | None = None
    delivery: Callable[[Given, Delivery], Delivery | None] | None = None
    habit: Callable[[Given, UssdHabit], UssdHabit | None] | None = None
    ussd: Callable[[Given, UssdTurn], UssdTurn | None] | None = None
    session: Callable[[Given, Session], Session | None] | None = None
    start: Callable[[Given, Start], Start | None] | None = None
    opening: Callable[[Given, Opening], Opening | None] | None = None
    typed: Callable[[Given, Typed], Typed | None] | None = None
    heard: Callable[[Given, Heard], Heard | None] | None = None
    unasked: Callable[[Given, Unasked], Unasked | None] | None = None
    chatter: Callable[[Given, tuple[str, ...]], tuple[str, ...] | None] | None = None
    line: Callable[[Given, Chunks], Chunks | None] | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """One line of the table. `argument` names the fault's own number, '' if it has none; `trigger` holds where
    none is given."""

    description: str
    hook: Hook
    argument: str = ""
    trigger: Trigger = ALWAYS


@dataclass(slots=True)
class Armed:
    """A fault in force since `since` (monotonic), and how often it met its opportunity and struck."""

    name: str
    hook: Hook
    given: Given
    trigger: Trigger
    random: Random
    since: float
    met: int = 0
    struck: int = 0

    def given_now(self, speed: int) -> Given:
        return replace(self.given, draw=self.random.random(), speed=speed)

    def strikes(self) -> bool:
        """One more opportunity: whether it is taken."""
        self.met += 1
        is_spent = self.trigger.times is not None and self.struck >= self.trigger.times
        if self.met <= self.trigger.after or is_spent or self.random.random() >= self.trigger.p:
            return False
        self.struck += 1
        return True


@dataclass(slots=True)
class Bench:
    """The faults in force, in the order they were given; each sees what the one before it made. `speed` is told by
    the port, `doing` is the command that was carried out last."""

    kinds: Mapping[str, Kind]
    random: Random
    clock: Clock = field(default_factory=Clock)
    armed: list[Armed] = field(default_factory=list)
    speed: int = 0
    doing: str = ""

    def arm(self, text: str) -> None:
        """Put the fault written as `text` in force. Raises ValueError, in words for a person."""
        name, given, trigger = parse(text, self.kinds)
        random = Random(self.random.random())
        self.armed.append(Armed(name, self.kinds[name].hook, given, trigger, random, self.clock.monotonic()))

    def clear(self, name: str = "") -> None:
        """Lift all faults of that name, or all of them."""
        self.armed = [fault for fault in self.armed if name and fault.name != name]

    def command(self, command: Command) -> Answer | None:
        """The answer that takes the command's place, of the first fault that has one."""
        self.doing = command.text
        for fault in self.armed:
            answer = self._in_place(fault, command)
            if answer is not None:
                return answer
        return None

    def answer(self, name: str, answer: Answer) -> Answer:
        def of_name(hook: Hook) -> Callable[[Given, Answer], Answer | None] | None:
            change = hook.answer
            return (lambda given, answer: change(given, name, answer)) if change else None

        return self._passed(answer, of_name)

    def prompt(self, prompt: Prompt) -> Prompt:
        return self._passed(prompt, lambda hook: hook.prompt)

    def escape(self, answer: Answer) -> Answer:
        return self._passed(answer, lambda hook: hook.escape)

    def verdict(self, verdict: Verdict) -> Verdict:
        return self._passed(verdict, lambda hook: hook.verdict)

    def reference(self, reference: Reference) -> Reference:
        return self._passed(reference, lambda hook: hook.reference)

    def account(self, account: Account) -> Account:
        return self._passed(account, lambda hook: hook.account)

    def reports(self, reports: tuple[Report, ...]) -> tuple[Report, ...]:
        return self._passed(reports, lambda hook: hook.reports if reports else None)

    def radio(self, radio: Radio) -> Radio:
        return self._passed(radio, lambda hook: hook.radio)

    def card(self, card: Card) -> Card:
        return self._passed(card, lambda hook: hook.card)

    def room(self, room: Room) -> Room:
        return self._passed(room, lambda hook: hook.room)

    def arrivals(self, arrivals: tuple[Arrival, ...]) -> tuple[Arrival, ...]:
        return self._passed(arrivals, lambda hook: hook.arrivals)

    def delivery(self, delivery: Delivery) -> Delivery:
        return self._passed(delivery, lambda hook: hook.delivery)

    def habit(self, habit: UssdHabit) -> UssdHabit:
        return self._passed(habit, lambda hook: hook.habit)

    def ussd(self, turn: UssdTurn) -> UssdTurn:
        return self._passed(turn, lambda hook: hook.ussd)

    def session(self, session: Session) -> Session:
        return self._passed(session, lambda hook: hook.session)

    def start(self, start: Start) -> Start:
        return self._passed(start, lambda hook: hook.start)

    def opening(self) -> Opening:
        return self._passed(Opening(), lambda hook: hook.opening)

    def typed(self, data: bytes) -> bytes:
        return self._passed(Typed(data), lambda hook: hook.typed).data

    def heard(self, heard: Heard) -> Heard:
        return self._passed(heard, lambda hook: hook.heard)

    def unasked(self, unasked: Unasked) -> Unasked:
        return self._passed(unasked, lambda hook: hook.unasked)

    def chatter(self) -> tuple[str, ...]:
        return self._passed((), lambda hook: hook.chatter)

    def line(self, data: bytes) -> Chunks:
        return self._passed(Chunks((data,)), lambda hook: hook.line)

    def wants_looks(self) -> bool:
        """Whether a fault in force may change what the modem knows of network or SIM, or what it says unasked."""
        return any(fault.hook.radio or fault.hook.card or fault.hook.chatter for fault in self.armed)

    def _in_place(self, fault: Armed, command: Command) -> Answer | None:
        give = fault.hook.command
        return self._struck(fault, None, lambda given, _: give(given, command)) if give else None

    def _passed(
        self, value: _Value, change_of: Callable[[Hook], Callable[[Given, _Value], _Value | None] | None]
    ) -> _Value:
        """`value` as the faults in force make it."""
        for fault in self.armed:
            value = self._struck(fault, value, change_of(fault.hook))
        return value

    def _struck(
        self, fault: Armed, value: _Value, change: Callable[[Given, _Value], _Value | None] | None
    ) -> _Value:  # fmt: skip
        if change is None or not fault.trigger.is_open(self.clock.monotonic() - fault.since, self.doing):
            return value
        faulty = change(fault.given_now(self.speed), value)
        return value if faulty is None or not fault.strikes() else faulty


def parse(text: str, kinds: Mapping[str, Kind]) -> tuple[str, Given, Trigger]:
    """The parts of `NAME[:ARGS]`. Raises ValueError, in words for a person."""
    name, _, arguments = text.partition(":")
    if name not in kinds:
        raise ValueError(f"no fault is called {name!r}; --list-faults names them")
    kind = kinds[name]
    given, trigger = read(text, arguments, kind.trigger, takes_number=bool(kind.argument))
    return name, given, trigger
