"""Commands about short messages, in PDU mode. Source: TS 27.005 §3, §4; +CMMS §3.5.6."""

from types import MappingProxyType
from typing import Final

from gatewayd.sim.modem.atline import Command, Form
from gatewayd.sim.modem.device import Device
from gatewayd.sim.modem.memory import ALL, UNREAD, Stored
from gatewayd.sim.modem.profiles import cnmi_choices
from gatewayd.sim.modem.session import cms
from gatewayd.sim.modem.values import Answer, Prompt

_NOT_ALLOWED: Final = 302
_BAD_PDU_PARAMETER: Final = 304
_BAD_INDEX: Final = 321
_NOTHING_TO_ACKNOWLEDGE: Final = 340
_UNKNOWN: Final = 500
_LONGEST_TPDU: Final = 164
_DELETE_READ: Final = (1, 2, 3)
_DELETE_ALL: Final = 4
#: Where the memory for what arrives stands among those of +CPMS.
_RECEIVING: Final = 2


def _format(device: Device, command: Command) -> Answer:
    return Answer() if command.value == "0" else _refused(device, _NOT_ALLOWED)


def _format_now(_: Device, __: Command) -> Answer:
    return Answer(("+CMGF: 0",))


def _format_choices(_: Device, __: Command) -> Answer:
    return Answer(("+CMGF: (0)",))


def _service(device: Device, command: Command) -> Answer:
    if command.value not in device.profile.csms_test.strip("()").replace("-", ",").split(","):
        return _refused(device, _NOT_ALLOWED)
    device.session.service = int(command.value)
    return Answer(("+CSMS: 1,1,1",) if device.profile.csms_answer else ())


def _service_now(device: Device, _: Command) -> Answer:
    return Answer((f"+CSMS: {device.session.service},1,1,1",))


def _service_choices(device: Device, _: Command) -> Answer:
    return Answer((f"+CSMS: {device.profile.csms_test}",))


def _memories(device: Device, command: Command) -> Answer:
    names, profile = command.parameters, device.profile
    is_known = all(name in device.memories for name in names)
    if not 1 <= len(names) <= profile.cpms_places or not is_known or _cannot_receive(device, names):
        return _refused(device, _NOT_ALLOWED)
    device.session.memories[: len(names)] = names
    match profile.cpms_answer:
        case "counts":
            return Answer((f"+CPMS: {','.join(_counts(device))}",))
        case "names":
            return _memories_now(device, command)
        case _:
            return Answer()


def _cannot_receive(device: Device, names: tuple[str, ...]) -> bool:
    receiving = device.profile.receiving
    return bool(receiving) and any(name not in receiving for name in names[_RECEIVING:])


def _memories_now(device: Device, _: Command) -> Answer:
    named = (f'"{name}",{count}' for name, count in zip(_chosen(device), _counts(device), strict=True))
    return Answer((f"+CPMS: {','.join(named)}",))


def _chosen(device: Device) -> list[str]:
    """The memories in force, as many as the modem speaks of."""
    return device.session.memories[: device.profile.cpms_places]


def _counts(device: Device) -> list[str]:
    rooms = (device.room(name) for name in _chosen(device))
    return [f"{room.used},{room.capacity}" for room in rooms]


def _memory_choices(device: Device, _: Command) -> Answer:
    if device.profile.cpms_test:
        return Answer((f"+CPMS: {device.profile.cpms_test}",))
    names = ",".join(f'"{name}"' for name in device.memories)
    writable = ",".join(f'"{name}"' for name in device.memories if name != "SR")
    return Answer((f"+CPMS: ({names}),({writable}),({writable})",))


def _indications(device: Device, command: Command) -> Answer:
    choices = cnmi_choices(device.profile)
    given = command.parameters
    values = [_value(text, old) for text, old in zip(given, device.session.cnmi, strict=False)]
    if len(given) > len(choices) or any(value not in known for value, known in zip(values, choices, strict=False)):
        return _refused(device, _NOT_ALLOWED)
    device.session.cnmi = (*values, *device.session.cnmi[len(values) :])
    return Answer()


def _value(text: str, old: int) -> int:
    """A value left out keeps the old one; what is no number is no choice either."""
    return int(text) if text.isdecimal() else -1 if text else old


def _indications_now(device: Device, _: Command) -> Answer:
    return Answer((f"+CNMI: {','.join(map(str, device.session.cnmi))}",))


def _indication_choices(device: Device, _: Command) -> Answer:
    return Answer((f"+CNMI: {device.profile.cnmi_test}",))


def _service_centre_now(device: Device, _: Command) -> Answer:
    number = device.session.service_centre
    return Answer((f'+CSCA: "{number}",{145 if number.startswith("+") else 129}',))


def _service_centre(device: Device, command: Command) -> Answer:
    device.session.service_centre = command.parameters[0]
    return Answer()


def _more_messages(device: Device, command: Command) -> Answer:
    if not device.profile.has_cmms:
        return _refused(device, _UNKNOWN)
    if command.value not in ("0", "1", "2"):
        return _refused(device, _NOT_ALLOWED)
    device.session.more_messages = int(command.value)
    return Answer()


def _more_messages_now(device: Device, _: Command) -> Answer:
    return Answer((f"+CMMS: {device.session.more_messages}",))


def _send(device: Device, command: Command) -> Answer:
    length = _integer(command.value)
    if length is None or not 1 <= length <= _LONGEST_TPDU:
        return _refused(device, _BAD_PDU_PARAMETER)
    return Answer(final="", then=(Prompt(length, device.profile.prompt),))


def _acknowledge(device: Device, _: Command) -> Answer:
    device.session.awaits_acknowledgement = False
    return Answer() if device.session.service == 1 else _refused(device, _NOTHING_TO_ACKNOWLEDGE)


def _list(device: Device, command: Command) -> Answer:
    status = _integer(command.value or str(UNREAD))
    if status is None or not 0 <= status <= ALL:
        return _refused(device, _BAD_PDU_PARAMETER)
    found = device.reading_memory().list(status)
    return Answer(tuple(_shown(f"{device.profile.list_head}{index},", message) for index, message in found))


def _read(device: Device, command: Command) -> Answer:
    index = _integer(command.value)
    message = device.reading_memory().read(index) if index is not None else None
    return Answer((_shown("+CMGR: ", message),)) if message else _refused(device, _BAD_INDEX)


def _delete(device: Device, command: Command) -> Answer:
    index, flag = _integer(command.parameters[0]), _integer((*command.parameters, "0")[1])
    store = device.reading_memory()
    if index is None or flag is None or flag > _DELETE_ALL or (flag == 0 and not _is_slot(device, index)):
        return _refused(device, _BAD_INDEX)
    if flag == _DELETE_ALL:
        store.clear()
    elif flag in _DELETE_READ:
        store.delete_read()
    else:
        store.delete(index)
    return Answer()


def _is_slot(device: Device, index: int) -> bool:
    return index in device.reading_memory().used or index in device.room(device.reading_name).indexes


def _delete_choices(device: Device, _: Command) -> Answer:
    return Answer((f"+CMGD: ({','.join(map(str, device.reading_memory().used))}),(0-4)",))


def _shown(head: str, message: Stored) -> str:
    return f"{head}{message.status},,{message.length}\r\n{message.hex}"


def _integer(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() else None


def _refused(device: Device, code: int) -> Answer:
    return Answer(final=cms(device.session, code))


MESSAGES: Final = MappingProxyType({
    ("+CMGF", Form.SET): _format,
    ("+CMGF", Form.READ): _format_now,
    ("+CMGF", Form.TEST): _format_choices,
    ("+CSMS", Form.SET): _service,
    ("+CSMS", Form.READ): _service_now,
    ("+CSMS", Form.TEST): _service_choices,
    ("+CPMS", Form.SET): _memories,
    ("+CPMS", Form.READ): _memories_now,
    ("+CPMS", Form.TEST): _memory_choices,
    ("+CNMI", Form.SET): _indications,
    ("+CNMI", Form.READ): _indications_now,
    ("+CNMI", Form.TEST): _indication_choices,
    ("+CSCA", Form.READ): _service_centre_now,
    ("+CSCA", Form.SET): _service_centre,
    ("+CMMS", Form.SET): _more_messages,
    ("+CMMS", Form.READ): _more_messages_now,
    ("+CMGS", Form.SET): _send,
    ("+CNMA", Form.EXECUTE): _acknowledge,
    ("+CNMA", Form.SET): _acknowledge,
    ("+CMGL", Form.SET): _list,
    ("+CMGL", Form.EXECUTE): _list,
    ("+CMGR", Form.SET): _read,
    ("+CMGD", Form.SET): _delete,
    ("+CMGD", Form.TEST): _delete_choices,
})  # fmt: skip
