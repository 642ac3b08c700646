"""What to try when a modem is in trouble: a ladder for each trouble, with pauses that make a reset storm impossible.

In: the trouble seen now and a monotonic time. Out: the step to take, or none yet, and the new course. Pure.
Invariants: a step is taken only after the milder ones before it; between two steps that start something anew lie at
least 1, 5, 15 and then 60 minutes, whatever the troubles in between; a network that denies a SIM never leads to more
than the radio being turned off and on, each 15 minutes. A course is forgotten once the modem did well for a while.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Trouble(StrEnum):
    #: No port of that name.
    ABSENT = "absent"
    #: A port, and nobody answers.
    MUTE = "mute"
    #: It answers, and cannot be set up, or refuses one submission after another.
    CONFUSED = "confused"
    #: It works, and the network does not take it.
    UNREGISTERED = "unregistered"


class Step(StrEnum):
    #: Close the port, find it again, open it.
    REOPEN = "reopen"
    #: AT+CFUN=0 and =1.
    RADIO = "radio"
    #: The profile's reset commands.
    RESET = "reset"
    #: The admin's command for the power.
    POWER = "power"


_LADDERS: Final[Mapping[Trouble, tuple[Step, ...]]] = MappingProxyType(
    {
        Trouble.ABSENT: (Step.POWER,),
        Trouble.MUTE: (Step.REOPEN, Step.RESET, Step.POWER),
        Trouble.CONFUSED: (Step.REOPEN, Step.RADIO, Step.RESET, Step.POWER),
        Trouble.UNREGISTERED: (Step.RADIO,),
    }
)
#: Seconds that a trouble may last before anything is done about it.
_PATIENCE_S: Final = MappingProxyType(
    {Trouble.ABSENT: 120.0, Trouble.MUTE: 0.0, Trouble.CONFUSED: 0.0, Trouble.UNREGISTERED: 180.0}
)
#: Seconds after the first, second, … such step before the next one.
_PAUSES_S: Final[Mapping[Step, tuple[float, ...]]] = MappingProxyType(
    {
        Step.REOPEN: (0.0,),
        Step.RADIO: (900.0,),
        Step.RESET: (60.0, 300.0, 900.0, 3600.0),
        Step.POWER: (60.0, 300.0, 900.0, 3600.0),
    }
)
#: Seconds without trouble after which the course is forgotten.
WELL_S: Final = 300.0


@dataclass(frozen=True, slots=True)
class Course:
    """Where the recovery of one modem stands. `rungs` counts the steps taken for each trouble: a reset that takes the
    modem away for a moment does not start the ladder anew."""

    trouble: Trouble | None = None
    since: float = 0.0
    rungs: Mapping[Trouble, int] = field(default_factory=dict)
    #: Steps that started something anew, and when the next one is allowed.
    upheavals: int = 0
    not_before: float = float("-inf")
    well_since: float | None = None


def prescribe(course: Course, trouble: Trouble, now: float, available: Collection[Step]) -> tuple[Step | None, Course]:
    """The step to take now, if any. `available` are the steps that this modem has at all."""
    if trouble is not course.trouble:
        course = replace(course, trouble=trouble, since=now)
    course = replace(course, well_since=None)
    ladder = [step for step in _LADDERS[trouble] if step in available]
    if not ladder or now - course.since < _PATIENCE_S[trouble]:
        return None, course
    rung = course.rungs.get(trouble, 0)
    step = ladder[min(rung, len(ladder) - 1)]
    climbed = replace(course, rungs={**course.rungs, trouble: rung + 1})
    if step is Step.REOPEN:
        return step, climbed
    if now < course.not_before:
        return None, course
    pauses = _PAUSES_S[step]
    pause = pauses[min(course.upheavals, len(pauses) - 1)]
    return step, replace(climbed, upheavals=course.upheavals + 1, not_before=now + pause)


def is_well(course: Course, now: float) -> Course:
    """The modem does well at `now`; after WELL_S of it the past is forgotten."""
    if course.trouble is None:
        return course
    if course.well_since is None:
        return replace(course, well_since=now)
    return Course() if now - course.well_since >= WELL_S else course
