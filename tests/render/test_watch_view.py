"""The live view as text: it fits any window, and nothing from outside moves the cursor."""

from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from rich.console import Console

from gatewayd.cli.watch_view import view
from gatewayd.core.health import Credit, Health, LinkState
from gatewayd.core.model import Priority
from gatewayd.core.progress import RequestState
from gatewayd.core.underway import Underway
from gatewayd.stages.underway import Glance
from gatewayd.store.health import LinkRow
from gatewayd.store.live import Happened, InHand

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
EVIL = "\x1b[2J\u202e[bold]\r\nBAA" + "x" * 200


def link(name: str, paused: str = "", error: str = "", dbm: int | None = -71) -> LinkRow:
    credit = Credit(NOW, 45_000, None, "")
    health = Health(name, LinkState.READY, NOW, error, operator="TELKOMSEL", signal_dbm=dbm, credit=credit)
    return LinkRow("modem", health, paused and "no_credit", paused, NOW, frozenset(), NOW)


def request(number: int, unit: str = "BAA") -> Underway:
    state = RequestState.SENDING
    return Underway(f"UPSI-2026-{number:06d}", unit, "sms", state, 20_000, 1_234, 1_000, 7, 1, 14.2, NOW)


def drawn(seen: Glance, columns: int, *, is_running: bool = True) -> list[str]:
    out = StringIO()
    console = Console(file=out, width=columns, height=24, force_terminal=False)
    console.print(view(seen, "gatewayd", ZoneInfo("Asia/Jakarta"), is_running=is_running, events=5))
    return out.getvalue().splitlines()


def glance(links: tuple[LinkRow, ...] = (), requests: tuple[Underway, ...] = (), actor: str = "Ka. UPSI") -> Glance:
    event = Happened(NOW, "UPSI-2026-000001", "request.approved", actor)
    hand = {"gsm1": InHand("UPSI-2026-000001", 1, 2, NOW)}
    return Glance(NOW, links, hand, {Priority.BULK: 3, Priority.NOTICE: 1}, NOW, requests, 0, (event,))


@pytest.mark.parametrize(
    ("handled", "bar"), [(0, "." * 16), (1_234, "." * 16), (10_000, "########........"), (19_999, "#" * 15 + ".")]
)
def test_done_and_not_done_differ_without_colours(handled: int, bar: str) -> None:
    (line,) = (line for line in drawn(glance((), (replace(request(1), handled=handled),)), 80) if "/20000" in line)
    assert f" {bar} " in line


@pytest.mark.parametrize("columns", [80, 60, 132])
def test_every_line_fits_and_everything_is_there(columns: int) -> None:
    lines = drawn(glance((link("gsm1"), link("gsm2", "no credit: Rp 120")), (request(1),)), columns)
    assert max(map(len, lines)) <= columns
    text = "\n".join(lines)
    for word in (
        "-71 dBm",
        "Rp 45.000",
        "no credit",
        "1234/20000",
        "14/min",
        "request.approved",
        "1 own mails, 3 bulk",
    ):
        assert word in text


def test_at_80_columns_the_reasons_are_whole() -> None:
    lines = drawn(glance((link("gsm1"), link("gsm2", "no credit: Rp 120 left, the floor is 5.000")), (request(1),)), 80)
    text = "\n".join(lines)
    assert "sends UPSI-2026-000001 part 1/2" in text
    assert "no credit: Rp 120 left, the floor" in text
    assert "until 09:00, 7 failed" in text


def test_nothing_from_outside_moves_the_cursor_or_is_markup() -> None:
    seen = glance((link("gsm1", EVIL), link("gsm2", error=EVIL)), (request(1, EVIL),), EVIL)
    lines = drawn(seen, 80)
    assert all(line.isprintable() for line in lines)
    assert any("[bold]" in line for line in lines)
    assert len(lines) == len(drawn(glance((link("gsm1", "x"), link("gsm2")), (request(1),)), 80))


def test_a_held_store_says_how_it_is_released() -> None:
    held = (
        "the store is on hold since 2026-11-23: it was restored. Nothing is sent. Look, then: gatewayd release --store"
    )
    text = " ".join(drawn(replace(glance((link("gsm1"),)), held=held), 80))
    assert "Look, then: gatewayd release --store" in " ".join(text.split())


def test_an_empty_store_and_no_daemon_are_said() -> None:
    text = "\n".join(drawn(Glance(NOW, (), {}, {}, None, (), 0, ()), 80, is_running=False))
    for word in ("not running: start it", "no link was ever up", "queue  empty", "no request is being sent"):
        assert word in text
