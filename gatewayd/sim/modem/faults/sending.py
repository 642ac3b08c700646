"""Submitting a part: what the network makes of it, what the modem says of it, and what happens meanwhile.

The prompt before it is in prompting.py. Source of the codes: TS 27.005 §3.2.5, TS 24.011 Annex E-2, and what users
of these modems reported.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from gatewayd.sim.modem.atline import Command, Form
from gatewayd.sim.modem.hooks import Given, Hook, Kind
from gatewayd.sim.modem.occasions import Account, Reference
from gatewayd.sim.modem.session import Session
from gatewayd.sim.modem.values import SILENCE, Answer, Reboot, Say, Verdict

_OUT_OF_ORDER: Final = 38
_TEMPORARY: Final = 41
_BAD_PDU: Final = 304
_MEMORY_FULL: Final = 322
_UNKNOWN: Final = 500
_COLLISION: Final = 512
_REFERENCES: Final = 256


def taken(verdict: Verdict, answer: Answer) -> Verdict | None:
    """The part is taken, and the modem says `answer`; None where the network refuses it anyway."""
    return replace(verdict, answer=answer) if verdict.is_taken else None


def refused(verdict: Verdict, code: float) -> Verdict:
    """The part is not taken, and the modem says this +CMS ERROR."""
    answer = Answer(final=f"+CMS ERROR: {code:.0f}")
    return replace(verdict, is_taken=False, cause=f"cms-{code:.0f}", answer=answer)


def _with_code(usual: int, is_meant: Callable[[Verdict], bool] = lambda _: True) -> Hook:
    """Parts that are meant are refused, with the fault's own number or `usual`."""
    return Hook(verdict=lambda given, verdict: refused(verdict, given.number(usual)) if is_meant(verdict) else None)


def _refused_plainly(_: Given, verdict: Verdict) -> Verdict:
    return replace(verdict, is_taken=False, cause="error", answer=Answer(final="ERROR"))


def _kth_refused(given: Given, verdict: Verdict) -> Verdict | None:
    return refused(verdict, _OUT_OF_ORDER) if verdict.part == int(given.number(2)) else None


def _throttled(given: Given, verdict: Verdict) -> Verdict | None:
    return refused(verdict, _TEMPORARY) if verdict.in_last_minute >= given.number(5) else None


def _lost_on_the_way(_: Given, verdict: Verdict) -> Verdict | None:
    return replace(verdict, is_taken=False, cause="unsaid") if verdict.is_taken else None


def _slow(given: Given, verdict: Verdict) -> Verdict:
    return replace(verdict, latency_s=given.number(40))


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


def _reboots_instead(_: Given, verdict: Verdict) -> Verdict:
    return replace(verdict, is_taken=False, cause="reboot", answer=replace(SILENCE, then=(Reboot(),)))


def _said_and_reboots(_: Given, verdict: Verdict) -> Verdict:
    answer = verdict.answer
    return replace(verdict, answer=replace(answer, then=(*answer.then, Reboot())))


def _from(given: Given, reference: Reference) -> Reference:
    return replace(reference, value=(reference.value + int(given.number(254))) % _REFERENCES)


def _since_start(_: Given, reference: Reference) -> Reference:
    return replace(reference, value=reference.since_start % _REFERENCES)


def _constant(given: Given, reference: Reference) -> Reference:
    return replace(reference, value=int(given.number(0)) % _REFERENCES)


def _no_more_messages(_: Given, command: Command) -> Answer | None:
    is_set = command.name == "+CMMS" and command.form is Form.SET
    return Answer(final=f"+CMS ERROR: {_UNKNOWN}") if is_set else None


def _no_credit(given: Given, account: Account) -> Account:
    return replace(account, credit=0, refusal=int(given.number(21)), is_silent=False)


def _no_credit_unsaid(_: Given, account: Account) -> Account:
    return replace(account, credit=0, is_silent=True)


def _without_centre(_: Given, session: Session) -> Session:
    return replace(session, service_centre="")


#: Name → what it does and where. The number in brackets is what an argument left out means.
FAULTS: Final[Mapping[str, Kind]] = MappingProxyType({
    "cmgs_slow": Kind("a part is on the air for this time", Hook(verdict=_slow), "seconds [40]"),
    "cmgs_timeout_late_ok": Kind(
        "taken, but the answer comes this much too late", Hook(verdict=_taken_and_said_late), "seconds [100]"),
    "cmgs_ok_without_mr": Kind("taken, but OK comes without +CMGS", Hook(verdict=_taken_without_reference)),
    "cmgs_error_but_sent": Kind(
        "the network takes the part, the modem says this +CMS ERROR (0: ERROR)",
        Hook(verdict=_taken_but_error), "code [500]"),
    "cmgs_ok_not_delivered": Kind(
        "the modem says +CMGS, and the network never took the part", Hook(verdict=_lost_on_the_way)),
    "cmgs_code": Kind("the part is refused with this +CMS ERROR", _with_code(_UNKNOWN), "code [500]"),
    "cmgs_plain_error": Kind("the part is refused with a bare ERROR", Hook(verdict=_refused_plainly)),
    "reboot_after_ctrlz_sent": Kind("taken, then the modem restarts unasked", Hook(verdict=_taken_and_reboots)),
    "reboot_after_ctrlz_notsent": Kind(
        "the modem restarts in place of sending the part", Hook(verdict=_reboots_instead)),
    "reboot_after_ok": Kind("the modem restarts right behind the answer", Hook(verdict=_said_and_reboots)),
    "length_mismatch_304": Kind("the modem counts otherwise: no length is right", _with_code(_BAD_PDU)),
    "segment_k_fails": Kind(
        f"this part of a long message is refused with +CMS ERROR: {_OUT_OF_ORDER}", Hook(verdict=_kth_refused),
        "part [2]"),
    "mr_wrap": Kind("references begin with this one, and go on with 0 after 255", Hook(reference=_from),
        "reference [254]"),
    "mr_reset_on_boot": Kind("references begin with 0 after each start", Hook(reference=_since_start)),
    "mr_constant": Kind("all references are this one", Hook(reference=_constant), "reference [0]"),
    "cmms_unsupported_500": Kind(
        f"AT+CMMS= is refused with +CMS ERROR: {_UNKNOWN}", Hook(command=_no_more_messages)),
    "collision_512": Kind(
        f"the part meets one that comes in, and is refused with +CMS ERROR: {_COLLISION}", _with_code(_COLLISION)),
    "sim_full_blocks_send": Kind(
        f"while the SIM is full of messages parts are refused with +CMS ERROR: {_MEMORY_FULL}",
        _with_code(_MEMORY_FULL, lambda verdict: verdict.is_memory_full)),
    "throttle_after_n": Kind(
        f"more than so many parts in a minute are refused with +CMS ERROR: {_TEMPORARY}",
        Hook(verdict=_throttled), "parts [5]"),
    "credit_zero_code": Kind(
        "the network sees no credit, and refuses parts with this +CMS ERROR", Hook(account=_no_credit), "code [21]"),
    "credit_zero_silent": Kind(
        "the network sees no credit; the modem says +CMGS all the same", Hook(account=_no_credit_unsaid)),
    "csca_cleared": Kind(
        "a start and ATZ clear the service centre: parts are refused with +CMS ERROR: 330 until AT+CSCA=",
        Hook(session=_without_centre)),
})  # fmt: skip
