"""What the network says to a USSD code, and how the modem writes it."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from gatewayd.sim.modem.atline import Command, Form
from gatewayd.sim.modem.hooks import Given, Hook, Kind
from gatewayd.sim.modem.values import Answer, Say, UssdHabit, UssdTurn
from gatewayd.wire import ussd
from gatewayd.wire.ussd import Style

_MENU: Final = "Menu\n1 Cek pulsa\n2 Beli paket\n3 Transfer pulsa"
_PUSHED: Final = '+CUSD: 0,"Promo akhir pekan: bonus kuota untuk Anda.",15'
_IDLE_QUESTIONS: Final = ("+CSQ", "+CREG")

Said = tuple[int, str | None]


def _menu(_: Given, turn: UssdTurn) -> UssdTurn:
    return replace(turn, replies=((ussd.REPLY_WANTED, _MENU),))


def _menu_with_prompt(given: Given, turn: UssdTurn) -> UssdTurn:
    return replace(_menu(given, turn), has_prompt=True)


def _always(*replies: Said) -> Callable[[Given, UssdTurn], UssdTurn]:
    """Whatever the code is, the network says this."""
    return lambda _, turn: replace(turn, replies=replies)


def _written(style: Style) -> Callable[[Given, UssdHabit], UssdHabit]:
    return lambda _, habit: replace(habit, says=style)


def _packed_until_told(_: Given, habit: UssdHabit) -> UssdHabit | None:
    return None if habit.is_told_plain else replace(habit, hears="hex7", says="hex7")


def _texts(turn: UssdTurn, change: Callable[[int, str], Said]) -> UssdTurn | None:
    """The turn with each text changed; None where it has none."""
    if all(text is None for _, text in turn.replies):
        return None
    replies = tuple((mode, text) if text is None else change(mode, text) for mode, text in turn.replies)
    return replace(turn, replies=replies)


def _in_lines(_: Given, turn: UssdTurn) -> UssdTurn | None:
    return _texts(turn, lambda mode, text: (mode, f"{text}\r\n\r\nInfo lain:\n1. Paket\r\n2. Bantuan"))


def _quoted(_: Given, turn: UssdTurn) -> UssdTurn | None:
    return _texts(turn, lambda mode, text: (mode, f'{text} Ketik "INFO", atau "STOP".'))


def _ended(_: Given, turn: UssdTurn) -> UssdTurn | None:
    return _texts(turn, lambda _, text: (ussd.ENDED, text))


def _without_dcs(_: Given, turn: UssdTurn) -> UssdTurn:
    return replace(turn, has_dcs=False)


def _released_first(_: Given, turn: UssdTurn) -> UssdTurn:
    return replace(turn, replies=((ussd.ENDED, "Initiating Release"), *turn.replies), is_before_ok=True)


def _before_ok(_: Given, turn: UssdTurn) -> UssdTurn:
    return replace(turn, is_before_ok=True)


def _late(given: Given, turn: UssdTurn) -> UssdTurn:
    return replace(turn, after_s=given.number(120))


def _error_behind(given: Given, turn: UssdTurn) -> UssdTurn:
    return replace(turn, replies=(), tail=(f"+CME ERROR: {given.number(132):.0f}",))


def _busy(given: Given, command: Command) -> Answer | None:
    is_request = command.name == "+CUSD" and command.form is Form.SET and command.value.startswith("1,")
    return Answer(final=f"+CME ERROR: {given.number(258):.0f}") if is_request else None


def _pushed(_: Given, name: str, answer: Answer) -> Answer | None:
    if name not in _IDLE_QUESTIONS or answer.final != "OK":
        return None
    return replace(answer, then=(*answer.then, Say((_PUSHED,), after_s=0.1)))


#: Name → what it does and where. The number in brackets is what an argument left out means.
FAULTS: Final[Mapping[str, Kind]] = MappingProxyType({
    "ussd_m1_prompt": Kind("a menu comes for every code, and a prompt behind it", Hook(ussd=_menu_with_prompt)),
    "ussd_plain": Kind("the reply comes as plain text", Hook(habit=_written("plain"))),
    "ussd_hex7": Kind("the reply comes as hex of packed 7 bit, dcs 15", Hook(habit=_written("hex7"))),
    "ussd_ucs2": Kind("the reply comes as hex of UCS-2, dcs 72", Hook(habit=_written("ucs2"))),
    "ussd_multiline": Kind("there are line ends in the reply", Hook(ussd=_in_lines)),
    "ussd_nested_quotes": Kind("there are quotes in the reply", Hook(ussd=_quoted)),
    "ussd_no_dcs": Kind("the reply has no dcs", Hook(ussd=_without_dcs)),
    "ussd_menu": Kind("a menu that wants a choice comes for every USSD code", Hook(ussd=_menu)),
    "ussd_release_first": Kind(
        "+CUSD: 2 with a text of the network's comes before the reply, both before OK", Hook(ussd=_released_first)),
    "ussd_text_in_m2": Kind("the reply comes as +CUSD: 2 (ended)", Hook(ussd=_ended)),
    "ussd_4": Kind("+CUSD: 4 (not supported) comes for every code", Hook(ussd=_always((ussd.NOT_SUPPORTED, None)))),
    "ussd_5_no_text": Kind("+CUSD: 5 (timeout) comes for every code", Hook(ussd=_always((ussd.TIMEOUT, None)))),
    "ussd_before_ok": Kind("the reply comes before OK", Hook(ussd=_before_ok)),
    "ussd_ok_no_reply": Kind("OK, and no reply", Hook(ussd=_always())),
    "ussd_late_after_timeout": Kind("the reply comes so late", Hook(ussd=_late), "seconds [120]"),
    "ussd_cme_after_ok": Kind("this +CME ERROR comes after OK, and no reply", Hook(ussd=_error_behind), "code [132]"),
    "ussd_busy": Kind("every code is refused with this +CME ERROR", Hook(command=_busy), "code [258]"),
    "ussd_network_initiated": Kind(
        "a +CUSD nobody asked for comes behind AT+CSQ and AT+CREG", Hook(answer=_pushed)),
    "ussd_needs_ussdmode0": Kind(
        "codes and replies are hex of packed 7 bit until AT^USSDMODE=0", Hook(habit=_packed_until_told)),
})  # fmt: skip
