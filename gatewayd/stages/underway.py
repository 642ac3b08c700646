"""The requests that are being sent, and all that `gatewayd watch` shows at once: read from the store, never written."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime

from gatewayd.config import Settings
from gatewayd.core.model import Priority
from gatewayd.core.progress import request_state
from gatewayd.core.request import Request
from gatewayd.core.underway import WINDOW, Underway, rate, underway
from gatewayd.stages import hold
from gatewayd.stages.forecast import plan_of
from gatewayd.store import deliveries, health, live
from gatewayd.store import hold as hold_store
from gatewayd.store.health import LinkRow
from gatewayd.store.live import Happened, InHand


@dataclass(frozen=True, slots=True)
class Glance:
    """Everything at one moment."""

    at: datetime
    links: tuple[LinkRow, ...]
    in_hand: dict[str, InHand]
    queued: dict[Priority, int]
    oldest: datetime | None
    requests: tuple[Underway, ...]
    #: How many more are being sent than `requests` holds.
    more: int
    events: tuple[Happened, ...]
    #: Why the store is on hold; '' if it is not.
    held: str = ""


def glance(conn: sqlite3.Connection, settings: Settings, now: datetime, most_requests: int, most_events: int) -> Glance:
    sending = live.being_sent(conn, most_requests + 1000)
    return Glance(
        now, tuple(health.all_links(conn)), live.in_hand(conn), live.queued(conn), deliveries.oldest_waiting(conn),
        tuple(underway_of(conn, settings, request, now) for request in sending[:most_requests]),
        max(0, len(sending) - most_requests), tuple(live.last_events(conn, most_events)),
        hold.line(held) if (held := hold_store.held(conn)) else "",
    )  # fmt: skip


def underway_of(conn: sqlite3.Connection, settings: Settings, request: Request, now: datetime) -> Underway:
    counts = deliveries.counts(conn, request.id)
    plan = plan_of(conn, settings, request, now)
    return underway(
        request.number, request.applicant.unit, str(request.channel), request_state(request, counts), counts,
        rate(*live.taken_since(conn, request.id, now - WINDOW), now), plan.end if plan else None,
    )  # fmt: skip
