"""A context on a temporary store, with settings that need no servers."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from gatewayd.clock import Clock
from gatewayd.config.load import parse
from gatewayd.stages.bells import Bells
from gatewayd.stages.context import Context
from gatewayd.stages.pulse import Pulse
from gatewayd.store import queue
from gatewayd.store.database import open_store
from tests.fakes.requests import NOW

Opened: TypeAlias = AbstractAsyncContextManager[Context]


class SettableTime:
    """Wall clock that a test moves; the monotonic one follows."""

    def __init__(self) -> None:
        self.now = NOW

    def clock(self) -> Clock:
        return Clock(now=self._wall, monotonic=self._seconds)

    def _wall(self) -> datetime:
        return self.now

    def _seconds(self) -> float:
        return self.now.timestamp()


def raw_settings(state_dir: Path) -> dict[str, Any]:
    """Settings as tomllib would give them; tests change what they are about."""
    return {
        "gateway": {"state_dir": str(state_dir), "staff": ["staf@kampus.example"]},
        "mailbox": {"host": "localhost", "tls": "none", "trusted_authserv_ids": ["mail.kampus.example"]},
        "smtp": {"host": "localhost", "tls": "none", "sender": "pesan@kampus.example"},
        "modems": [
            {"name": "gsm1", "port": "/dev/null", "price_idr": 350, "pause": ["0s", "0s"], "parts_per_day": 10000}
        ],
        "units": [{"name": "BAA", "senders": ["baa@kampus.example"]}],
        "people": [
            {"id": "rina", "name": "Rina Contoh", "title": "Ka. UPSI", "addresses": ["ka.upsi@kampus.example"]},
            {"id": "andi", "name": "Andi Contoh", "title": "Ka. BPSI", "addresses": ["ka.bpsi@kampus.example"]},
        ],
        "approval": {"steps": [{"name": "Ka. UPSI", "people": ["rina"]}, {"name": "Ka. BPSI", "people": ["andi"]}]},
        "sending": {"windows": [{"start": "00:00", "end": "23:59"}]},
    }  # fmt: skip


@pytest.fixture
def time() -> SettableTime:
    return SettableTime()


@pytest.fixture
def raw(tmp_path: Path) -> dict[str, Any]:
    return raw_settings(tmp_path)


@pytest.fixture
async def ctx(raw: dict[str, Any], time: SettableTime, tmp_path: Path) -> AsyncIterator[Context]:
    async with _context(raw, time, tmp_path) as made:
        yield made


@pytest.fixture
def ctx_again(raw: dict[str, Any], time: SettableTime, tmp_path: Path) -> Callable[[], Opened]:
    """Opens a context once the test has changed the settings."""
    return lambda: _context(raw, time, tmp_path)


@asynccontextmanager
async def _context(raw: dict[str, Any], time: SettableTime, state_dir: Path) -> AsyncIterator[Context]:
    clock = time.clock()
    async with open_store(state_dir) as db:
        run = await db.run(queue.start_run, "boot", "0", clock.now())
        yield Context(parse(raw, "test"), db, clock, Bells(), Pulse(clock), run)
