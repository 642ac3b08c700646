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
from gatewayd.sim.modem.commands_ussd import USSD
from gatewayd.sim.modem.device import Device
from gatewayd.sim.modem.values import Answer

_HANDLERS: Final[Mapping[tuple[str, Form], Callable[[Device, Command], Answer]]] = {**GENERAL, **MESSAGES, **USSD}
_BARE: Final = Command("")


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
            then=(*total.then, *answer.then),
        )  # fmt: skip
        if answer.final != "OK":
            break
    name = commands[-1].name if commands else ""
    return device.bench.answer(name, total)


def _execute(device: Device, command: Command) -> Answer:
    if command == _BARE:
        return Answer()
    line = device.profile.says.get(command.text.upper())
    if line is not None:
        return Answer((line,) if line else ())
    handler = _HANDLERS.get((command.name, command.form))
    return handler(device, command) if handler else Answer(final=device.profile.unknown_answer)
