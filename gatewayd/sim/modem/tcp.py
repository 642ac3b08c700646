"""The same port as a TCP socket, as a terminal server shows one: one client at a time, bytes as they are.

A second client is turned away at once, as is any while another program has the port. Unplugged, nobody listens. There
are no line signals and no speed. It listens where it is told, the loopback address unless told otherwise: nobody who
connects is asked who he is.
"""

import asyncio
import contextlib
import socket
from collections.abc import Callable
from typing import Final

_LOOPBACK: Final = "127.0.0.1"
_LAST_PORT: Final = 65_535
_READ_SIZE: Final = 4096
#: Unread output beyond this is dropped: the client has stopped reading.
_MOST_UNREAD: Final = 256 * 1024


def place_of(text: str) -> tuple[str, int]:
    """HOST:PORT, [IPV6]:PORT or PORT; port 0 is any free one. Raises ValueError, in words for a person."""
    host, _, port = text.rpartition(":")
    if not (port.isascii() and port.isdecimal()) or int(port) > _LAST_PORT:
        raise ValueError(f"{text!r} is not HOST:PORT with a port from 0 to {_LAST_PORT}")
    return host.strip("[]") or _LOOPBACK, int(port)


class TcpPort:
    """`received` gets what the client sent, `opened` is called when one connects."""

    #: A socket has none.
    speed: Final = 0

    def __init__(
        self, host: str, port: int, received: Callable[[bytes], None], opened: Callable[[], None]
    ) -> None:  # fmt: skip
        self._place = (host, port)
        self._received = received
        self._opened = opened
        self._loop = asyncio.get_running_loop()
        self._listener: socket.socket | None = None
        self._client: socket.socket | None = None
        self._unsent = bytearray()
        self._is_occupied = False

    @property
    def name(self) -> str:
        host, port = self._place
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    @property
    def is_open(self) -> bool:
        return self._client is not None

    def plug_in(self) -> None:
        """Listen, from the first time on at the same port. Raises OSError."""
        family = socket.AF_INET6 if ":" in self._place[0] else socket.AF_INET
        listener = socket.create_server(self._place, family=family)
        listener.setblocking(False)
        self._place = (self._place[0], listener.getsockname()[1])
        self._listener = listener
        self._loop.add_reader(listener, self._accept)

    def unplug(self) -> None:
        """Nobody listens any more; the client reads end of file."""
        self._hang_up()
        if self._listener:
            self._loop.remove_reader(self._listener)
            self._listener.close()
            self._listener = None

    def write(self, data: bytes) -> None:
        """Give `data` to the client, or to nobody."""
        if self._client is None or len(self._unsent) + len(data) > _MOST_UNREAD:
            return
        is_waiting = bool(self._unsent)
        self._unsent += data
        if not is_waiting:
            self._send()

    def stall(self) -> None:
        """Read nothing of the client's, until `resume`; its writes wait once the buffers between are full."""
        if self._client:
            self._loop.remove_reader(self._client)

    def resume(self) -> None:
        if self._client:
            self._loop.add_reader(self._client, self._readable)

    def occupy(self) -> None:
        """Turn clients away, until `release`, unless there is one by now."""
        self._is_occupied = self._client is None

    def release(self) -> None:
        self._is_occupied = False

    def _accept(self) -> None:
        if self._listener is None:
            return
        try:
            client, _ = self._listener.accept()
        except OSError:
            # It is gone again.
            return
        if self._client or self._is_occupied:
            client.close()
            return
        client.setblocking(False)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._client = client
        self._loop.add_reader(client, self._readable)
        self._opened()

    def _readable(self) -> None:
        if self._client is None:
            return
        try:
            data = self._client.recv(_READ_SIZE)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if data:
            self._received(data)
        else:
            self._hang_up()

    def _send(self) -> None:
        if self._client is None:
            return
        try:
            del self._unsent[: self._client.send(self._unsent)]
        except BlockingIOError:
            pass
        except OSError:
            self._hang_up()
            return
        if self._unsent:
            self._loop.add_writer(self._client, self._send)
        else:
            self._loop.remove_writer(self._client)

    def _hang_up(self) -> None:
        if self._client is None:
            return
        self._loop.remove_reader(self._client)
        self._loop.remove_writer(self._client)
        with contextlib.suppress(OSError):
            self._client.shutdown(socket.SHUT_RDWR)
        self._client.close()
        self._client = None
        self._unsent.clear()
