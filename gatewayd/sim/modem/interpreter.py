"""Carries out one AT command line: text → Answer. Faults of the command and of the answer take hold here.

Of a line with several commands the information lines are joined and there is one final result, that of the
first command that fails (V.250 §5.3). Unknown commands get the profile's own word for it.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from gatewayd.sim.modem import atline
from gatewayd.sim.modem.atline import Command, Form
from gatewayd.sim.modem.commands_general import GENERAL
from gatewayd.sim.modem.commands_messages import MESSAGES
from gatewayd.sim.modem.commands_sim import SIM, refusal
from gatewayd.sim.modem.commands_ussd import USSD
from gatewayd.sim.modem.device import Device
from gatewayd.sim.modem.values import Answer, PullOut, Reboot

_HANDLERS: Final[Mapping[tuple[str, Form], Callable[[Device, Command], Answer]]] = {
    **GENERAL, **SIM, **MESSAGES, **USSD
}  # fmt: skip
_BARE: Final = Command("")
#: What asks for lines of the modem's own accord on this port, of several that the stick shows.
_CHOOSE_PORT: Final = ("^PORTSEL=1", '+QURCCFG="URCPORT"')


def carry_out(device: Device, line: str) -> Answer | None:
    """The answer to `line`, which may hold noise before "AT"; None if it holds no "AT", which modems overlook."""
    start = line.upper().find("AT")
    if start < 0:
        return None
    commands = atline.parse(line[start + 2 :])
    if commands is None:
        return Answer(final="ERROR")
    total = Answer()
    for command in commands or (_BARE,):
        answer = device.bench.command(command) or _execute(device, command)
        total = replace(
            answer, info=(*total.info, *answer.info), glued=(*total.glued, *answer.glued),
            then=(*total.then, *answer.then), before=(*total.before, *answer.before),
        )  # fmt: skip
        if answer.final != "OK":
            break
    name = commands[-1].name if commands else ""
    return device.bench.answer(name, total)


def _execute(device: Device, command: Command) -> Answer:
    if command == _BARE:
        return Answer()
    handler = _HANDLERS.get((command.name, command.form))
    own = _own(device, command.text.upper())
    if own is not None:
        return own
    if handler is None or command.name in device.profile.lacks:
        return Answer(final=device.profile.unknown_answer)
    return refusal(device, command) or handler(device, command)


def _own(device: Device, text: str) -> Answer | None:
    """The answer to a command whose meaning is the profile's own; None if it is none of these."""
    profile = device.profile
    if text in profile.says:
        line = profile.says[text]
        device.session.is_port_chosen |= text.startswith(_CHOOSE_PORT)
        return Answer((line,) if line else ())
    if text in profile.hushes:
        device.session.is_hushed = True
        return Answer()
    if text in profile.reenumerates:
        return Answer(then=(PullOut(back_s=device.network.settings.away_ms / 1000),))
    return Answer(then=(Reboot(),)) if text in profile.restarts else None
