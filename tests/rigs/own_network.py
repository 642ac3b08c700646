"""A network of one's own: everything that is started inside the block shares a loopback that nobody else has, and
nftables cuts, resets and loses on it.

A network namespace belongs to a thread; processes and threads that it starts are born into it. So the servers, the
daemon and the test's own clients are in it, and other tests on this machine are not. Needs root.
"""

import ctypes
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path

import pytest

from tests.system.servers.ports import require

_NEW_NETWORK = 0x40000000  # CLONE_NEWNET
_CHAIN = "chain packets {\n type filter hook input priority 0;\n"
_HEAD = f"add table inet cut\ndelete table inet cut\ntable inet cut {{\n {_CHAIN}"


class Way(StrEnum):
    """What happens to the packets of a server's port."""

    DROP = "both directions vanish, without a word"
    TO_SERVER = "what goes to the server vanishes"
    FROM_SERVER = "what comes from the server vanishes"
    RESET = "each packet is answered with a reset"
    LOSS = "a third of all packets vanishes"


_RULES = {
    Way.DROP: ("tcp dport {port} drop", "tcp sport {port} drop"),
    Way.TO_SERVER: ("tcp dport {port} drop",),
    Way.FROM_SERVER: ("tcp sport {port} drop",),
    Way.RESET: ("tcp dport {port} reject with tcp reset",),
    Way.LOSS: (
        "tcp dport {port} numgen random mod 100 < 33 drop", "tcp sport {port} numgen random mod 100 < 33 drop",
    ),
}  # fmt: skip


class Network:
    def cut(self, port: int, way: Way) -> None:
        self._rules(*(rule.format(port=port) for rule in _RULES[way]))

    def cut_the_standing(self, port: int) -> int:
        """Connections to this port that stand now vanish for ever, without a word to either end; new ones work. Returns
        how many."""
        clients = standing(port)
        self._rules(*(f"tcp {way} {client} drop" for client in clients for way in ("dport", "sport")))
        return len(clients)

    def heal(self) -> None:
        self._rules()

    def _rules(self, *rules: str) -> None:
        text = _HEAD + "".join(f" {rule}\n" for rule in rules) + " }\n}\n"
        subprocess.run([require("nft", "nftables"), "-f", "-"], input=text.encode(), check=True, capture_output=True)


def standing(port: int) -> list[int]:
    """The clients' ports of established connections to `port`."""
    lines = Path("/proc/thread-self/net/tcp").read_text(encoding="ascii").splitlines()[1:]
    fields = [line.split() for line in lines]
    return [
        int(f[1].rpartition(":")[2], 16) for f in fields if f[3] == "01" and int(f[2].rpartition(":")[2], 16) == port
    ]


@contextmanager
def own_network() -> Iterator[Network]:
    if os.getuid() != 0:
        pytest.skip("a network namespace needs root")
    require("nft", "nftables")
    libc = ctypes.CDLL(None, use_errno=True)
    before = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        if libc.unshare(_NEW_NETWORK) != 0:
            pytest.skip(f"this kernel gives no network namespace: {os.strerror(ctypes.get_errno())}")
        try:
            subprocess.run([require("ip", "iproute2"), "link", "set", "lo", "up"], check=True)
            yield Network()
        finally:
            libc.setns(before, _NEW_NETWORK)
    finally:
        os.close(before)
