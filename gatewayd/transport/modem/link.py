"""The line to a modem: a port opened, or taken over open, read by the event loop, written without blocking it.

In: the settings' port, resolved anew at every open (a stick comes back under another name). Out: bytes to
`on_data`, one call of `on_lost` when the port is gone. What waits in the port at open is read, never flushed: it may
be the answer to a submission of the process before us.
"""

import asyncio
import contextlib
from collections.abc import Callable
from pathlib import Path

from gatewayd.errors import LinkError
from gatewayd.transport.modem.kept import ports
from gatewayd.transport.modem.port import Port, is_taken


class SerialLink:
    def __init__(self, on_data: Callable[[bytes], None], on_lost: Callable[[str], None]) -> None:
        self._on_data, self._on_lost = on_data, on_lost
        self._port: Port | None = None
        self._kept = ""
        self._unsent = b""

    def open(self, path: Path, baud: int) -> bool:
        """Whether the port was open already, kept for us. Raises LinkError: it is not there, busy, or refuses."""
        kept = ports.take(path)
        try:
            port = Port.open(path, baud) if kept is None else Port(kept, baud)
        except (OSError, ValueError) as error:
            raise LinkError(f"{path}: {_reason(error)}") from error
        self._port = port
        self._kept = ports.keep(path, port.fileno())
        asyncio.get_running_loop().add_reader(port.fileno(), self._readable)
        return kept is not None

    def set_baud(self, baud: int) -> None:
        """Another rate on the open port. Raises LinkError where it cannot have it."""
        if self._port is None:
            raise LinkError("the port is closed")
        try:
            self._port.set_baud(baud)
        except (OSError, ValueError) as error:
            raise LinkError(f"{baud} baud: {_reason(error)}") from error

    def close(self, *, keep: bool = False) -> None:
        """`keep`: the port stays open for the next session, or the next process."""
        port, self._port = self._port, None
        if port is None:
            return
        loop = asyncio.get_running_loop()
        with contextlib.suppress(OSError, ValueError):
            loop.remove_reader(port.fileno())
            loop.remove_writer(port.fileno())
        if keep:
            ports.release(self._kept)
        else:
            ports.drop(self._kept)
        port.close(stays_open=keep)

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
            sent = port.write(self._unsent)
        except OSError as error:
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
        except OSError as error:
            self._lose(_reason(error))
            return
        if data:
            self._on_data(data)
        elif data is not None:
            self._lose("the port gives no more data (unplugged)")

    def _lose(self, why: str) -> None:
        self.close()
        self._on_lost(why)


def _reason(error: Exception) -> str:
    """What to tell the admin, with the usual suspect where the port is taken."""
    text = str(error)
    if is_taken(error):
        return f"{text} (another program has the port: ModemManager, or a second gatewayd?)"
    return text
