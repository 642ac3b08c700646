"""From the network into the modem: where a message or a report goes there, and what the modem says of it.

By the client's +CNMI: kept in a memory and told (+CMTI, +CDSI), or handed over at once (+CMT, +CDS). A message of
class 0 is never kept unless the modem is silent, one of class 2 always, in the SIM. Faults of the delivery take hold
here. Source: TS 27.005 §3.4.1 (tables for <mt> and <ds>), §3.4.4 (AT+CNMA); TS 23.038 §4.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from gatewayd.clock import Clock
from gatewayd.sim.modem.device import Device
from gatewayd.sim.modem.ledger import Journal
from gatewayd.sim.modem.memory import Stored
from gatewayd.sim.modem.timers import Timers
from gatewayd.sim.modem.values import Delivery
from gatewayd.wire.tpdu import Pdu

_RECEIVED: Final = 2
_SILENT, _TELL, _HAND_OVER = 0, 1, 2
_FLASH: Final = 0
_ON_THE_SIM: Final = 2
_SIM: Final = "SM"
_REPORTS: Final = "SR"

_MESSAGE: Final = "+CMT: ,{length}\r\n{hex}"
_MESSAGE_KEPT: Final = '+CMTI: "{memory}",{index}'
_REPORT: Final = "{length}\r\n{hex}"
_REPORT_KEPT: Final = '+CDSI: "{memory}",{index}'
#: Where a memory that the modem has not is said to keep something.
_NOWHERE: Final = 1


@dataclass(frozen=True, slots=True)
class Item:
    """Something the network has for the modem; `event` and `note` are for the ledger once it has it."""

    pdu: Pdu
    event: str
    note: Mapping[str, object]
    message_class: int | None = None

    @property
    def is_report(self) -> bool:
        return self.event == "report"


class HandOver:
    """`tell` lets the modem say lines."""

    def __init__(
        self, device: Device, journal: Journal, clock: Clock, timers: Timers, tell: Callable[[tuple[str, ...]], None]
    ) -> None:  # fmt: skip
        self._device = device
        self._journal = journal
        self._clock = clock
        self._timers = timers
        self._tell = tell
        self._is_full_told = False

    def try_(self, item: Item) -> bool:
        """Give `item` to the modem; False if it has no room."""
        planned = self._planned(item)
        if planned.memory and self._is_full(planned.memory):
            return False
        delivery = self._device.bench.delivery(planned)
        if delivery.is_lost:
            self._journal.note(f"{item.event}_lost", **item.note)
            return True
        index = self._keep(delivery)
        if index is None:
            return False
        self._is_full_told = False
        self._journal.note(item.event, **item.note)
        self._say(delivery, index)
        return True

    def _planned(self, item: Item) -> Delivery:
        memory, line = self._report_place() if item.is_report else self._message_place(item.message_class)
        return Delivery(item.pdu, memory, line, item.is_report, item.message_class)

    def _report_place(self) -> tuple[str, str]:
        session = self._device.session
        match session.report_route:
            case 1:
                return "", self._device.profile.report_head + _REPORT
            case 2:
                return _REPORTS if _REPORTS in self._device.memories else session.memories[_RECEIVED], _REPORT_KEPT
            case _:
                return "", ""

    def _message_place(self, message_class: int | None) -> tuple[str, str]:
        session = self._device.session
        route = session.message_route
        if message_class == _ON_THE_SIM and _SIM in self._device.memories:
            return _SIM, _MESSAGE_KEPT if route else ""
        if route == _SILENT:
            return session.memories[_RECEIVED], ""
        if route == _HAND_OVER or message_class == _FLASH or (route != _TELL and message_class is not None):
            return "", _MESSAGE
        return session.memories[_RECEIVED], _MESSAGE_KEPT

    def _is_full(self, memory: str) -> bool:
        room = self._device.room(memory)
        is_full = self._device.memories[memory].is_full(room)
        if is_full and room.told_full and not self._is_full_told:
            self._is_full_told = True
            self._tell((room.told_full.format(memory=memory),))
        return is_full

    def _keep(self, delivery: Delivery) -> int | None:
        """The index it got; None if there is no room for it."""
        store = self._device.memories.get(delivery.memory)
        if store is None:
            return _NOWHERE
        return store.add(Stored(delivery.pdu.hex, delivery.pdu.length), self._device.room(delivery.memory))

    def _say(self, delivery: Delivery, index: int) -> None:
        pdu, session = delivery.pdu, self._device.session
        line = delivery.line.format(memory=delivery.memory, index=index, length=pdu.length, hex=pdu.hex)
        if delivery.acknowledge_s is not None and session.service == 1:
            session.awaits_acknowledgement = True
            due = self._clock.monotonic() + delivery.acknowledge_s
            self._timers.at(due, session.stop_handing_over, is_modems=True)
        self._tell((line,) if line else ())
