"""Where a fault may take hold, and when it does.

A hook is a pure function from a value to the faulty value, or to None where it has nothing to do with that
value; each value a hook could change is one opportunity, and the trigger picks among them. So a fault is an
entry of a table (faults/), and the modem has one place per hook, not one per fault.

Written as NAME[:ARGS], ARGS being the fault's own numbers and then `after=N` (leave the first N opportunities
alone), `times=N` (strike N times), `p=0.1` (strike by chance, from the seed), separated by commas.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Final, TypeVar

from gatewayd.sim.modem.atline import Command
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

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class Given:
    """What a hook may use besides the value: the numbers behind the fault's name."""

    numbers: tuple[float, ...] = ()

    def number(self, default: float) -> float:
        return self.numbers[0] if self.numbers else default


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """`command` gives an answer in place of carrying the command out; `answer` gets the name of the last command
    of the line with its answer; `verdict` and `reports` belong to a part, `arrivals` to a message for this SIM,
    `delivery` to what the modem does with either; `line` is the port itself. Every look at the network, the SIM
    or a memory is an opportunity of `radio`, `card`, `room`."""

    command: Callable[[Given, Command], Answer | None] | None = None
    answer: Callable[[Given, str, Answer], Answer | None] | None = None
    prompt: Callable[[Given, Prompt], Prompt | None] | None = None
    verdict: Callable[[Given, Verdict], Verdict | None] | None = None
    reports: Callable[[Given, tuple[Report, ...]], tuple[Report, ...] | None] | None = None
    radio: Callable[[Given, Radio], Radio | None] | None = None
    card: Callable[[Given, Card], Card | None] | None = None
    room: Callable[[Given, Room], Room | None] | None = None
    arrivals: Callable[[Given, tuple[Arrival, ...]], tuple[Arrival, ...] | None] | None = None
    delivery: Callable[[Given, Delivery], Delivery | None] | None = None
    habit: Callable[[Given, UssdHabit], UssdHabit | None] | None = None
    ussd: Callable[[Given, UssdTurn], UssdTurn | None] | None = None
    line: Callable[[Given, bytes], Chunks | None] | None = None


@dataclass(frozen=True, slots=True)
class Trigger:
    after: int = 0
    times: int | None = None
    p: float = 1.0


@dataclass(frozen=True, slots=True)
class Kind:
    """One line of the table. `argument` names the fault's own number, '' if it has none; `trigger` holds where
    none is given."""

    description: str
    hook: Hook
    argument: str = ""
    trigger: Trigger = Trigger()


@dataclass(slots=True)
class Armed:
    """A fault in force, and how often it met its opportunity and struck."""

    name: str
    hook: Hook
    given: Given
    trigger: Trigger
    random: Random
    met: int = 0
    struck: int = 0

    def strike(self, faulty: _Value | None, sound: _Value) -> _Value:
        """`faulty` if there is one and the trigger says so, else `sound`."""
        if faulty is None:
            return sound
        self.met += 1
        is_spent = self.trigger.times is not None and self.struck >= self.trigger.times
        if self.met <= self.trigger.after or is_spent or self.random.random() >= self.trigger.p:
            return sound
        self.struck += 1
        return faulty


@dataclass(slots=True)
class Bench:
    """The faults in force, in the order they were given; each sees what the one before it made."""

    kinds: Mapping[str, Kind]
    random: Random
    armed: list[Armed] = field(default_factory=list)

    def arm(self, text: str) -> None:
        """Put the fault written as `text` in force. Raises ValueError, in words for a person."""
        name, given, trigger = parse(text, self.kinds)
        self.armed.append(Armed(name, self.kinds[name].hook, given, trigger, Random(self.random.random())))

    def clear(self, name: str = "") -> None:
        """Lift all faults of that name, or all of them."""
        self.armed = [fault for fault in self.armed if name and fault.name != name]

    def command(self, command: Command) -> Answer | None:
        answer: Answer | None = None
        for fault in self.armed:
            if fault.hook.command and answer is None:
                answer = fault.strike(fault.hook.command(fault.given, command), answer)
        return answer

    def answer(self, name: str, answer: Answer) -> Answer:
        for fault in self.armed:
            if fault.hook.answer:
                answer = fault.strike(fault.hook.answer(fault.given, name, answer), answer)
        return answer

    def prompt(self, prompt: Prompt) -> Prompt:
        return self._passed(prompt, lambda hook: hook.prompt)

    def verdict(self, verdict: Verdict) -> Verdict:
        return self._passed(verdict, lambda hook: hook.verdict)

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

    def has_radio(self) -> bool:
        """Whether a fault in force may change what the modem knows of network or SIM."""
        return any(fault.hook.radio or fault.hook.card for fault in self.armed)

    def _passed(
        self, value: _Value, change_of: Callable[[Hook], Callable[[Given, _Value], _Value | None] | None]
    ) -> _Value:
        """`value` as the faults in force make it."""
        for fault in self.armed:
            change = change_of(fault.hook)
            if change:
                value = fault.strike(change(fault.given, value), value)
        return value

    def line(self, data: bytes) -> Chunks:
        chunks = Chunks((data,))
        for fault in self.armed:
            if fault.hook.line:
                chunks = fault.strike(fault.hook.line(fault.given, b"".join(chunks.parts)), chunks)
        return chunks


_TRIGGERS: Final = ("after", "times", "p")


def parse(text: str, kinds: Mapping[str, Kind]) -> tuple[str, Given, Trigger]:
    """The parts of `NAME[:ARGS]`. Raises ValueError, in words for a person."""
    name, _, rest = text.partition(":")
    if name not in kinds:
        raise ValueError(f"no fault is called {name!r}; --list-faults names them")
    numbers: list[float] = []
    triggers: dict[str, float] = {}
    for item in filter(None, rest.replace(":", ",").split(",")):
        key, equals, value = item.partition("=")
        if not equals:
            numbers.append(_number(text, item))
        elif key in _TRIGGERS:
            triggers[key] = _number(text, value)
        else:
            raise ValueError(f"{text}: {key!r} is none of {', '.join(_TRIGGERS)}")
    if len(numbers) > (1 if kinds[name].argument else 0):
        raise ValueError(f"{text}: {name} takes {'one number' if kinds[name].argument else 'no number'}")
    usual = kinds[name].trigger
    times = int(triggers["times"]) if "times" in triggers else usual.times
    trigger = Trigger(int(triggers.get("after", usual.after)), times, triggers.get("p", usual.p))
    return name, Given(tuple(numbers)), trigger


def _number(text: str, item: str) -> float:
    try:
        value = float(item)
    except ValueError:
        raise ValueError(f"{text}: {item!r} is not a number") from None
    if not 0 <= value < 1e9:
        raise ValueError(f"{text}: {item!r} is out of range")
    return value
