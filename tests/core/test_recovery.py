"""The recovery ladder: mild steps first, no reset storm, forgotten once the modem does well."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from gatewayd.core.recovery import WELL_S, Course, Step, Trouble, is_well, prescribe

ALL = frozenset(Step)


def steps(trouble: Trouble, times: list[float], available: frozenset[Step] = ALL) -> list[Step | None]:
    course, taken = Course(), []
    for now in times:
        step, course = prescribe(course, trouble, now, available)
        taken.append(step)
    return taken


def test_a_mute_modem_is_reopened_then_reset_then_its_power_is_cut() -> None:
    assert steps(Trouble.MUTE, [0, 1, 2, 62, 363]) == [Step.REOPEN, Step.RESET, None, Step.POWER, Step.POWER]


def test_what_a_modem_does_not_have_is_left_out() -> None:
    only = frozenset({Step.REOPEN, Step.RESET})
    assert steps(Trouble.CONFUSED, [0, 1, 60, 61], only) == [Step.REOPEN, Step.RESET, None, Step.RESET]


def test_an_absent_modem_is_waited_for_before_its_power_is_cut() -> None:
    assert steps(Trouble.ABSENT, [0, 119, 120]) == [None, None, Step.POWER]
    assert steps(Trouble.ABSENT, [0, 1000], frozenset({Step.RESET})) == [None, None]


def test_a_sim_that_the_network_denies_gets_its_radio_turned_each_quarter_of_an_hour_and_nothing_worse() -> None:
    hours = [float(second) for second in range(0, 4 * 3600, 10)]
    taken = [step for step in steps(Trouble.UNREGISTERED, hours) if step]
    assert set(taken) == {Step.RADIO}
    assert len(taken) == 16


def test_doing_well_for_a_while_starts_the_ladder_from_its_foot() -> None:
    _, course = prescribe(Course(), Trouble.MUTE, 0, ALL)
    course = is_well(is_well(course, 10), 10 + WELL_S)
    assert course == Course()


def test_a_moment_of_doing_well_forgets_nothing() -> None:
    _, course = prescribe(Course(), Trouble.MUTE, 0, ALL)
    _, course = prescribe(course, Trouble.MUTE, 1, ALL)
    course = is_well(is_well(course, 10), 20)
    assert prescribe(course, Trouble.MUTE, 30, ALL)[0] is None


def test_a_reset_that_takes_the_modem_away_does_not_start_the_ladder_anew() -> None:
    _, course = prescribe(Course(), Trouble.MUTE, 0, ALL)
    _, course = prescribe(course, Trouble.MUTE, 1, ALL)
    _, course = prescribe(course, Trouble.ABSENT, 2, ALL)
    assert prescribe(course, Trouble.MUTE, 100, ALL)[0] is Step.POWER


@given(st.lists(st.tuples(st.sampled_from(list(Trouble)), st.floats(0.1, 600), st.booleans()), max_size=200))
def test_no_order_of_troubles_makes_a_reset_storm(story: list[tuple[Trouble, float, bool]]) -> None:
    course, now, hard = Course(), 0.0, []
    for trouble, passed, well in story:
        now += passed
        if well:
            course = is_well(course, now)
            continue
        step, course = prescribe(course, trouble, now, ALL)
        if step in (Step.RESET, Step.POWER):
            hard.append(now)
    assert all(later - earlier >= 60 for earlier, later in pairwise(hard))
    assert all(len([at for at in hard if start <= at < start + 3600]) <= 12 for start in hard)
