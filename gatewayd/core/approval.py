"""Who must approve, who has, and what comes next. Pure: the rules, the decisions and the day in, the next move out.

Decisions are counted in the order in which they were made; one that does not count then never counts. It counts if
it is on the request's present digest, its step is open (needed, undecided and, unless steps go side by side, with
every step before it decided), its person is entitled on the day of the decision, and he has decided no other step.
Entitled are a step's people, who stands in for one of them on that day, and an operator at the command line; never
the applicant, unless the decision is that he sent the form himself and the rules let that count. One refusal ends
it. The same function is asked again in the transaction that queues.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final, TypeAlias

#: Prefix of the person of a decision at the command line by somebody who is not in [[people]].
OPERATOR: Final = "operator:"


class Verdict(StrEnum):
    APPROVE = "approve"
    REJECT = "reject"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True)
class ApprovalStep:
    """One step of the procedure: its name and the ids of the people who may decide it."""

    name: str
    people: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Deputy:
    """`person` may decide what `in_place_of` may, from the first to the last day (local dates, both included)."""

    person: str
    in_place_of: str
    first_day: date
    last_day: date


@dataclass(frozen=True, slots=True)
class Rules:
    """What a request needs. `needed` are indices into `steps`; None = all of them."""

    steps: tuple[ApprovalStep, ...]
    deputies: tuple[Deputy, ...] = ()
    parallel: bool = False
    #: A form that comes from somebody who decides is his decision too.
    own_form: bool = False
    needed: tuple[int, ...] | None = None

    @property
    def wanted(self) -> tuple[int, ...]:
        """The steps that must be decided, in order."""
        return tuple(range(len(self.steps))) if self.needed is None else self.needed


@dataclass(frozen=True, slots=True)
class Decision:
    """`on` is the local day it was made; `own_form` = it is the form that its person sent."""

    step: int
    person: str
    verdict: Verdict
    digest: bytes
    on: date
    reason: str = ""
    own_form: bool = False


@dataclass(frozen=True, slots=True)
class Question:
    """Step `step` waits for one of `people`; for an operator, or other settings, where nobody is left."""

    step: int
    people: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ask:
    """The steps that are open, those that are undecided in all, and who has approved the others."""

    questions: tuple[Question, ...]
    undecided: tuple[int, ...]
    deciders: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Approved:
    """Every step has its approval on this digest."""


@dataclass(frozen=True, slots=True)
class Refused:
    step: int
    person: str
    reason: str


Next: TypeAlias = Ask | Approved | Refused


def next_move(rules: Rules, applicant: str, decisions: Iterable[Decision], digest: bytes, today: date) -> Next:
    """What the approval of a request needs next. `applicant` is his person id, '' if he decides nothing here."""
    approved: dict[int, str] = {}
    for decision in decisions:
        if decision.digest != digest or not _counts(rules, applicant, approved, decision):
            continue
        if decision.verdict is Verdict.REJECT:
            return Refused(decision.step, decision.person, decision.reason)
        if decision.verdict is Verdict.APPROVE:
            approved[decision.step] = decision.person
    undecided = tuple(step for step in rules.wanted if step not in approved)
    if not undecided:
        return Approved()
    deciders = tuple(approved.values())
    open_steps = undecided if rules.parallel else undecided[:1]
    questions = (Question(step, eligible(rules, step, applicant, deciders, today)) for step in open_steps)
    return Ask(tuple(questions), undecided, deciders)


def _counts(rules: Rules, applicant: str, approved: dict[int, str], decision: Decision) -> bool:
    if decision.step not in rules.wanted or decision.step in approved or decision.person in approved.values():
        return False
    if decision.own_form:
        own = rules.own_form and decision.person == applicant and decision.verdict is Verdict.APPROVE
        return own and decision.person in entitled(rules, decision.step, decision.on)
    is_turn = rules.parallel or all(step in approved for step in rules.wanted if step < decision.step)
    return is_turn and may_decide(rules, decision.step, applicant, (), decision.person, decision.on)


def entitled(rules: Rules, step: int, day: date) -> tuple[str, ...]:
    """The people of `step` and who stands in for them on `day`, each once."""
    people = rules.steps[step].people
    acting = (
        deputy.person for deputy in rules.deputies
        if deputy.in_place_of in people and deputy.first_day <= day <= deputy.last_day
    )  # fmt: skip
    return tuple(dict.fromkeys((*people, *acting)))


def eligible(rules: Rules, step: int, applicant: str, deciders: Sequence[str], day: date) -> tuple[str, ...]:
    """Who is entitled on `day`, is not the applicant and has decided no other step."""
    return tuple(who for who in entitled(rules, step, day) if who != applicant and who not in deciders)


def may_decide(rules: Rules, step: int, applicant: str, deciders: Sequence[str], person: str, day: date) -> bool:
    """Whether `person` may decide `step`: somebody eligible, or an operator at the command line."""
    if person == applicant or person in deciders:
        return False
    return person.startswith(OPERATOR) or person in entitled(rules, step, day)


def own_step(rules: Rules, person: str, day: date) -> int | None:
    """The step that a form from `person` decides; None for somebody who decides nothing, or where none counts so."""
    if not rules.own_form or not person:
        return None
    return next((step for step in rules.wanted if person in entitled(rules, step, day)), None)
