"""Submitting a part: the prompt, the answer, and what the network did meanwhile."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from gatewayd.sim.modem.hooks import Given, Hook, Kind
from gatewayd.sim.modem.values import SILENCE, Answer, Prompt, Reboot, Say, Verdict


def _refused_with_code(given: Given, verdict: Verdict) -> Verdict:
    code = f"{given.number(500):.0f}"
    return replace(verdict, is_taken=False, cause=f"cms-{code}", answer=Answer(final=f"+CMS ERROR: {code}"))


def _refused_plainly(_: Given, verdict: Verdict) -> Verdict:
    return replace(verdict, is_taken=False, cause="error", answer=Answer(final="ERROR"))


def _taken_but_error(given: Given, verdict: Verdict) -> Verdict | None:
    code = given.number(500)
    return taken(verdict, Answer(final=f"+CMS ERROR: {code:.0f}" if code else "ERROR"))


def _taken_without_reference(_: Given, verdict: Verdict) -> Verdict | None:
    return taken(verdict, Answer())


def _taken_and_said_late(given: Given, verdict: Verdict) -> Verdict | None:
    late = Say((*verdict.answer.info, verdict.answer.final), after_s=given.number(100))
    return taken(verdict, replace(SILENCE, then=(late,)))


def _taken_and_reboots(_: Given, verdict: Verdict) -> Verdict | None:
    return taken(verdict, replace(SILENCE, then=(Reboot(),)))


def _no_prompt(_: Given, prompt: Prompt) -> Prompt:
    return replace(prompt, shown="")


def _prompt_refused(_: Given, prompt: Prompt) -> Prompt:
    return replace(prompt, refused="ERROR")


def taken(verdict: Verdict, answer: Answer) -> Verdict | None:
    """The part is taken, and the modem says `answer`; None where the network refuses it anyway."""
    return replace(verdict, answer=answer) if verdict.is_taken else None


#: Name → what it does and where. The number in brackets is what an argument left out means.
FAULTS: Final[Mapping[str, Kind]] = MappingProxyType({
    "cmgs_code": Kind("the part is refused with this +CMS ERROR", Hook(verdict=_refused_with_code), "code [500]"),
    "cmgs_plain_error": Kind("the part is refused with a bare ERROR", Hook(verdict=_refused_plainly)),
    "cmgs_error_but_sent": Kind(
        "the network takes the part, the modem says this +CMS ERROR (0: ERROR)",
        Hook(verdict=_taken_but_error), "code [500]"),
    "cmgs_ok_without_mr": Kind("taken, but OK comes without +CMGS", Hook(verdict=_taken_without_reference)),
    "cmgs_timeout_late_ok": Kind(
        "taken, but the answer comes this much too late", Hook(verdict=_taken_and_said_late), "seconds [100]"),
    "reboot_after_ctrlz_sent": Kind("taken, then the modem restarts unasked", Hook(verdict=_taken_and_reboots)),
    "prompt_missing": Kind("the prompt is not shown; the modem waits for the PDU", Hook(prompt=_no_prompt)),
    "prompt_then_error": Kind("the prompt is followed by ERROR at once", Hook(prompt=_prompt_refused)),
})  # fmt: skip
