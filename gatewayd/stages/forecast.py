"""The forecast of a stored request, from the settings and the store alone: for mails, which a child composes, and for
`gatewayd show`, which needs no daemon. The reckoning is core/forecast.py's.
"""

import sqlite3
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from gatewayd.config import Modem, Settings, Smtp
from gatewayd.core.forecast import Plan, plan
from gatewayd.core.model import Channel
from gatewayd.core.rehearsal import Carrier, Load, Work
from gatewayd.core.request import Request
from gatewayd.core.routing import Tariff
from gatewayd.core.schedule import DAY, Pace
from gatewayd.stages.fleet import tariffs_of
from gatewayd.stages.pacing import hours_of, pace_of
from gatewayd.store import backlog, health, queue
from gatewayd.store.health import LinkRow

#: Seconds of one submission where none was measured yet.
_SMS_S: Final = 4.0
_MAIL_S: Final = 0.5
_SMTP: Final = "smtp"


def plan_of(conn: sqlite3.Connection, settings: Settings, request: Request, now: datetime) -> Plan | None:
    """None where nothing of the request is left to send."""
    if request.closed_as or not (parts := backlog.parts_left(conn, request.id)):
        return None
    work = Work(parts, request.priority, request.send_after, request.expires_at)
    ahead = [Load(*row) for row in backlog.ahead_of(conn, request.id, request.channel, request.priority, now)]
    return plan(work, ahead, _carriers(conn, settings, request.channel, now), hours_of(settings), now)


def _carriers(conn: sqlite3.Connection, settings: Settings, channel: Channel, now: datetime) -> list[Carrier]:
    links = {row.health.name: row for row in health.all_links(conn)}
    if channel is Channel.EMAIL:
        return [_server(conn, settings.smtp, links.get(_SMTP), now)] if settings.smtp else []
    tariffs = tariffs_of(settings.modems)
    return [_modem(conn, modem, tariffs, links.get(modem.name), now) for modem in settings.modems]


def _modem(
    conn: sqlite3.Connection, modem: Modem, tariffs: Mapping[str, Tariff], link: LinkRow | None, now: datetime
) -> Carrier:
    credit = link.health.credit if link else None
    return Carrier(
        modem.name, tariffs[modem.name], pace_of(modem), backlog.seconds_a_part(conn, modem.name) or _SMS_S,
        tuple(queue.submitted_since(conn, modem.name, now - DAY)), _free_at(link), _is_able(link),
        credit.left_idr if credit else None, modem.credit_floor_idr,
    )  # fmt: skip


def _server(conn: sqlite3.Connection, smtp: Smtp, link: LinkRow | None, now: datetime) -> Carrier:
    seconds = backlog.seconds_a_part(conn, _SMTP) or _MAIL_S
    return Carrier(
        _SMTP, Tariff(carries=frozenset({""})), Pace((smtp.gap, smtp.gap)), seconds, (), _free_at(link), _is_able(link)
    )


def _is_able(link: LinkRow | None) -> bool:
    """One that was never heard of may be able to send: unknown is no failure."""
    return link is None or not link.paused


def _free_at(link: LinkRow | None) -> datetime | None:
    return link.rests_until if link else None
