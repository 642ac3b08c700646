"""Whether the mail server lets a forged Authentication-Results header through: a mail to ourselves tells.

In: the settings. Out: one line, or ProtocolError where the forgery would be believed. The mail goes out by [smtp] to
the address that units write to, claims to come from a domain that cannot exist (RFC 2606), and brings a header in
which our own server says that this is proven. It is looked for in the mailbox and where a running daemon puts the
mail of machines (it says that it is one), read by the code that reads every mail, and deleted.
"""

import asyncio
import secrets
from datetime import UTC, datetime
from typing import Final

from gatewayd.config import Mailbox, Smtp
from gatewayd.core.model import MailBody
from gatewayd.core.outcome import Accepted
from gatewayd.errors import LinkError, ProtocolError
from gatewayd.intake.imap_session import ImapSession
from gatewayd.transport.smtp_session import SmtpSession
from gatewayd.wire import mail as wire_mail
from gatewayd.wire.outmail import message

_DOMAIN: Final = "forged.invalid"
_WAIT_S: Final = 45.0
_EVERY_S: Final = 0.5


async def forgery(mailbox: Mailbox, smtp: Smtp) -> str:
    """Send the forged mail and see what became of its header. Raises GatewaydError."""
    to = smtp.reply_to or smtp.sender
    message_id = f"<gatewayd.probe.{secrets.token_hex(16)}@{smtp.sender.rpartition('@')[2]}>"
    refused = await _send(smtp, to, _forged(mailbox, to, message_id))
    if refused:
        return f"the server does not take a mail with a forged sender ({refused})"
    raw = await _come_back(mailbox, message_id)
    if raw is None:
        raise LinkError(
            f"the mail to {to} did not arrive in {mailbox.folder} within {_WAIT_S:g} s:"
            " is this the address of the mailbox?"
        )
    verdict = wire_mail.parse(raw, wire_mail.Trust(mailbox.trusted_authserv_ids)).verdict
    if verdict.authenticated:
        raise ProtocolError(
            "anybody can forge a sender: the server lets an Authentication-Results header of"
            f" {mailbox.trusted_authserv_ids[0]} through that somebody else wrote; let it remove such headers"
            " (RFC 8601 §5), or empty mailbox.trusted_authserv_ids and set own_dkim_check = true"
        )
    return "a forged Authentication-Results header proves nothing here"


def _forged(mailbox: Mailbox, to: str, message_id: str) -> bytes:
    claims = "".join(
        f"Authentication-Results: {server}; dmarc=pass header.from={_DOMAIN};\r\n"
        f" spf=pass smtp.mailfrom={_DOMAIN}; dkim=pass header.d={_DOMAIN}\r\n"
        for server in mailbox.trusted_authserv_ids
    )
    return claims.encode("ascii") + message(
        sender=f"probe@{_DOMAIN}", sender_name="", to=to, to_name="", subject="gatewayd check", message_id=message_id,
        text="A test of the mail server by gatewayd. It may be deleted.\n", date=datetime.now(UTC),
        auto_submitted="auto-generated",
    )  # fmt: skip


async def _send(smtp: Smtp, to: str, raw: bytes) -> str:
    """Why the server refused the mail; '' if it took it."""
    session = await SmtpSession.open(smtp)
    try:
        outcome = await session.send(to, MailBody(raw, smtp.sender))
    finally:
        await session.close()
    return "" if isinstance(outcome, Accepted) else outcome.cause.text


async def _come_back(mailbox: Mailbox, message_id: str) -> bytes | None:
    """The mail as it arrived; None if it did not in time."""
    session = ImapSession(mailbox)
    loop = asyncio.get_running_loop()
    until = loop.time() + _WAIT_S
    try:
        await asyncio.to_thread(session.open)
        while loop.time() < until:
            raw = await asyncio.to_thread(session.take_out, message_id)
            if raw is not None:
                return raw
            await asyncio.sleep(_EVERY_S)
        return None
    finally:
        await asyncio.to_thread(session.close)
