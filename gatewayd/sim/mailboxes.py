"""The mailboxes of the demo's mail server: pymap's in-memory backend behind its IMAP protocol, on a port of its own.

pymap is made to run as a program; here its parts are put together by hand, so that several users exist, mail can be
delivered from within, the end is clean, and no name server is asked who we are. Two of its habits are changed,
each in a small class below, since a client that waits in IDLE trips over them.
"""

import asyncio
from argparse import Namespace
from collections.abc import Iterable, Mapping
from contextlib import AsyncExitStack, closing, suppress
from datetime import UTC, datetime
from io import BytesIO
from typing import Final, Self

from proxyprotocol.sock import SocketInfoLocal
from pymap.backend.dict import Config, Identity, Login
from pymap.concurrent import Event, Subsystem
from pymap.context import connection_exit
from pymap.imap import IMAPConnection
from pymap.imap.state import ConnectionState
from pymap.parsing.command.select import IdleCommand
from pymap.parsing.message import AppendMessage
from pymap.parsing.response import Response, UntaggedResponse
from pymap.user import UserMetadata
from pysasl.hashing import Cleartext

HOST: Final = "127.0.0.1"


class Mailboxes:
    """IMAP inside `async with`; `port` is known from then on."""

    def __init__(self, users: Mapping[str, str]) -> None:
        self._users = users
        self._config = _config()
        self._login = Login(self._config)
        self._commands = self._config.commands
        self._connections: set[asyncio.Task[None]] = set()
        self._stack = AsyncExitStack()
        self.port = 0

    async def __aenter__(self) -> Self:
        self._config.apply_context()
        for name, password in self._users.items():
            await self._identity(name).set(UserMetadata(self._config, name, password=password))
        server = await asyncio.start_server(self._talk, HOST, 0)
        self._stack.push_async_callback(self._hang_up)
        await self._stack.enter_async_context(server)
        self.port = int(server.sockets[0].getsockname()[1])
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self._stack.aclose()

    async def deliver(self, user: str, raw: bytes) -> None:
        """Put a mail into the INBOX of `user`, one of the users given; who waits in IDLE is told."""
        async with self._identity(user).new_session() as session:
            await session.append_messages("INBOX", [AppendMessage(raw, datetime.now(UTC))])

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        try:
            await self._serve(reader, writer)
        except (ConnectionError, asyncio.CancelledError):
            # A client that goes without a word, or our own end.
            writer.close()
        finally:
            self._connections.discard(task)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        info = SocketInfoLocal(writer, unique_id=b"", dnsbl=None)
        connection = _Connection(self._commands, self._config, reader, writer, info)
        async with AsyncExitStack() as stack:
            connection_exit.set(stack)
            stack.enter_context(closing(connection))
            await connection.run(_State(self._login, self._config))

    async def _hang_up(self) -> None:
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def _identity(self, name: str) -> Identity:
        return Identity(name, self._login, None, frozenset())


class _Connection(IMAPConnection):
    """Sends a line in one piece; pymap sends its words one by one, and IMAPClient gives up on half a line in IDLE."""

    async def write_response(self, resp: Response) -> None:
        whole = BytesIO()
        await resp.async_write(whole)
        with suppress(ConnectionError):
            self.writer.write(whole.getvalue())
            await self.writer.drain()


class _State(ConnectionState):
    """Tells in IDLE what came since the last command; pymap waits for the next change, and a mail that came between the
    two is not heard of."""

    async def receive_updates(self, cmd: IdleCommand, done: Event) -> Iterable[UntaggedResponse]:
        selected = await self.session.check_mailbox(self.selected)
        self._selected, missed = selected.fork(cmd)
        found = list(missed)
        return found or await super().receive_updates(cmd, done)


class _Config(Config):
    """Does not look up the machine's name in the DNS, which may take seconds."""

    @property
    def greeting(self) -> bytes:
        return b"Server ready"


def _config() -> Config:
    arguments = Namespace(
        host=HOST, port=0, debug=False, cert=None, key=None, tls=False, proxy_protocol=None, passlib_cfg=None,
        demo_data=False, demo_user="", demo_password="",
    )  # fmt: skip
    return _Config.from_args(
        arguments, hash_context=Cleartext(), cpu_subsystem=Subsystem.for_asyncio(), invalid_user_sleep=0.0
    )
