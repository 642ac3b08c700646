"""A store in a temporary folder, with one run started."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gatewayd.store import queue
from gatewayd.store.database import Database, open_store

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    async with open_store(tmp_path) as database:
        await database.run(queue.start_run, "boot", "0", NOW)
        yield database
