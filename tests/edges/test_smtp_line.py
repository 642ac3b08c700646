"""The line to a mail server against one that keeps to a script, octet for octet: what real servers rarely do."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import pytest

from gatewayd.config import Smtp
from gatewayd.core.model import MailBody
from gatewayd.core.outcome import Accepted, InDoubt, Outcome, Rejected
from gatewayd.errors import LinkError
from gatewayd.transport.smtp_session import SmtpSession

SENDER = "gateway@kampus.example"
TEXT = b"Subject: Undangan\r\n\r\nHalo Budi\r\n"
GO = b"250 a\r\n250 b\r\n354 go\r\n"
EHLO = b"250-smtp.test\r\n250-PIPELINING\r\n250 SIZE\r\n"


@dataclass
class Scripted:
    """It answers what it reads with the next step: the octets that are waited for, and those that are said then."""

    steps: list[tuple[bytes, bytes]]
    port: int = 0
    #: What came in one read each, from the greeting on.
    heard: list[bytes] = field(default_factory=list)
    over: asyncio.Event = field(default_factory=asyncio.Event)
    line: asyncio.StreamWriter | None = None

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.line = writer
        writer.write(b"220 smtp.test\r\n")
        try:
            for awaited, said in [(b"EHLO", EHLO), *self.steps]:
                heard = b""
                while awaited not in heard and (more := await reader.read(1 << 20)):
                    self.heard.append(more)
                    heard += more
                writer.write(said)
                await writer.drain()
        finally:
            self.over.set()
            writer.close()


@asynccontextmanager
async def scripted(*steps: tuple[bytes, bytes]) -> AsyncIterator[Scripted]:
    server = Scripted(list(steps))
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    async with listening:
        server.port = listening.sockets[0].getsockname()[1]
        yield server
        assert server.line is not None
        server.line.close()
        await server.over.wait()


async def session(server: Scripted, timeout_s: float = 5) -> SmtpSession:
    return await SmtpSession.open(
        Smtp.model_validate(
            {"host": "127.0.0.1", "port": server.port, "tls": "none", "sender": SENDER, "timeout": timeout_s,
             "data_timeout": timeout_s}
        )
    )  # fmt: skip


async def sent(server: Scripted, raw: bytes = TEXT, timeout_s: float = 5) -> tuple[SmtpSession, Outcome]:
    opened = await session(server, timeout_s)
    return opened, await opened.send("budi@contoh.example", MailBody(raw, SENDER))


async def test_an_envelope_goes_in_one_write_and_its_replies_may_come_in_one() -> None:
    async with scripted((b"DATA\r\n", GO), (b"\r\n.\r\n", b"250 taken\r\n")) as server:
        _, outcome = await sent(server)
    assert outcome == Accepted()
    assert server.heard[1].split(b"\r\n")[1:] == [b"RCPT TO:<budi@contoh.example>", b"DATA", b""]
    assert server.heard[2] == TEXT + b".\r\n"


@pytest.mark.parametrize("pieces", [1, 2, 7])
async def test_replies_may_come_in_any_pieces(pieces: int) -> None:
    answer = b"250-a\r\n250 b\r\n250 c\r\n354 go\r\n"

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 smtp.test\r\n")
        await reader.readline()
        writer.write(EHLO)
        await reader.readuntil(b"DATA\r\n")
        for start in range(0, len(answer), pieces):
            writer.write(answer[start : start + pieces])
            await writer.drain()
            await asyncio.sleep(0)
        await reader.readuntil(b"\r\n.\r\n")
        writer.write(b"250 taken\r\n")
        writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with listening:
        _, outcome = await sent(Scripted([], listening.sockets[0].getsockname()[1]))
    assert outcome == Accepted()


async def test_a_server_that_wants_the_text_for_nobody_gets_none() -> None:
    async with scripted((b"DATA\r\n", b"250 a\r\n550 5.1.1 no such user\r\n354 go\r\n")) as server:
        opened, outcome = await sent(server)
        assert isinstance(outcome, Rejected)
        assert outcome.cause.code == "smtp-550-5.1.1"
        assert not opened.is_open
    assert b"Undangan" not in b"".join(server.heard)


async def test_a_server_that_hangs_up_behind_its_refusal_has_still_refused() -> None:
    async with scripted((b"DATA\r\n", b"250 a\r\n550 5.1.1 no such user\r\n")) as server:
        opened, outcome = await sent(server)
    assert isinstance(outcome, Rejected)
    assert not opened.is_open


@pytest.mark.parametrize("said", [b"421 4.4.2 idle too long\r\n", b"hello?\r\n"])
async def test_what_nobody_asked_for_closes_the_line(said: bytes) -> None:
    async with scripted((b"DATA\r\n", GO), (b"\r\n.\r\n", b"250 taken\r\n" + said)) as server:
        opened, outcome = await sent(server)
        await server.over.wait()
        assert outcome == Accepted()
        with pytest.raises(LinkError):
            await opened.probe()


async def test_a_text_that_is_refused_halfway_is_refused_and_not_in_doubt() -> None:
    """The server reads the first octets of a long text, says no, and hangs up with the rest unread."""
    big = TEXT + (b"x" * 70 + b"\r\n") * 100_000
    async with scripted((b"DATA\r\n", GO), (b"Subject", b"552 5.3.4 too big\r\n")) as server:
        _, outcome = await sent(server, big)
    assert isinstance(outcome, Rejected)
    assert outcome.cause.code == "smtp-552-5.3.4"


async def test_an_agreement_halfway_is_none() -> None:
    big = TEXT + (b"x" * 70 + b"\r\n") * 100_000
    async with scripted((b"DATA\r\n", GO), (b"Subject", b"250 taken\r\n")) as server:
        _, outcome = await sent(server, big)
    assert isinstance(outcome, InDoubt)


async def test_silence_within_the_envelope_is_a_lost_link() -> None:
    async with scripted((b"DATA\r\n", b"250 a\r\n"), (b"never", b"")) as server:
        with pytest.raises(LinkError, match="rcpt"):
            await sent(server, timeout_s=0.2)
