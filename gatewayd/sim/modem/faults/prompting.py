"""The prompt behind AT+CMGS and ESC, which ends it. Source: TS 27.005 §3.5.1, and modems met in the field."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from gatewayd.core.model import Encoding
from gatewayd.sim.modem.hooks import Given, Hook, Kind
from gatewayd.sim.modem.occasions import Opening
from gatewayd.sim.modem.values import SILENCE, Answer, Prompt, Reboot
from gatewayd.wire.tpdu import Submit, encode_submit

#: What a client that was killed had typed, but for its Ctrl-Z.
LEFT_BEHIND: Final = encode_submit(Submit("+6281200000198", "Setengah diketik", Encoding.GSM7))


def _shown(shown: str) -> Hook:
    return Hook(prompt=lambda _, prompt: replace(prompt, shown=shown))


def _late(given: Given, prompt: Prompt) -> Prompt:
    return replace(prompt, after_s=given.number(20))


def _refused(_: Given, prompt: Prompt) -> Prompt:
    return replace(prompt, refused="ERROR")


def _reboots(_: Given, prompt: Prompt) -> Prompt:
    return replace(prompt, then=(*prompt.then, Reboot()))


def _left_open(_: Given, opening: Opening) -> Opening:
    left = Prompt(LEFT_BEHIND.length, "", typed=LEFT_BEHIND.hex)
    return replace(opening, then=(*opening.then, left))


def _escape(answer: Answer) -> Callable[[Given, Answer], Answer]:
    return lambda _, __: answer


#: Name → what it does and where. The number in brackets is what an argument left out means.
FAULTS: Final[Mapping[str, Kind]] = MappingProxyType({
    "prompt_bare_gt_crlf": Kind("the prompt is > and a line end", _shown("\r\n>\r\n")),
    "prompt_no_space": Kind("the prompt is > without its space", _shown("\r\n>")),
    "prompt_missing": Kind("the prompt is not shown; the modem waits for the PDU", _shown("")),
    "prompt_late": Kind(
        "the prompt comes so late, and nothing is read before it", Hook(prompt=_late), "seconds [20]"),
    "prompt_then_error": Kind("the prompt is followed by ERROR at once", Hook(prompt=_refused)),
    "prompt_stuck_at_open": Kind(
        "a client finds an open prompt and a PDU typed by another: ESC drops it, Ctrl-Z sends it",
        Hook(opening=_left_open)),
    "esc_ok": Kind("ESC at a prompt is answered OK", Hook(escape=_escape(Answer()))),
    "esc_silent": Kind("ESC at a prompt is not answered", Hook(escape=_escape(SILENCE))),
    "esc_echo": Kind("ESC at a prompt is answered [1B]", Hook(escape=_escape(Answer(("[1B]",), "")))),
    "reboot_before_ctrlz": Kind("the modem restarts as soon as the prompt is shown", Hook(prompt=_reboots)),
})  # fmt: skip
