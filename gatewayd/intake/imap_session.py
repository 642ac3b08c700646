"""One IMAP connection, blocking: everything that talks to the server, for use in one thread.

In: the settings of the mailbox. Out: UIDs, mails, and errors of ours only. Invariants: mails are read with
PEEK; the size is asked for before the body, and no answer above the limit is taken in, whatever the server
announces; a UID that vanished is None, not an error; certificates are verified.
LinkError: the connection is gone, reconnect. ProtocolError: the server refused one command.
Sources: RFC 3501, RFC 2177 (IDLE), RFC 6851 (MOVE), RFC 4315 (UID EXPUNGE), RFC 2342 (NAMESPACE), RFC 5032
(WITHIN).
"""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import Any, Final

from imapclient import IMAPClient, imap4, tls
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError, IMAPClientReadOnlyError

from gatewayd.config import Imap, OAuth2
from gatewayd.errors import LinkError, ProtocolError, SettingsError
from gatewayd.intake.base import IncomingMail
from gatewayd.oauth2 import access_token

#: What is read of a mail that is too big: its header, and enough of the text to answer it.
HEAD_BYTES: Final = 65536
#: Room for what stands around a mail in a FETCH answer.
_ANSWER_BYTES: Final = 65536
#: Mails that one command deletes.
_AT_ONCE: Final = 100
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class ImapSession:
    """Made unconnected; `open` connects. Only `interrupt` may be called from another thread."""

    def __init__(self, settings: Imap) -> None:
        self._settings = settings
        self._guard = threading.Lock()
        self._interrupted = False
        self._client: IMAPClient | None = None
        self._greeted_on: socket.socket | None = None
        self._names: dict[str, str] = {}
        self.uidvalidity = 0
        self.can_idle = False

    def open(self) -> None:
        """Connect, secure, log in, make sure of the folders, select the mailbox."""
        with _mapped("connect"):
            client = _Client(
                self._hold, self._settings.host, self._settings.port, ssl=self._settings.tls == "tls",
                ssl_context=None if self._settings.tls == "none" else self._context(), timeout=self._settings.timeout,
            )  # fmt: skip
            _tame(client, self._settings.max_bytes + _ANSWER_BYTES)
            self._adopt(client)
        with _mapped("secure"):
            if self._settings.tls == "starttls":
                client.starttls(self._context())
        with _mapped("login"):
            self._log_in(client)
        with _mapped("folders"):
            for folder in (self._settings.processed_folder, self._settings.quarantine_folder):
                self._names[folder] = _folder(client, folder)
        self.select()
        with _mapped("select"):
            self.can_idle = client.has_capability("IDLE")

    def select(self) -> None:
        """The mailbox, after another folder was looked into."""
        with _mapped("select"):
            self.uidvalidity = int(self._imap.select_folder(self._settings.folder)[b"UIDVALIDITY"])

    def search(self) -> list[int]:
        """UIDs of the mails in the mailbox, oldest first. A mail that somebody deleted is not ours any more."""
        with _mapped("search"):
            return sorted(int(uid) for uid in self._imap.search("UNDELETED"))

    def fetch(self, uid: int) -> IncomingMail | None:
        """The mail, or its head if it is above the limit, or None if it has vanished."""
        limit = self._settings.max_bytes
        with _mapped("fetch"):
            size = self._imap.fetch([uid], ["RFC822.SIZE"]).get(uid, {}).get(b"RFC822.SIZE")
            if size is None:
                return None
            # One octet more than allowed, since sizes that servers compute can be wrong.
            raw = self._head(uid, limit + 1 if size <= limit else HEAD_BYTES)
        if raw is None:
            return None
        too_big = size > limit or len(raw) > limit
        return IncomingMail(
            folder=self._settings.folder, uidvalidity=self.uidvalidity, uid=uid, size=max(size, len(raw)),
            raw=raw[:HEAD_BYTES] if too_big else raw, too_big=too_big,
        )  # fmt: skip

    def move(self, uid: int, folder: str) -> None:
        """Out of the mailbox into `folder`; nothing happens if the mail has vanished."""
        name = self._names[folder]
        with _mapped("move"):
            if self._imap.has_capability("MOVE"):
                self._imap.move([uid], name)
                return
            self._imap.copy([uid], name)
            self._delete(uid)

    def take_out(self, message_id: str) -> bytes | None:
        """The head of the mail with this Message-ID, out of the mailbox or its folder of processed mails; it is deleted
        there."""
        with _mapped("search"):
            for name in (self._names[self._settings.processed_folder], self._settings.folder):
                self._imap.select_folder(name)
                for uid in self._imap.search(["HEADER", "Message-ID", message_id]):
                    raw = self._head(uid, HEAD_BYTES)
                    self._delete(uid)
                    return raw
        return None

    def delete_older(self, seconds: float, now: datetime) -> int:
        """Delete what came more than `seconds` ago, in the folders of mails that were dealt with; returns how many. By
        the server's own clock where it can (RFC 5032), else by days, one more to be on the safe side. `select` is next.
        """
        day = (now - timedelta(seconds=seconds)).date() - timedelta(days=1)
        deleted = 0
        with _mapped("delete"):
            within = self._imap.has_capability("WITHIN")
            for folder in {self._settings.processed_folder, self._settings.quarantine_folder} - {self._settings.folder}:
                self._imap.select_folder(self._names[folder])
                uids = self._imap.search(["OLDER", str(int(seconds))] if within else ["BEFORE", day])
                for start in range(0, len(uids), _AT_ONCE):
                    self._delete(*uids[start : start + _AT_ONCE])
                deleted += len(uids)
        return deleted

    def wait(self, seconds: float) -> None:
        """Return when the server says that something changed, or after `seconds`. IDLE only.

        A dead connection looks like silence here; the next `search` finds out.
        """
        with _mapped("idle"):
            self._imap.idle()
            if not _has_read_ahead(self._imap):
                self._imap.idle_check(timeout=seconds)
            self._imap.idle_done()

    def close(self) -> None:
        """Log out, or just cut."""
        with self._guard:
            client, self._client = self._client, None
        if client is None:
            return
        if self._interrupted or not _logged_out(client):
            with suppress(OSError, ValueError):
                client.shutdown()

    def interrupt(self) -> None:
        """Make whatever call is running fail at once. The one method for other threads."""
        with self._guard:
            self._interrupted = True
            if self._client is not None:
                _cut(self._client)
            elif self._greeted_on is not None:
                _shut(self._greeted_on)

    @property
    def _imap(self) -> IMAPClient:
        if self._client is None:
            raise LinkError("mailbox: not connected")
        return self._client

    def _hold(self, sock: socket.socket) -> None:
        """What the client is being made on: the server may greet for ever."""
        with self._guard:
            self._greeted_on = sock
            if self._interrupted:
                _shut(sock)

    def _adopt(self, client: IMAPClient) -> None:
        with self._guard:
            self._client = client
            if self._interrupted:
                _cut(client)

    def _head(self, uid: int, octets: int) -> bytes | None:
        answer = self._imap.fetch([uid], [f"BODY.PEEK[]<0.{octets}>"]).get(uid, {})
        raw = answer.get(b"BODY[]<0>")
        return raw if isinstance(raw, bytes) else None

    def _delete(self, *uids: int) -> None:
        """Without UIDPLUS an EXPUNGE would take other people's deleted mails along; ours stay marked then."""
        self._imap.delete_messages(uids, silent=True)
        if self._imap.has_capability("UIDPLUS"):
            self._imap.uid_expunge(uids)

    def _context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self._settings.ca_file)

    def _log_in(self, client: IMAPClient) -> None:
        settings = self._settings
        if settings.tls == "none" and settings.host not in _LOOPBACK:
            raise ProtocolError("login: a password is not sent over a network without TLS")
        if settings.oauth2 is not None:
            _log_in_by_token(client, settings.user, settings.oauth2)
            return
        password = settings.password.read() if settings.password is not None else ""
        if settings.auth == "xoauth2":
            client.oauth2_login(settings.user, password)
        elif client.has_capability("AUTH=PLAIN"):
            # Unlike LOGIN it takes any character.
            client.plain_login(settings.user, password)
        else:
            client.login(settings.user, password)


def _log_in_by_token(client: IMAPClient, user: str, settings: OAuth2) -> None:
    """A token that is refused may have been withdrawn before its time: one new one is tried."""
    token = access_token(settings)
    try:
        client.oauth2_login(user, token)
    except IMAPClientAbortError:
        raise
    except IMAPClientError:
        client.oauth2_login(user, access_token(settings, refused=token))


@contextmanager
def _mapped(doing: str) -> Iterator[None]:
    """Errors of the library and of the socket → ours. Answers that make no sense surface as ValueError or KeyError."""
    try:
        yield
    except IMAPClientReadOnlyError as error:
        raise ProtocolError(f"{doing}: the mailbox is read-only") from error
    except IMAPClientAbortError as error:
        raise LinkError(f"{doing}: {_reason(error)}") from error
    except ssl.SSLCertVerificationError as error:
        raise ProtocolError(f"{doing}: TLS: {_reason(error)}") from error
    except OSError as error:
        raise LinkError(f"{doing}: {_reason(error)}") from error
    except SettingsError as error:
        raise LinkError(f"{doing}: {error}") from error
    except (IMAPClientError, ValueError, LookupError) as error:
        raise ProtocolError(f"{doing}: {_reason(error)}") from error


def _reason(error: BaseException) -> str:
    text = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return " ".join(text.split()) or type(error).__name__


class _Client(IMAPClient):  # type: ignore[misc]
    """The library connects, and reads the greeting, while it is made: `made` is given the socket before that."""

    def __init__(self, made: Callable[[socket.socket], None], *args: Any, **kwargs: Any) -> None:
        self._made = made
        super().__init__(*args, **kwargs)

    def _create_IMAP4(self) -> Any:
        seconds = getattr(self._timeout, "connect", None)
        if self.ssl:
            return _telling(tls.IMAP4_TLS, self._made)(self.host, self.port, self.ssl_context, seconds)
        return _telling(imap4.IMAP4WithTimeout, self._made)(self.host, self.port, seconds)


def _telling(base: Any, made: Callable[[socket.socket], None]) -> Any:
    """The class of a connection that tells `made` of its socket before it reads from it."""

    def create(connection: Any, timeout: float | None = None) -> Any:
        sock = base._create_socket(connection, timeout)
        made(sock)
        return sock

    return type(base.__name__, (base,), {"_create_socket": create})


def _tame(client: IMAPClient, limit: int) -> None:
    """IMAPClient turns on imaplib's debugging, which formats every mail for a log that nobody may keep; and
    imaplib allocates whatever size a server announces. Neither has a public switch."""
    imap = client._imap
    imap.debug = 0
    read = imap.read

    def read_limited(size: int) -> bytes:
        if size > limit:
            raise IMAPClientAbortError(f"the server announced {size} octets")
        octets: bytes = read(size)
        return octets

    imap.read = read_limited
    client.socket().setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)


def _has_read_ahead(client: IMAPClient) -> bool:
    """Whether the server's news came in one piece with its "+": the library polls the socket, and would not see it."""
    sock = client.socket()
    timeout = sock.gettimeout()
    sock.setblocking(False)
    try:
        return bool(client._imap.file.peek(1))
    except OSError:
        return False
    finally:
        sock.settimeout(timeout)


def _logged_out(client: IMAPClient) -> bool:
    """The library closes the socket after a good LOGOUT only."""
    try:
        client.logout()
    except (OSError, IMAPClientError, ValueError):
        return False
    return True


def _cut(client: IMAPClient) -> None:
    """Shut the socket down under its reader. SSLSocket's own shutdown would take the TLS layer away from it."""
    _shut(client.socket())


def _shut(sock: socket.socket) -> None:
    with suppress(OSError):
        socket.socket.shutdown(sock, socket.SHUT_RDWR)


def _folder(client: IMAPClient, folder: str) -> str:
    """The server's name of `folder`, which is made if it is missing: some servers keep everything below a prefix."""
    names = list(dict.fromkeys((folder, _prefix(client) + folder)))
    for name in names:
        if client.folder_exists(name):
            return name
    for name in names[:-1]:
        with suppress(IMAPClientError):
            client.create_folder(name)
            return name
    client.create_folder(names[-1])
    return names[-1]


def _prefix(client: IMAPClient) -> str:
    personal = client.namespace().personal if client.has_capability("NAMESPACE") else None
    return str(personal[0][0]) if personal else ""
