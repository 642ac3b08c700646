"""What the command handlers work on: the modem's parts in one place, and the answers that need several.

The network, the SIM and the memories are looked at through here, which is where faults of theirs take hold.
"""

from dataclasses import dataclass, replace
from typing import Final

from gatewayd.clock import Clock
from gatewayd.sim.modem.hooks import Bench
from gatewayd.sim.modem.memory import Store, stores
from gatewayd.sim.modem.network import Network
from gatewayd.sim.modem.occasions import Reference
from gatewayd.sim.modem.profiles import Profile
from gatewayd.sim.modem.session import Session
from gatewayd.sim.modem.values import Card, Radio, Room

#: What +CME ERROR says of a SIM (TS 27.007 §9.2.1).
PIN_WANTED: Final = 11
PUK_WANTED: Final = 12

_MEMORY_1: Final = 0
_ON: Final = 1
_NOT_SEARCHING: Final = 0
_NO_SIGNAL: Final = 99
_PIN_TRIES: Final = 3
_CPIN_READY: Final = "+CPIN: READY"
_CPIN: Final = {PIN_WANTED: "+CPIN: SIM PIN", PUK_WANTED: "+CPIN: SIM PUK", 10: "+CPIN: NOT INSERTED"}


@dataclass(slots=True)
class Device:
    """`serial` tells simulators apart: it is the end of IMEI, IMSI and ICCID. `reference` is the next TP-MR."""

    profile: Profile
    network: Network
    bench: Bench
    serial: int
    clock: Clock
    memories: dict[str, Store]
    session: Session
    reference: int = 0
    last_reference: int = 0xFF
    sent_since_start: int = 0
    is_unlocked: bool = False
    wrong_pins: int = 0
    started_at: float = 0.0
    radio_on_at: float = 0.0

    @property
    def imei(self) -> str:
        body = f"35000000{self.serial:06d}"
        return body + str(_check_digit(body))

    def card(self) -> Card:
        """The SIM as the modem finds it now, faults included."""
        card = self.bench.card(Card(self.serial, since_s=self.clock.monotonic() - self.started_at))
        if card.trouble != PIN_WANTED:
            return card
        if self.pins_left == 0:
            return replace(card, trouble=PUK_WANTED)
        return replace(card, trouble=0) if self.is_unlocked else card

    @property
    def pins_left(self) -> int:
        return max(0, _PIN_TRIES - self.wrong_pins)

    def radio(self) -> Radio:
        """The network as the modem sees it now, faults included; without a working SIM it sees none."""
        since_s = self.clock.monotonic() - self.radio_on_at
        radio = self.bench.radio(replace(self.network.radio(), since_s=since_s))
        if self.session.functionality != _ON:
            return replace(radio, registration=_NOT_SEARCHING, packet=None, csq=_NO_SIGNAL)
        return replace(radio, registration=_NOT_SEARCHING, packet=None) if self.card().trouble else radio

    @property
    def is_attached(self) -> bool:
        """Whether the network reaches the modem, whatever it believes itself."""
        is_on = self.session.functionality == _ON
        return is_on and self.network.radio().is_registered and not self.card().trouble

    def room(self, name: str) -> Room:
        """The memory of that name as the modem shows it now, faults included."""
        store = self.memories[name]
        told_full = self.profile.told_full
        return self.bench.room(Room(len(store), store.capacity, store.first_index, told_full=told_full))

    @property
    def reading_name(self) -> str:
        return self.session.memories[_MEMORY_1]

    def reading_memory(self) -> Store:
        return self.memories[self.reading_name]

    def take_reference(self) -> int:
        """The TP-MR of the part that goes out now: 0 to 255, and again; faults included."""
        self.last_reference = self.bench.reference(Reference(self.reference, self.sent_since_start)).value
        self.reference = (self.reference + 1) % 256
        self.sent_since_start += 1
        return self.last_reference

    def switch(self, functionality: int) -> None:
        """AT+CFUN: the radio on (1) or off."""
        if functionality == _ON and self.session.functionality != _ON:
            self.radio_on_at = self.clock.monotonic()
        self.session.functionality = functionality

    def forget(self) -> None:
        """Take back what the client set; the radio stays as it is."""
        self.session = _new_session(self.profile, self.bench, self.session.functionality)

    def restart(self) -> None:
        """Power gone and back: the SIM is locked again; the memories and the reference stay."""
        self.session = _new_session(self.profile, self.bench)
        self.is_unlocked = False
        self.sent_since_start = 0
        self.started_at = self.radio_on_at = self.clock.monotonic()

    def boot_lines(self) -> tuple[str, ...]:
        """What it says of its own accord once it has started; without a working SIM it stops at that."""
        lines = self.profile.boot_lines
        trouble = self.card().trouble
        if not trouble or _CPIN_READY not in lines:
            return lines
        return (*lines[: lines.index(_CPIN_READY)], _CPIN.get(trouble, "+CPIN: NOT READY"))


def new_device(profile: Profile, network: Network, bench: Bench, clock: Clock, serial: int) -> Device:
    memories = stores(profile.memories, profile.first_index)
    now = clock.monotonic()
    session = _new_session(profile, bench)
    return Device(profile, network, bench, serial, clock, memories, session, started_at=now, radio_on_at=now)


def _new_session(profile: Profile, bench: Bench, functionality: int = _ON) -> Session:
    first = profile.memories[0][0]
    return bench.session(Session(memories=[first, first, first], cnmi=profile.cnmi_start, functionality=functionality))


def imsi_of(network: Network, card: Card) -> str:
    return f"{network.operator.network}{card.serial:010d}"


def iccid_of(card: Card) -> str:
    body = f"896210{card.serial:012d}"
    return body + str(_check_digit(body))


def _check_digit(digits: str) -> int:
    """The last digit of an IMEI or ICCID (Luhn)."""
    doubled = (int(digit) * (1 + place % 2) for place, digit in enumerate(reversed(digits), start=1))
    total = sum(value - 9 if value > 9 else value for value in doubled)
    return -total % 10
