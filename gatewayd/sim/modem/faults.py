"""The faults a modem or a network may have: a table of names with what each does.

A new fault is a function from sound to faulty values and a line in FAULTS; how it is triggered is in hooks.py.
Most were seen in the field.
"""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from gatewayd.sim.modem.atline import Command
from gatewayd.sim.modem.hooks import Given, Hook, Kind
from gatewayd.sim.modem.values import (
    SILENCE,
    Answer,
    Chunks,
    Deafen,
    Prompt,
    PullOut,
    Radio,
    Reboot,
    Report,
    Say,
    UssdTurn,
    Verdict,
)

_SEARCHING: Final = 2
_MENU: Final = "Menu\n1 Cek pulsa\n2 Beli paket\n3 Transfer pulsa"


def _refused_with_code(given: Given, verdict: Verdict) -> Verdict:
    code = f"{given.number(500):.0f}"
    return replace(verdict, is_taken=False, cause=f"cms-{code}", answer=Answer(final=f"+CMS ERROR: {code}"))


def _refused_plainly(_: Given, verdict: Verdict) -> Verdict:
    return replace(verdict, is_taken=False, cause="error", answer=Answer(final="ERROR"))


def _taken_but_error(given: Given, verdict: Verdict) -> Verdict | None:
    code = given.number(500)
    return _taken(verdict, Answer(final=f"+CMS ERROR: {code:.0f}" if code else "ERROR"))


def _taken_without_reference(_: Given, verdict: Verdict) -> Verdict | None:
    return _taken(verdict, Answer())


def _taken_and_said_late(given: Given, verdict: Verdict) -> Verdict | None:
    late = Say((*verdict.answer.info, verdict.answer.final), after_s=given.number(100))
    return _taken(verdict, replace(SILENCE, then=(late,)))


def _taken_and_reboots(_: Given, verdict: Verdict) -> Verdict | None:
    return _taken(verdict, replace(SILENCE, then=(Reboot(),)))


def _taken_and_unplugged(given: Given, verdict: Verdict) -> Verdict | None:
    return _taken(verdict, replace(SILENCE, then=(_pull_out(given),)))


def _taken(verdict: Verdict, answer: Answer) -> Verdict | None:
    return replace(verdict, answer=answer) if verdict.is_taken else None


def _pull_out(given: Given) -> PullOut:
    back_s = given.number(5)
    return PullOut(back_s=back_s or None)


def _unplugged(given: Given, _: Command) -> Answer:
    return replace(SILENCE, then=(_pull_out(given),))


def _hangs(given: Given, _: Command) -> Answer:
    return replace(SILENCE, then=(Deafen(given.number(0) or None),))


def _echo_stays(_: Given, command: Command) -> Answer | None:
    return Answer() if command == Command("E", value="0") else None


def _no_prompt(_: Given, prompt: Prompt) -> Prompt:
    return replace(prompt, shown="")


def _prompt_refused(_: Given, prompt: Prompt) -> Prompt:
    return replace(prompt, refused="ERROR")


def _searching(_: Given, radio: Radio) -> Radio:
    return replace(radio, registration=_SEARCHING)


def _unknown_signal(_: Given, name: str, answer: Answer) -> Answer | None:
    return replace(answer, info=("+CSQ: 99,99",)) if name == "+CSQ" else None


def _ring_inside(_: Given, __: str, answer: Answer) -> Answer | None:
    return replace(answer, info=(answer.info[0], "RING", *answer.info[1:])) if answer.info else None


def _glued(_: Given, __: str, answer: Answer) -> Answer | None:
    return replace(answer, glued=('+CMTI: "SM",1',)) if answer.final == "OK" else None


def _never(_: Given, __: tuple[Report, ...]) -> tuple[Report, ...]:
    return ()


def _before_answer(_: Given, reports: tuple[Report, ...]) -> tuple[Report, ...]:
    return tuple(replace(report, is_early=True) for report in reports)


def _twice(_: Given, reports: tuple[Report, ...]) -> tuple[Report, ...]:
    return tuple(report for report in reports for _ in range(2))


def _menu(_: Given, turn: UssdTurn) -> UssdTurn:
    return replace(turn, replies=((1, _MENU),))


def _unsupported(_: Given, turn: UssdTurn) -> UssdTurn:
    return replace(turn, replies=((4, None),))


def _bytewise(given: Given, data: bytes) -> Chunks:
    return Chunks(tuple(data[at : at + 1] for at in range(len(data))), gap_s=given.number(1) / 1000)


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
    "creg_searching": Kind("the modem looks for a network; every look is an opportunity", Hook(radio=_searching)),
    "csq_99": Kind("the signal is unknown", Hook(answer=_unknown_signal)),
    "unplug_eio": Kind(
        "unplugged in place of an answer, back after this time (0: never)",
        Hook(command=_unplugged, verdict=_taken_and_unplugged), "seconds [5]"),
    "hang_total": Kind(
        "no answer to anything for this time (0: until restarted)", Hook(command=_hangs), "seconds [0]"),
    "sr_never": Kind("no status report comes", Hook(reports=_never)),
    "sr_before_cmgs_ok": Kind("status reports come before +CMGS", Hook(reports=_before_answer)),
    "sr_duplicate": Kind("each status report comes twice", Hook(reports=_twice)),
    "urc_mid_response": Kind("RING stands inside an answer", Hook(answer=_ring_inside)),
    "urc_glued_after_ok": Kind("+CMTI follows OK in the same bytes", Hook(answer=_glued)),
    "rx_chunk_1byte": Kind("what the modem says comes byte by byte", Hook(line=_bytewise), "gap in ms [1]"),
    "echo_on": Kind("ATE0 is answered OK, and the echo stays", Hook(command=_echo_stays)),
    "ussd_menu": Kind("a menu that wants a choice comes for every USSD code", Hook(ussd=_menu)),
    "ussd_4": Kind("+CUSD: 4 (not supported) comes for every USSD code", Hook(ussd=_unsupported)),
})  # fmt: skip


def listing() -> str:
    """The table as --list-faults prints it, one fault a line."""
    usages = {name: f"{name}{f':{kind.argument}' if kind.argument else ''}" for name, kind in FAULTS.items()}
    width = max(map(len, usages.values()))
    lines = [f"{usages[name]:<{width}}  {kind.description}" for name, kind in FAULTS.items()]
    return "\n".join([*lines, "", "Each takes after=N, times=N and p=0.1 too: --fault cmgs_code:38,after=3,times=1"])
