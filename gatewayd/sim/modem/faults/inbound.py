"""Messages for this SIM: what the network does to them, where the modem puts them, and how it shows its memories."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from gatewayd.sim.modem.atline import Command, Form
from gatewayd.sim.modem.hooks import Given, Hook, Kind
from gatewayd.sim.modem.values import Answer, Arrival, Delivery, Room

_FLASH: Final = 0
_REFERENCE: Final = 7
_HANDED_OVER: Final = "+CMT: ,{length}\r\n{hex}"
_INDEX_STEP: Final = 3

#: PDUs that are none, by the number behind malformed_pdu. Made up, or from fuzz tests of other gateways.
MALFORMED: Final = (
    "000ABF00",
    "001C011C",
    "00410000000000000000",
    # The sender's address is longer than the PDU.
    "00040F91261820",
    # TP-UDL says 160 septets, four octets follow.
    "00040C912618020000F100006230205000008261A0C8329B0D",
    # Part 0 of 2, and part 3 of 2.
    "00440C912618020010200000623020500000820B0500032A0200E6617A1D",
    "00440C912618020010200000623020500000820B0500032A0203E6617A1D",
    # The header is longer than the text.
    "00440C912618020000F1000062302050000082050CFF03AA0102",
    # Zeros and ones of a worn-out SIM.
    "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF",
)


def _is_long(arrivals: tuple[Arrival, ...]) -> bool:
    return len(arrivals) > 1


def _one_missing(given: Given, arrivals: tuple[Arrival, ...]) -> tuple[Arrival, ...] | None:
    if not _is_long(arrivals):
        return None
    missing = min(int(given.number(len(arrivals))), len(arrivals))
    return tuple(part for number, part in enumerate(arrivals, start=1) if number != missing)


def _last_first(_: Given, arrivals: tuple[Arrival, ...]) -> tuple[Arrival, ...] | None:
    return arrivals[::-1] if _is_long(arrivals) else None


def _parts_twice(_: Given, arrivals: tuple[Arrival, ...]) -> tuple[Arrival, ...] | None:
    return tuple(part for part in arrivals for _ in range(2)) if _is_long(arrivals) else None


def _same_reference(given: Given, arrivals: tuple[Arrival, ...]) -> tuple[Arrival, ...] | None:
    if not _is_long(arrivals):
        return None
    reference = int(given.number(_REFERENCE)) % 256
    return tuple(
        replace(part, concat=replace(part.concat, reference=reference)) if part.concat else part for part in arrivals
    )


def _broken_before(given: Given, arrivals: tuple[Arrival, ...]) -> tuple[Arrival, ...]:
    broken = MALFORMED[int(given.number(0)) % len(MALFORMED)]
    return (Arrival(arrivals[0].sender, hex=broken), *arrivals)


def _is_told(delivery: Delivery) -> bool:
    return not delivery.is_report and delivery.memory != "" and delivery.line != ""


def _without_index(_: Given, delivery: Delivery) -> Delivery | None:
    return replace(delivery, line='+CMTI: "{memory}",-1') if _is_told(delivery) else None


def _with_other_memory(_: Given, delivery: Delivery) -> Delivery | None:
    other = "SM" if delivery.memory == "ME" else "ME"
    return replace(delivery, line=f'+CMTI: "{other}",{{index}}') if _is_told(delivery) else None


def _untold(_: Given, delivery: Delivery) -> Delivery | None:
    return replace(delivery, line="") if _is_told(delivery) else None


def _handed_over(_: Given, delivery: Delivery) -> Delivery | None:
    return replace(delivery, memory="", line=_HANDED_OVER) if _is_told(delivery) else None


def _flash_lost(_: Given, delivery: Delivery) -> Delivery | None:
    return replace(delivery, is_lost=True) if delivery.message_class == _FLASH else None


def _small(given: Given, room: Room) -> Room:
    return replace(room, capacity=int(given.number(1)))


def _small_and_told(given: Given, room: Room) -> Room:
    return replace(_small(given, room), told_full='^SMMEMFULL:"{memory}"')


def _holes(_: Given, room: Room) -> Room:
    return replace(room, step=_INDEX_STEP)


def _from_zero(_: Given, room: Room) -> Room:
    return replace(room, first=0)


def _empty(_: Given, room: Room) -> Room:
    return replace(room, used=0)


def _not_deleted(_: Given, command: Command) -> Answer | None:
    return Answer() if command.name == "+CMGD" and command.form is Form.SET else None


def _read_as_nothing(_: Given, command: Command) -> Answer | None:
    return Answer() if command.name == "+CMGR" else None


def _read_as_no_slot(_: Given, command: Command) -> Answer | None:
    return Answer(final="+CMS ERROR: 321") if command.name == "+CMGR" else None


#: Name → what it does and where. The number in brackets is what an argument left out means.
FAULTS: Final[Mapping[str, Kind]] = MappingProxyType({
    "cmti_index_minus1": Kind("+CMTI gives -1 for an index", Hook(delivery=_without_index)),
    "cmti_other_mem": Kind("+CMTI names another memory than it is kept in", Hook(delivery=_with_other_memory)),
    "cmti_lost": Kind("a message is kept and not told", Hook(delivery=_untold)),
    "storage_full": Kind(
        "each memory has room for so many only; the network keeps the others", Hook(room=_small), "messages [1]"),
    "smmemfull": Kind(
        "the same, and ^SMMEMFULL says when a message finds no room", Hook(room=_small_and_told), "messages [1]"),
    "index_holes": Kind("only every third index is in use", Hook(room=_holes)),
    "index_from_zero": Kind("indexes count from 0", Hook(room=_from_zero)),
    "cpms_lies_zero": Kind("AT+CPMS shows empty memories", Hook(room=_empty)),
    "cmgd_ok_not_deleted": Kind("AT+CMGD says OK and deletes nothing", Hook(command=_not_deleted)),
    "cmgr_empty_ok": Kind("AT+CMGR says OK and shows nothing", Hook(command=_read_as_nothing)),
    "cmgr_321": Kind("AT+CMGR finds no message", Hook(command=_read_as_no_slot)),
    "class0_lost": Kind("a message of class 0 is lost", Hook(delivery=_flash_lost)),
    "concat_missing": Kind("this part of a long message never comes", Hook(arrivals=_one_missing), "part [the last]"),
    "concat_out_of_order": Kind("the parts of a long message come last first", Hook(arrivals=_last_first)),
    "concat_dup": Kind("each part of a long message comes twice", Hook(arrivals=_parts_twice)),
    "concat_ref_reuse": Kind("all long messages have this reference", Hook(arrivals=_same_reference), "reference [7]"),
    "malformed_pdu": Kind(
        f"before a message comes a PDU that is none, of {len(MALFORMED)} kinds",
        Hook(arrivals=_broken_before), "kind [0]"),
    "routed_cmt_in_store_mode": Kind(
        "a message is handed over by +CMT, though AT+CNMI asks to keep it", Hook(delivery=_handed_over)),
})  # fmt: skip
