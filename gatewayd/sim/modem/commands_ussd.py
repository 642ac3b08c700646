"""AT+CUSD: the balance and nothing else. The reply comes after OK, in the style of the profile.

A code the operator does not know gets +CUSD: 4. What is typed while a menu is open counts as a choice, which
the ledger shows: nobody should answer an operator's menu unasked. Source: TS 27.007 §7.15.
"""

from types import MappingProxyType
from typing import Final

from gatewayd.sim.modem.atline import Command, Form
from gatewayd.sim.modem.device import Device
from gatewayd.sim.modem.session import cme
from gatewayd.sim.modem.values import Answer, Note, Say, UssdTurn
from gatewayd.wire import ussd

_DCS_GSM7: Final = 15
_DCS_UCS2: Final = 72
_NOT_ALLOWED: Final = 3
_NO_SERVICE: Final = 30
_CANCEL: Final = "2"
_CHOSEN: Final = "Permintaan Anda sedang diproses."


def _request(device: Device, command: Command) -> Answer:
    mode, text, *_ = (*command.parameters, "", "")
    if mode == _CANCEL:
        device.session.ussd_is_open = False
        return Answer()
    if mode not in ("0", "1"):
        return Answer(final=cme(device.session, _NOT_ALLOWED))
    if not text:
        return Answer()
    if not device.radio().is_registered:
        return Answer(final=cme(device.session, _NO_SERVICE))
    code = _typed(device, text)
    note = Note("ussd", (("code", code), ("is_choice", device.session.ussd_is_open)))
    turn = device.bench.ussd(_turn(device, code))
    device.session.ussd_is_open = turn.replies[-1:] != () and turn.replies[-1][0] == ussd.REPLY_WANTED
    lines = tuple(_line(device, mode_, reply) for mode_, reply in turn.replies)
    return Answer(then=(note, *(Say((line,), turn.after_s) for line in lines)))


def choose(device: Device, text: str) -> Answer:
    """What was typed at the prompt behind a menu: the choice in it."""
    return _request(device, Command("+CUSD", Form.SET, f'1,"{text}"'))


def _now(_: Device, __: Command) -> Answer:
    return Answer(("+CUSD: 1",))


def _choices(_: Device, __: Command) -> Answer:
    return Answer(("+CUSD: (0-2)",))


def _plain(device: Device, _: Command) -> Answer:
    device.session.plain_ussd = True
    return Answer()


def _turn(device: Device, code: str) -> UssdTurn:
    after_s = device.network.settings.ussd_ms / 1000
    if device.session.ussd_is_open:
        return UssdTurn(((ussd.DONE, _CHOSEN),), after_s)
    if code != device.network.operator.code:
        return UssdTurn(((ussd.NOT_SUPPORTED, None),), after_s)
    return UssdTurn(((ussd.DONE, device.network.balance()),), after_s)


def _style(device: Device) -> ussd.Style:
    if device.session.charset == "UCS2":
        return "ucs2"
    return "plain" if device.session.plain_ussd else device.profile.ussd


def _typed(device: Device, text: str) -> str:
    """The code behind the quotes; text that does not fit the style in force stays as it is and is not understood."""
    if _style(device) == "plain":
        return text
    codes = (device.network.operator.code, "1")
    return next((code for code in codes if ussd.encode_text(code, _style(device)) == text.upper()), text + "?")


def _line(device: Device, mode: int, text: str | None) -> str:
    if text is None:
        return f"+CUSD: {mode}"
    style = _style(device)
    return f'+CUSD: {mode},"{ussd.encode_text(text, style)}",{_DCS_UCS2 if style == "ucs2" else _DCS_GSM7}'


USSD: Final = MappingProxyType({
    ("+CUSD", Form.SET): _request,
    ("+CUSD", Form.READ): _now,
    ("+CUSD", Form.TEST): _choices,
    ("^USSDMODE", Form.SET): _plain,
})  # fmt: skip
