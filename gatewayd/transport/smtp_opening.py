"""From a connection to a mail server that knows us: connected, secured and logged in, by aiosmtplib.

In: settings. Out: its client, ready for mails. Invariants: a password never crosses a network in clear; a certificate
that does not verify is a ProtocolError, never a lost line. Sources: RFC 5321 §3.1; RFC 3207 §4.2 (EHLO again after
STARTTLS); RFC 4954 (AUTH).
"""

import asyncio
import re
import socket
import ssl
from typing import Final

import aiosmtplib

from gatewayd.config import OAuth2, Smtp
from gatewayd.core.outcome import Blame, Cause, Deferred, Outcome
from gatewayd.errors import LinkError, ProtocolError, SettingsError
from gatewayd.oauth2 import access_token
from gatewayd.wire.causes import smtp_outcome

_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_HOST_NAME: Final = re.compile(r"(?=.{1,255}\Z)[A-Za-z0-9](?:[A-Za-z0-9-]{0,62})(?:\.[A-Za-z0-9-]{1,63})*")


class SmtpRefusal(ProtocolError):
    """The server answered the greeting, EHLO, STARTTLS or the login with a refusal."""

    def __init__(self, code: int, message: str, stage: str) -> None:
        super().__init__(f"{stage}: {code} {' '.join(message.split())}")
        self.code, self.message, self.stage = code, message, stage


async def logged_in(settings: Smtp) -> aiosmtplib.SMTP:
    """A client of the server. Raises LinkError, ProtocolError or SmtpRefusal."""
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
    return client


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


def _own_name() -> str:
    name = socket.gethostname()
    return name if _HOST_NAME.fullmatch(name) else "localhost"


def refusal_outcome(refusal: SmtpRefusal) -> Outcome:
    """What a refused connection or login means for the mail at hand: nothing was sent."""
    outcome = smtp_outcome(refusal.code, refusal.message, refusal.stage)
    if isinstance(outcome, Deferred):
        return outcome
    return Deferred(Cause(f"smtp-{refusal.code}", str(refusal), Blame.NETWORK))


def _reason(error: BaseException) -> str:
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return " ".join(text.split()) or type(error).__name__
