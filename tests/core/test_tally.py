"""What is counted for the metrics, and that nobody outside decides how much is kept."""

from hypothesis import given
from hypothesis import strategies as st

from gatewayd.core.tally import MOST_CAUSES, OTHER, SUBMISSION, Tally, Times


def test_parts_are_counted_by_link_kind_result_and_cause() -> None:
    tally = Tally()
    for _ in range(2):
        tally.part("gsm1", "message", "failed", "cms-38")
    tally.part("gsm1", "message", "accepted")
    assert tally.parts == {("gsm1", "message", "failed", "cms-38"): 2, ("gsm1", "message", "accepted", ""): 1}


def test_a_server_that_makes_codes_up_fills_a_bounded_number_of_them() -> None:
    tally = Tally()
    for code in range(1000):
        tally.part("smtp", "message", "failed", f"smtp-550-5.{code}.1")
    assert len(tally.parts) == MOST_CAUSES + 1
    assert tally.parts["smtp", "message", "failed", OTHER] == 1000 - MOST_CAUSES


@given(st.text(min_size=1))
def test_a_text_is_no_cause(text: str) -> None:
    tally = Tally()
    tally.part("smtp", "message", "failed", f"{text} 0812-0000-0101")
    assert list(tally.parts) == [("smtp", "message", "failed", OTHER)]


@given(st.lists(st.floats(0, 1000)))
def test_a_histogram_counts_each_time_once_under_every_bound_it_keeps_to(seconds: list[float]) -> None:
    times = Times(SUBMISSION)
    for one in seconds:
        times.add(one)
    expected = [sum(one <= bound for one in seconds) for bound in (*SUBMISSION, float("inf"))]
    assert times.cumulated() == expected
