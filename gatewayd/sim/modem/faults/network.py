"""Registration, signal, SIM and power. Times count from the moment the radio, or the modem, was switched on."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from gatewayd.sim.modem.atline import Command
from gatewayd.sim.modem.hooks import Given, Hook, Kind, Trigger
from gatewayd.sim.modem.values import (
    SILENCE,
    Answer,
    Card,
    Deafen,
    PullOut,
    Radio,
    Reboot,
    Say,
    UssdTurn,
    Verdict,
)
from gatewayd.wire import ussd

_SEARCHING: Final = 2
_DENIED: Final = 3
_ROAMING: Final = 5
_SMS_ONLY: Final = 6

_NOT_INSERTED: Final = 10
_PIN_WANTED: Final = 11
_PUK_WANTED: Final = 12
_BUSY: Final = 14

#: READ BINARY of the file with the last used TP-MR (TS 31.102 §4.2.28).
_EF_SMSS: Final = "176,28483"
_WARNING: Final = "UNDER-VOLTAGE WARNNING"
_POWER_DOWN: Final = "UNDER-VOLTAGE POWER DOWN"


def _is(registration: int) -> Callable[[Given, Radio], Radio]:
    return lambda _, radio: replace(radio, registration=registration)


def _denied_at_first(given: Given, radio: Radio) -> Radio | None:
    return replace(radio, registration=_DENIED) if radio.since_s < given.number(30) else None


def _flapping(given: Given, radio: Radio) -> Radio | None:
    is_gone = int(radio.since_s / max(given.number(20), 1)) % 2
    return replace(radio, registration=_SEARCHING) if is_gone else None


def _circuit_denied(_: Given, radio: Radio) -> Radio | None:
    return replace(radio, registration=_DENIED, packet=_ROAMING) if radio.is_registered else None


def _unknown_signal(_: Given, name: str, answer: Answer) -> Answer | None:
    return replace(answer, info=("+CSQ: 99,99",)) if name == "+CSQ" else None


def _has(trouble: int) -> Callable[[Given, Card], Card]:
    return lambda _, card: replace(card, trouble=trouble)


def _locked(given: Given, card: Card) -> Card:
    return replace(card, trouble=_PIN_WANTED, pin=f"{given.number(1234):04.0f}")


def _busy_at_first(given: Given, card: Card) -> Card | None:
    return replace(card, trouble=_BUSY) if card.since_s < given.number(5) else None


def _gone_later(given: Given, card: Card) -> Card | None:
    return replace(card, trouble=_NOT_INSERTED) if card.since_s >= given.number(60) else None


def _another(given: Given, card: Card) -> Card:
    return replace(card, serial=int(given.number(999_999)))


def _bad_contact(given: Given, card: Card) -> Card:
    return replace(card, trouble=int(given.number(262)))


def _no_messages(_: Given, verdict: Verdict) -> Verdict:
    return replace(verdict, is_taken=False, cause="cms-500", answer=Answer(final="+CMS ERROR: 500"))


def _no_ussd(_: Given, turn: UssdTurn) -> UssdTurn:
    return replace(turn, replies=((ussd.NOT_SUPPORTED, None),))


def _warns(_: Given, verdict: Verdict) -> Verdict:
    answer = verdict.answer
    return replace(verdict, answer=replace(answer, then=(Say((_WARNING,)), *answer.then)))


def _powers_down(_: Given, verdict: Verdict) -> Verdict:
    answer = replace(SILENCE, then=(Say((_POWER_DOWN,)), Deafen()))
    return replace(verdict, is_taken=False, cause="power", answer=answer)


def _browns_out(given: Given, verdict: Verdict) -> Verdict:
    answer = replace(SILENCE, then=(Reboot(),))
    if given.number(0) and verdict.is_taken:
        return replace(verdict, answer=answer)
    return replace(verdict, is_taken=False, cause="power", answer=answer)


def _goes_away(given: Given, command: Command) -> Answer | None:
    is_reset = command.name == "+CFUN" and command.value.endswith(",1")
    return Answer(then=(PullOut(back_s=given.number(5)),)) if is_reset else None


def _hangs(given: Given, command: Command) -> Answer | None:
    if command.name != "+CFUN" or not command.value:
        return None
    return replace(SILENCE, then=(Deafen(given.number(0) or None),))


def _restarts_unseen(_: Given, __: str, answer: Answer) -> Answer:
    return replace(answer, then=(*answer.then, Reboot(is_unseen=True)))


def _frozen(given: Given, command: Command) -> Answer | None:
    is_asked = command.name == "+CRSM" and command.value.startswith(_EF_SMSS)
    return Answer((f'+CRSM: 144,0,"{int(given.number(255)) % 256:02X}FF"',)) if is_asked else None


#: Name → what it does and where. The number in brackets is what an argument left out means.
FAULTS: Final[Mapping[str, Kind]] = MappingProxyType({
    "creg_searching": Kind(
        "the modem looks for a network; every look is an opportunity", Hook(radio=_is(_SEARCHING))),
    "creg_denied_transient": Kind(
        "the network denies the SIM for this time after the radio comes on", Hook(radio=_denied_at_first),
        "seconds [30]"),
    "creg_denied_forever": Kind("the network denies the SIM", Hook(radio=_is(_DENIED))),
    "creg_flap": Kind("registered and searching in turns of this time", Hook(radio=_flapping), "seconds [20]"),
    "creg_conflict_cs_ps": Kind(
        "AT+CREG says denied, AT+CGREG and AT+CEREG say roaming, and messages go", Hook(radio=_circuit_denied)),
    "creg_sms_only": Kind("registered for messages only (6)", Hook(radio=_is(_SMS_ONLY))),
    "csq_99": Kind("the signal is unknown", Hook(answer=_unknown_signal)),
    "sim_absent": Kind("no SIM", Hook(card=_has(_NOT_INSERTED))),
    "sim_busy_14": Kind("the SIM is being read for this time", Hook(card=_busy_at_first), "seconds [5]"),
    "sim_pin": Kind("the SIM wants this PIN", Hook(card=_locked), "PIN [1234]"),
    "sim_puk": Kind("the SIM wants its PUK", Hook(card=_has(_PUK_WANTED))),
    "sim_removed": Kind("the SIM is taken out after this time", Hook(card=_gone_later), "seconds [60]"),
    "sim_swapped": Kind("another SIM is in, with this number", Hook(card=_another), "number [999999]"),
    "sim_bad_contact": Kind(
        "three looks in ten fail with this +CME ERROR", Hook(card=_bad_contact), "code [262]", Trigger(p=0.3)),
    "lte_no_sms_500": Kind(
        "the network takes no message (+CMS ERROR: 500) and knows no USSD", Hook(verdict=_no_messages, ussd=_no_ussd)),
    "undervoltage_warn": Kind(f"{_WARNING} behind the answer to a part", Hook(verdict=_warns)),
    "undervoltage_powerdown": Kind(
        f"{_POWER_DOWN} in place of an answer to a part, then off; not taken", Hook(verdict=_powers_down)),
    "brownout_on_tx": Kind(
        "the modem restarts while it sends (0: the part is not taken, 1: it is)", Hook(verdict=_browns_out),
        "taken [0]"),
    "cfun_reset_reenum": Kind(
        "AT+CFUN=1,1 takes the port away for this time", Hook(command=_goes_away), "seconds [5]"),
    "cfun_hang": Kind(
        "AT+CFUN= is not answered, nor anything after it, for this time (0: until restarted)",
        Hook(command=_hangs), "seconds [0]"),
    "settings_lost_after_reboot": Kind(
        "once, after the 21st answer, the modem restarts and shows no sign of it", Hook(answer=_restarts_unseen), "",
        Trigger(after=20, times=1)),
    "efsmss_frozen": Kind("the SIM's last used TP-MR stays at this", Hook(command=_frozen), "reference [255]"),
})  # fmt: skip
