"""Who must approve: order, deputies, distinct persons, never the applicant, only on the present digest."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from gatewayd.core.approval import (
    ApprovalStep,
    Approved,
    Ask,
    Decision,
    Deputy,
    Next,
    Question,
    Refused,
    Rules,
    Verdict,
    entitled,
    next_move,
    own_step,
)

UPSI, BPSI = ApprovalStep("Ka. UPSI", ("rina", "wakil")), ApprovalStep("Ka. BPSI", ("andi", "wakil"))
RULES = Rules((UPSI, BPSI))
SIDE_BY_SIDE = Rules((UPSI, BPSI), parallel=True)
PRESENT, OLD = b"present", b"before the correction"
TODAY = date(2026, 11, 23)


def yes(step: int, person: str, digest: bytes = PRESENT, on: date = TODAY, *, own_form: bool = False) -> Decision:
    return Decision(step, person, Verdict.APPROVE, digest, on, own_form=own_form)


def no(step: int, person: str, digest: bytes = PRESENT) -> Decision:
    return Decision(step, person, Verdict.REJECT, digest, TODAY, "isi keliru")


def move(*given: Decision, rules: Rules = RULES, applicant: str = "", today: date = TODAY) -> Next:
    return next_move(rules, applicant, given, PRESENT, today)


def asked(found: Next) -> dict[int, tuple[str, ...]]:
    assert isinstance(found, Ask)
    return {question.step: question.people for question in found.questions}


def test_first_step_first() -> None:
    assert move() == Ask((Question(0, ("rina", "wakil")),), (0, 1))


def test_second_step_after_the_first() -> None:
    assert move(yes(0, "rina")) == Ask((Question(1, ("andi", "wakil")),), (1,), ("rina",))


def test_both_approve() -> None:
    assert move(yes(0, "rina"), yes(1, "andi")) == Approved()


def test_nobody_decides_twice() -> None:
    assert asked(move(yes(0, "wakil"), yes(1, "wakil"))) == {1: ("andi",)}


def test_applicant_is_not_asked_and_his_word_does_not_count() -> None:
    assert asked(move(yes(0, "rina"), applicant="rina")) == {0: ("wakil",)}


def test_a_decision_on_another_text_is_void() -> None:
    assert asked(move(yes(0, "rina", OLD), no(0, "wakil", OLD))) == {0: ("rina", "wakil")}


def test_one_refusal_ends_it() -> None:
    assert move(yes(0, "rina"), no(1, "andi")) == Refused(1, "andi", "isi keliru")


def test_a_refusal_by_somebody_of_no_step_is_nothing() -> None:
    assert asked(move(no(0, "stranger"))) == {0: ("rina", "wakil")}


def test_second_step_does_not_count_before_the_first() -> None:
    assert asked(move(yes(1, "andi"), yes(0, "rina"))) == {1: ("andi", "wakil")}


def test_nobody_is_left_when_only_the_applicant_could_decide() -> None:
    rules = Rules((ApprovalStep("Ka. UPSI", ("rina",)),))
    assert move(rules=rules, applicant="rina") == Ask((Question(0, ()),), (0,))
    assert move(yes(0, "operator:siti"), rules=rules, applicant="rina") == Approved()


def test_no_steps_is_approved() -> None:
    assert move(rules=Rules(())) == Approved()


def test_somebody_of_no_step_does_not_count() -> None:
    assert asked(move(yes(0, "stranger"))) == {0: ("rina", "wakil")}


def test_an_operator_counts_once() -> None:
    assert asked(move(yes(0, "operator:siti"), yes(1, "operator:siti"))) == {1: ("andi", "wakil")}


def test_side_by_side_everybody_is_asked_at_once_and_any_order_counts() -> None:
    assert asked(move(rules=SIDE_BY_SIDE)) == {0: ("rina", "wakil"), 1: ("andi", "wakil")}
    assert asked(move(yes(1, "wakil"), rules=SIDE_BY_SIDE)) == {0: ("rina",)}
    assert move(yes(1, "andi"), yes(0, "rina"), rules=SIDE_BY_SIDE) == Approved()


def test_side_by_side_the_first_word_of_a_person_counts_for_one_step() -> None:
    assert asked(move(yes(1, "wakil"), yes(0, "wakil"), rules=SIDE_BY_SIDE)) == {0: ("rina",)}


FIRST, LAST = TODAY, TODAY + timedelta(days=6)
AWAY = Rules((UPSI, BPSI), (Deputy("siti", "rina", FIRST, LAST),))


def test_a_deputy_is_asked_beside_the_one_who_is_away_on_these_days_only() -> None:
    for day, expected in ((FIRST, True), (LAST, True), (FIRST - timedelta(1), False), (LAST + timedelta(1), False)):
        assert ("siti" in asked(move(rules=AWAY, today=day))[0]) is expected
    assert "siti" not in entitled(AWAY, 1, TODAY)


def test_the_word_of_a_deputy_stays_when_his_days_are_over_and_is_nothing_before() -> None:
    later = LAST + timedelta(days=3)
    assert asked(move(yes(0, "siti", on=LAST), rules=AWAY, today=later)) == {1: ("andi", "wakil")}
    assert asked(move(yes(0, "siti", on=later), rules=AWAY, today=later)) == {0: ("rina", "wakil")}


def test_a_deputy_of_both_decides_one_step() -> None:
    both = Rules((UPSI, BPSI), tuple(Deputy("siti", who, FIRST, LAST) for who in ("rina", "andi")))
    assert asked(move(yes(0, "siti"), yes(1, "siti"), rules=both)) == {1: ("andi", "wakil")}


def test_a_small_request_needs_its_one_step() -> None:
    small = Rules((UPSI, BPSI), needed=(1,))
    assert asked(move(rules=small)) == {1: ("andi", "wakil")}
    assert move(yes(1, "andi"), rules=small) == Approved()
    assert asked(move(yes(0, "rina"), rules=small)) == {1: ("andi", "wakil")}


OWN = Rules((UPSI, BPSI), own_form=True)


def test_a_form_from_a_decider_is_his_step_where_the_rules_say_so() -> None:
    given = yes(0, "rina", own_form=True)
    assert asked(move(given, rules=OWN, applicant="rina")) == {1: ("andi", "wakil")}
    assert asked(move(given, rules=RULES, applicant="rina")) == {0: ("wakil",)}
    assert own_step(OWN, "rina", TODAY) == 0
    assert own_step(OWN, "", TODAY) is None
    assert own_step(RULES, "rina", TODAY) is None


def test_the_form_of_the_second_decider_counts_before_the_first_has_decided() -> None:
    given = yes(1, "andi", own_form=True)
    assert asked(move(given, rules=OWN, applicant="andi")) == {0: ("rina", "wakil")}
    assert move(given, yes(0, "rina"), rules=OWN, applicant="andi") == Approved()


def test_an_own_form_counts_for_its_applicant_only_and_for_nothing_more() -> None:
    assert asked(move(yes(0, "rina", own_form=True), rules=OWN, applicant="andi")) == {0: ("rina", "wakil")}
    given = (yes(0, "wakil", own_form=True), yes(1, "wakil"))
    assert asked(move(*given, rules=OWN, applicant="wakil")) == {1: ("andi",)}


PEOPLE = st.sampled_from(["rina", "andi", "wakil", "siti", "stranger", "operator:siti"])
DECISIONS = st.builds(
    Decision,
    step=st.integers(0, 2), person=PEOPLE, verdict=st.sampled_from([Verdict.APPROVE] * 4 + [Verdict.REJECT]),
    digest=st.sampled_from([PRESENT] * 4 + [OLD]), on=st.sampled_from([TODAY, LAST + timedelta(days=1)]),
    own_form=st.booleans(),
)  # fmt: skip
ANY_RULES = st.builds(
    Rules, st.just((UPSI, BPSI)), st.sampled_from([(), AWAY.deputies]), st.booleans(), st.booleans(),
    st.sampled_from([None, (0,), (1,)]),
)  # fmt: skip


@given(rules=ANY_RULES, decisions=st.lists(DECISIONS, max_size=8), applicant=st.sampled_from(["", "rina", "wakil"]))
def test_what_is_approved_has_one_entitled_person_a_step_and_no_applicant(
    rules: Rules, decisions: list[Decision], applicant: str
) -> None:
    if next_move(rules, applicant, decisions, PRESENT, TODAY) != Approved():
        return
    good = [
        {
            d.person for d in decisions
            if d.step == step and d.digest == PRESENT and d.verdict is Verdict.APPROVE
            and (d.person in entitled(rules, step, d.on) or d.person.startswith("operator:"))
            and (d.person != applicant or (d.own_form and rules.own_form))
        }
        for step in rules.wanted
    ]  # fmt: skip
    assert all(good)
    assert len(good) < 2 or len(good[0] | good[1]) > 1


@given(decisions=st.lists(DECISIONS, max_size=8), extra=DECISIONS, rules=ANY_RULES)
def test_a_later_decision_never_undoes_an_approval(decisions: list[Decision], extra: Decision, rules: Rules) -> None:
    if next_move(rules, "", decisions, PRESENT, TODAY) == Approved():
        assert next_move(rules, "", [*decisions, extra], PRESENT, TODAY) == Approved()
