"""One SMTP connection: opened, logged in, and used for one mail after another. No policy, no retries.

In: an envelope and the octets of a mail. Out: an Outcome, or LinkError when the connection was lost or made
no sense before the text left. Invariants: only CRLF line ends go out; what is lost or silent after the text
was handed over is InDoubt, never an error; a password never crosses a network in clear.
Sources: RFC 5321 §3.3, §4.5.2, §4.5.3.2; RFC 3207 §4.2 (EHLO again after STARTTLS); RFC 1870 (SIZE);
RFC 3461 (ENVID, NOTIFY, ORCPT); RFC 6152.

The DATA phase is spoken here in two steps, since `aiosmtplib.SMTP.data` raises the same error for a
connection lost before the text and after it, which is the difference between Deferred and InDoubt.
"""

import asyncio
import re
import socket
import ssl
import sys
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

import aiosmtplib

from gatewayd.config import OAuth2, Smtp
from gatewayd.core.model import MailBody
from gatewayd.core.outcome import Blame, Cause, Deferred, InDoubt, Outcome, Rejected
from gatewayd.errors import LinkError, ProtocolError, SettingsError
from gatewayd.oauth2 import access_token
from gatewayd.wire.causes import smtp_outcome

_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_HOST_NAME: Final = re.compile(r"(?=.{1,255}\Z)[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})(?:\.[A-Za-z0-9-]{1,63})*")
_PATH: Final = re.compile(r"[\x21-\x3b\x3d\x3f-\x7e]{0,254}")
_BARE_LINE_END: Final = re.compile(rb"\r(?!\n)|(?<!\r)\n")
_LEADING_DOT: Final = re.compile(rb"(?m)^\.")
_CLOSING: Final = 421
_QUIT_S: Final = 2.0
#: A big mail goes out in pieces, each once the socket took the one before: else TLS holds it several times over.
_PIECE: Final = 1 << 16


class SmtpRefusal(ProtocolError):
    """The server answered the greeting, EHLO, STARTTLS or the login with a refusal."""

    def __init__(self, code: int, message: str, stage: str) -> None:
        super().__init__(f"{stage}: {code} {' '.join(message.split())}")
        self.code, self.message, self.stage = code, message, stage


class SmtpSession:
    """An open connection; `sent` counts the mails whose text went out on it."""

    def __init__(self, client: aiosmtplib.SMTP, settings: Smtp) -> None:
        self._client, self._settings = client, settings
        self.sent = 0

    @classmethod
    async def open(cls, settings: Smtp) -> "SmtpSession":
        """Connect, secure and log in. Raises LinkError, ProtocolError or SmtpRefusal."""
        client = aiosmtplib.SMTP(
            hostname=settings.host, port=settings.port, timeout=settings.timeout,
            use_tls=settings.tls == "tls", start_tls=settings.tls == "starttls",
            tls_context=None if settings.tls == "none" else _context(settings),
            local_hostname=settings.helo_name or _own_name(),
        )  # fmt: skip
        try:
            await _greet(client)
            await _log_in(client, settings)
        except BaseException:
            client.close()
            raise
        return cls(client, settings)

    @property
    def is_open(self) -> bool:
        return self._client.is_connected

    async def send(self, recipient: str, body: MailBody) -> Outcome:
        """One mail to one recipient. Raises LinkError if the connection was lost before the text left: it may be
        sent again at once on another one."""
        refused = _unsendable(body.envelope_sender, recipient, body.raw) or self._oversized(body.raw)
        if refused is not None:
            return refused
        for stage, command, wanted in (
            ("mail", self._mail_command(body), 2),
            ("rcpt", self._rcpt_command(recipient, body.envelope_id), 2),
            ("data", (b"DATA",), 3),
        ):
            reply = await self._command(*command)
            if reply.code // 100 != wanted:
                return await self._refused(reply, stage)
        return await self._text(body.raw)

    async def probe(self) -> None:
        """NOOP. Raises LinkError."""
        reply = await self._command(b"NOOP")
        if reply.code // 100 != 2:
            self._client.close()
            raise LinkError(f"NOOP answered with {reply.code}")

    async def close(self) -> None:
        """QUIT, as politely as two seconds allow."""
        with suppress(aiosmtplib.SMTPException, OSError, TimeoutError):
            async with asyncio.timeout(_QUIT_S):
                await self._client.quit()
        self._client.close()

    def drop(self) -> None:
        """Cut the connection."""
        self._client.close()

    def _oversized(self, raw: bytes) -> Rejected | None:
        """Whether the mail is bigger than we may send, or than the server said it takes: then it is not offered."""
        announced = self._client.esmtp_extensions.get("size", "").strip()
        most = min(
            self._settings.max_bytes, int(announced) if announced.isdecimal() and int(announced) else sys.maxsize
        )
        if len(raw) <= most:
            return None
        return Rejected(Cause("smtp-size", f"the mail has {len(raw)} bytes, {most} are allowed", Blame.MESSAGE))

    def _mail_command(self, body: MailBody) -> tuple[bytes, ...]:
        options = []
        if self._client.supports_extension("size"):
            options.append(b"SIZE=%d" % len(body.raw))
        if not body.raw.isascii() and self._client.supports_extension("8bitmime"):
            options.append(b"BODY=8BITMIME")
        if body.envelope_id and self._client.supports_extension("dsn"):
            options += [b"RET=HDRS", b"ENVID=" + _xtext(body.envelope_id)]
        return (b"MAIL", b"FROM:<" + body.envelope_sender.encode("ascii") + b">", *options)

    def _rcpt_command(self, recipient: str, envelope_id: str) -> tuple[bytes, ...]:
        command = (b"RCPT", b"TO:<" + recipient.encode("ascii") + b">")
        if not envelope_id or not self._client.supports_extension("dsn"):
            return command
        wanted = ",".join(self._settings.notify).upper() or "NEVER"
        return (*command, b"NOTIFY=" + wanted.encode("ascii"), b"ORCPT=rfc822;" + _xtext(recipient))

    async def _command(self, *words: bytes) -> aiosmtplib.SMTPResponse:
        try:
            return await self._client.execute_command(*words)
        except (aiosmtplib.SMTPException, OSError) as error:
            self._client.close()
            raise LinkError(f"{words[0].decode('ascii')}: {_reason(error)}") from error
        except asyncio.CancelledError:
            # The answer that was not waited for would be taken for the next command's.
            self._client.close()
            raise

    async def _refused(self, reply: aiosmtplib.SMTPResponse, stage: str) -> Outcome:
        """The outcome of a refusal before the text; the connection is ready for the next mail, or closed."""
        if reply.code // 100 not in {4, 5} or (reply.code == _CLOSING and stage == "mail"):
            # Nonsense, or a server that ends the connection: no word on this mail.
            self._client.close()
            raise LinkError(f"{stage}: answered with {reply.code}")
        await self._reset()
        return smtp_outcome(reply.code, reply.message, stage)

    async def _reset(self) -> None:
        if self._client.is_connected:
            with suppress(LinkError):
                if (await self._command(b"RSET")).code // 100 != 2:
                    self._client.close()

    async def _text(self, raw: bytes) -> Outcome:
        """The text and the final dot, after 354."""
        protocol = self._client.protocol
        if protocol is None:
            raise LinkError("DATA: connection lost")
        self.sent += 1
        try:
            # The server may stop reading in mid-text, too.
            async with asyncio.timeout(self._settings.data_timeout):
                for piece in _stuffed(raw):
                    protocol.write(piece)
                    await protocol._drain_helper()
            reply = await protocol.read_response(timeout=self._settings.data_timeout)
        except (aiosmtplib.SMTPException, OSError) as error:
            self._client.close()
            return InDoubt(_lost_after_text(error))
        except asyncio.CancelledError:
            self._client.close()
            raise
        outcome = smtp_outcome(reply.code, reply.message, "data")
        if reply.code == _CLOSING:
            self._client.close()
        elif reply.code // 100 != 2:
            await self._reset()
        return outcome


def _stuffed(raw: bytes) -> Iterator[bytes]:
    """The text with its leading dots doubled and the final dot (RFC 5321 §4.5.2), in pieces of whole lines."""
    start = 0
    while (end := raw.find(b"\n", start + _PIECE) + 1) and end < len(raw):
        yield _LEADING_DOT.sub(b"..", raw[start:end])
        start = end
    yield _LEADING_DOT.sub(b"..", raw[start:]) + (b".\r\n" if raw.endswith(b"\r\n") else b"\r\n.\r\n")


async def _greet(client: aiosmtplib.SMTP) -> None:
    try:
        await client.connect()
        # What the server offers is known only from the EHLO after STARTTLS.
        await client.ehlo()
    except aiosmtplib.SMTPHeloError as error:
        raise SmtpRefusal(error.code, error.message, "helo") from error
    except aiosmtplib.SMTPResponseException as error:
        raise SmtpRefusal(error.code, error.message, "connect") from error
    except ssl.SSLError as error:
        raise ProtocolError(f"TLS: {_reason(error)}") from error
    except (aiosmtplib.SMTPTimeoutError, ConnectionError, OSError) as error:
        raise _lost_or_untrusted(error) from error
    except aiosmtplib.SMTPException as error:
        raise ProtocolError(_reason(error)) from error


async def _log_in(client: aiosmtplib.SMTP, settings: Smtp) -> None:
    if not settings.user or (settings.password is None and settings.oauth2 is None):
        return
    if settings.tls == "none" and settings.host not in _LOOPBACK:
        raise ProtocolError("a password is not sent over a network without TLS")
    try:
        password = settings.password.read() if settings.password is not None else ""
        if settings.oauth2 is not None:
            await _log_in_by_token(client, settings.user, settings.oauth2)
        elif settings.auth == "xoauth2":
            await client.auth_xoauth2(settings.user, password)
        elif "plain" in client.server_auth_methods:
            await client.auth_plain(settings.user, password)
        else:
            # Tries all that is offered, and so a wrong password more than once.
            await client.login(settings.user, password)
    except SettingsError as error:
        raise LinkError(str(error)) from error
    except aiosmtplib.SMTPResponseException as error:
        raise SmtpRefusal(error.code, error.message, "auth") from error
    except (aiosmtplib.SMTPTimeoutError, ConnectionError, OSError) as error:
        raise LinkError(f"login: {_reason(error)}") from error
    except aiosmtplib.SMTPException as error:
        raise ProtocolError(f"login: {_reason(error)}") from error


async def _log_in_by_token(client: aiosmtplib.SMTP, user: str, settings: OAuth2) -> None:
    """A token that is refused may have been withdrawn before its time: one new one is tried."""
    token = await asyncio.to_thread(access_token, settings)
    try:
        await client.auth_xoauth2(user, token)
    except aiosmtplib.SMTPAuthenticationError:
        await client.auth_xoauth2(user, await asyncio.to_thread(access_token, settings, refused=token))


def _lost_or_untrusted(error: Exception) -> LinkError | ProtocolError:
    """A certificate that does not verify comes wrapped as a failed connection."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError):
            return ProtocolError(f"TLS: {_reason(cause)}")
        cause = cause.__cause__
    return LinkError(_reason(error))


def _context(settings: Smtp) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=settings.ca_file)
    except OSError as error:
        raise LinkError(f"ca_file {settings.ca_file}: {_reason(error)}") from error


def _xtext(value: str) -> bytes:
    """RFC 3461 §4."""
    return "".join(char if char not in "+=" else f"+{ord(char):02X}" for char in value).encode("ascii")


def _own_name() -> str:
    name = socket.gethostname()
    return name if _HOST_NAME.fullmatch(name) else "localhost"


def _unsendable(sender: str, recipient: str, raw: bytes) -> Rejected | None:
    if _PATH.fullmatch(sender) is None:
        return Rejected(Cause("smtp-sender", "the envelope sender cannot be written", Blame.MESSAGE))
    if not recipient or _PATH.fullmatch(recipient) is None:
        return Rejected(Cause("smtp-address", "the address cannot be written", Blame.DESTINATION))
    if not raw or _BARE_LINE_END.search(raw):
        return Rejected(Cause("smtp-line-end", "the mail is empty or has line ends other than CRLF", Blame.MESSAGE))
    return None


def _lost_after_text(error: BaseException) -> Cause:
    if isinstance(error, TimeoutError):
        return Cause("smtp-timeout", "no answer to the whole mail in time", Blame.NETWORK)
    return Cause("smtp-lost", f"no answer to the whole mail: {_reason(error)}", Blame.NETWORK)


def refusal_outcome(refusal: SmtpRefusal) -> Outcome:
    """What a refused connection or login means for the mail at hand: nothing was sent."""
    outcome = smtp_outcome(refusal.code, refusal.message, refusal.stage)
    if isinstance(outcome, Deferred):
        return outcome
    return Deferred(Cause(f"smtp-{refusal.code}", str(refusal), Blame.NETWORK))


def _reason(error: BaseException) -> str:
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return " ".join(text.split()) or type(error).__name__
