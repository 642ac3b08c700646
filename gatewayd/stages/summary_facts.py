"""Rows → the facts of a summary, and the sums of a month. Runs in the composing child, on a read-only connection."""

import sqlite3
from collections import Counter
from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Final
from zoneinfo import ZoneInfo

from gatewayd.config import Settings
from gatewayd.core.model import Channel
from gatewayd.core.progress import RequestState, request_state
from gatewayd.core.reckoning import forecast
from gatewayd.core.request import Request
from gatewayd.core.resources import Pause
from gatewayd.core.routing import Tariff
from gatewayd.core.summary import SimFacts, SummaryFacts, UnitSum, Waiting, ended_month, in_steps
from gatewayd.stages import rules
from gatewayd.stages.fleet import tariffs_of
from gatewayd.store import deliveries, health, signals, summaries
from gatewayd.store.health import LinkRow
from gatewayd.store.summaries import UnitParts

#: Steps of the signal's chart.
_STEPS: Final = 28
_HOUR_S: Final = 3600


def facts_of(
    conn: sqlite3.Connection, settings: Settings, since: datetime, until: datetime, now: datetime
) -> SummaryFacts:
    zone = ZoneInfo(settings.gateway.timezone)
    found = [(one, _state(conn, one)) for one in summaries.touched(conn, since, until)]
    month = ended_month(since, until, zone)
    return SummaryFacts(
        since, until, Counter(state for _, state in found), sums(conn, settings, since, until),
        _sims(conn, settings, since, until, now), tuple(summaries.incidents(conn, since, until)),
        tuple(_waiting(conn, settings, one, now) for one, state in found if state in _WAITS),
        month, month_sums(conn, settings, month) if month else (),
    )  # fmt: skip


_WAITS: Final = frozenset({RequestState.AWAITING_APPROVAL, RequestState.NEEDS_CORRECTION})


def month_sums(conn: sqlite3.Connection, settings: Settings, month: date) -> tuple[UnitSum, ...]:
    """The sums of the calendar month that begins on `month`, in the gateway's zone."""
    zone = ZoneInfo(settings.gateway.timezone)
    following = month.replace(year=month.year + month.month // 12, month=month.month % 12 + 1)
    return sums(conn, settings, *(datetime.combine(day, time(0), zone) for day in (month, following)))


def sums(conn: sqlite3.Connection, settings: Settings, since: datetime, until: datetime) -> tuple[UnitSum, ...]:
    """What left for each unit by each channel."""
    parts = summaries.parts_by_unit(conn, since, until)
    tariffs = tariffs_of(settings.modems)
    return tuple(
        UnitSum(
            one.unit, one.channel, one.requests, one.messages, one.delivered, one.failed, one.in_doubt,
            *_parts(parts, one.unit, one.channel, tariffs),
        )
        for one in summaries.sent_by_unit(conn, since, until)
    )  # fmt: skip


def _parts(
    parts: list[UnitParts], unit: str, channel: Channel, tariffs: Mapping[str, Tariff]
) -> tuple[int, int | None]:
    """Parts of the unit's SMS, and what they cost; an e-mail is one part of nothing."""
    if channel is not Channel.SMS:
        return 0, 0
    own = [one for one in parts if one.unit == unit]
    prices = [tariffs[one.transport].price(one.route) if one.transport in tariffs else 0 for one in own]
    cost = None if 0 in prices else sum(price * one.parts for price, one in zip(prices, own, strict=True))
    return sum(one.parts for one in own), cost


def _state(conn: sqlite3.Connection, request: Request) -> RequestState:
    return request_state(request, deliveries.counts(conn, request.id))


def _waiting(conn: sqlite3.Connection, settings: Settings, request: Request, now: datetime) -> Waiting:
    for_whom = () if request.faults else rules.undecided(conn, settings, request, now)
    return Waiting(request.number, request.applicant.unit, request.created_at, for_whom)


def _sims(
    conn: sqlite3.Connection, settings: Settings, since: datetime, until: datetime, now: datetime
) -> tuple[SimFacts, ...]:
    known = {row.health.name: row for row in health.all_links(conn) if row.kind == "modem"}
    today = now.astimezone(ZoneInfo(settings.gateway.timezone)).date()
    return tuple(
        SimFacts(
            row.health, _pause(row), forecast(row.health.credit, modem.price_idr, modem.credit_floor_idr, today),
            in_steps(
                signals.between(conn, modem.name, since, until), _hour(since), -(-_second(until) // _HOUR_S), _STEPS
            ),
        )
        for modem in settings.modems
        if (row := known.get(modem.name)) is not None
    )  # fmt: skip


def _pause(row: LinkRow) -> Pause | None:
    return Pause(row.paused, row.paused_why) if row.paused else None


def _second(at: datetime) -> int:
    return int(at.timestamp())


def _hour(at: datetime) -> int:
    return _second(at) // _HOUR_S
