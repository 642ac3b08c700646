"""A real Mosquitto: users, ACL with the user name as topic level, persistence; TLS if asked for.

It runs unprivileged (as root it is started as the user of its package). What it saved survives `kill9` and `start`.
The ACL is the one of the contract: a client writes its own jobs and reads its own receipts, replies and status.
"""

import os
import pwd
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.system.servers.authority import Authority, make_authority
from tests.system.servers.ports import HOST, await_port, await_true, free_port, require, server_folder

PACKAGES = "mosquitto"
PASSWORD = "rahasia-uji"
#: The gateway's own account, two clients, and one that may read everything.
USERS = ("gatewayd", "siakad", "elearning", "observer")

_CONFIG = """
listener {port} 127.0.0.1
allow_anonymous false
password_file {d}/passwords
acl_file {d}/acl
persistence true
persistence_location {d}/db/
autosave_interval 1
autosave_on_changes true
persistent_client_expiration 14d
max_queued_messages 10000
max_packet_size 1048576
log_dest file {d}/mosquitto.log
log_type all
"""
_TLS = """
cafile {authority.ca}
certfile {authority.cert}
keyfile {authority.key}
tls_version tlsv1.2
"""
_ACL = """
user gatewayd
topic read {prefix}/jobs/+
topic write {prefix}/receipts/#
topic write {prefix}/replies/#
topic write {prefix}/status/#
topic write {prefix}/daemon
topic write {prefix}/modems/+
topic write {prefix}/inbox/+

user observer
topic read #

pattern write {prefix}/jobs/%u
pattern read {prefix}/receipts/%u/#
pattern read {prefix}/replies/%u/#
pattern read {prefix}/status/%u/#
"""


@dataclass
class Mosquitto:
    """A broker. `authority` is None without TLS."""

    folder: Path
    authority: Authority | None
    port: int = field(default_factory=free_port)
    _process: "subprocess.Popen[bytes] | None" = None

    host = HOST
    password = PASSWORD

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def start(self) -> None:
        """Up and answering when this returns."""
        command = [require("mosquitto", PACKAGES), "-c", str(self.folder / "mosquitto.conf")]
        if os.getuid() == 0:
            # As root Mosquitto would change to this user by itself, but only after it opened its log.
            setpriv = require("setpriv", "util-linux")
            command = [setpriv, "--reuid", _user(), "--regid", str(_gid()), "--clear-groups", *command]
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self._process = process
        await_port(self.port, lambda: process.poll() is None)

    def save(self) -> None:
        """Everything it took is on disk when this returns; by itself it lags a change or two behind."""
        assert self._process is not None
        saved = self.folder / "db" / "mosquitto.db"
        before = _identity(saved)
        self._process.send_signal(signal.SIGUSR1)
        await_true(lambda: _identity(saved) != before, "Mosquitto's database")

    def kill9(self) -> None:
        """Gone at once, as in a power cut."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Gone in good order: it tells its clients and saves."""
        self._end(signal.SIGTERM)

    def restart(self) -> None:
        """A power cut, and back on the same port."""
        self.kill9()
        self.start()

    def freeze(self) -> None:
        """It keeps its connections and says nothing any more, as behind a dead network."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def log(self) -> str:
        return (self.folder / "mosquitto.log").read_text(encoding="utf-8", errors="replace")

    def _end(self, number: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(number)
            process.wait(10)


@contextmanager
def running_mosquitto(
    users: Mapping[str, str] | None = None,
    *,
    tls: bool = False,
    prefix: str = "gatewayd",
    extra: str = "",
    acl: str = _ACL,
) -> Iterator[Mosquitto]:
    """A broker for the time of the block. `users` gives passwords by name; `extra` is put under its settings;
    without `acl` everybody may do everything."""
    require("mosquitto", PACKAGES)
    with server_folder(_user()) as folder:
        broker = Mosquitto(folder, make_authority(folder) if tls else None)
        config = _CONFIG.format(d=folder, port=broker.port) + extra
        if not acl:
            config = config.replace(f"acl_file {folder}/acl\n", "")
        if broker.authority is not None:
            config += _TLS.format(authority=broker.authority)
        (folder / "mosquitto.conf").write_text(config, encoding="ascii")
        (folder / "acl").write_text(acl.format(prefix=prefix), encoding="ascii")
        _write_passwords(folder / "passwords", users or dict.fromkeys(USERS, PASSWORD))
        _prepare(folder)
        try:
            broker.start()
            yield broker
        finally:
            broker.kill9()


@contextmanager
def running_as_written(write: Callable[[Mosquitto], None]) -> Iterator[Mosquitto]:
    """A broker with TLS whose mosquitto.conf, acl and passwords are what `write` puts into its folder."""
    with server_folder(_user()) as folder:
        broker = Mosquitto(folder, make_authority(folder))
        write(broker)
        _prepare(folder)
        try:
            broker.start()
            yield broker
        finally:
            broker.kill9()


def _identity(path: Path) -> tuple[int, int]:
    """Changes whenever the file is replaced."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return 0, 0
    return found.st_ino, found.st_mtime_ns


def _write_passwords(path: Path, users: Mapping[str, str]) -> None:
    path.write_text("".join(f"{name}:{password}\n" for name, password in users.items()), encoding="utf-8")
    subprocess.run([require("mosquitto_passwd", PACKAGES), "-U", str(path)], check=True, capture_output=True)


def _prepare(folder: Path) -> None:
    (folder / "db").mkdir()
    if os.getuid() == 0:
        for path in (folder / "db", folder / "passwords", folder / "acl"):
            os.chown(path, pwd.getpwnam(_user()).pw_uid, _gid())


def _user() -> str:
    return "mosquitto" if os.getuid() == 0 else pwd.getpwuid(os.getuid()).pw_name


def _gid() -> int:
    return pwd.getpwnam(_user()).pw_gid
