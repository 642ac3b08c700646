"""What every test server needs: a free port, a folder its user may read, and a wait until it answers."""

import itertools
import os
import pwd
import secrets
import shutil
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

HOST = "127.0.0.1"


#: Below those that the kernel gives to clients, which would take a port between our look and the server's start.
_LOWEST, _EACH, _LANES = 10_000, 2_500, 8
_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % _LANES
#: From anywhere: runs side by side without xdist have one lane.
_turns = itertools.count(secrets.randbelow(_EACH))


def free_port() -> int:
    """A TCP port of the loopback address that nobody listens on, of this process's own lane, another one each time."""
    for turn in itertools.islice(_turns, _EACH):
        port = _LOWEST + _WORKER * _EACH + turn % _EACH
        with socket.socket() as probe:
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
        return port
    pytest.fail(f"no port from {_LOWEST} on is free", pytrace=False)


def require(program: str, packages: str) -> str:
    """The path of `program`; a test that needs it fails, and says what to install, where it is missing."""
    found = shutil.which(program, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    if found is None:
        pytest.fail(f"{program} is missing: apt-get install --no-install-recommends {packages}", pytrace=False)
    return found


def await_port(port: int, alive: Callable[[], bool], timeout_s: float = 20.0) -> None:
    """Return once something takes connections on `port`; fail when the server died or takes too long."""

    def answers() -> bool:
        if not alive():
            pytest.fail(f"the server for port {port} ended before it answered", pytrace=False)
        with socket.socket() as probe:
            probe.settimeout(1.0)
            return probe.connect_ex((HOST, port)) == 0

    await_true(answers, f"port {port}", timeout_s)


def await_true(condition: Callable[[], bool], what: str, timeout_s: float = 20.0) -> None:
    """Return once `condition` holds; it is asked again and again, since other processes cannot be waited for."""
    end = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > end:
            pytest.fail(f"waited {timeout_s:.0f} s in vain for {what}", pytrace=False)
        time.sleep(0.02)


@contextmanager
def server_folder(owner: str | None = None) -> Iterator[Path]:
    """A short temporary path (unix sockets lie below it), owned by `owner` if we are root; gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="gw-"))
    try:
        folder.chmod(0o755)
        if owner is not None and os.getuid() == 0:
            entry = pwd.getpwnam(owner)
            os.chown(folder, entry.pw_uid, entry.pw_gid)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
