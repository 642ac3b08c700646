"""A real Dovecot: IMAP (plain, STARTTLS and TLS), LMTP for delivery, and SASL for the test Postfix.

It runs wholly unprivileged: as root it is started as the dovecot user that its package brings. Every address is
delivered to the mailbox of its local part; unknown ones get 550.
"""

import grp
import imaplib
import os
import pwd
import signal
import smtplib
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.system.servers.authority import Authority, make_authority
from tests.system.servers.ports import HOST, await_port, await_true, free_port, require, server_folder

PACKAGES = "dovecot-imapd dovecot-lmtpd"
PASSWORD = "rahasia-uji"
#: Mailboxes that are there unless the caller names others: the gateway's own, and people's.
USERS = ("gateway", "unit", "kaupsi", "kabpsi", "staf", "budi", "siti", "agus")

_CONFIG = """
base_dir = {d}/run
state_dir = {d}/state
log_path = {d}/dovecot.log
listen = 127.0.0.1
protocols = imap lmtp
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
ssl = yes
ssl_cert = <{d}/cert.pem
ssl_key = <{d}/key.pem
mail_location = maildir:{d}/mail/%n
mail_uid = {user}
mail_gid = {group}
first_valid_uid = 0
auth_mechanisms = plain login{mechanisms}
auth_failure_delay = 0
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%n {d}/users
}}
userdb {{
  driver = passwd-file
  args = username_format=%n {d}/users
  default_fields = uid={user} gid={group} home={d}/mail/%n
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
service lmtp {{
  unix_listener lmtp {{
    mode = 0600
  }}
  inet_listener lmtp {{
    address = 127.0.0.1
    port = {lmtp}
  }}
}}
service auth {{
  inet_listener {{
    address = 127.0.0.1
    port = {sasl}
  }}
}}
protocol lmtp {{
  auth_username_format = %n
  postmaster_address = postmaster@localhost
}}
namespace inbox {{
  inbox = yes
  separator = /
}}
"""

_BY_TOKEN = """
passdb {{
  driver = oauth2
  mechanisms = xoauth2
  args = {d}/oauth2.conf
}}
"""
_TOKENINFO = """
tokeninfo_url = {url}
username_attribute = user
"""


@dataclass
class Dovecot:
    """A running server. Everything it keeps survives `stop` and `start`."""

    folder: Path
    authority: Authority
    users: tuple[str, ...]
    imap_port: int = field(default_factory=free_port)
    imaps_port: int = field(default_factory=free_port)
    lmtp_port: int = field(default_factory=free_port)
    sasl_port: int = field(default_factory=free_port)
    _process: "subprocess.Popen[bytes] | None" = None

    host = HOST
    password = PASSWORD

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Up and answering on all ports when this returns."""
        dovecot = require("dovecot", PACKAGES)
        command = [dovecot, "-F", "-c", str(self.folder / "dovecot.conf")]
        user = _user()
        if os.getuid() == 0:
            setpriv = require("setpriv", "util-linux")
            command = [setpriv, "--reuid", user, "--regid", _group(user), "--clear-groups", *command]
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip
        self._process = process
        for port in (self.imap_port, self.imaps_port, self.lmtp_port, self.sasl_port):
            await_port(port, lambda: process.poll() is None)

    def stop(self) -> None:
        """Killed at once, connections and all, as in a power cut."""
        process, self._process = self._process, None
        if process is not None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            await_true(lambda: not _group_lives(process.pid), "the end of Dovecot")

    def restart(self) -> None:
        self.stop()
        self.start()

    def deliver(self, raw: bytes, to: str | Sequence[str], sender: str = "pengirim@luar.example") -> None:
        """Put a mail into the inbox of `to` (the domain does not matter). SMTPRecipientsRefused if unknown."""
        with smtplib.LMTP(HOST, self.lmtp_port) as client:
            client.sendmail(sender, to, raw)

    def append(self, user: str, folder: str, raw: bytes, came: float | None = None) -> None:
        """Put a mail straight into `folder`, which is made if it is missing; `came`: when it arrived, as Unix time."""
        with self.login(user) as client:
            client.create(folder)
            answer, _ = client.append(folder, "", "" if came is None else imaplib.Time2Internaldate(came), raw)
            assert answer == "OK", answer

    def remove_folder(self, user: str, folder: str) -> None:
        with self.login(user) as client:
            assert client.delete(folder)[0] == "OK"

    def mails(self, user: str, folder: str = "INBOX") -> list[bytes]:
        """All mails of a folder as they lie there, oldest first; none if there is no such folder."""
        with self.login(user) as client:
            if client.select(folder, readonly=True)[0] != "OK":
                return []
            _, (numbers,) = client.search(None, "ALL")
            bodies = [_body(client, number) for number in numbers.split()]
            # The gateway may move one away between the two commands.
            return [body for body in bodies if body is not None]

    def await_mails(self, user: str, count: int, folder: str = "INBOX", timeout_s: float = 20.0) -> list[bytes]:
        """The mails of a folder, once there are at least `count`."""
        await_true(lambda: len(self.mails(user, folder)) >= count, f"{count} mails in {user}/{folder}", timeout_s)
        return self.mails(user, folder)

    def take(self, user: str, folder: str = "INBOX") -> list[bytes]:
        """The mails of a folder, oldest first; those are removed, and none that came meanwhile."""
        with self.login(user) as client:
            client.select(folder)
            _, (numbers,) = client.search(None, "ALL")
            bodies = [_body(client, number) for number in numbers.split()]
            for number in numbers.split():
                client.store(number.decode("ascii"), "+FLAGS", "\\Deleted")
            client.expunge()
            return [body for body in bodies if body is not None]

    def empty(self, user: str, *folders: str) -> None:
        """Remove every mail of these folders."""
        with self.login(user) as client:
            for folder in folders:
                answer, (count,) = client.select(folder)
                if answer == "OK" and count != b"0":
                    client.store("1:*", "+FLAGS", "\\Deleted")
                    client.expunge()

    @contextmanager
    def login(self, user: str) -> Iterator[imaplib.IMAP4]:
        """A connection of that user."""
        with imaplib.IMAP4(HOST, self.imap_port, timeout=10) as client:
            client.login(user, PASSWORD)
            yield client


@contextmanager
def running_dovecot(users: Sequence[str] = USERS, tokeninfo: str = "") -> Iterator[Dovecot]:
    """A Dovecot for the time of the block. `tokeninfo`: it takes access tokens too, and asks there whose they are."""
    require("dovecot", PACKAGES)
    user = _user()
    with server_folder(user) as folder:
        server = Dovecot(folder, make_authority(folder), tuple(users))
        config = _CONFIG.format(
            d=folder, user=user, group=_group(user), imap=server.imap_port, imaps=server.imaps_port,
            lmtp=server.lmtp_port, sasl=server.sasl_port, mechanisms=" xoauth2" if tokeninfo else "",
        )  # fmt: skip
        if tokeninfo:
            config += _BY_TOKEN.format(d=folder)
            (folder / "oauth2.conf").write_text(_TOKENINFO.format(url=tokeninfo), encoding="ascii")
        (folder / "dovecot.conf").write_text(config, encoding="ascii")
        (folder / "users").write_text(
            "".join(f"{name}:{{PLAIN}}{PASSWORD}::::::\n" for name in users), encoding="ascii"
        )
        try:
            server.start()
            yield server
        finally:
            server.stop()


def _user() -> str:
    return "dovecot" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name


def _group(user: str) -> str:
    return grp.getgrgid(pwd.getpwnam(user).pw_gid).gr_name


def _group_lives(leader: int) -> bool:
    try:
        os.killpg(leader, 0)
    except ProcessLookupError:
        return False
    return True


def _body(client: imaplib.IMAP4, number: bytes) -> bytes | None:
    """The mail, or None if it is not there any more."""
    _, answer = client.fetch(number.decode("ascii"), "(BODY.PEEK[])")
    part = answer[0]
    return part[1] if isinstance(part, tuple) else None
