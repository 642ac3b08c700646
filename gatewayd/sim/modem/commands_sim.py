"""Commands about the SIM: who it is, its PIN, its files; and what a modem refuses without a working one.

Each typed PIN is noted in the ledger, a typed PUK too: nobody should type the first twice or the second at all.
Source: TS 27.007 §8.3, §8.18 (AT+CRSM), §9.2; TS 31.102 §4.2.28.
"""

from types import MappingProxyType
from typing import Final

from gatewayd.sim.modem.atline import Command, Form
from gatewayd.sim.modem.device import PIN_WANTED, PUK_WANTED, Device, iccid_of, imsi_of
from gatewayd.sim.modem.session import cme, cms
from gatewayd.sim.modem.values import Answer, Note

_NOT_ALLOWED: Final = 3
_BUSY: Final = 14
_WRONG_PASSWORD: Final = 16
_STATES: Final = {0: "READY", PIN_WANTED: "SIM PIN", PUK_WANTED: "SIM PUK"}
_TRIES: Final = 3

_OF_THE_SIM: Final = frozenset({"+CIMI", "+CCID", "^ICCID", "+CRSM", "+CUSD"})
_OF_MESSAGES: Final = frozenset({"+CMGS", "+CMGL", "+CMGR", "+CMGD", "+CPMS", "+CSCA"})
#: What a SIM that is still being read keeps the modem from besides.
_LATER: Final = frozenset({"+CMGF", "+CNMI", "+CSMS"})
#: +CME ERROR of a SIM → +CMS ERROR of the commands for messages (TS 27.005 §3.2.5).
_CMS: Final = {10: 310, 11: 311, 12: 316, 13: 313, 14: 314, 15: 315}


def refusal(device: Device, command: Command) -> Answer | None:
    """What the modem says to a command that needs the SIM while that does not work; None if nothing is wrong."""
    is_of_messages = command.name in _OF_MESSAGES or command.name in _LATER
    if command.form is Form.TEST or not (is_of_messages or command.name in _OF_THE_SIM):
        return None
    trouble = device.card().trouble
    if not trouble or (command.name in _LATER and trouble != _BUSY):
        return None
    if is_of_messages:
        return Answer(final=cms(device.session, _CMS.get(trouble, trouble)))
    return Answer(final=cme(device.session, trouble))


def _pin_state(device: Device, _: Command) -> Answer:
    trouble = device.card().trouble
    if trouble not in _STATES:
        return Answer(final=cme(device.session, trouble))
    return Answer((f"+CPIN: {_STATES[trouble]}",))


def _pin(device: Device, command: Command) -> Answer:
    card = device.card()
    if card.trouble not in (PIN_WANTED, PUK_WANTED):
        return Answer(final=cme(device.session, card.trouble or _NOT_ALLOWED))
    if card.trouble == PUK_WANTED:
        return Answer(final=cme(device.session, _WRONG_PASSWORD), then=(Note("puk"),))
    device.is_unlocked = command.parameters[0] == card.pin
    note = Note("pin", (("is_right", device.is_unlocked),))
    if device.is_unlocked:
        device.wrong_pins = 0
        return Answer(then=(note,))
    device.wrong_pins += 1
    return Answer(final=cme(device.session, _WRONG_PASSWORD), then=(note,))


def _pins_left(device: Device, _: Command) -> Answer:
    return Answer((f"+CPINR: SIM PIN,{device.pins_left},{_TRIES}",))


def _imsi(device: Device, _: Command) -> Answer:
    return Answer((imsi_of(device.network, device.card()),))


def _iccid(device: Device, command: Command) -> Answer:
    return Answer((f"{command.name}: {iccid_of(device.card())}",))


def _last_reference(device: Device, command: Command) -> Answer:
    """EF_SMSS: the last TP-MR, as the SIM keeps it; no other file is simulated."""
    if command.parameters[:2] != ("176", "28483"):
        return Answer(('+CRSM: 106,130,""',))
    return Answer((f'+CRSM: 144,0,"{device.last_reference:02X}FF"',))


SIM: Final = MappingProxyType({
    ("+CIMI", Form.EXECUTE): _imsi,
    ("+CCID", Form.EXECUTE): _iccid,
    ("^ICCID", Form.READ): _iccid,
    ("+CPIN", Form.READ): _pin_state,
    ("+CPIN", Form.SET): _pin,
    ("+CPINR", Form.EXECUTE): _pins_left,
    ("+CRSM", Form.SET): _last_reference,
})  # fmt: skip
