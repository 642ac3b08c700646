"""An SMTP server in the test's own loop, with a ledger of its own and faults on order.

`script` says how the next commands of a stage are answered, one entry each: a reply, HANG_UP, SILENCE, or an
Event that the agreement waits for; without an entry the server agrees at once. What it took is in `taken`,
as it came over the wire without the dot-stuffing.
"""

import asyncio
import base64
import ssl
import warnings
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import Enum, auto

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

USER = "gateway"
PASSWORD = "rahasia-uji"


class Fault(Enum):
    HANG_UP = auto()
    SILENCE = auto()


@dataclass(frozen=True)
class Taken:
    """One mail that the server got whole, whatever it answered then."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes


@dataclass
class FakeSmtp:
    """The handler of aiosmtpd, and the test's view of it."""

    port: int = 0
    #: Whether it says that it takes several commands at once (RFC 2920).
    pipelining: bool = True
    connections: int = 0
    taken: list[Taken] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    token: bytes = b""
    script: dict[str, list[str | Fault | asyncio.Event]] = field(default_factory=lambda: defaultdict(list))
    #: Set each time a command of that stage came in.
    seen: dict[str, asyncio.Event] = field(default_factory=lambda: defaultdict(asyncio.Event))
    #: Set when a connection ended.
    gone: asyncio.Event = field(default_factory=asyncio.Event)
    open: list[SMTP] = field(default_factory=list)

    async def handle_EHLO(
        self, server: SMTP, session: Session, _envelope: Envelope, name: str, replies: list[str]
    ) -> list[str]:
        session.host_name = name
        scripted = await self._answer("helo", server, "")
        offered = [replies[0], "250-PIPELINING", *replies[1:]] if self.pipelining else replies
        return [scripted] if scripted else offered

    async def handle_MAIL(
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        self.commands.append(f"MAIL {address} {' '.join(options)}".rstrip())
        reply = await self._answer("mail", server, "250 OK")
        if reply.startswith("2"):
            envelope.mail_from = address
        return reply

    async def handle_RCPT(
        self, server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        self.commands.append(f"RCPT {address}")
        reply = await self._answer("rcpt", server, "250 OK")
        if reply.startswith("2"):
            envelope.rcpt_tos.append(address)
        return reply

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:
        raw = envelope.original_content or b""
        self.taken.append(Taken(envelope.mail_from or "", tuple(envelope.rcpt_tos), raw))
        return await self._answer("data", server, "250 taken")

    async def handle_RSET(self, server: SMTP, _session: Session, _envelope: Envelope) -> str:
        self.commands.append("RSET")
        return await self._answer("rset", server, "250 OK")

    async def handle_NOOP(self, server: SMTP, _session: Session, _envelope: Envelope, _word: str) -> str:
        self.commands.append("NOOP")
        return await self._answer("noop", server, "250 OK")

    async def auth_XOAUTH2(self, _server: SMTP, args: list[str]) -> AuthResult:
        """The one mechanism that aiosmtpd does not bring."""
        self.token = base64.b64decode(args[1])
        return AuthResult(success=True)

    def hang_up(self) -> None:
        """End every connection, as a server does with clients that lie idle."""
        for server in self.open:
            _abort(server)
        self.open.clear()

    async def _answer(self, stage: str, server: SMTP, agreed: str) -> str:
        self.seen[stage].set()
        planned = self.script[stage].pop(0) if self.script[stage] else agreed
        match planned:
            case Fault.HANG_UP:
                _abort(server)
                await asyncio.Event().wait()
            case Fault.SILENCE:
                await asyncio.Event().wait()
            case asyncio.Event():
                await planned.wait()
                return agreed
            case str():
                return planned
        raise AssertionError("an answer after the end of the connection")


def _abort(server: SMTP) -> None:
    if isinstance(server.transport, asyncio.WriteTransport):
        server.transport.abort()


class _Connection(SMTP):
    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        self.event_handler.gone.set()


def _authenticate(_server: object, _session: object, _envelope: object, _mechanism: str, data: object) -> AuthResult:
    good = isinstance(data, LoginPassword) and data == LoginPassword(USER.encode(), PASSWORD.encode())
    return AuthResult(success=good, handled=False)


@asynccontextmanager
async def fake_smtp(
    tls: ssl.SSLContext | None = None, *, login: bool = False, pipelining: bool = True
) -> AsyncIterator[FakeSmtp]:
    """A server on a free loopback port; with `tls` it offers STARTTLS, with `login` it demands USER and PASSWORD."""
    fake = FakeSmtp(pipelining=pipelining)

    def connected() -> SMTP:
        fake.connections += 1
        with warnings.catch_warnings():
            # aiosmtpd warns that a login without TLS is unwise; this is a loopback.
            warnings.simplefilter("ignore", UserWarning)
            protocol = _Connection(
                fake, hostname="smtp.test", tls_context=tls, auth_require_tls=False, auth_required=login,
                authenticator=_authenticate if login else None, loop=asyncio.get_running_loop(),
            )  # fmt: skip
        fake.open.append(protocol)
        return protocol

    listening = await asyncio.get_running_loop().create_server(connected, "127.0.0.1", 0)
    fake.port = listening.sockets[0].getsockname()[1]
    try:
        yield fake
    finally:
        listening.close()
        fake.hang_up()
        await listening.wait_closed()
