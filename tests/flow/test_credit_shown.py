"""What people read of the credit: `gatewayd status`, and the resources in the approval mail."""

import argparse
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from gatewayd.cli import show
from gatewayd.core.health import Credit, Health, LinkState, Registration
from gatewayd.render.views import ModemFacts
from gatewayd.stages.context import Context
from gatewayd.stages.views import Desk, modem_facts
from gatewayd.store import health
from gatewayd.store.database import reading
from tests.fakes.requests import NOW

READ = Credit(
    NOW, 20_000, date(2026, 12, 2), "Sisa pulsa Rp 20.000", parts_since=10, reckoned_idr=16_500, unread="System Busy",
    unread_at=NOW,
)  # fmt: skip
FACTS = Health("gsm1", LinkState.READY, NOW, operator="TELKOMSEL", registration=Registration.HOME, credit=READ)


@pytest.fixture
async def settings(ctx: Context, tmp_path: Path) -> Path:
    """A settings file over a store that knows the credit of gsm1."""
    until = (datetime.now(UTC) + timedelta(days=9)).date()
    credit = Credit(
        NOW, 20_000, until, READ.raw, parts_since=10, reckoned_idr=16_500, unread=READ.unread, unread_at=NOW
    )
    facts = Health("gsm1", LinkState.READY, NOW, registration=Registration.HOME, credit=credit)
    await ctx.db.run(health.put, "modem", facts, "", "", NOW)
    file = tmp_path / "gatewayd.toml"
    file.write_text(
        f'[gateway]\nstate_dir = "{tmp_path}"\ntimezone = "UTC"\n'
        '[[modems]]\nname = "gsm1"\nport = "/dev/null"\nprice_idr = 350\ncredit_floor_idr = 5000\n',
        encoding="utf-8",
    )
    return file


async def test_status_shows_reading_reckoned_balance_and_forecast(
    settings: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    show.status(argparse.Namespace(config=settings, json=False))
    line = next(line for line in capsys.readouterr().out.splitlines() if "gsm1" in line)
    for words in (
        "credit Rp 20.000",
        "about Rp 16.500 now, reckoned by 10 parts",
        "enough for 32 more parts",
        "(9 days)",
    ):
        assert words in line
    assert "last answer not understood" in line


async def test_status_as_json_has_the_same(settings: Path, capsys: pytest.CaptureFixture[str]) -> None:
    show.status(argparse.Namespace(config=settings, json=True))
    (link,) = json.loads(capsys.readouterr().out)["links"]
    assert (link["credit_idr"], link["credit_reckoned_idr"]) == (20_000, 16_500)
    assert (link["parts_left"], link["active_days"]) == (32, 9)


async def test_the_approver_sees_how_long_it_lasts(ctx: Context, tmp_path: Path) -> None:
    await ctx.db.run(health.put, "modem", FACTS, "", "", NOW)
    with reading(tmp_path) as conn:
        (facts,) = modem_facts(Desk(conn, ctx.settings, NOW))
    assert isinstance(facts, ModemFacts)
    # No floor in these settings: 16.500 at 350 a part.
    assert (facts.lasts.parts, facts.lasts.days) == (47, (date(2026, 12, 2) - NOW.date()).days)
