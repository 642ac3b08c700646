"""The AT dialogue, sans-IO: bytes from the modem in, events out. One command outstanding, ever.

States (rows of _EXPECTS): idle, a command awaits its final result, a submit awaits its prompt. The tokeniser works
on bytes, not on lines: the prompt has no line end, a quoted text (USSD) may hold line ends, an indication may stand
anywhere, chunks may end anywhere. Nothing raises on input; what cannot be placed is a Stray.

Solicited or not: while a command is outstanding, a line with the prefix it expects is its answer; any other line
that starts like an indication is one; any line left is its answer too (AT+CIMI has no prefix).
Sources: TS 27.005, TS 27.007, V.250; modem behaviour as in docs/architecture.md.
"""

import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, TypeAlias

#: One line without its line end that ends a command.
_FINAL: Final = re.compile(
    r"OK|ERROR|\+CM[ES] ERROR:.*|\+EXT ERROR:.*|COMMAND NOT SUPPORT|MODEM ERROR:.*|NO CARRIER|BUSY"
    r"|NO ANSWER"
)
_INDICATIONS: Final = (
    "+CMTI", "+CDSI", "+CMT", "+CDS", "+CBM", "+CREG", "+CGREG", "+CEREG", "+CUSD", "+CRING", "+CLIP", "+CCWA",
    "+CIEV", "+CGEV", "+CTZV", "+NITZ", "+CNSMOD", "+CPIN", "+CFUN", "+CMTE", "RING", "RDY", "Call Ready", "SMS Ready",
    "PB DONE", "SMS DONE", "+QIND", "+WIND", "^", "+ZEND", "+ZUSIMR", "UNDER-VOLTAGE", "OVER-VOLTAGE", "NORMAL POWER",
)  # fmt: skip
_HEX: Final = re.compile(r"[0-9A-Fa-f]+")
#: Indications that are followed by a PDU on a line of its own.
_WITH_PDU: Final = ("+CMT:", "+CDS:", "+CBM:")
#: The modem has started anew: its settings are gone.
_BOOTED: Final = (
    "RDY", "Call Ready", "SMS Ready", "^SYSSTART", "NORMAL POWER DOWN", "UNDER-VOLTAGE POWER DOWN",
    "OVER-VOLTAGE POWER DOWN", "+CFUN: 1",
)  # fmt: skip
#: Bytes. Far above any answer; a line that never ends is noise, and is cut there whatever the chunks.
_LONGEST: Final = 16_384
#: Bytes. 182 characters as hexadecimal UCS-2 and what stands around them; more is a text whose quote got lost.
_LONGEST_USSD: Final = 1_024


@dataclass(frozen=True, slots=True)
class Answered:
    """The outstanding command has its final result; `info` are the lines before it."""

    final: str
    info: tuple[str, ...]

    @property
    def is_ok(self) -> bool:
        return self.final == "OK"


@dataclass(frozen=True, slots=True)
class Prompted:
    """The modem waits for a PDU."""


@dataclass(frozen=True, slots=True)
class Indicated:
    """An unsolicited line, with the PDU that followed it ('' where none belongs to it)."""

    line: str
    pdu: str = ""

    @property
    def is_boot(self) -> bool:
        return self.line.startswith(_BOOTED)


@dataclass(frozen=True, slots=True)
class Echoed:
    """The modem gave back what was typed. Where that was turned off, it has started anew."""


@dataclass(frozen=True, slots=True)
class Stray:
    """A line that nobody asked for and that is no known indication: a late answer, or noise."""

    line: str


Event: TypeAlias = Answered | Prompted | Indicated | Echoed | Stray


class _State(Enum):
    IDLE = auto()
    RESULT = auto()
    PROMPT = auto()


class Dialogue:
    """The receiving side of one port. `expect` names what was just written; `receive` gives what came of it."""

    def __init__(self) -> None:
        self._buffer = b""
        self._state = _State.IDLE
        self._prefix = ""
        self._echo = ""
        self._info: list[str] = []
        self._head = ""
        #: What stands in the buffer is not continued any more: its end got lost.
        self._is_torn = False

    def expect(self, command: str, prefix: str = "", *, prompt: bool = False) -> None:
        """`command` goes out now; its answer lines start with `prefix`; `prompt`: a `>` comes before the result."""
        self._state = _State.PROMPT if prompt else _State.RESULT
        self._prefix, self._echo, self._info = prefix, command, []

    def abandon(self) -> tuple[str, ...]:
        """Nothing is expected any more (a deadline passed); what comes now is stray, and a text left open is over.

        Returns the lines that came so far: some modems leave out the final result.
        """
        info = tuple(self._info)
        self._rest()
        self._is_torn = bool(self._buffer)
        return info

    def _rest(self) -> None:
        self._state, self._prefix, self._echo, self._info = _State.IDLE, "", "", []

    def receive(self, data: bytes) -> list[Event]:
        """The events that `data` completes."""
        self._buffer += data
        events: list[Event] = []
        while True:
            if self._state is _State.PROMPT and self._take_prompt():
                self._state = _State.RESULT
                events.append(Prompted())
                continue
            line = self._take_line()
            if line is None:
                return events
            event = self._place(line)
            if event is not None:
                events.append(event)

    def _take_prompt(self) -> bool:
        """A `>` at the start of what is left, before any line end."""
        stripped = self._buffer.lstrip(b"\r\n\x00 ")
        if not stripped.startswith(b">"):
            return False
        self._buffer = stripped[1:].removeprefix(b" ")
        return True

    def _take_line(self) -> str | None:
        end = self._buffer.find(b"\n", 0, _LONGEST)
        if end < 0:
            end = _LONGEST - 1 if len(self._buffer) >= _LONGEST else -1
        elif _opens_text(self._buffer[:end]) and not self._is_torn:
            end = self._text_end(end)
        if end < 0:
            return None
        line, self._buffer, self._is_torn = self._buffer[: end + 1], self._buffer[end + 1 :], False
        return line.decode("latin-1").strip("\r\n\x00 ")

    def _text_end(self, first: int) -> int:
        """The line end behind the closing quote; -1 while it may still come, `first` where it will not."""
        end = first
        while end >= 0 and _opens_text(self._buffer[:end]):
            end = self._buffer.find(b"\n", end + 1, _LONGEST_USSD)
        return first if end < 0 and len(self._buffer) >= _LONGEST_USSD else end

    def _place(self, line: str) -> Event | None:
        if not line:
            return None
        if self._head:
            head, self._head = self._head, ""
            if _HEX.fullmatch(line):
                return Indicated(head, line)
        if self._state is not _State.IDLE:
            return self._place_answer(line)
        if line.startswith(_INDICATIONS):
            return self._indicate(line)
        return Stray(line)

    def _place_answer(self, line: str) -> Event | None:
        """A line while a command is outstanding."""
        if self._prefix and line.startswith(self._prefix):
            if self._state is _State.PROMPT:
                # Nothing of this submission has left yet: the answer belongs to one before it.
                return Stray(line)
            self._info.append(line)
            return None
        if self._state is _State.PROMPT and line == "OK":
            # No submit is answered OK before its prompt: this one is late, too.
            return Stray(line)
        if _FINAL.fullmatch(line):
            info = tuple(self._info)
            self._rest()
            return Answered(line, info)
        if line.startswith(_INDICATIONS):
            return self._indicate(line)
        if line.rstrip("\x1a") == self._echo:
            return Echoed()
        self._info.append(line)
        return None

    def _indicate(self, line: str) -> Event | None:
        if line.startswith(_WITH_PDU):
            self._head = line
            return None
        return Indicated(line)


def _opens_text(line: bytes) -> bool:
    """A USSD answer whose quote is still open at the line's end."""
    return line.lstrip(b"\r\x00 ").startswith(b"+CUSD:") and line.count(b'"') % 2 == 1
