"""A real Postfix: submission with login (STARTTLS and TLS) that hands mail for one domain to the test Dovecot.

So every mail the gateway sends lies in a real mailbox. Needs root, as Postfix does. Special recipients are
answered at RCPT: REFUSED with 550 5.1.1, BUSY with 450 4.2.1; an address without a mailbox is taken and bounces.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.system.servers.authority import Authority
from tests.system.servers.dovecot import Dovecot
from tests.system.servers.ports import HOST, await_port, free_port, require, server_folder

PACKAGES = "postfix"
DOMAIN = "kampus.example"
REFUSED = f"tidak-ada@{DOMAIN}"
BUSY = f"sibuk@{DOMAIN}"

_MAIN = """
compatibility_level = 3.6
queue_directory = {d}/queue
data_directory = {d}/data
maillog_file = {d}/mail.log
maillog_file_prefixes = {d}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mail.{domain}
mydestination =
mynetworks = 127.0.0.255/32
local_recipient_maps =
alias_maps =
alias_database =
relay_domains = {domain}
relay_transport = lmtp:inet:127.0.0.1:{lmtp}
smtp_dns_support_level = disabled
default_transport = error:5.4.4 no mail leaves this machine
message_size_limit = 20000000
smtpd_tls_security_level = may
smtpd_tls_cert_file = {cert}
smtpd_tls_key_file = {key}
smtpd_tls_auth_only = yes
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:127.0.0.1:{sasl}
smtpd_recipient_restrictions = check_recipient_access texthash:{d}/access, permit_sasl_authenticated, reject
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_peername_lookup = no
smtpd_error_sleep_time = 0
bounce_queue_lifetime = 1h
"""

_MASTER = """
127.0.0.1:{starttls} inet n - n - - smtpd
127.0.0.1:{tls} inet n - n - - smtpd
  -o smtpd_tls_wrappermode=yes
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
error unix - - n - - error
retry unix - - n - - error
lmtp unix - - n - - lmtp
relay unix - - n - - smtp
smtp unix - - n - - smtp
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
proxymap unix - - n - - proxymap
postlog unix-dgram n - n - 1 postlogd
"""


@dataclass
class Postfix:
    """A running server; `user` and `password` log in, over TLS only."""

    folder: Path
    authority: Authority
    user: str
    password: str
    starttls_port: int
    tls_port: int

    host = HOST
    domain = DOMAIN

    @property
    def config(self) -> Path:
        return self.folder / "etc"

    def start(self) -> None:
        """Up and answering when this returns."""
        self._postfix("start")
        for port in (self.starttls_port, self.tls_port):
            await_port(port, lambda: True)

    def stop(self) -> None:
        """At once: mails in hand are finished by the next start."""
        self._postfix("abort", check=False)

    def configure(self, line: str) -> None:
        """One more line of main.cf, before the start."""
        with (self.config / "main.cf").open("a", encoding="ascii") as main:
            main.write(f"{line}\n")

    def log(self) -> str:
        """What Postfix wrote about itself, for a test that failed."""
        return (self.folder / "mail.log").read_text(encoding="utf-8", errors="replace")

    def _postfix(self, verb: str, *, check: bool = True) -> None:
        done = subprocess.run(
            [require("postfix", PACKAGES), "-c", str(self.config), verb], capture_output=True, text=True
        )
        if check and done.returncode:
            pytest.fail(f"postfix {verb}: {done.stderr}", pytrace=False)


@contextmanager
def running_postfix(
    dovecot: Dovecot, user: str = "gateway", policy_port: int = 0, *, strips_results: bool = False, holds: bool = False
) -> Iterator[Postfix]:
    """A Postfix in front of `dovecot` for the time of the block; `user` is the Dovecot user that may submit. It
    asks the policy service on `policy_port`, if there is one, at RCPT and at the end of each mail (mishaps.py).
    `strips_results`: it removes Authentication-Results headers that others wrote. `holds`: what it took stays in its
    queue and goes to no mailbox."""
    require("postfix", PACKAGES)
    if os.getuid() != 0:
        pytest.fail("the test Postfix needs root: run the system tests as root (sudo ./scripts/test)", pytrace=False)
    with server_folder() as folder:
        server = Postfix(folder, dovecot.authority, user, dovecot.password, free_port(), free_port())
        _lay_out(server, dovecot, policy_port)
        if strips_results:
            checks = server.folder / "headers"
            checks.write_text("/^Authentication-Results:/ IGNORE\n", encoding="ascii")
            server.configure(f"header_checks = regexp:{checks}")
        if holds:
            server.configure("smtpd_data_restrictions = check_client_access static:HOLD")
        try:
            server.start()
            yield server
        finally:
            server.stop()


def _lay_out(server: Postfix, dovecot: Dovecot, policy_port: int) -> None:
    folder = server.folder
    for name in ("etc", "queue", "data"):
        (folder / name).mkdir()
    shutil.chown(folder / "data", "postfix")
    main = _MAIN.format(
        d=folder, domain=DOMAIN, lmtp=dovecot.lmtp_port, sasl=dovecot.sasl_port, cert=dovecot.authority.cert,
        key=dovecot.authority.key,
    )  # fmt: skip
    if policy_port:
        ask = f"check_policy_service inet:{HOST}:{policy_port}"
        main = main.replace("permit_sasl_authenticated, reject\n", f"{ask}, permit_sasl_authenticated, reject\n", 1)
        main += f"smtpd_end_of_data_restrictions = {ask}\n"
    (server.config / "main.cf").write_text(main, encoding="ascii")
    master = _MASTER.format(starttls=server.starttls_port, tls=server.tls_port)
    (server.config / "master.cf").write_text(master, encoding="ascii")
    access = f"{REFUSED} 550 5.1.1 No such user here\n{BUSY} 450 4.2.1 Mailbox busy, try again later\n"
    (folder / "access").write_text(access, encoding="ascii")
