"""One SMTP connection: opened, logged in, and used for one mail after another. No policy, no retries.

In: an envelope and the octets of a mail. Out: an Outcome, or LinkError when the connection was lost or made
no sense before the text left. Invariants: only CRLF line ends go out; what is lost or silent after the text
was handed over is InDoubt, never an error.
Sources: RFC 5321 §3.3, §4.5.2, §4.5.3.2; RFC 2920 (PIPELINING); RFC 1870 (SIZE); RFC 3461 (ENVID, NOTIFY, ORCPT);
RFC 6152.

aiosmtplib connects and logs in (smtp_opening.py). The mails are spoken here over a line of our own (smtp_line.py):
`aiosmtplib.SMTP.data` raises the same error for a connection lost before the text and after it, which is the difference
between Deferred and InDoubt.
"""

import asyncio
import re
import sys
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Final

import aiosmtplib

from gatewayd.config import Smtp
from gatewayd.core.model import MailBody
from gatewayd.core.outcome import Blame, Cause, InDoubt, Outcome, Rejected
from gatewayd.errors import LinkError
from gatewayd.transport.smtp_line import SmtpLine
from gatewayd.transport.smtp_opening import logged_in
from gatewayd.wire.causes import smtp_outcome
from gatewayd.wire.smtp_reply import Reply

_PATH: Final = re.compile(r"[\x21-\x3b\x3d\x3f-\x7e]{0,254}")
_BARE_LINE_END: Final = re.compile(rb"\r(?!\n)|(?<!\r)\n")
_LEADING_DOT: Final = re.compile(rb"(?m)^\.")
_CLOSING: Final = 421
_QUIT_S: Final = 2.0
#: A big mail goes out in pieces, each once the socket took the one before: else TLS holds it several times over.
_PIECE: Final = 1 << 16


class SmtpSession:
    """An open connection; `sent` counts the mails whose text went out on it."""

    def __init__(self, client: aiosmtplib.SMTP, settings: Smtp) -> None:
        self._extensions = dict(client.esmtp_extensions)
        self._line, self._settings = SmtpLine(client), settings
        self.sent = 0

    @classmethod
    async def open(cls, settings: Smtp) -> "SmtpSession":
        """Connect, secure and log in. Raises LinkError, ProtocolError or SmtpRefusal."""
        return cls(await logged_in(settings), settings)

    @property
    def is_open(self) -> bool:
        return self._line.is_open

    async def send(self, recipient: str, body: MailBody) -> Outcome:
        """One mail to one recipient. Raises LinkError if the connection was lost before the text left: it may be
        sent again at once on another one."""
        refused = _unsendable(body.envelope_sender, recipient, body.raw) or self._oversized(body.raw)
        if refused is not None:
            return refused
        outcome = await self._envelope(self._mail_command(body), self._rcpt_command(recipient, body.envelope_id))
        return await self._text(body.raw) if outcome is None else outcome

    async def _envelope(self, mail: bytes, rcpt: bytes) -> Outcome | None:
        """What the server has against sender or recipient; None once it wants the text."""
        steps = ((mail, "mail", 2), (rcpt, "rcpt", 2), (b"DATA", "data", 3))
        is_pipelined = "pipelining" in self._extensions
        begun = deque(self._begin(*(command for command, _, _ in steps))) if is_pipelined else deque()
        for command, stage, wanted in steps:
            reply = await self._reply(begun.popleft() if is_pipelined else self._begin(command)[0], stage)
            if reply.code // 100 != wanted:
                await self._let_go(begun)
                return await self._refused(reply, stage)
        return None

    async def _let_go(self, begun: Iterable[asyncio.Future[Reply]]) -> None:
        """The answers to what was sent behind a refused command are refusals, too. A server that wants the text all the
        same gets none (RFC 2920 §3.1)."""
        with suppress(LinkError):
            replies = [await self._reply(one, "data") for one in begun]
            if any(reply.code // 100 == 3 for reply in replies):
                self._line.close()

    async def probe(self) -> None:
        """NOOP. Raises LinkError."""
        reply = await self._command(b"NOOP")
        if reply.code // 100 != 2:
            self._line.close()
            raise LinkError(f"NOOP answered with {reply.code}")

    async def close(self) -> None:
        """QUIT, as politely as two seconds allow."""
        with suppress(LinkError, TimeoutError):
            await self._line.ask(b"QUIT", timeout_s=_QUIT_S)
        self._line.close()

    def drop(self) -> None:
        """Cut the connection."""
        self._line.close()

    def _oversized(self, raw: bytes) -> Rejected | None:
        """Whether the mail is bigger than we may send, or than the server said it takes: then it is not offered."""
        announced = self._extensions.get("size", "").strip()
        most = min(
            self._settings.max_bytes, int(announced) if announced.isdecimal() and int(announced) else sys.maxsize
        )
        if len(raw) <= most:
            return None
        return Rejected(Cause("smtp-size", f"the mail has {len(raw)} bytes, {most} are allowed", Blame.MESSAGE))

    def _mail_command(self, body: MailBody) -> bytes:
        words = [b"MAIL FROM:<" + body.envelope_sender.encode("ascii") + b">"]
        if "size" in self._extensions:
            words.append(b"SIZE=%d" % len(body.raw))
        if not body.raw.isascii() and "8bitmime" in self._extensions:
            words.append(b"BODY=8BITMIME")
        if body.envelope_id and "dsn" in self._extensions:
            words += [b"RET=HDRS", b"ENVID=" + _xtext(body.envelope_id)]
        return b" ".join(words)

    def _rcpt_command(self, recipient: str, envelope_id: str) -> bytes:
        words = [b"RCPT TO:<" + recipient.encode("ascii") + b">"]
        if envelope_id and "dsn" in self._extensions:
            wanted = ",".join(self._settings.notify).upper() or "NEVER"
            words += [b"NOTIFY=" + wanted.encode("ascii"), b"ORCPT=rfc822;" + _xtext(recipient)]
        return b" ".join(words)

    def _begin(self, *commands: bytes) -> list[asyncio.Future[Reply]]:
        return self._line.begin(*commands)

    async def _command(self, command: bytes) -> Reply:
        return await self._reply(self._begin(command)[0], command.decode("ascii"))

    async def _reply(self, awaited: asyncio.Future[Reply], stage: str) -> Reply:
        try:
            return await self._line.reply(awaited, self._settings.timeout)
        except TimeoutError as error:
            raise LinkError(f"{stage}: no answer in time") from error
        except LinkError as error:
            raise LinkError(f"{stage}: {error}") from error

    async def _refused(self, reply: Reply, stage: str) -> Outcome:
        """The outcome of a refusal before the text; the connection is ready for the next mail, or closed."""
        if reply.code // 100 not in {4, 5} or (reply.code == _CLOSING and stage == "mail"):
            # Nonsense, or a server that ends the connection: no word on this mail.
            self._line.close()
            raise LinkError(f"{stage}: answered with {reply.code}")
        await self._reset()
        return smtp_outcome(reply.code, reply.message, stage)

    async def _reset(self) -> None:
        with suppress(LinkError):
            if (await self._command(b"RSET")).code // 100 != 2:
                self._line.close()

    async def _text(self, raw: bytes) -> Outcome:
        """The text and the final dot, after 354."""
        self.sent += 1
        try:
            reply = await self._handed_over(raw)
        except TimeoutError:
            self._line.close()
            return InDoubt(Cause("smtp-timeout", "no answer to the whole mail in time", Blame.NETWORK))
        except LinkError as error:
            return InDoubt(Cause("smtp-lost", f"no answer to the whole mail: {error}", Blame.NETWORK))
        except asyncio.CancelledError:
            self._line.close()
            raise
        outcome = smtp_outcome(reply.code, reply.message, "data")
        if reply.code == _CLOSING:
            self._line.close()
        elif reply.code // 100 != 2:
            await self._reset()
        return outcome

    async def _handed_over(self, raw: bytes) -> Reply:
        """The server's word on the text. Raises LinkError, TimeoutError."""
        awaited = self._line.expect()
        try:
            # The server may stop reading in mid-text, too.
            async with asyncio.timeout(self._settings.data_timeout):
                for piece in _stuffed(raw):
                    await self._line.write(piece)
        except (LinkError, TimeoutError):
            early = awaited.result() if awaited.done() and awaited.exception() is None else None
            if early is None or early.code // 100 not in {4, 5}:
                raise
            # It refused the text before it had all of it, and hung up.
            self._line.close()
            return early
        return await self._line.reply(awaited, self._settings.data_timeout)


def _stuffed(raw: bytes) -> Iterator[bytes]:
    """The text with its leading dots doubled and the final dot (RFC 5321 §4.5.2), in pieces of whole lines."""
    start = 0
    while (end := raw.find(b"\n", start + _PIECE) + 1) and end < len(raw):
        yield _LEADING_DOT.sub(b"..", raw[start:end])
        start = end
    yield _LEADING_DOT.sub(b"..", raw[start:]) + (b".\r\n" if raw.endswith(b"\r\n") else b"\r\n.\r\n")


def _xtext(value: str) -> bytes:
    """RFC 3461 §4."""
    return "".join(char if char not in "+=" else f"+{ord(char):02X}" for char in value).encode("ascii")


def _unsendable(sender: str, recipient: str, raw: bytes) -> Rejected | None:
    if _PATH.fullmatch(sender) is None:
        return Rejected(Cause("smtp-sender", "the envelope sender cannot be written", Blame.MESSAGE))
    if not recipient or _PATH.fullmatch(recipient) is None:
        return Rejected(Cause("smtp-address", "the address cannot be written", Blame.DESTINATION))
    if not raw or _BARE_LINE_END.search(raw):
        return Rejected(Cause("smtp-line-end", "the mail is empty or has line ends other than CRLF", Blame.MESSAGE))
    return None
