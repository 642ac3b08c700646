"""What the client types, byte by byte: command lines, PDUs up to Ctrl-Z, ESC.

The reader knows only whether a PDU is awaited; a prompt that a killed client left open stays open, and eats
the next client's first command until ESC or Ctrl-Z comes. Source: V.250 §5.2, TS 27.005 §3.5.1.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final, TypeAlias

#: Longer than any command line and any PDU; what goes beyond is lost, as in a modem's own buffer.
_MOST: Final = 2048


class Key(IntEnum):
    BACKSPACE = 0x08
    LF = 0x0A
    CR = 0x0D
    CTRL_Z = 0x1A
    ESCAPE = 0x1B


@dataclass(frozen=True, slots=True)
class CommandLine:
    text: str


@dataclass(frozen=True, slots=True)
class PduTyped:
    text: str


@dataclass(frozen=True, slots=True)
class Cancelled:
    """ESC, where a PDU was awaited."""


Token: TypeAlias = CommandLine | PduTyped | Cancelled


class Reader:
    """`awaits_pdu` holds from a prompt until what ends the PDU."""

    def __init__(self) -> None:
        self.awaits_pdu = False
        self._line = bytearray()

    def reset(self) -> None:
        self.awaits_pdu = False
        self._line.clear()

    def begin_pdu(self, typed: str = "") -> None:
        """A prompt was shown; `typed` is there already."""
        self.awaits_pdu = True
        self._line[:] = typed.encode("latin-1")

    def type(self, byte: int) -> Token | None:
        """One more byte; the token it completes."""
        return self._type_pdu(byte) if self.awaits_pdu else self._type_command(byte)

    def _type_command(self, byte: int) -> Token | None:
        match byte:
            case Key.CR:
                return CommandLine(self._taken())
            case Key.ESCAPE:
                self._line.clear()
            case Key.BACKSPACE:
                del self._line[-1:]
            case Key.LF | Key.CTRL_Z:
                pass
            case _:
                self._add(byte)
        return None

    def _type_pdu(self, byte: int) -> Token | None:
        match byte:
            case Key.CTRL_Z:
                self.awaits_pdu = False
                return PduTyped(self._taken())
            case Key.ESCAPE:
                self.reset()
                return Cancelled()
            case _:
                self._add(byte)
        return None

    def _add(self, byte: int) -> None:
        if len(self._line) < _MOST:
            self._line.append(byte)

    def _taken(self) -> str:
        text = self._line.decode("latin-1")
        self._line.clear()
        return text
