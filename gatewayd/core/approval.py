"""Who must approve, who has, and what comes next. Pure: steps and decisions in, the next move out.

Rules: steps in order; each needs one approval by one of its people, on the request's present digest;
distinct persons (an alias is the same person); never the applicant; one refusal ends it. A decision on
another digest counts for nothing. The same function is asked again in the transaction that queues.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias


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
class Decision:
    step: int
    person: str
    verdict: Verdict
    digest: bytes
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Ask:
    """Step `step` waits for one of `people`; `deciders` are those who approved the earlier ones."""

    step: int
    people: tuple[str, ...]
    deciders: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Approved:
    """Every step has its approval on this digest."""


@dataclass(frozen=True, slots=True)
class Refused:
    step: int
    person: str
    reason: str


@dataclass(frozen=True, slots=True)
class Stuck:
    """Nobody of `step` is left who may decide it: an operator must, or the settings change. `deciders` as in Ask."""

    step: int
    deciders: tuple[str, ...] = ()


Next: TypeAlias = Ask | Approved | Refused | Stuck


def next_move(steps: Sequence[ApprovalStep], applicant: str, decisions: Sequence[Decision], digest: bytes) -> Next:
    """What the approval of a request needs next. `applicant` is his person id, '' if he decides nothing here."""
    valid = [decision for decision in decisions if decision.digest == digest]
    for decision in valid:
        if decision.verdict is Verdict.REJECT:
            return Refused(decision.step, decision.person, decision.reason)
    deciders: list[str] = []
    for index, step in enumerate(steps):
        approvers = [d.person for d in valid if d.step == index and d.verdict is Verdict.APPROVE]
        given = [person for person in approvers if may_decide(step, applicant, deciders, person)]
        if not given:
            able = eligible(step, applicant, deciders)
            return Ask(index, able, tuple(deciders)) if able else Stuck(index, tuple(deciders))
        deciders.append(given[0])
    return Approved()


def eligible(step: ApprovalStep, applicant: str, deciders: Sequence[str]) -> tuple[str, ...]:
    """The people of `step` who are neither the applicant nor somebody who decided an earlier step."""
    return tuple(person for person in step.people if person != applicant and person not in deciders)


def may_decide(step: ApprovalStep, applicant: str, deciders: Sequence[str], person: str) -> bool:
    """Whether `person` may decide `step`: one of its people, or an operator at the command line ("operator:NAME")."""
    if person == applicant or person in deciders:
        return False
    return person in step.people or person.startswith("operator:")
