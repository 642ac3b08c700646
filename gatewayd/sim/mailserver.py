"""The demo's mail server: SMTP in (aiosmtpd), mailboxes by IMAP (pymap, in memory), on the loopback address only.

In: users (address → password). Out: two ports. A mail to a user lands in his INBOX; a mail to nobody in a user's
domain is refused with 550; a mail to the rest of the world is taken from who has logged in, and only kept as a file.
Every mail is saved as .eml if a folder is given.
The server vouches as a university's would: it takes off every Authentication-Results header in its own name, and
puts one on top that says dmarc=pass if and only if the session was logged in as the address in From (RFC 8601 §5).
Needs the extra `demo`. Not for production: nothing survives the end.
"""

import asyncio
import itertools
import logging
import re
from collections.abc import Mapping
from contextlib import AsyncExitStack
from email.message import EmailMessage
from email.parser import BytesHeaderParser
from email.policy import default as policy
from email.utils import parseaddr
from pathlib import Path
from typing import Final, Self

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from gatewayd.sim.mailboxes import HOST, Mailboxes

_MAX_BYTES: Final = 20 * 1024 * 1024
_HEAD: Final = re.compile(rb"\r?\n\r?\n")
#: One header field with its folded lines.
_FIELD: Final = re.compile(rb"[^\r\n]*\r?\n(?:[ \t][^\r\n]*\r?\n)*")
_RESULTS: Final = re.compile(rb"authentication-results[ \t]*:(.*)", re.IGNORECASE | re.DOTALL)
_COMMENT: Final = re.compile(rb"\([^()]*\)")


class EmbeddedMail:
    """A running mail server inside `async with`; `imap_port` and `smtp_port` are known from then on."""

    def __init__(self, *, users: Mapping[str, str], authserv_id: str, save_to: Path | None = None) -> None:
        self._users = {address.lower(): password for address, password in users.items()}
        self._authserv_id, self._save_to = authserv_id, save_to
        self._mailboxes = Mailboxes(self._users)
        self._stack = AsyncExitStack()
        self.host: Final = HOST
        self.imap_port = 0
        self.smtp_port = 0

    async def __aenter__(self) -> Self:
        for name in ("mail.log", "mail.debug", "pymap"):
            logging.getLogger(name).setLevel(logging.CRITICAL)
        if self._save_to is not None:
            self._save_to.mkdir(parents=True, exist_ok=True)
        await self._stack.enter_async_context(self._mailboxes)
        self.imap_port = self._mailboxes.port
        door = _Door(self._users, self._authserv_id, self._mailboxes, self._save_to)
        server = await asyncio.get_running_loop().create_server(door.protocol, HOST, 0)
        self._stack.push_async_callback(door.close)
        await self._stack.enter_async_context(server)
        self.smtp_port = int(server.sockets[0].getsockname()[1])
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self._stack.aclose()


class _Door:
    """What happens to a mail that comes in; the hooks are called by aiosmtpd."""

    def __init__(
        self, users: Mapping[str, str], authserv_id: str, mailboxes: Mailboxes, save_to: Path | None
    ) -> None:  # fmt: skip
        self._users, self._authserv_id = users, authserv_id
        self._mailboxes, self._save_to = mailboxes, save_to
        self._domains = {address.rpartition("@")[2] for address in users}
        self._numbers = itertools.count(1)
        self._open: list[SMTP] = []

    def protocol(self) -> SMTP:
        """One connection."""
        self._open = [known for known in self._open if known.transport is not None]
        made = SMTP(
            self, hostname=self._authserv_id, ident="gatewayd demo", data_size_limit=_MAX_BYTES,
            authenticator=self._log_in, auth_require_tls=False, loop=asyncio.get_running_loop(),
        )  # fmt: skip
        self._open.append(made)
        return made

    async def close(self) -> None:
        for connection in self._open:
            if connection.transport is not None:
                connection.transport.close()
        # Lets the transports tell their protocols, which end their tasks.
        await asyncio.sleep(0)

    def _log_in(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: object
    ) -> AuthResult:
        if isinstance(data, LoginPassword):
            name = data.login.decode("utf-8", "replace").lower()
            if name in self._users and self._users[name] == data.password.decode("utf-8", "replace"):
                return AuthResult(success=True, auth_data=name)
        return AuthResult(success=False, handled=False)

    async def handle_RCPT(
        self, _server: SMTP, session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:  # fmt: skip
        recipient = address.lower()
        if recipient not in self._users:
            if recipient.rpartition("@")[2] in self._domains:
                return "550 5.1.1 no such user here"
            if not session.authenticated:
                return "554 5.7.1 log in to send to others"
        envelope.rcpt_tos.append(recipient)
        return "250 2.1.5 Ok"

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:
        raw = envelope.content if isinstance(envelope.content, bytes) else b""
        user = str(session.auth_data) if session.authenticated else ""
        stamped = vouched(raw, self._authserv_id, user)
        recipients = list(dict.fromkeys(envelope.rcpt_tos))
        if self._save_to is not None:
            await asyncio.to_thread(self._path(recipients).write_bytes, stamped)
        for recipient in recipients:
            if recipient in self._users:
                await self._mailboxes.deliver(recipient, stamped)
        return "250 2.0.0 Ok: taken"

    def _path(self, recipients: list[str]) -> Path:
        assert self._save_to is not None
        name = re.sub(r"[^a-z0-9@.-]", "_", recipients[0])[:80]
        return self._save_to / f"{next(self._numbers):04d}-{name}.eml"


def vouched(raw: bytes, authserv_id: str, user: str) -> bytes:
    """`raw` with one Authentication-Results header of ours on top and no other in our name. `user` is who logged in,
    or ''."""
    match = _HEAD.search(raw)
    head, rest = (raw[: match.end()], raw[match.end() :]) if match else (raw, b"")
    ours = authserv_id.lower().encode()
    fields = [field for field in _FIELD.findall(head) if _results_of(field) != ours]
    sender = _sender(head)
    passed = "pass" if user and sender.lower() == user.lower() else "none"
    header = f"Authentication-Results: {authserv_id};\r\n dmarc={passed}"
    if domain := sender.rpartition("@")[2]:
        header += f" header.from={domain}"
    return header.encode("ascii", "replace") + b"\r\n" + b"".join(fields) + rest


def _results_of(field: bytes) -> bytes:
    """The authserv-id of an Authentication-Results field, b"" for any other field."""
    match = _RESULTS.match(field)
    if match is None:
        return b""
    words = _COMMENT.sub(b" ", match[1]).split(b";")[0].split()
    return words[0].strip(b'"').lower() if words else b""


def _sender(head: bytes) -> str:
    """The one address in From; '' if there is none or more than one."""
    parsed = BytesHeaderParser(_class=EmailMessage, policy=policy).parsebytes(head)
    froms = parsed.get_all("From", [])
    if len(froms) != 1 or len(getattr(froms[0], "addresses", ())) != 1:
        return ""
    address = parseaddr(str(froms[0]))[1]
    return address if re.fullmatch(r"[\x21-\x7e]+@[A-Za-z0-9.-]+", address) else ""
