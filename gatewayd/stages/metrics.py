"""The metrics page: what is counted since the start (core/tally.py), and what the store and the stages say now.

In: the context. Out: text for Prometheus. The only place that knows prometheus_client; loaded where [metrics] is set.
Invariants: the store is read in a thread of its own by a read-only connection, so a scrape waits for nobody and nobody
waits for it; one page at a time. Labels are names of the settings and codes of ours, never a text, a number, a unit or
a request. What is not known has no sample: no signal is not a signal of zero. docs/monitoring.md names every metric.
"""

import asyncio
import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Final

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from gatewayd import __version__
from gatewayd.core.health import LinkState, Registration
from gatewayd.core.model import Priority
from gatewayd.core.schedule import ALL
from gatewayd.core.tally import Times
from gatewayd.stages.context import Context
from gatewayd.stages.pacing import hours_of
from gatewayd.store import gauges, health, hold
from gatewayd.store.database import reading
from gatewayd.store.gauges import Waiting
from gatewayd.store.health import LinkRow

_PRIORITIES: Final = {priority: priority.name.lower() for priority in Priority}
_IN_NET: Final = frozenset({Registration.HOME, Registration.ROAMING})
#: Labels and value of a sample.
Sample = tuple[tuple[str, ...], float]


@dataclass(frozen=True, slots=True)
class _Facts:
    """What a page says beside the tally."""

    now: datetime
    waiting: list[Waiting]
    undecided: tuple[int, datetime | None]
    uncomposed: int
    links: list[LinkRow]
    is_held: bool
    store_bytes: int
    free_bytes: int


class Metrics(Collector):
    """`page` is the whole page; `collect` is what the library asks for it."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._hours = hours_of(ctx.settings)
        self._process = ProcessCollector(registry=None)
        self._one = asyncio.Lock()
        self._facts: _Facts | None = None
        self._registry = CollectorRegistry()
        self._registry.register(self)

    async def page(self) -> bytes:
        """Raises StoreError where the store cannot be read."""
        async with self._one:
            self._facts = await asyncio.to_thread(self._read)
            return generate_latest(self._registry)

    def describe(self) -> Iterable[Metric]:
        """Nothing: what is collected is known by its names."""
        return ()

    def _read(self) -> _Facts:
        """In the thread."""
        now, folder = self._ctx.clock.now(), self._ctx.settings.gateway.state_dir
        with reading(folder) as conn:
            return _Facts(
                now, gauges.waiting(conn, now), gauges.undecided(conn), gauges.uncomposed(conn),
                health.all_links(conn), hold.held(conn) is not None, self._ctx.db.path.stat().st_size,
                shutil.disk_usage(folder).free,
            )  # fmt: skip

    def collect(self) -> Iterator[Metric]:
        facts = self._facts
        if facts is None:
            return
        yield from self._counted()
        yield from self._times()
        yield from _queue(facts)
        yield from _links(facts)
        yield from _modems(facts)
        yield from self._daemon(facts)
        yield from self._process.collect()

    def _counted(self) -> Iterator[Metric]:
        tally = self._ctx.tally
        yield _counter(
            "gatewayd_parts", "Parts (SMS) and mails by what came of their submission.",
            ("link", "kind", "result", "cause"), tally.parts.items(),
        )  # fmt: skip
        yield _counter(
            "gatewayd_status_reports", "Status reports of the network.", ("link", "status"), tally.reports.items()
        )
        yield _counter(
            "gatewayd_link_connects", "How often a link became ready.", ("link",),
            (((name,), count) for name, count in tally.connects.items()),
        )  # fmt: skip

    def _times(self) -> Iterator[Metric]:
        tally = self._ctx.tally
        yield _histogram("gatewayd_submission_seconds", "From the submission to its answer.", tally.submissions)
        yield _histogram(
            "gatewayd_gap_seconds", "From an answer to the next submission while there is work.", tally.gaps
        )

    def _daemon(self, facts: _Facts) -> Iterator[Metric]:
        yield _gauge("gatewayd_info", "1, with the version.", ("version",), [((__version__,), 1)])
        yield _gauge(
            "gatewayd_stage_margin_seconds", "Time that a stage has left until the watchdog is not fed any more.",
            ("stage",), (((name,), margin) for name, margin in self._ctx.pulse.margins().items()),
        )  # fmt: skip
        is_open = self._hours.priorities(facts.now) == ALL
        yield _one("gatewayd_window_open", "1 while normal and bulk messages may leave.", is_open)
        yield _one("gatewayd_clock_sure", "1 while the time of day is known.", self._ctx.clock.is_sure())
        yield _one("gatewayd_store_held", "1 while the store is on hold and nothing is sent.", facts.is_held)
        yield _one("gatewayd_store_bytes", "Size of the store.", facts.store_bytes)
        yield _one("gatewayd_store_free_bytes", "Room that is left on its disk.", facts.free_bytes)


def _queue(facts: _Facts) -> Iterator[Metric]:
    names, rows = ("channel", "priority"), facts.waiting
    yield _gauge(
        "gatewayd_queue_messages", "Messages and own mails that are queued.", names,
        (((row.channel, _PRIORITIES[row.priority]), row.count) for row in rows),
    )  # fmt: skip
    yield _gauge(
        "gatewayd_queue_oldest_seconds", "How long the first of them might have left already.", names,
        (
            ((row.channel, _PRIORITIES[row.priority]), max(0.0, (facts.now - row.since).total_seconds()))
            for row in rows
            if row.since is not None
        ),
    )  # fmt: skip
    count, since = facts.undecided
    yield _one("gatewayd_requests_undecided", "Requests that wait for a decision.", count)
    yield _one(
        "gatewayd_requests_undecided_oldest_seconds", "How long the oldest of them waits.",
        max(0.0, (facts.now - since).total_seconds()) if since is not None else 0,
    )  # fmt: skip
    yield _one("gatewayd_mails_uncomposed", "Own mails that are still to be written.", facts.uncomposed)


def _links(facts: _Facts) -> Iterator[Metric]:
    yield _gauge(
        "gatewayd_link_ready", "1 while the link is up.", ("link", "kind"),
        (((row.health.name, row.kind), row.health.link is LinkState.READY) for row in facts.links),
    )  # fmt: skip
    yield _gauge(
        "gatewayd_link_paused", "1 while nothing may be sent by it, and why; absent otherwise.", ("link", "cause"),
        (((row.health.name, row.paused), 1) for row in facts.links if row.paused),
    )  # fmt: skip


def _modems(facts: _Facts) -> Iterator[Metric]:
    """Figures of the modems, each where it is known."""
    modems = [row.health for row in facts.links if row.kind == "modem"]
    credits = [(one.name, one.credit) for one in modems if one.credit is not None]
    yield _of_modems(
        "gatewayd_modem_registered", "1 while it is in a network.",
        [(one.name, float(one.registration in _IN_NET)) for one in modems],
    )  # fmt: skip
    yield _of_modems("gatewayd_modem_signal_dbm", "Strength of the signal.", [(m.name, m.signal_dbm) for m in modems])
    yield _of_modems(
        "gatewayd_modem_credit_rupiah", "What should be left on the SIM.", [(n, c.left_idr) for n, c in credits]
    )
    yield _of_modems(
        "gatewayd_modem_credit_read_timestamp_seconds", "When the operator said so.",
        [(name, credit.at.timestamp()) for name, credit in credits],
    )  # fmt: skip
    yield _of_modems(
        "gatewayd_modem_active_until_timestamp_seconds", "The day on which its active period ends.",
        [(name, _midnight(credit.active_until)) for name, credit in credits],
    )  # fmt: skip


def _midnight(day: date | None) -> float | None:
    return None if day is None else datetime.combine(day, time(), UTC).timestamp()


def _of_modems(name: str, says: str, values: Iterable[tuple[str, float | None]]) -> Metric:
    return _gauge(name, says, ("link",), (((modem,), value) for modem, value in values if value is not None))


def _one(name: str, says: str, value: float) -> Metric:
    return _gauge(name, says, (), [((), value)])


def _gauge(name: str, says: str, labels: tuple[str, ...], samples: Iterable[Sample]) -> Metric:
    return _filled(GaugeMetricFamily(name, says, labels=labels), samples)


def _counter(name: str, says: str, labels: tuple[str, ...], samples: Iterable[Sample]) -> Metric:
    return _filled(CounterMetricFamily(name, says, labels=labels), samples)


def _filled(family: GaugeMetricFamily | CounterMetricFamily, samples: Iterable[Sample]) -> Metric:
    for labels, value in samples:
        family.add_metric(labels, float(value))
    return family


def _histogram(name: str, says: str, links: dict[str, Times]) -> Metric:
    family = HistogramMetricFamily(name, says, labels=("link",))
    for link, times in links.items():
        bounds = [*(str(bound) for bound in times.bounds), "+Inf"]
        family.add_metric((link,), list(zip(bounds, times.cumulated(), strict=True)), times.sum_s)
    return family
