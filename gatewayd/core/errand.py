"""What an operator asks of one modem, between two sends, and what comes of it. Values only."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Probe:
    """Who is there, and what works."""


@dataclass(frozen=True, slots=True)
class Ussd:
    """A code of the operator, such as *888#. It may cost money."""

    code: str


@dataclass(frozen=True, slots=True)
class Reset:
    """Start it anew, as the recovery ladder does."""


Errand: TypeAlias = Probe | Ussd | Reset
Fact: TypeAlias = str | int | bool | None


@dataclass(frozen=True, slots=True)
class Done:
    facts: Mapping[str, Fact]


@dataclass(frozen=True, slots=True)
class NotDone:
    """Why not, with what to do, in one line."""

    why: str
