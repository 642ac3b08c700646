"""A flood of incoming parts, most of them odd: they are data, nothing is done because of them, and memory stays.

`./scripts/soak flood` takes 100,000 parts and looks at the memory of the process, too.
"""

import os
import random
import sqlite3
import sys
from pathlib import Path

import pytest

from gatewayd.core.health import IncomingSms
from gatewayd.core.model import Concat
from gatewayd.stages.context import Context
from gatewayd.store import inbox, optouts, requests
from tests.fakes.requests import number
from tests.flow.test_inbound import answers, hear, sms

PARTS = int(os.environ.get("GATEWAYD_SOAK_FLOOD", "400"))
SEED = int(os.environ.get("GATEWAYD_SOAK_SEED", "20261123"))
IS_SOAK = PARTS >= 10_000
_BATCH = 200
_MOST_MIB = 8.0

pytestmark = pytest.mark.timeout(120 + PARTS // 50)


def odd_part(rng: random.Random) -> IncomingSms:
    """A part of a set that may never be whole, from anybody; or octets that are no message."""
    if rng.random() < 0.1:
        return IncomingSms("gsm1", "510100000000001", "", "", None, rng.randbytes(rng.randrange(1, 180)).hex().upper())
    total = rng.choice((2, 3, 200, 255))
    concat = Concat(rng.randrange(256), total, rng.randrange(1, total + 1)) if rng.random() < 0.8 else None
    sender = rng.choice((number(rng.randrange(1, 90)), "TELKOMSEL", "2255", "+1"))
    words = "".join(rng.choice("abc 😁\u202e\x1b<>=") for _ in range(rng.randrange(20)))
    return sms(words, sender, concat)


def open_parts(conn: sqlite3.Connection) -> int:
    found = conn.execute("SELECT count(*) FROM incoming_parts WHERE message IS NULL AND total > 0").fetchone()
    return int(found[0])


def memory_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)


async def test_a_flood_of_parts_does_nothing_and_fills_nothing(ctx: Context) -> None:
    rng, warm = random.Random(SEED), 0.0
    for begun in range(0, PARTS, _BATCH):
        await hear(ctx, *[odd_part(rng) for _ in range(min(_BATCH, PARTS - begun))])
        if begun == 2 * _BATCH:
            warm = memory_mib()
    assert await ctx.db.run(answers) == []
    assert await ctx.db.run(requests.all_numbers, 10) == []
    assert await ctx.db.run(optouts.all_of) == []
    assert await ctx.db.run(open_parts) <= inbox._MOST_OPEN
    if IS_SOAK:
        grown = memory_mib() - warm
        sys.stdout.write(f"{PARTS} parts: {grown:+.1f} MiB\n")
        assert grown <= _MOST_MIB
