"""When a report is due: once for a settlement, again for changes, now and then while it takes long; not without end."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewayd.core.report import Stage
from gatewayd.core.rounds import MOST_CORRECTIONS, Life, Patience, Round, due

NOW = datetime(2026, 11, 23, tzinfo=UTC)
HOUR = timedelta(hours=1)
PATIENCE = Patience(interim=24 * HOUR, correction=HOUR / 4)
SETTLED = Life(NOW - 2 * HOUR, NOW, None)


def underway(hours: float, *rounds: float) -> Stage | None:
    asked = [Round(Stage.INTERIM, NOW + timedelta(hours=at)) for at in rounds]
    return due(Life(NOW, None, None), asked, PATIENCE, NOW + timedelta(hours=hours))


def test_interim_reports_come_while_it_takes_long() -> None:
    assert underway(23.9) is None
    assert underway(24) is Stage.INTERIM
    assert underway(47, 24) is None
    assert underway(48, 24) is Stage.INTERIM
    assert underway(200, 24) is Stage.INTERIM
    assert due(Life(None, None, None), [], PATIENCE, NOW + 99 * HOUR) is None
    assert due(Life(NOW, None, None), [], Patience(timedelta(), HOUR), NOW + 99 * HOUR) is None


def test_a_final_report_comes_once() -> None:
    assert due(SETTLED, [], PATIENCE, NOW) is Stage.FINAL
    assert due(SETTLED, [Round(Stage.INTERIM, NOW - HOUR)], PATIENCE, NOW) is Stage.FINAL
    assert due(SETTLED, [Round(Stage.FINAL, NOW)], PATIENCE, NOW + 99 * HOUR) is None


@pytest.mark.parametrize(("minutes", "stage"), [(14, None), (15, Stage.CORRECTED)])
def test_a_change_waits_for_others(minutes: int, stage: Stage | None) -> None:
    changed = Life(NOW, NOW, NOW + HOUR)
    assert due(changed, [Round(Stage.FINAL, NOW)], PATIENCE, NOW + HOUR + timedelta(minutes=minutes)) is stage


def test_settled_again_is_a_correction_of_the_report_before() -> None:
    again = Life(NOW, NOW + 5 * HOUR, None)
    assert due(again, [Round(Stage.FINAL, NOW + HOUR)], PATIENCE, NOW + 5 * HOUR) is Stage.CORRECTED


@given(st.lists(st.timedeltas(timedelta(minutes=1), timedelta(days=9)), max_size=40))
def test_corrections_end(steps: list[timedelta]) -> None:
    now, rounds = NOW, [Round(Stage.FINAL, NOW)]
    for step in steps:
        now += step
        stage = due(Life(NOW, NOW, now - step), rounds, PATIENCE, now)
        if stage is not None:
            rounds.append(Round(stage, now))
    assert len(rounds) <= 1 + MOST_CORRECTIONS
