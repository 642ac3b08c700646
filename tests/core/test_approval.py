"""Who must approve: order, distinct persons, never the applicant, only on the present digest."""

from gatewayd.core.approval import ApprovalStep, Approved, Ask, Decision, Refused, Stuck, Verdict, next_move

UPSI, BPSI = ApprovalStep("Ka. UPSI", ("rina", "deputy")), ApprovalStep("Ka. BPSI", ("andi", "deputy"))
STEPS = (UPSI, BPSI)
NOW, OLD = b"present", b"before the correction"


def yes(step: int, person: str, digest: bytes = NOW) -> Decision:
    return Decision(step, person, Verdict.APPROVE, digest)


def no(step: int, person: str, digest: bytes = NOW) -> Decision:
    return Decision(step, person, Verdict.REJECT, digest, "isi keliru")


def test_first_step_first() -> None:
    assert next_move(STEPS, "", [], NOW) == Ask(0, ("rina", "deputy"))


def test_second_step_after_the_first() -> None:
    assert next_move(STEPS, "", [yes(0, "rina")], NOW) == Ask(1, ("andi", "deputy"), ("rina",))


def test_both_approve() -> None:
    assert next_move(STEPS, "", [yes(0, "rina"), yes(1, "andi")], NOW) == Approved()


def test_nobody_decides_twice() -> None:
    assert next_move(STEPS, "", [yes(0, "deputy"), yes(1, "deputy")], NOW) == Ask(1, ("andi",), ("deputy",))


def test_applicant_is_not_asked_and_his_word_does_not_count() -> None:
    assert next_move(STEPS, "rina", [yes(0, "rina")], NOW) == Ask(0, ("deputy",))


def test_a_decision_on_another_text_is_void() -> None:
    assert next_move(STEPS, "", [yes(0, "rina", OLD), no(0, "deputy", OLD)], NOW) == Ask(0, ("rina", "deputy"))


def test_one_refusal_ends_it() -> None:
    assert next_move(STEPS, "", [yes(0, "rina"), no(1, "andi")], NOW) == Refused(1, "andi", "isi keliru")


def test_second_step_does_not_count_before_the_first() -> None:
    assert next_move(STEPS, "", [yes(1, "andi")], NOW) == Ask(0, ("rina", "deputy"))


def test_stuck_when_only_the_applicant_could_decide() -> None:
    assert next_move((ApprovalStep("Ka. UPSI", ("rina",)),), "rina", [], NOW) == Stuck(0)


def test_no_steps_is_approved() -> None:
    assert next_move((), "", [], NOW) == Approved()


def test_somebody_of_no_step_does_not_count() -> None:
    assert next_move(STEPS, "", [yes(0, "stranger")], NOW) == Ask(0, ("rina", "deputy"))


def test_an_operator_counts_once() -> None:
    given = [yes(0, "operator:siti"), yes(1, "operator:siti")]
    assert next_move(STEPS, "", given, NOW) == Ask(1, ("andi", "deputy"), ("operator:siti",))
