"""A slow peer: a relay in front of a real server that, from a moment on, hands the server's octets over one by one.

`drips_after(sent, heard)` is asked before each piece of the server's with everything that passed so far: True once the
phase of the test is reached. From then on that connection gets one octet each `each_s` seconds; others pass.
"""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from tests.system.servers.ports import HOST

Phase = Callable[[bytes, bytes], bool]


class Loris:
    """`phase` may be changed while it runs; None lets everything pass. `caught` counts the connections slowed down."""

    def __init__(self, to_port: int, each_s: float) -> None:
        self._to_port, self._each_s = to_port, each_s
        self.phase: Phase | None = None
        self.caught = 0
        self._sockets: set[socket.socket] = set()
        self._listening = socket.create_server((HOST, 0))
        self.port = int(self._listening.getsockname()[1])
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def open_connections(self) -> int:
        return len(self._sockets) // 2

    def begin(self, phase: Phase | None) -> None:
        """Slow from that phase on; None: no drip any more. Every connection is cut, so that it is made anew."""
        self.phase, self.caught = phase, 0
        for sock in tuple(self._sockets):
            _cut(sock)

    def close(self) -> None:
        _cut(self._listening)
        self.begin(None)

    def _serve(self) -> None:
        with self._listening, suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                server = socket.create_connection((HOST, self._to_port))  # closed by _down
                said = _Said()
                self._sockets |= {client, server}
                threading.Thread(target=self._up, args=(client, server, said), daemon=True).start()
                threading.Thread(target=self._down, args=(client, server, said), daemon=True).start()

    def _up(self, client: socket.socket, server: socket.socket, said: "_Said") -> None:
        with client, suppress(OSError):
            while data := client.recv(65536):
                said.sent += data
                server.sendall(data)
        self._end(client, server)

    def _down(self, client: socket.socket, server: socket.socket, said: "_Said") -> None:
        with server, suppress(OSError):
            while data := server.recv(65536):
                if self.phase is None or not self.phase(said.sent, said.heard + data):
                    said.heard += data
                    client.sendall(data)
                    continue
                self.caught += 1
                for octet in data:
                    client.sendall(bytes([octet]))
                    if self.phase is not None:
                        time.sleep(self._each_s)
        self._end(client, server)

    def _end(self, *sockets: socket.socket) -> None:
        """Each is closed by who reads from it, and cut for who writes to it."""
        for sock in sockets:
            _cut(sock)
            self._sockets.discard(sock)


class _Said:
    def __init__(self) -> None:
        self.sent, self.heard = b"", b""


def _cut(sock: socket.socket) -> None:
    with suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)


@contextmanager
def loris(to_port: int, each_s: float) -> Iterator[Loris]:
    made = Loris(to_port, each_s)
    try:
        yield made
    finally:
        made.close()
