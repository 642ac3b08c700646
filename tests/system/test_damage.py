"""Damages of a store that the real daemon made while it sent: each that changes what the store says leads to a hold, or
is refused; nothing leaves, and the files are kept as they were found.

The oracle does not ask the ledger of pages: it compares every row of every table with the same store undamaged.
`./scripts/soak damage` takes any number.
"""

import asyncio
import os
import random
import shutil
import signal
import sqlite3
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest

from gatewayd.core.approval import Decision, Verdict
from gatewayd.core.model import Channel
from gatewayd.core.schedule import ALL
from gatewayd.core.states import FINAL, DeliveryState, Event
from gatewayd.errors import StoreError
from gatewayd.store import approvals, deliveries, hold, keys, mark, pages, queue, requests
from gatewayd.store.database import FILE, open_store
from gatewayd.store.queue import Claimant
from gatewayd.store.requests import NewRequest
from tests.fakes.requests import new_request
from tests.system.rig import Daemon, SimModem, daemon, sim_modem, wait_for
from tests.system.test_kill import settings

DAMAGES = int(os.environ.get("GATEWAYD_SOAK_DAMAGES", "50"))
SEED = int(os.environ.get("GATEWAYD_SOAK_SEED", "20261123"))
#: Of so many, one is also given to a real daemon with a modem.
REAL = 25
RECIPIENTS = 1500
NOW = datetime.now(UTC)
WAL, SHM = f"{FILE}-wal", f"{FILE}-shm"
CLAIMANTS: Final = (
    Claimant("gsm1", Channel.SMS, "510100000000001", 1, ALL),
    Claimant("smtp", Channel.EMAIL, "", 1, ALL),
)

pytestmark = [pytest.mark.system, pytest.mark.timeout(300 + 3 * DAMAGES)]
Damage = Callable[[random.Random, Path, Path], None]
Rows = dict[str, list[tuple[Any, ...]]]


@dataclass(frozen=True)
class Images:
    """State directories as a crash left them (`ages`, oldest first) and as a stop in order did (`closed`)."""

    ages: list[Path]
    closed: Path
    modem: SimModem


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Images]:
    folder = tmp_path_factory.mktemp("live")
    with sim_modem(folder, "gsm1", "--latency-ms", "0", "--credit", "100000000") as modem:
        raw = fast(settings(folder, modem))
        asyncio.run(filled(folder / "state"))
        with daemon(folder, raw) as gateway:
            gateway.start()
            ages = [image(gateway, modem, folder, sent) for sent in (100, 450, 800, 1000)]
            gateway.kill9()
        closed = folder / "closed"
        shutil.copytree(ages[-1], closed)
        with daemon(closed.parent, raw | {"gateway": {"state_dir": closed}}) as gateway:
            gateway.start()
            assert gateway.stop() == 0
        (closed / WAL).unlink(missing_ok=True)
        yield Images(ages, closed, modem)


def fast(raw: dict[str, Any]) -> dict[str, Any]:
    return raw | {"modems": [raw["modems"][0] | {"command_gap": "0s", "price_idr": 0, "credit": False}]}


async def filled(state: Path) -> None:
    """Two approved requests with their decisions, and one that is kept back."""
    async with open_store(state) as db:
        for number in range(3):
            new = replace(new_request(count=RECIPIENTS if number < 2 else 20), expires_at=NOW + timedelta(days=7))
            await db.run(add, new, is_held=number == 2)


def add(conn: sqlite3.Connection, new: NewRequest, *, is_held: bool) -> None:
    request = requests.insert(conn, new, requests.next_number(conn, "UPSI", NOW.year), NOW)
    for step, person in enumerate(("rina", "andi")):
        decision = Decision(step, person, Verdict.APPROVE, new.digest, NOW.date())
        approvals.decide(conn, request, decision, via="mail", proof="dkim", mail=None, now=NOW)
    requests.approve(conn, request, NOW)
    if not is_held:
        deliveries.apply_all(conn, request, Event.QUEUE, NOW)


def image(gateway: Daemon, modem: SimModem, folder: Path, sent: int) -> Path:
    """What a crash would leave in the midst of the sending."""
    wait_for(f"{sent} sent", lambda: len(modem.ledger()) >= sent, 60)
    os.kill(gateway.pid, signal.SIGSTOP)
    to = folder / f"age{sent}"
    shutil.copytree(folder / "state", to, ignore=shutil.ignore_patterns("*.sock"))
    os.kill(gateway.pid, signal.SIGCONT)
    return to


# The damages: each gets the directory to spoil, and one of an older age.


def flip(rng: random.Random, path: Path) -> None:
    data = bytearray(path.read_bytes())
    if data:
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        path.write_bytes(data)


def overwrite(rng: random.Random, path: Path) -> None:
    """A page becomes zeros, garbage, or another page."""
    data = bytearray(path.read_bytes())
    places = len(data) // 1024
    if places < 2:
        return
    at, other = 1024 * rng.randrange(places), 1024 * rng.randrange(places)
    data[at : at + 1024] = rng.choice([bytes(1024), rng.randbytes(1024), data[other : other + 1024]])
    path.write_bytes(data)


def truncate(rng: random.Random, path: Path) -> None:
    if path.exists() and path.stat().st_size:
        os.truncate(path, rng.randrange(path.stat().st_size))


def zero(rng: random.Random, path: Path) -> None:
    if path.exists():
        data = path.read_bytes()
        path.write_bytes(bytes(len(data)) if rng.random() < 0.5 else bytes(32) + data[32:])


def older(rng: random.Random, here: Path, there: Path, *names: str) -> None:
    for name in names:
        if (there / name).exists():
            shutil.copy(there / name, here / name)
        else:
            (here / name).unlink(missing_ok=True)


def older_but_pages(rng: random.Random, here: Path, there: Path) -> None:
    """Where the ledger is the same, that would be the whole directory of then: nothing in it can tell."""
    if (here / pages.FILE).read_bytes() == (there / pages.FILE).read_bytes():
        flip(rng, here / FILE)
    else:
        older(rng, here, there, FILE, WAL, mark.FILE)


def edit(rng: random.Random, here: Path) -> None:
    """A row changed with a tool."""
    with closing(sqlite3.connect(here / FILE, isolation_level=None)) as conn:
        keys.register(conn, keys.number_key(here))
        conn.execute(
            rng.choice(
                [
                    "UPDATE deliveries SET state = 'queued' WHERE id = 1",
                    "UPDATE deliveries SET address = '+6281200000999' WHERE id = (SELECT max(id) FROM deliveries)",
                    "UPDATE requests SET text = text || '!'",
                    "UPDATE decisions SET reason = reason || '!'",
                    "UPDATE requests SET expires_at = expires_at + 1",
                ]
            )
        )


DAMAGES_BY_NAME: Final[dict[str, Damage]] = {
    "bit in the store": lambda rng, here, there: flip(rng, here / FILE),
    "bit in the store ": lambda rng, here, there: flip(rng, here / FILE),
    "page of the store": lambda rng, here, there: overwrite(rng, here / FILE),
    "bit in the log": lambda rng, here, there: flip(rng, here / WAL) if (here / WAL).exists() else None,
    "page of the log": lambda rng, here, there: overwrite(rng, here / WAL) if (here / WAL).exists() else None,
    "store cut": lambda rng, here, there: truncate(rng, here / FILE),
    "log cut": lambda rng, here, there: truncate(rng, here / WAL),
    "log zeroed": lambda rng, here, there: zero(rng, here / WAL),
    "log gone": lambda rng, here, there: (here / WAL).unlink(missing_ok=True),
    "store gone": lambda rng, here, there: (here / FILE).unlink(),
    "store emptied": lambda rng, here, there: (here / FILE).write_bytes(b"") and None,
    "older store": lambda rng, here, there: older(rng, here, there, FILE),
    "older log": lambda rng, here, there: older(rng, here, there, WAL),
    "older store and log": lambda rng, here, there: older(rng, here, there, FILE, WAL),
    "older all but the mark": lambda rng, here, there: older(rng, here, there, FILE, WAL, pages.FILE),
    "older all but the pages": older_but_pages,
    "older store, no log": lambda rng, here, there: (
        older(rng, here, there, FILE),
        (here / WAL).unlink(missing_ok=True),
    )[1],
    "mark": lambda rng, here, there: flip(rng, here / mark.FILE),
    "pages": lambda rng, here, there: overwrite(rng, here / pages.FILE),
    "row": lambda rng, here, there: edit(rng, here),
}


def rows_of(conn: sqlite3.Connection) -> Rows:
    tables = [name for (name,) in conn.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")]
    return {table: sorted(map(tuple, conn.execute(f"SELECT * FROM {table}")), key=repr) for table in tables}


def read_rows(folder: Path) -> Rows:
    with closing(sqlite3.connect(f"file:{folder / FILE}?mode=ro", uri=True)) as conn:
        return rows_of(conn)


def contents(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in (FILE, WAL) if (folder / name).exists()}


def kept(folder: Path) -> dict[str, bytes]:
    aside = [path for path in folder.iterdir() if path.is_dir() and path.name != "backups"]
    assert len(aside) == 1, aside
    return contents(aside[0])


def as_found(found: dict[str, bytes], now: dict[str, bytes]) -> bool:
    """The same bytes; an empty log is none."""
    return {n: b for n, b in found.items() if b} == {n: b for n, b in now.items() if b}


async def outcome_of(here: Path, undamaged: Rows) -> str:
    found = contents(here)
    try:
        async with open_store(here) as db:
            held = await db.run(hold.held)
            if held is None:
                assert await db.run(rows_of) == undamaged, "a store that says something else was trusted"
                return "as it was"
            assert as_found(found, kept(here)), "the files were not kept as they were found"
            left = [claimed for claimant in CLAIMANTS if (claimed := await db.run(queue.advance, None, claimant, NOW))]
            assert left == [], "something would leave"
            return f"held ({held.code})"
    except StoreError as error:
        said = str(error)
    assert as_found(found, contents(here)), f"a store that was refused was changed: {said}"
    assert "\n" not in said
    return "refused"


async def test_no_damage_is_overlooked(images: Images, tmp_path: Path) -> None:
    rng = random.Random(SEED)
    seen: Counter[tuple[str, str]] = Counter()
    undamaged = {image: read_rows(copy(image, tmp_path / "rows")) for image in (*images.ages, images.closed)}
    began, touched = time.monotonic(), 0
    for number in range(DAMAGES):
        name = list(DAMAGES_BY_NAME)[number % len(DAMAGES_BY_NAME)]
        age = rng.randrange(1, len(images.ages))
        image = images.closed if "log" not in name and rng.random() < 0.4 else images.ages[age]
        here = copy(image, tmp_path / "here")
        DAMAGES_BY_NAME[name](rng, here, rng.choice(images.ages[:age]))
        is_touched = says_otherwise(copy(here, tmp_path / "rows"), undamaged[image])
        if number % REAL == 0:
            with_a_modem(here, tmp_path / "real", images.modem)
        try:
            outcome = await outcome_of(here, undamaged[image])
        except AssertionError as error:
            raise AssertionError(f"damage {number}, {name}, to {image.name}: {error}") from error
        assert not (is_touched and outcome == "as it was")
        touched += is_touched
        seen[name.strip(), outcome] += 1
    for (name, outcome), count in sorted(seen.items()):
        sys.stdout.write(f"{name:<26} {outcome:<18} {count}\n")
    took = time.monotonic() - began
    sys.stdout.write(f"{DAMAGES} damages, {touched} of them of what it says; seed {SEED}, {took:.0f} s\n")
    assert touched > 0.4 * DAMAGES


def says_otherwise(here: Path, undamaged: Rows) -> bool:
    """Whether a row is another one now, or cannot be read at all."""
    try:
        return read_rows(here) != undamaged
    except sqlite3.Error:
        return True


def states_of(folder: Path) -> set[tuple[str]]:
    with closing(sqlite3.connect(f"file:{folder / FILE}?mode=ro", uri=True)) as conn:
        return set(conn.execute("SELECT DISTINCT state FROM deliveries"))


def copy(image: Path, to: Path) -> Path:
    shutil.rmtree(to, ignore_errors=True)
    # The index of the log is made anew by whoever opens it first.
    shutil.copytree(image, to, ignore=shutil.ignore_patterns("*-shm"))
    return to


def with_a_modem(here: Path, folder: Path, modem: SimModem) -> None:
    """The same under `gatewayd run`: by the modem's own ledger nothing leaves."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    state = copy(here, folder / "state")
    ledger = len(modem.ledger())
    with daemon(folder, fast(settings(folder, modem)) | {"gateway": {"state_dir": state}}) as gateway:
        gateway.start(ready=False)
        wait_for("refused, or held with a modem that could send", lambda: over(gateway), 60)
        is_trusted = bool(gateway.events("daemon.ready")) and not gateway.events("store.held")
    assert is_trusted or len(modem.ledger()) == ledger


def over(gateway: Daemon) -> bool:
    try:
        gateway.check_alive()
    except AssertionError:
        return True
    return bool(gateway.events("daemon.ready")) and bool(gateway.events("modem.ready"))


def test_the_states_that_the_rig_leaves_are_worth_damaging(images: Images) -> None:
    for folder in (images.ages[-1], images.closed):
        found = {state for (state,) in states_of(folder)}
        assert {"queued", "held"} <= found, found
        assert found & {str(state) for state in FINAL | {DeliveryState.ACCEPTED}}
