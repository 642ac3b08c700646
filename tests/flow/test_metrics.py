"""The metrics page: what it counts, what it leaves out, and that docs/monitoring.md names all of it."""

import asyncio
import re
import shutil
import sqlite3
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from gatewayd.core.health import Credit, Health, LinkState, Registration
from gatewayd.core.model import Channel, Priority
from gatewayd.core.outcome import Accepted, Blame, Cause, InDoubt, Outcome, Rejected
from gatewayd.core.retry import after
from gatewayd.stages.context import Context
from gatewayd.stages.meter import Meter
from gatewayd.stages.metrics import Metrics
from gatewayd.store import health, notices, queue, requests
from tests.fakes.requests import NOW, new_request
from tests.flow.conftest import SettableTime
from tests.store.test_queue import store

MONITORING = Path(__file__).parents[2] / "docs" / "monitoring.md"
READY = Health(
    "gsm1", LinkState.READY, NOW, operator="Operator Contoh", registration=Registration.HOME, signal_dbm=-71,
    credit=Credit(NOW, 48_500, date(2027, 1, 1), "Sisa pulsa Rp 48.500"),
)  # fmt: skip
Values = dict[tuple[str, ...], float]


def values(page: bytes) -> Values:
    """(name, label values in the order of their names) → value, as Prometheus reads it."""
    return {
        (sample.name, *(sample.labels[name] for name in sorted(sample.labels))): sample.value
        for family in text_string_to_metric_families(page.decode())
        for sample in family.samples
    }


async def page(ctx: Context) -> Values:
    return values(await Metrics(ctx).page())


def submit(conn: sqlite3.Connection, ctx: Context, outcome: Outcome, seconds: float) -> None:
    """What the dispatcher of gsm1 does with one message."""
    meter = Meter("gsm1", ctx.clock, ctx.tally)
    now = ctx.clock.now()
    claimed = queue.advance(conn, None, queue.Claimant("gsm1", Channel.SMS, "", ctx.run, tuple(Priority)), now)
    assert claimed is not None
    meter.began()
    ended = queue.Ended(
        claimed, outcome, after(outcome, tries=0, ladder=(), now=now, resend_doubt=False),
        now + timedelta(seconds=seconds),
    )  # fmt: skip
    queue.finish(conn, ended)
    meter.ended()
    meter.result(ended)


async def test_results_are_counted_by_link_and_cause(ctx: Context) -> None:
    await ctx.db.run(store, new_request(count=9))
    for outcome in (
        Accepted(1), Accepted(2), Rejected(Cause("cms-1", "unassigned number 0812-0000-0101", Blame.DESTINATION)),
        InDoubt(Cause("no-answer", "no answer from +6281200000101", Blame.DEVICE)),
    ):  # fmt: skip
        await ctx.db.run(submit, ctx, outcome, 2.0)
    found = await page(ctx)
    assert found["gatewayd_parts_total", "", "message", "gsm1", "accepted"] == 2
    assert found["gatewayd_parts_total", "cms-1", "message", "gsm1", "failed"] == 1
    assert found["gatewayd_parts_total", "no-answer", "message", "gsm1", "in_doubt"] == 1
    assert found["gatewayd_submission_seconds_count", "gsm1"] == 4
    assert found["gatewayd_queue_messages", "sms", "normal"] == 5


async def test_times_are_those_between_two_answers_of_one_run_of_work(ctx: Context, time: SettableTime) -> None:
    meter = Meter("gsm1", ctx.clock, ctx.tally)
    for gap, submission, is_idle in ((9, 3, False), (1, 4, False), (600, 1, True)):
        if is_idle:
            meter.idle()
        time.now += timedelta(seconds=gap)
        meter.began()
        time.now += timedelta(seconds=submission)
        meter.ended()
    found = await page(ctx)
    assert (found["gatewayd_submission_seconds_sum", "gsm1"], found["gatewayd_submission_seconds_count", "gsm1"]) == (
        8,
        3,
    )
    assert (found["gatewayd_gap_seconds_sum", "gsm1"], found["gatewayd_gap_seconds_count", "gsm1"]) == (1, 1)
    assert found["gatewayd_submission_seconds_bucket", "3.0", "gsm1"] == 2


async def test_the_queue_tells_how_long_its_first_might_have_left(ctx: Context, time: SettableTime) -> None:
    await ctx.db.run(store, new_request(count=3, priority=Priority.URGENT))
    await ctx.db.run(store, new_request(count=2, send_after=NOW + timedelta(hours=2)))
    time.now = NOW + timedelta(seconds=90)
    found = await page(ctx)
    assert found["gatewayd_queue_messages", "sms", "urgent"] == 3
    assert found["gatewayd_queue_oldest_seconds", "sms", "urgent"] == 90
    assert found["gatewayd_queue_messages", "sms", "normal"] == 2
    assert ("gatewayd_queue_oldest_seconds", "sms", "normal") not in found
    time.now = NOW + timedelta(hours=3)
    assert (await page(ctx))["gatewayd_queue_oldest_seconds", "sms", "normal"] == 3600


async def test_requests_that_wait_for_a_decision(ctx: Context, time: SettableTime) -> None:
    number = await ctx.db.run(requests.next_number, "UPSI", 2026)
    await ctx.db.run(requests.insert, new_request(), number, NOW)
    await ctx.db.run(store, new_request())
    time.now = NOW + timedelta(hours=5)
    found = await page(ctx)
    assert found["gatewayd_requests_undecided",] == 1
    assert found["gatewayd_requests_undecided_oldest_seconds",] == 5 * 3600


async def test_modems_tell_what_is_known_and_nothing_else(ctx: Context) -> None:
    await ctx.db.run(health.put, "modem", READY, "", "", NOW)
    await ctx.db.run(health.put, "modem", Health("gsm2", LinkState.ABSENT, NOW, "no port"), "modem.lost", "gone", NOW)
    await ctx.db.run(health.put, "smtp", Health("smtp", LinkState.READY, NOW), "", "", NOW)
    found = await page(ctx)
    assert found["gatewayd_link_ready", "modem", "gsm1"] == 1
    assert found["gatewayd_link_ready", "modem", "gsm2"] == 0
    assert found["gatewayd_link_paused", "modem.lost", "gsm2"] == 1
    assert found["gatewayd_modem_signal_dbm", "gsm1"] == -71
    assert found["gatewayd_modem_credit_rupiah", "gsm1"] == 48_500
    assert found["gatewayd_modem_registered", "gsm1"] == 1
    known = {key[0] for key in found if key[1:] == ("gsm2",)}
    assert known == {"gatewayd_modem_registered"}, "unknown is not zero"
    assert not [key for key in found if key[0].startswith("gatewayd_modem") and "smtp" in key]


async def test_stages_the_hold_and_own_mails_are_told(ctx: Context) -> None:
    await ctx.db.run(notices.ask, "help", "baa@kampus.example", NOW)
    with ctx.pulse.stage("dispatch.gsm1", limit_s=300.0):
        found = await page(ctx)
    assert found["gatewayd_stage_margin_seconds", "dispatch.gsm1"] == 300
    assert found["gatewayd_mails_uncomposed",] == 1
    assert (found["gatewayd_store_held",], found["gatewayd_window_open",]) == (0, 1)
    assert found["gatewayd_store_bytes",] > 0


async def test_no_text_number_address_unit_or_request_is_on_the_page(ctx: Context) -> None:
    await ctx.db.run(store, new_request(count=2, text="Rahasia sekali"))
    await ctx.db.run(health.put, "modem", replace(READY, error="+6281200000101"), "modem.lost", "Rahasia", NOW)
    await ctx.db.run(submit, ctx, Rejected(Cause("Rahasia 0812-0000-0101", "Rahasia", Blame.DESTINATION)), 1.0)
    text = (await Metrics(ctx).page()).decode()
    for secret in ("Rahasia", "62812", "0812", "kampus.example", "BAA", "UPSI-2026", "Budi", "Operator Contoh"):
        assert secret not in text


async def test_a_scrape_does_not_wait_for_the_writing_connection(ctx: Context) -> None:
    """Nor the other way round: a page is made inside a transaction that is not over."""
    inside, go_on = threading.Event(), threading.Event()

    def slow(_conn: sqlite3.Connection) -> None:
        inside.set()
        assert go_on.wait(20)

    writing = asyncio.create_task(ctx.db.run(slow))
    await asyncio.to_thread(inside.wait, 20)
    try:
        async with asyncio.timeout(10):
            assert (await page(ctx))["gatewayd_store_held",] == 0
    finally:
        go_on.set()
        await writing


def documented() -> dict[str, tuple[str, set[str]]]:
    """Name → (kind, labels), as the table has them."""
    rows = re.findall(r"^\| `(gatewayd_\w+)` \| (\w+) \|([^|]*)\|", MONITORING.read_text(encoding="utf-8"), re.M)
    return {name: (kind, {label.strip() for label in labels.split(",")} - {""}) for name, kind, labels in rows}


@pytest.fixture
async def full(ctx: Context) -> Context:
    """A context in which every metric has a sample."""
    await ctx.db.run(store, new_request(count=3))
    await ctx.db.run(health.put, "modem", READY, "modem.lost", "gone", NOW)
    await ctx.db.run(submit, ctx, Accepted(1), 1.0)
    ctx.tally.report("gsm1", "delivered")
    ctx.tally.connected("gsm1")
    ctx.tally.gaps["gsm1"].add(1.0)
    return ctx


def families(page: bytes) -> Iterator[tuple[str, str, set[str]]]:
    for family in text_string_to_metric_families(page.decode()):
        labels = {label for sample in family.samples for label in sample.labels} - {"le"}
        yield (f"{family.name}_total" if family.type == "counter" else family.name), family.type, labels


async def test_the_page_of_the_docs_and_the_page_of_the_daemon_have_the_same_metrics(full: Context) -> None:
    with full.pulse.stage("compose", limit_s=1.0):
        found = {name: (kind, labels) for name, kind, labels in families(await Metrics(full).page())}
    ours = {name: facts for name, facts in found.items() if name.startswith("gatewayd_")}
    assert documented() == ours
    text = MONITORING.read_text(encoding="utf-8")
    for name in found.keys() - ours.keys():
        assert f"`{name}`" in text


def rules() -> str:
    blocks = re.findall(r"```yaml\n(.*?)```", MONITORING.read_text(encoding="utf-8"), re.S)
    return next(str(block) for block in blocks if block.startswith("groups:"))


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is in Debian's package prometheus")
def test_the_rules_of_the_docs_fire_when_they_should(tmp_path: Path) -> None:
    (tmp_path / "rules.yml").write_text(rules(), encoding="utf-8")
    shutil.copy(Path(__file__).parents[1] / "vectors" / "alerts.yml", tmp_path)
    done = subprocess.run(["promtool", "test", "rules", "alerts.yml"], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


async def test_the_rules_of_the_docs_ask_for_metrics_and_labels_that_exist(full: Context) -> None:
    known = {name: labels for name, (_, labels) in documented().items()}
    for name, selector in re.findall(r"\b(gatewayd_\w+)(\{[^{}]*\})?", rules()):
        base = re.sub(r"_(bucket|sum|count)$", "", name)
        assert base in known, name
        assert set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", selector)) <= known[base], name + selector
