"""Commands and their answers: what a modem leaves out, adds, or writes otherwise than the standard says.

What belongs to the bytes of any line is in framing.py. Source: modems met in the field, after V.250 §5.7 and
TS 27.007 §9.2.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from gatewayd.sim.modem.atline import Command
from gatewayd.sim.modem.hooks import Given, Hook, Kind, Trigger
from gatewayd.sim.modem.occasions import Heard, Start
from gatewayd.sim.modem.session import Session
from gatewayd.sim.modem.values import SILENCE, Answer, Deafen, EchoAgain, Prompt, Reboot, Say, Verdict

_RING: Final = "RING"
_CALLER: Final = '+CLIP: "+6281200000199",145,"",0,"",0'
_HUNG_UP: Final = "NO CARRIER"
_HANGS_UP_S: Final = 6.0
_RESETS: Final = frozenset({"Z", "&F", "+CFUN", "+CPIN"})
_DONE: Final = ("OK", "")


def _echo_stays(_: Given, command: Command) -> Answer | None:
    return Answer() if command == Command("E", value="0") else None


def _echo_comes_back(_: Given, name: str, answer: Answer) -> Answer | None:
    return replace(answer, then=(*answer.then, EchoAgain())) if name in _RESETS else None


def _without_final(of: str = "") -> Callable[[Given, str, Answer], Answer | None]:
    """The answer to `of`, or to any command, without its OK."""

    def change(_: Given, name: str, answer: Answer) -> Answer | None:
        is_meant = answer.final == "OK" and ((name == of and answer.info) or not of)
        return replace(answer, final="") if is_meant else None

    return change


def _part_without_final(_: Given, verdict: Verdict) -> Verdict | None:
    answer = verdict.answer
    return replace(verdict, answer=replace(answer, final="")) if answer.final == "OK" and answer.info else None


def _final_late(given: Given, _: str, answer: Answer) -> Answer | None:
    if not answer.final:
        return None
    return replace(answer, final="", then=(*answer.then, Say((answer.final,), after_s=given.number(10))))


def _part_final_late(given: Given, verdict: Verdict) -> Verdict | None:
    late = _final_late(given, "", verdict.answer)
    return replace(verdict, answer=late) if late else None


def _ok_first(_: Given, __: str, answer: Answer) -> Answer | None:
    return replace(answer, info=(), glued=(*answer.info, *answer.glued)) if answer.info and answer.final else None


def _refuses_with(final: str) -> Callable[[Given, str, Answer], Answer | None]:
    return lambda _, __, answer: None if answer.final in _DONE else replace(answer, final=final)


def _headless(_: Given, __: str, answer: Answer) -> Answer | None:
    info = tuple(line if "\r\n" in line else _behind_name(line) for line in answer.info)
    return replace(answer, info=info) if info != answer.info else None


def _behind_name(line: str) -> str:
    name, colon, rest = line.partition(":")
    return rest.lstrip() if colon and name[:1] in "+^" else line


def _quoted(_: Given, name: str, answer: Answer) -> Answer | None:
    if name != "+CPIN" or not answer.info:
        return None
    return replace(answer, info=(f'+CPIN: "{answer.info[0].removeprefix("+CPIN: ")}"',))


def _nothing_read(_: Given, name: str, answer: Answer) -> Answer | None:
    return replace(answer, info=()) if name == "+CSQ" and answer.info else None


def _ring_inside(_: Given, __: str, answer: Answer) -> Answer | None:
    return replace(answer, info=(answer.info[0], _RING, *answer.info[1:])) if answer.info else None


def _registered_first(_: Given, __: str, answer: Answer) -> Answer:
    return replace(answer, before=("+CREG: 1", *answer.before))


def _rings(_: Given, __: str, answer: Answer) -> Answer:
    then = (*answer.then, Say((_HUNG_UP,), after_s=_HANGS_UP_S))
    return replace(answer, before=(_RING, _CALLER, *answer.before), then=then)


def _glued(_: Given, __: str, answer: Answer) -> Answer | None:
    return replace(answer, glued=(*answer.glued, '+CMTI: "SM",1')) if answer.final == "OK" else None


def _behind_prompt(_: Given, prompt: Prompt) -> Prompt:
    return replace(prompt, shown=f"{prompt.shown}\r\n{_RING}\r\n")


def _storm(given: Given, lines: tuple[str, ...]) -> tuple[str, ...]:
    count = int(given.number(50))
    return (*lines, *(f"^RSSI:{10 + number % 20}" for number in range(count)))


def _asleep(given: Given, heard: Heard) -> Heard | None:
    is_asleep = heard.lines == 0 or heard.idle_s >= given.number(60)
    return replace(heard, is_lost=True) if is_asleep else None


def _not_called_yet(given: Given, heard: Heard) -> Heard | None:
    return replace(heard, is_lost=True) if heard.calls < given.number(3) else None


def _mute_start(_: Given, start: Start) -> Start:
    return replace(start, is_mute=True)


def _ok_behind_boot(_: Given, start: Start) -> Start:
    return replace(start, more=(*start.more, "OK"))


def _numbers(_: Given, session: Session) -> Session:
    return replace(session, verbose=False)


def _lists_nothing(_: Given, command: Command) -> Answer | None:
    return SILENCE if command.name == "+CMGL" else None


def _hangs(given: Given, _: Command) -> Answer:
    return replace(SILENCE, then=(Deafen(given.number(0) or None),))


def _crashes(_: Given, __: Command) -> Answer:
    return replace(SILENCE, then=(Reboot(),))


#: Name → what it does and where. The number in brackets is what an argument left out means.
FAULTS: Final[Mapping[str, Kind]] = MappingProxyType({
    "echo_on": Kind("ATE0 is answered OK, and the echo stays", Hook(command=_echo_stays)),
    "echo_returns_after_reset": Kind(
        "the echo is on again behind ATZ, AT&F, AT+CFUN and AT+CPIN", Hook(answer=_echo_comes_back)),
    "header_missing": Kind("information comes without the name before it", Hook(answer=_headless)),
    "cpin_no_ok": Kind("no OK follows +CPIN:", Hook(answer=_without_final("+CPIN"))),
    "cpms_no_ok": Kind("no OK follows +CPMS:", Hook(answer=_without_final("+CPMS"))),
    "quoted_cpin": Kind("the state of the SIM stands in quotes", Hook(answer=_quoted)),
    "csq_swallowed": Kind("AT+CSQ is answered a bare OK", Hook(answer=_nothing_read)),
    "ok_before_info": Kind("OK comes before the information", Hook(answer=_ok_first)),
    "missing_final": Kind(
        "no OK comes, behind +CMGS neither", Hook(answer=_without_final(), verdict=_part_without_final)),
    "late_final": Kind(
        "OK or the error comes so late", Hook(answer=_final_late, verdict=_part_final_late), "seconds [10]"),
    "spurious_ok_on_boot": Kind("OK comes behind the boot lines", Hook(start=_ok_behind_boot)),
    "final_command_not_support": Kind(
        "COMMAND NOT SUPPORT in place of an error", Hook(answer=_refuses_with("COMMAND NOT SUPPORT"))),
    "final_na": Kind("NA in place of an error", Hook(answer=_refuses_with("NA"))),
    "final_modem_error": Kind("MODEM ERROR: 3 in place of an error", Hook(answer=_refuses_with("MODEM ERROR: 3"))),
    "numeric_v0": Kind("results are numbers after a start or ATZ, until ATV1", Hook(session=_numbers)),
    "urc_mid_response": Kind("RING stands inside an answer", Hook(answer=_ring_inside)),
    "urc_before_response": Kind(
        "+CREG of the modem's own accord comes between command and answer", Hook(answer=_registered_first)),
    "urc_between_prompt_and_pdu": Kind("RING comes behind the prompt", Hook(prompt=_behind_prompt)),
    "urc_glued_after_ok": Kind("+CMTI follows OK in the same bytes", Hook(answer=_glued)),
    "urc_storm": Kind("so many ^RSSI lines come in each second", Hook(chatter=_storm), "lines [50]"),
    "ring_during_cmd": Kind(
        "somebody calls: RING and +CLIP come before the answer, NO CARRIER six seconds later", Hook(answer=_rings)),
    "first_at_lost": Kind(
        "the first command behind opening, or after so long a silence, is not heard", Hook(heard=_asleep),
        "seconds [60]"),
    "autobaud_silent": Kind(
        "no boot lines, and nothing is heard after a start before so many AT", Hook(start=_mute_start,
        heard=_not_called_yet), "calls [3]"),
    "mute_cmgl": Kind("AT+CMGL is never answered", Hook(command=_lists_nothing)),
    "hang_total": Kind(
        "no answer to anything for this time (0: until restarted)", Hook(command=_hangs), "seconds [0]"),
    "cmd_crash_reboot": Kind(
        "once, in place of the 11th answer, the modem restarts", Hook(command=_crashes), "",
        Trigger(after=10, times=1)),
})  # fmt: skip
