"""The state table: no dead end before a final state, no way back from a delivery, every bulk move from the table."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewayd.core.states import FINAL, TRANSITIONS, DeliveryState, Event, IllegalTransition, sources, step

S, E = DeliveryState, Event


@pytest.mark.parametrize(
    ("before", "event", "after"),
    [
        (S.HELD, E.QUEUE, S.QUEUED),
        (S.QUEUED, E.SUBMIT, S.SUBMITTING),
        (S.SUBMITTING, E.ACCEPT, S.ACCEPTED),
        (S.SUBMITTING, E.DEFER, S.QUEUED),
        (S.SUBMITTING, E.DOUBT, S.IN_DOUBT),
        (S.ACCEPTED, E.DELIVER, S.DELIVERED),
        (S.ACCEPTED, E.WAIT_OVER, S.UNDELIVERED_UNKNOWN),
        (S.IN_DOUBT, E.DELIVER, S.DELIVERED),
        (S.UNDELIVERED_UNKNOWN, E.DELIVER, S.DELIVERED),
        (S.DELIVERED, E.FAIL, S.DELIVERED),
    ],
)
def test_events_lead_where_the_procedure_says(before: S, event: E, after: S) -> None:
    assert step(before, event) is after


def test_a_missing_row_is_a_bug() -> None:
    with pytest.raises(IllegalTransition, match="held on defer"):
        step(S.HELD, E.DEFER)


def test_a_doubt_is_never_sent_again_without_a_person_or_evidence() -> None:
    assert {e for (s, e), after in TRANSITIONS.items() if s is S.IN_DOUBT and after is S.QUEUED} == {E.RESEND}


def test_every_state_can_reach_a_final_one() -> None:
    reach = {state: {after for (before, _), after in TRANSITIONS.items() if before is state} for state in S}
    for _ in S:
        reach = {
            state: {far for near in {state, *nears} for far in {near, *reach[near]}} for state, nears in reach.items()
        }
    assert all(found & FINAL for found in reach.values())


@given(st.lists(st.sampled_from(list(Event)), max_size=30))
def test_delivered_is_never_taken_back_and_nothing_unapproved_is_submitted(events: list[Event]) -> None:
    state, queued = S.HELD, False
    for event in events:
        try:
            after = step(state, event)
        except IllegalTransition:
            continue
        queued = queued or event in (E.QUEUE, E.RESEND)
        assert not (state is S.DELIVERED and after is not S.DELIVERED)
        assert after is not S.SUBMITTING or queued
        state = after


@pytest.mark.parametrize("event", list(Event))
def test_sources_are_the_rows_of_the_table(event: Event) -> None:
    assert sources(event) == {before: after for (before, e), after in TRANSITIONS.items() if e is event}
