"""The port and the cable: unplugging, other programs, wrong ports, and bytes that come otherwise than sent."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from gatewayd.sim.modem.atline import Command
from gatewayd.sim.modem.faults.sending import taken
from gatewayd.sim.modem.hooks import Given, Hook, Kind, Trigger
from gatewayd.sim.modem.occasions import Start, Typed, Unasked
from gatewayd.sim.modem.values import SILENCE, Answer, Chunks, Occupy, PullOut, Stall, Verdict

#: Noise of a line that was just switched on; no byte of it is ASCII.
_NOISE: Final = bytes.fromhex("fffefcf0e0c080")
_NUL: Final = b"\0\0"
#: What the bits of a character are taken for at another speed; always with the high bit set.
_MISREAD: Final = bytes((value * 167 + 91) % 128 | 0x80 for value in range(256))
#: How long a client has for reading an answer before the port goes: a terminal takes with it what was not read.
_READING_S: Final = 0.05
_POSITIONS: Final = (
    "$GPGGA,050000.00,0612.0000,S,10649.0000,E,1,08,1.0,12.0,M,,M,,*5F",
    "$GPRMC,050000.00,A,0612.0000,S,10649.0000,E,0.0,0.0,020326,,,A*4C",
)


def _back_s(given: Given, usual: float) -> float | None:
    return given.number(usual) or None


def _absent(given: Given, start: Start) -> Start:
    return replace(start, then=(*start.then, PullOut(back_s=_back_s(given, 5))))


def _as_disc(given: Given, start: Start) -> Start | None:
    if start.reason != "restart":
        return None
    return replace(start, then=(*start.then, PullOut(after_s=_READING_S, back_s=_back_s(given, 30))))


def _busy(given: Given, start: Start) -> Start:
    return replace(start, then=(*start.then, Occupy(_back_s(given, 5))))


def _unplugged(given: Given, _: Command) -> Answer:
    return replace(SILENCE, then=(PullOut(back_s=_back_s(given, 5)),))


def _taken_and_unplugged(given: Given, verdict: Verdict) -> Verdict | None:
    return taken(verdict, replace(SILENCE, then=(PullOut(back_s=_back_s(given, 5)),)))


def _dies_behind(given: Given, _: str, answer: Answer) -> Answer:
    gone = PullOut(after_s=_READING_S, back_s=_back_s(given, 5), leaves_name=True)
    return replace(answer, then=(*answer.then, gone))


def _renamed(given: Given, _: Command) -> Answer:
    return replace(SILENCE, then=(PullOut(back_s=given.number(2), is_renamed=True),))


def _stalled(given: Given, _: str, answer: Answer) -> Answer:
    return replace(answer, then=(*answer.then, Stall(_back_s(given, 5))))


def _cut_short(given: Given, typed: Typed) -> Typed | None:
    most = int(given.number(8))
    return Typed(typed.data[:most]) if len(typed.data) > most else None


def _joined(chunks: Chunks) -> bytes:
    return b"".join(chunks.parts)


def _bytewise(given: Given, chunks: Chunks) -> Chunks:
    data = _joined(chunks)
    parts = tuple(data[at : at + 1] for at in range(len(data)))
    return replace(chunks, parts=parts, gap_s=given.number(1) / 1000)


def _coalesced(given: Given, chunks: Chunks) -> Chunks:
    return replace(chunks, parts=(_joined(chunks),), held_s=given.number(200) / 1000)


def _with_losses(given: Given, chunks: Chunks) -> Chunks | None:
    data, every = _joined(chunks), max(1, int(given.number(16)))
    lost = int(given.draw * every)
    left = bytes(byte for at, byte in enumerate(data) if at % every != lost)
    return replace(chunks, parts=(left,)) if left != data else None


def _noisy(_: Given, chunks: Chunks) -> Chunks:
    return replace(chunks, parts=(_NOISE, *chunks.parts))


def _nul_first(_: Given, chunks: Chunks) -> Chunks:
    return replace(chunks, parts=(_NUL + _joined(chunks),))


def _is_other_speed(given: Given) -> bool:
    return given.speed != int(given.number(9600))


def _mistyped(given: Given, typed: Typed) -> Typed | None:
    return Typed(typed.data.translate(_MISREAD)) if _is_other_speed(given) else None


def _misread(given: Given, chunks: Chunks) -> Chunks | None:
    return replace(chunks, parts=(_joined(chunks).translate(_MISREAD),)) if _is_other_speed(given) else None


def _deaf(_: Given, __: Typed) -> Typed:
    return Typed(b"")


def _silent(_: Given, chunks: Chunks) -> Chunks:
    return replace(chunks, parts=())


def _without_boot_lines(_: Given, start: Start) -> Start:
    return replace(start, is_mute=True)


def _positions(_: Given, lines: tuple[str, ...]) -> tuple[str, ...]:
    return (*lines, *_POSITIONS)


def _only_positions(_: Given, unasked: Unasked) -> Unasked | None:
    positions = tuple(line for line in unasked.lines if line.startswith("$GP"))
    return replace(unasked, lines=positions) if positions != unasked.lines else None


def _half_stolen(given: Given, chunks: Chunks) -> Chunks | None:
    data = _joined(chunks)
    half = len(data) // 2
    return replace(chunks, parts=(data[:half] if given.draw < 0.5 else data[half:],)) if half else None


def _told_elsewhere(_: Given, unasked: Unasked) -> Unasked | None:
    return None if unasked.is_port_chosen else replace(unasked, lines=())


#: Name → what it does and where. The number in brackets is what an argument left out means.
FAULTS: Final[Mapping[str, Kind]] = MappingProxyType({
    "port_absent": Kind(
        "there is no port at the start, for this time (0: never)", Hook(start=_absent), "seconds [5]",
        Trigger(times=1)),
    "port_busy": Kind(
        "from the start on another program has the port for itself (TIOCEXCL, flock), for this time (0: for good)",
        Hook(start=_busy), "seconds [5]"),
    "unplug_eio": Kind(
        "unplugged in place of an answer, back after this time (0: never); writing fails with EIO",
        Hook(command=_unplugged, verdict=_taken_and_unplugged), "seconds [5]"),
    "unplug_zero_read": Kind(
        "the port dies behind an answer: ready to read, and nothing to read; its name leads nowhere until it is back",
        Hook(answer=_dies_behind), "seconds [5]"),
    "reenum_new_tty": Kind(
        "unplugged in place of an answer, back after this time under another name: LINK-2, LINK-3, …",
        Hook(command=_renamed), "seconds [2]"),
    "zerocd_mode": Kind(
        "after a restart it is a disc, and no port for this time (0: for good)", Hook(start=_as_disc),
        "seconds [30]"),
    "write_stall": Kind(
        "behind an answer the client's writes wait for this time (0: for good), as without clear-to-send",
        Hook(answer=_stalled), "seconds [5]"),
    "partial_write": Kind(
        "of what the client writes at once the first bytes arrive, the rest is lost, as without flow control",
        Hook(typed=_cut_short), "bytes [8]"),
    "rx_chunk_1byte": Kind("what the modem says comes byte by byte", Hook(line=_bytewise), "gap in ms [1]"),
    "rx_coalesced": Kind(
        "what the modem says within this time comes at once, at its end", Hook(line=_coalesced), "ms [200]"),
    "rx_drop_bytes": Kind("one in so many bytes of what the modem says is lost", Hook(line=_with_losses), "bytes [16]"),
    "rx_garbage_nonascii": Kind("bytes beyond ASCII come before what the modem says", Hook(line=_noisy)),
    "rx_nul_leading": Kind("two NUL come before what the modem says", Hook(line=_nul_first)),
    "baud_mismatch": Kind(
        "garbage either way until the client sets its terminal to this speed; over TCP for good",
        Hook(typed=_mistyped, line=_misread), "bits a second [9600]"),
    "wrong_port_silent": Kind(
        "a port of the stick's that neither hears nor says anything", Hook(typed=_deaf, line=_silent)),
    "wrong_port_nmea": Kind(
        "a port of the stick's that hears nothing and tells its position each second",
        Hook(typed=_deaf, start=_without_boot_lines, chatter=_positions, unasked=_only_positions)),
    "second_reader_steals": Kind(
        "another program reads along: it gets one half of what the modem says, the client the other",
        Hook(line=_half_stolen)),
    "urc_other_port": Kind(
        "lines of the modem's own accord go to another of its ports, until AT^PORTSEL=1 or AT+QURCCFG",
        Hook(unasked=_told_elsewhere)),
})  # fmt: skip
