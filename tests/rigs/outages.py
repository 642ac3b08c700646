"""Power cuts at moments of a tape: the store that is left, opened by the real code, against what had left by then.

What left is on the tape too: each Ctrl-Z to the modem, each final dot to the mail server, each receipt to the broker,
each MOVE to the mailbox. After the cut the store must open without a person's help, be whole, and know each of them: a
part or mail that may have been taken has its attempt, an accepted job and a moved mail their rows.
"""

import asyncio
import random
import re
import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from gatewayd.clock import boot_id
from gatewayd.core import audit as audit_core
from gatewayd.store import audit, hold, queue
from gatewayd.store.database import open_store
from tests.rigs.lossy import Disk
from tests.rigs.story import Story
from tests.rigs.tape import Event, Written
from tests.rigs.town import CLIENT

_RECEIPT = re.compile(rb'"job": ?"([^"]+)", ?"result": ?"accepted"')
_MOVE = re.compile(rb"UID MOVE (\d+)")
#: Memory, where there is some: the disk of the machine has no part in this.
_SCRATCH = Path("/dev/shm")


@dataclass
class Left:
    """What the world outside may know."""

    parts: int = 0
    mails: int = 0
    jobs: set[str] = field(default_factory=set)
    moved: set[int] = field(default_factory=set)

    def take(self, event: Event) -> None:
        if not isinstance(event, Written) or event.offset is not None:
            return
        if event.path.startswith("/dev/pts/"):
            self.parts += event.data.count(b"\x1a")
        elif event.path.startswith("TCP:"):
            self.mails += event.data.endswith(b"\r\n.\r\n")
            self.moved |= {int(uid) for uid in _MOVE.findall(event.data)}
            if f"gatewayd/receipts/{CLIENT}".encode() in event.data:
                self.jobs |= {name.decode() for name in _RECEIPT.findall(event.data)}

    def copy(self) -> "Left":
        return Left(self.parts, self.mails, set(self.jobs), set(self.moved))


@dataclass(frozen=True)
class Cut:
    """A power cut after so many events of the tape; the seed is that of what survives."""

    after: int
    seed: int


def cuts(events: Sequence[Event], state: Path, most: int, seed: int) -> list[Cut]:
    """`most` cuts, spread evenly over the moments at which the disk changed; each moment several times if there are
    fewer moments than that."""
    disk = Disk(state / "nothing", state)
    moments = [place for place, event in enumerate(events) if disk.take(event)]
    rng = random.Random(seed)
    chosen = [moments[int((turn + rng.random()) * len(moments) / most)] for turn in range(most)]
    return [Cut(place, rng.randrange(1 << 30)) for place in chosen]


def all_left(events: Sequence[Event]) -> Left:
    left = Left()
    for event in events:
        left.take(event)
    return left


def images(
    before: Disk, events: Sequence[Event], planned: Sequence[Cut], left: Left
) -> Iterator[tuple[Cut, Path, Left]]:
    """The folder after each cut (gone when the next is asked for), and what had left; `left` had before the tape."""
    played = 0
    for cut in sorted(planned, key=lambda cut: cut.after):
        for event in events[played : cut.after + 1]:
            before.take(event)
            left.take(event)
        played = cut.after + 1
        with TemporaryDirectory(dir=_SCRATCH if _SCRATCH.is_dir() else None) as folder:
            before.image(Path(folder), random.Random(cut.seed))
            yield cut, Path(folder), left.copy()


def check(folder: Path, left: Left, story: Story) -> None:
    """Raises AssertionError, or what the store says."""
    asyncio.run(_check(folder, left, story))


async def _check(folder: Path, left: Left, story: Story) -> None:
    async with open_store(folder) as db:
        run = await db.run(queue.start_run, boot_id(), "test", datetime.now(UTC))
        await db.run(queue.recover, run, datetime.now(UTC))
        await db.run(_look, left, story)


def _look(conn: sqlite3.Connection, left: Left, story: Story) -> None:
    assert hold.held(conn) is None, f"a power cut put the store on hold: {hold.held(conn)}"
    assert conn.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
    assert not conn.execute("PRAGMA foreign_key_check").fetchall()
    assert not list(audit_core.breaks(audit.entries(conn), ())), "the audit's chain is broken"
    assert not list(audit.differences(conn)), "the audit tells another story than the rows"
    jobs = {row["job"] for row in conn.execute("SELECT job FROM requests WHERE job <> ''")}
    assert left.jobs <= jobs, f"accepted jobs are lost: {left.jobs - jobs}"
    uids = {row["uid"] for row in conn.execute("SELECT uid FROM incoming_mails")}
    assert left.moved <= uids, f"mails that were moved away are lost: {left.moved - uids}"
    _look_at_parts(conn, left, story)
    _look_at_mails(conn, left, story)


_ATTEMPTS = (
    "SELECT d.address, d.state, a.part, a.state AS attempt FROM attempts a JOIN deliveries d ON d.id = a.delivery"
    " WHERE d.channel = ?"
)


def _look_at_parts(conn: sqlite3.Connection, left: Left, story: Story) -> None:
    known = {(row["address"], row["part"]): row for row in conn.execute(_ATTEMPTS, ("sms",))}
    for entry in story.air()[: left.parts]:
        number = tuple(entry["concat"] or (0, 1, 1))[-1]
        row = known.get((entry["recipient"], number))
        assert row is not None, f"part {number} to {entry['recipient']} left and would be sent again"
        assert row["attempt"] in ("accepted", "in_doubt"), dict(row)
        assert row["state"] != "queued" or row["attempt"] == "accepted", f"{dict(row)} would be sent again"


def _look_at_mails(conn: sqlite3.Connection, left: Left, story: Story) -> None:
    known: Counter[str] = Counter(row["address"] for row in conn.execute(_ATTEMPTS, ("email",)))
    wanted: Counter[str] = Counter(mail.recipients[0] for mail in story.letters()[: left.mails])
    lost: Any = wanted - known
    assert not lost, f"mails left and would be sent again: {lost}"
