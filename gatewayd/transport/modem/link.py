"""The serial port: opened exclusively, read by the event loop, written without blocking it.

In: the settings' port, resolved anew at every open (a stick comes back under another name). Out: bytes to
`on_data`, one call of `on_lost` when the port is gone. What waits in the port at open is read, never flushed: it may
be the answer to a submission of the process before us.
"""

import asyncio
import contextlib
import fcntl
import termios
from collections.abc import Callable
from pathlib import Path

import serial

from gatewayd.errors import LinkError


class SerialLink:
    def __init__(self, on_data: Callable[[bytes], None], on_lost: Callable[[str], None]) -> None:
        self._on_data, self._on_lost = on_data, on_lost
        self._port: serial.Serial | None = None
        self._unsent = b""

    def open(self, path: Path, baud: int) -> None:
        """Raises LinkError: the port is not there, busy, or refuses."""
        try:
            port = serial.Serial(str(path), baud, timeout=0, write_timeout=0, exclusive=True)
        except (OSError, serial.SerialException, ValueError) as error:
            raise LinkError(f"{path}: {_reason(error)}") from error
        with contextlib.suppress(OSError):
            fcntl.ioctl(port.fileno(), termios.TIOCEXCL)
        self._port = port
        asyncio.get_running_loop().add_reader(port.fileno(), self._readable)

    def set_baud(self, baud: int) -> None:
        """Another rate on the open port. Raises LinkError where it cannot have it."""
        if self._port is None:
            raise LinkError("the port is closed")
        try:
            self._port.baudrate = baud
        except (OSError, serial.SerialException, ValueError) as error:
            raise LinkError(f"{baud} baud: {_reason(error)}") from error

    def close(self) -> None:
        port, self._port = self._port, None
        if port is None:
            return
        loop = asyncio.get_running_loop()
        with contextlib.suppress(OSError, ValueError):
            loop.remove_reader(port.fileno())
            loop.remove_writer(port.fileno())
            # Else a pty keeps refusing the next process that is not root.
            fcntl.ioctl(port.fileno(), termios.TIOCNXCL)
        with contextlib.suppress(OSError, serial.SerialException):
            port.close()

    def write(self, data: bytes) -> None:
        """Hand `data` to the port; what it does not take at once follows by itself. Raises LinkError."""
        if self._port is None:
            raise LinkError("the port is closed")
        if self._unsent:
            self._unsent += data
            return
        self._unsent = data
        self._writable()
        if self._unsent and self._port is not None:
            asyncio.get_running_loop().add_writer(self._port.fileno(), self._writable)

    def _writable(self) -> None:
        port = self._port
        if port is None:
            return
        try:
            sent = port.write(self._unsent) or 0
        except (OSError, serial.SerialException) as error:
            self._lose(_reason(error))
            return
        self._unsent = self._unsent[sent:]
        if not self._unsent:
            asyncio.get_running_loop().remove_writer(port.fileno())

    def _readable(self) -> None:
        port = self._port
        if port is None:
            return
        try:
            data = port.read(4096)
        except (OSError, serial.SerialException) as error:
            self._lose(_reason(error))
            return
        if data:
            self._on_data(data)
        else:
            self._lose("the port gives no more data (unplugged, or somebody else reads it)")

    def _lose(self, why: str) -> None:
        self.close()
        self._on_lost(why)


def _reason(error: Exception) -> str:
    """What to tell the admin, with the usual suspect where the port is taken."""
    text = str(error)
    if isinstance(error, BlockingIOError) or "exclusively lock" in text or "busy" in text.lower():
        return f"{text} (another program has the port: ModemManager, or a second gatewayd?)"
    return text
