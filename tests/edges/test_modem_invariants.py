"""What holds under every mishap of a modem, alone and in pairs, whatever the modem says.

By the ledger that only the simulated network writes: nothing twice, nothing called sent that it did not take, nothing
called failed that it delivered, no report at the wrong message, every incoming message kept once, the PIN typed once
at most. Each life lasts 40 virtual minutes; SEED fixes chance, `./scripts/soak modem` takes any other.
"""

import logging
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest
import structlog

from gatewayd.sim.modem.faults import FAULTS
from tests.fakes.requests import new_request, number
from tests.rigs.modem_world import World
from tests.rigs.virtual_time import run_virtually

#: No server is started, but a thousand lives take a minute.
pytestmark = pytest.mark.system

SEED = int(os.environ.get("GATEWAYD_SOAK_SEED", "20261123"))
PAIRS = int(os.environ.get("GATEWAYD_SOAK_PAIRS", "500"))
GROUPS = 20
SECONDS = 2400.0
DEAD = number(4)
WRITERS = ("+6281200000177", "+6281200000178")
#: The modem says that the network took it, and it did not: the lies that nobody can see through.
LIES = frozenset({"cmgs_ok_not_delivered", "credit_zero_silent"})


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    """The journal of a thousand lives is a hundred thousand lines."""
    before = structlog.get_config()
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL), cache_logger_on_first_use=False
    )
    yield
    structlog.configure(**before)


async def life(folder: Path, *faults: str, seed: int = 0) -> World:
    """Two requests, one of long messages, and two messages that come in."""
    world = World(folder, *faults, seed=seed, **{DEAD: "unreachable"})
    await world.ask(new_request(count=4))
    await world.ask(new_request(count=2, text="x" * 250, parts=2))
    for after_s, writer in zip((40.0, 400.0), WRITERS, strict=True):
        world.loop.call_later(after_s, world.inbound, writer, f"Pesan dari {writer}")
    with pytest.MonkeyPatch.context() as monkeypatch:
        await world.live(monkeypatch, SECONDS)
    return world


def broken(world: World, faults: Sequence[str]) -> list[str]:
    """Every invariant that this life broke."""
    names = {fault.partition(":")[0] for fault in faults}
    taken = Counter((str(e["recipient"]), str(e["text"])) for e in world.entries("accepted"))
    found = [f"{count} times: {key}" for key, count in taken.items() if count > 2 - (key[1] == "Kuliah libur")]
    found += _untrue(world, taken, names)
    kept = Counter(row["sender"] for row in world.db.conn.execute("SELECT sender FROM incoming_sms"))
    handed = {str(e["sender"]) for e in world.entries("inbound")}
    found += [f"kept {kept[sender]} times: {sender}" for sender in handed & set(WRITERS) if kept[sender] > 1]
    if len(world.entries("pin")) > 1 or world.entries("puk"):
        found.append("the PIN was typed again")
    return found


def _untrue(world: World, taken: Counter[tuple[str, str]], names: set[str]) -> list[str]:
    """Deliveries whose state the ledger contradicts."""
    delivered = {(e["recipient"], e["mr"]) for e in world.entries("report") if int(str(e["tp_status"])) < 3}
    parts_of: dict[tuple[str, str], list[tuple[object, object]]] = {}
    found: list[str] = []
    for entry in world.entries("accepted"):
        parts_of.setdefault((str(entry["recipient"]), str(entry["text"])), []).append((entry["recipient"], entry["mr"]))
    rows = world.db.conn.execute(
        "SELECT d.id, d.address, d.state, d.parts, r.text FROM deliveries d JOIN requests r ON r.id = d.request"
    ).fetchall()
    for row in rows:
        whole = row["text"]
        sent = [key for key in parts_of if key[0] == row["address"] and key[1] and whole.startswith(key[1][:10])]
        count = sum(taken[key] for key in sent if (len(key[1]) < len(whole)) == (row["parts"] > 1))
        is_said = row["state"] in ("accepted", "delivered", "undelivered_unknown")
        if is_said and count < row["parts"] and not names & LIES:
            found.append(f"{row['address']} {row['state']}, but the network took {count} of {row['parts']} parts")
        references = [ref for key in sent for ref in parts_of[key]]
        if row["state"] == "delivered" and not any(ref in delivered for ref in references):
            found.append(f"{row['address']} delivered without a report")
        is_whole = count == row["parts"] and all(ref in delivered for ref in references)
        if row["state"] == "failed" and row["address"] != DEAD and is_whole:
            found.append(f"{row['address']} failed, but the network delivered it")
    return found


@pytest.mark.parametrize("fault", FAULTS)
def test_no_mishap_breaks_what_we_promise(tmp_path: Path, fault: str) -> None:
    async def both() -> list[str]:
        found: list[str] = []
        for place, trigger in enumerate((":times=2", "")):
            folder = tmp_path / str(place)
            folder.mkdir()
            faults = (f"{fault}{trigger}",)
            found += broken(await life(folder, *faults), faults)
        return found

    assert run_virtually(both()) == []


@pytest.mark.parametrize("group", range(GROUPS))
def test_no_two_mishaps_together_break_what_we_promise(tmp_path: Path, group: int) -> None:
    random = Random(f"{SEED}-{group}")

    async def all_pairs() -> list[Any]:
        found: list[Any] = []
        for place in range(PAIRS // GROUPS):
            faults = tuple(f"{name}:p={random.choice((0.1, 0.5, 1))}" for name in random.sample(sorted(FAULTS), 2))
            folder = tmp_path / str(place)
            folder.mkdir()
            lies = broken(await life(folder, *faults, seed=random.randrange(1000)), faults)
            found += [(faults, lie) for lie in lies]
        return found

    assert run_virtually(all_pairs()) == []


#: Needs somebody's hand: a command for the power, the number of the service centre in the settings.
STUCK = frozenset({"hang_total", "undervoltage_powerdown", "csca_cleared"})


@pytest.mark.parametrize("fault", FAULTS)
def test_after_a_mishap_that_passes_everything_goes_on_by_itself(tmp_path: Path, fault: str) -> None:
    world = run_virtually(life(tmp_path, f"{fault}:times=2"))
    waiting = list(world.db.conn.execute("SELECT 1 FROM deliveries WHERE state IN ('queued', 'submitting')"))
    kept = world.db.conn.execute("SELECT count(*) FROM incoming_sms").fetchone()[0]
    assert (len(waiting) == 0 and kept == len(WRITERS)) is (fault not in STUCK)
