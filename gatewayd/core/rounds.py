"""When a report is due: interim ones while a sending takes long, the final one, corrected ones after it.

In: the times of a request's life and the rounds of reports asked for so far. Out: the stage of the round that is due
now, or None. Pure. Invariants: a final report comes once for each settlement, after it only corrected ones; a change
waits for others, so that they are told together; at most MOST_CORRECTIONS follow a settlement.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from gatewayd.core.report import Stage

MOST_CORRECTIONS: Final = 5


@dataclass(frozen=True, slots=True)
class Round:
    """Reports of one stage, asked for at `at`."""

    stage: Stage
    at: datetime


@dataclass(frozen=True, slots=True)
class Life:
    """`started_at` from when it may be sent; `changed_at` the first change that no report has told yet."""

    started_at: datetime | None
    settled_at: datetime | None
    changed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Patience:
    """An interim report comes every `interim` (0: never); a corrected one `correction` after the first change."""

    interim: timedelta
    correction: timedelta


def due(life: Life, rounds: Sequence[Round], patience: Patience, now: datetime) -> Stage | None:
    """The stage that a new round has, None while nobody is owed one."""
    if life.settled_at is None:
        return Stage.INTERIM if _is_slow(life.started_at, rounds, patience.interim, now) else None
    told = [one for one in rounds if one.stage is not Stage.INTERIM]
    since = [one for one in told if one.at >= life.settled_at]
    if not since:
        return Stage.CORRECTED if told else Stage.FINAL
    if life.changed_at is None or now - life.changed_at < patience.correction or len(since) > MOST_CORRECTIONS:
        return None
    return Stage.CORRECTED


def _is_slow(started: datetime | None, rounds: Sequence[Round], every: timedelta, now: datetime) -> bool:
    if started is None or not every:
        return False
    return now - max([started, *(one.at for one in rounds)]) >= every
