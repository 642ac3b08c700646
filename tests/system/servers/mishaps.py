"""Mishaps of a mail server that Postfix alone does not have: greylisting, refusals by name, a connection cut after the
dot.

A policy service that Postfix asks at RCPT and at the end of each mail, and a TCP relay in front of Postfix that
cuts the connection on which a certain mail came, after its final dot and before the answer.
"""

import socket
import socketserver
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Final

from tests.system.servers.ports import HOST

#: Decides on the attributes of one question: what Postfix is to do.
Policy = Callable[[Mapping[str, str]], str]
_CHUNK: Final = 65536


class Relay:
    """Connections to Postfix by way of a port of our own; known by the port that Postfix sees."""

    def __init__(self) -> None:
        self.to_port = 0
        self._listening = socket.create_server((HOST, 0))
        self.port = int(self._listening.getsockname()[1])
        self._pairs: dict[int, tuple[socket.socket, socket.socket]] = {}
        threading.Thread(target=self._serve, daemon=True).start()

    def cut(self, client_port: int) -> None:
        """End that connection at once, without a word."""
        for one in self._pairs.pop(client_port):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        for client_port in tuple(self._pairs):
            self.cut(client_port)

    def _serve(self) -> None:
        with self._listening, suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                server = socket.create_connection((HOST, self.to_port))
                self._connect(client, server)

    def _connect(self, client: socket.socket, server: socket.socket) -> None:
        self._pairs[int(server.getsockname()[1])] = (client, server)
        for source, target in ((client, server), (server, client)):
            threading.Thread(target=_pump, args=(source, target), daemon=True).start()


def _pump(source: socket.socket, target: socket.socket) -> None:
    """Each end is closed by who reads from it."""
    with source, suppress(OSError):
        while data := source.recv(_CHUNK):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


@contextmanager
def relay() -> Iterator[Relay]:
    made = Relay()
    try:
        yield made
    finally:
        made.close()


@contextmanager
def policy_service(policy: Policy) -> Iterator[int]:
    """A policy service (Postfix SMTPD_POLICY_README) on the port that is given."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            attributes: dict[str, str] = {}
            for line in self.rfile:
                name, _, value = line.decode("utf-8", "replace").rstrip("\n").partition("=")
                if name:
                    attributes[name] = value
                    continue
                self.wfile.write(f"action={policy(attributes)}\n\n".encode())
                attributes = {}

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with Server((HOST, 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield int(server.server_address[1])
        finally:
            server.shutdown()
