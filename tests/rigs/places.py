"""Which steps of the daemon's life a rig interrupts: all places of a counted life, or some of them by chance."""

import json
import random
import re
import sys
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from tests.rigs.story import Story
from tests.rigs.town import Town


@dataclass(frozen=True)
class Place:
    """The `occurrence`th coming to a place (steps.py)."""

    name: str
    occurrence: int

    def order(self, town: Town, act: str) -> dict[str, object]:
        told = town.folder / "told"
        told.unlink(missing_ok=True)
        return {"act": act, "place": self.name, "occurrence": self.occurrence, "told": told}


def places(town: Town, *, each: int, plants: tuple[str, ...] = ()) -> list[Place]:
    """Every place of one undisturbed life, its first `each` occurrences."""
    story = Story(town.home()).begin()
    seen = town.folder / "places"
    life = story.live(**Place("", 1).order(town, "count"), places=seen, plants=plants)
    story.attend(story.is_told)
    assert life.stop() == 0, life.said()
    story.judge(interrupted=0)
    counted: dict[str, int] = json.loads(seen.read_text(encoding="utf-8"))
    return [Place(name, turn) for name, count in sorted(counted.items()) for turn in range(1, min(count, each) + 1)]


def some(found: list[Place], most: int, seed: int) -> list[Place]:
    """At most so many of them, others with another seed."""
    return found if len(found) <= most else random.Random(seed).sample(found, most)


class Findings:
    """Failures of many cases, told together at the end: one fault often shows in many."""

    def __init__(self) -> None:
        self.failed: list[str] = []
        self.cases = 0

    @contextmanager
    def case(self, name: object) -> Iterator[None]:
        self.cases += 1
        if self.cases % 100 == 0:
            sys.stdout.write(f"{self.cases} cases, {len(self.failed)} failed so far\n")
            sys.stdout.flush()
        try:
            yield
        except AssertionError as error:
            line = traceback.extract_tb(error.__traceback__)[-1]
            self.failed.append(f"{name}: {error or line.line}")
            sys.stdout.write(f"failed: {self.failed[-1][:400]}\n")

    def judge(self, seen: Counter[str]) -> None:
        """Say the figures (`./scripts/soak` shows them), then fail if a case did."""
        sys.stdout.write(f"{self.cases} cases, {len(self.failed)} failed: {dict(sorted(seen.items()))}\n")
        # One of each kind: what stands before the first digit or path of a message names it.
        kinds = {re.split(r"[0-9/]", said.partition(": ")[2])[0]: said for said in self.failed}
        told = "\n\n".join(list(kinds.values())[:8])
        assert not self.failed, f"{len(self.failed)} of {self.cases} cases failed:\n{told}"
