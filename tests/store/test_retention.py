"""Bytes of what was taken out: secure_delete alone leaves some, in whatever page size; a scrubbed store has none."""

import random
import sqlite3
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Final

from gatewayd.core.outcome import Accepted
from gatewayd.store import database, queue, requests, retention, schema
from gatewayd.store.keeper import Keeper
from gatewayd.store.retention import Limits
from tests.fakes.requests import NOW, new_request
from tests.store.test_queue import GSM1, ended, store

SECRETS: Final = (b"+6281299", b"Orang Rahasia", b"Kabar rahasia")
LATER: Final = NOW + timedelta(days=800)


def lived(path: Path, page_size: int, seed: int) -> sqlite3.Connection:
    """A store in which rows of all lengths were sent, and taken out when they were over."""
    conn = sqlite3.connect(path, isolation_level=None)
    conn.execute(f"PRAGMA page_size = {page_size}")
    conn.execute("PRAGMA journal_mode = WAL")
    schema.prepare(conn, b"k" * 32)
    conn.execute("PRAGMA synchronous = OFF")
    database._transaction(conn, schema.migrate)
    dice = random.Random(seed)
    database._transaction(conn, lambda conn: queue.start_run(conn, "boot", "0", NOW))
    for turn in range(12):
        new = new_request(count=dice.randint(1, 120), text=f"Kabar rahasia {turn} " + "x" * dice.randint(0, 200))
        messages = tuple(
            replace(
                message, address=f"+6281299{turn:02d}{message.row:04d}",
                name="Orang Rahasia" + "y" * dice.randint(0, 30),
                text=f"Kabar rahasia untuk {message.row}" + "z" * dice.randint(0, 160) if dice.random() < 0.7 else None,
                fields={"wali": f"Orang Rahasia {message.row}"},
            )
            for message in new.messages
        )  # fmt: skip
        new = replace(new, messages=messages)
        request = database._transaction(conn, lambda conn, new=new: store(conn, new))
        end = None
        while claimed := database._transaction(conn, lambda conn, end=end: queue.advance(conn, end, GSM1, NOW)):
            end = ended(claimed, Accepted(1))
        database._transaction(conn, lambda conn, request=request: requests.reported(conn, request, NOW))
    limits = Limits(LATER, LATER, LATER)
    for step in retention.STEPS:
        while database._transaction(conn, lambda conn, step=step: step(conn, limits, LATER)):
            pass
    return conn


def hits(path: Path) -> int:
    return sum(file.read_bytes().count(secret) for file in path.parent.iterdir() for secret in SECRETS)


def test_no_byte_is_left_in_any_layout(tmp_path: Path) -> None:
    left = 0
    for page_size in (512, 1024, 4096, 65536):
        for seed in range(8):
            path = tmp_path / f"{page_size}-{seed}" / database.FILE
            path.parent.mkdir()
            conn = lived(path, page_size, seed)
            conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            left += hits(path)
            keeper = Keeper(conn, path)
            assert keeper.rewrite(conn)
            assert hits(path) == 0
            assert conn.execute("PRAGMA page_size").fetchone()[0] == page_size
            conn.close()
            keeper.close()
    assert left > 0, "there was nothing for the scrubbing to do: this test proves nothing"
