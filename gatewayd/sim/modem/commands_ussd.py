"""AT+CUSD: the operator's codes and menus. The reply comes after OK, in the style of the profile.

A code the operator does not know gets +CUSD: 4. What is typed while a menu is open counts as a choice, which
the ledger shows: nobody should answer an operator's menu unasked. Some codes are answered by SMS. With <n> 0
the modem keeps the reply to itself. Source: TS 27.007 §7.15.
"""

from types import MappingProxyType
from typing import Final

from gatewayd.sim.modem.atline import Command, Form
from gatewayd.sim.modem.device import Device
from gatewayd.sim.modem.session import cme
from gatewayd.sim.modem.values import Answer, Event, Incoming, Note, Prompt, Say, UssdHabit, UssdTurn
from gatewayd.wire import ussd

_DCS_GSM7: Final = 15
_DCS_UCS2: Final = 72
_NOT_ALLOWED: Final = 3
_NO_SERVICE: Final = 30
_QUIET: Final = "0"
_LOUD: Final = "1"
_CANCEL: Final = "2"
_CHOSEN: Final = "Permintaan Anda sedang diproses."
_PROMPT: Final = "\r\n> "
#: What somebody may type at a menu.
_CHOICES: Final = (*(str(number) for number in range(10)), "00", "99", "*", "#")


def _request(device: Device, command: Command) -> Answer:
    mode, text, *_ = (*command.parameters, "", "")
    if mode == _CANCEL:
        device.session.ussd_path = ()
        return Answer()
    if mode not in (_QUIET, _LOUD):
        return Answer(final=cme(device.session, _NOT_ALLOWED))
    if not text:
        return Answer()
    if not device.radio().is_registered:
        return Answer(final=cme(device.session, _NO_SERVICE))
    habit = device.bench.habit(_habit(device))
    return _converse(device, habit, _typed(device, text, habit.hears), is_loud=mode == _LOUD)


def choose(device: Device, text: str) -> Answer:
    """What was typed at the prompt behind a menu: the choice in it."""
    return _request(device, Command("+CUSD", Form.SET, f'1,"{text}"'))


def _converse(device: Device, habit: UssdHabit, code: str, *, is_loud: bool) -> Answer:
    path = (*device.session.ussd_path, code)
    note = Note("ussd", (("code", code), ("is_choice", len(path) > 1)))
    turn = device.bench.ussd(_turn(device, path))
    is_open = turn.replies[-1:] != () and turn.replies[-1][0] == ussd.REPLY_WANTED
    device.session.ussd_path = path if is_open else ()
    by_sms = _by_sms(device, path)
    if not is_loud:
        return Answer(then=(note, *by_sms))
    lines = (*(_line(habit.says, turn, mode, reply) for mode, reply in turn.replies), *turn.tail)
    if turn.is_before_ok:
        return Answer(info=lines, then=(note, *by_sms))
    prompt = (Prompt(0, _PROMPT, is_ussd=True, after_s=turn.after_s),) if is_open and turn.has_prompt else ()
    return Answer(then=(note, *(Say((line,), turn.after_s) for line in lines), *prompt, *by_sms))


def _turn(device: Device, path: tuple[str, ...]) -> UssdTurn:
    network = device.network
    after_s = network.settings.ussd_ms / 1000
    screen = network.screen(path)
    if screen is not None:
        mode = ussd.REPLY_WANTED if screen.choices else ussd.DONE
        return UssdTurn(((mode, network.filled(screen.wording)),), after_s)
    if len(path) > 1:
        return UssdTurn(((ussd.DONE, _CHOSEN),), after_s)
    return UssdTurn(((ussd.NOT_SUPPORTED, None),), after_s)


def _by_sms(device: Device, path: tuple[str, ...]) -> tuple[Event, ...]:
    network = device.network
    screen = network.screen(path)
    if screen is None or not screen.sms:
        return ()
    return (Incoming(network.operator.sender, network.filled(screen.sms), network.settings.answer_ms / 1000),)


def _now(device: Device, _: Command) -> Answer:
    return Answer((f"+CUSD: {_LOUD}",))


def _choices(_: Device, __: Command) -> Answer:
    return Answer(("+CUSD: (0-2)",))


def _plain(device: Device, command: Command) -> Answer:
    device.session.plain_ussd = command.value == "0"
    return Answer()


def _habit(device: Device) -> UssdHabit:
    is_told_plain = device.session.plain_ussd
    own = "plain" if is_told_plain else device.profile.ussd
    style: ussd.Style = "ucs2" if device.session.charset == "UCS2" else own
    return UssdHabit(style, style, is_told_plain)


def _typed(device: Device, text: str, style: ussd.Style) -> str:
    """The code behind the quotes; text that does not fit the style in force stays as it is and is not understood."""
    if style == "plain":
        return text
    codes = (*device.network.operator.screens, *_CHOICES)
    return next((code for code in codes if ussd.encode_text(code, style) == text.upper()), text + "?")


def _line(style: ussd.Style, turn: UssdTurn, mode: int, text: str | None) -> str:
    if text is None:
        return f"+CUSD: {mode}"
    dcs = f",{_DCS_UCS2 if style == 'ucs2' else _DCS_GSM7}" if turn.has_dcs else ""
    return f'+CUSD: {mode},"{ussd.encode_text(text, style)}"{dcs}'


USSD: Final = MappingProxyType({
    ("+CUSD", Form.SET): _request,
    ("+CUSD", Form.READ): _now,
    ("+CUSD", Form.TEST): _choices,
    ("^USSDMODE", Form.SET): _plain,
})  # fmt: skip
