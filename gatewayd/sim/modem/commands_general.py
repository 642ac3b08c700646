"""Commands about the modem itself and the network. Source: V.250; TS 27.007 §5, §7, §8."""

from types import MappingProxyType
from typing import Final

from gatewayd.sim.modem.atline import Command, Form
from gatewayd.sim.modem.device import Device
from gatewayd.sim.modem.session import cme
from gatewayd.sim.modem.values import Answer, Reboot

_NOT_ALLOWED: Final = 3
_CHARSETS: Final = ("GSM", "UCS2", "IRA")
_CIRCUIT: Final = "+CREG"
_REGISTRATIONS: Final = (_CIRCUIT, "+CGREG", "+CEREG")
#: Fed by a cable, no battery (TS 27.007 §8.4).
_POWERED: Final = "+CBC: 2,0"
_LOCATION: Final = ',"00C8","0000A1B2"'


def _nothing(_: Device, __: Command) -> Answer:
    return Answer()


def _reset(device: Device, _: Command) -> Answer:
    device.forget()
    return Answer()


def _echo(device: Device, command: Command) -> Answer:
    device.session.echo = command.value == "1"
    return Answer()


def _verbose(device: Device, command: Command) -> Answer:
    device.session.verbose = command.value == "1"
    return Answer()


def _cmee(device: Device, command: Command) -> Answer:
    if command.value not in ("0", "1", "2"):
        return _not_allowed(device)
    device.session.cmee = int(command.value)
    return Answer()


def _cmee_now(device: Device, _: Command) -> Answer:
    return Answer((f"+CMEE: {device.session.cmee}",))


def _manufacturer(device: Device, _: Command) -> Answer:
    return Answer((device.profile.manufacturer,))


def _model(device: Device, _: Command) -> Answer:
    return Answer((device.profile.model,))


def _revision(device: Device, _: Command) -> Answer:
    return Answer((device.profile.revision,))


def _imei(device: Device, _: Command) -> Answer:
    return Answer((device.imei,))


def _functionality_now(device: Device, _: Command) -> Answer:
    return Answer((f"+CFUN: {device.session.functionality}",))


def _functionality(device: Device, command: Command) -> Answer:
    level, *restart = command.parameters
    if level not in ("0", "1", "4"):
        return _not_allowed(device)
    if restart == ["1"]:
        return Answer(then=(Reboot(),))
    device.switch(int(level))
    return Answer()


def _registration_now(device: Device, command: Command) -> Answer:
    mode, radio = _registration_mode(device, command.name), device.radio()
    is_packet = command.name != _CIRCUIT and radio.packet is not None
    state = radio.packet if is_packet else radio.registration
    return Answer((f"{command.name}: {mode},{state}{_LOCATION if mode == 2 else ''}",))


def _registration(device: Device, command: Command) -> Answer:
    if command.value not in ("0", "1", "2"):
        return _not_allowed(device)
    match command.name:
        case "+CREG":
            device.session.creg = int(command.value)
        case "+CGREG":
            device.session.cgreg = int(command.value)
        case _:
            device.session.cereg = int(command.value)
    return Answer()


def _registration_mode(device: Device, name: str) -> int:
    session = device.session
    return {"+CREG": session.creg, "+CGREG": session.cgreg, "+CEREG": session.cereg}[name]


def _registration_choices(_: Device, command: Command) -> Answer:
    return Answer((f"{command.name}: (0-2)",))


def _operator_now(device: Device, _: Command) -> Answer:
    radio = device.radio()
    if not radio.is_registered:
        return Answer(("+COPS: 0",))
    is_numeric = device.session.numeric_operator
    name = radio.network if is_numeric else radio.operator
    return Answer((f'+COPS: 0,{2 if is_numeric else 0},"{name}",2',))


def _operator(device: Device, command: Command) -> Answer:
    mode, *format_ = command.parameters
    if mode == "3" and format_:
        device.session.numeric_operator = format_[0] == "2"
    return Answer()


def _signal(device: Device, _: Command) -> Answer:
    return Answer((f"+CSQ: {device.radio().csq},99",))


def _attached_now(device: Device, _: Command) -> Answer:
    return Answer((f"+CGATT: {int(device.radio().is_registered)}",))


def _battery(_: Device, __: Command) -> Answer:
    return Answer((_POWERED,))


def _charset(device: Device, command: Command) -> Answer:
    if command.parameters[0] not in _CHARSETS:
        return _not_allowed(device)
    device.session.charset = command.parameters[0]
    return Answer()


def _charset_now(device: Device, _: Command) -> Answer:
    return Answer((f'+CSCS: "{device.session.charset}"',))


def _charset_choices(_: Device, __: Command) -> Answer:
    names = ",".join(f'"{name}"' for name in _CHARSETS)
    return Answer((f"+CSCS: ({names})",))


def _not_allowed(device: Device) -> Answer:
    return Answer(final=cme(device.session, _NOT_ALLOWED))


GENERAL: Final = MappingProxyType({
    ("Z", Form.EXECUTE): _reset,
    ("&F", Form.EXECUTE): _reset,
    **{(name, Form.EXECUTE): _nothing for name in ("Q", "X", "&C", "&D", "\\Q", "S0=0", "H")},
    ("E", Form.EXECUTE): _echo,
    ("V", Form.EXECUTE): _verbose,
    ("I", Form.EXECUTE): _model,
    ("+CMEE", Form.SET): _cmee,
    ("+CMEE", Form.READ): _cmee_now,
    ("+CGMI", Form.EXECUTE): _manufacturer,
    ("+CGMM", Form.EXECUTE): _model,
    ("+CGMR", Form.EXECUTE): _revision,
    ("+CGSN", Form.EXECUTE): _imei,
    ("+GSN", Form.EXECUTE): _imei,
    ("+CFUN", Form.READ): _functionality_now,
    ("+CFUN", Form.SET): _functionality,
    **{(name, Form.READ): _registration_now for name in _REGISTRATIONS},
    **{(name, Form.SET): _registration for name in _REGISTRATIONS},
    **{(name, Form.TEST): _registration_choices for name in _REGISTRATIONS},
    ("+COPS", Form.READ): _operator_now,
    ("+COPS", Form.SET): _operator,
    ("+CSQ", Form.EXECUTE): _signal,
    ("+CGATT", Form.READ): _attached_now,
    ("+CBC", Form.EXECUTE): _battery,
    ("+CSCS", Form.SET): _charset,
    ("+CSCS", Form.READ): _charset_now,
    ("+CSCS", Form.TEST): _charset_choices,
})  # fmt: skip
