"""Summary: once a day or week its mail to those who answer for the sending. Asked for exactly once for each time.

The mark until when was told moves in the transaction that asks for the mails, so no crash asks twice and none is lost.
While the clock of the machine is not sure, nothing is asked for.
"""

import asyncio
import sqlite3
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from gatewayd.config import Person, Settings
from gatewayd.core.summary import Rhythm, due, starts_anew
from gatewayd.log import get_logger
from gatewayd.stages.bells import Bell
from gatewayd.stages.context import Context
from gatewayd.stages.people import person_by_id
from gatewayd.store import notices, summaries

_ROUND_S: Final = 60.0
_WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


async def run(ctx: Context) -> None:
    """For ever."""
    with ctx.pulse.stage("summary", limit_s=300.0):
        while True:
            ctx.pulse.beat("summary")
            if await ctx.db.run(ask, ctx, ctx.clock.now()):
                ctx.bells.ring(Bell.COMPOSE)
            await asyncio.sleep(_ROUND_S)


def ask(conn: sqlite3.Connection, ctx: Context, now: datetime) -> int:
    """Ask for the summary if it is due; returns to how many it goes."""
    rhythm = rhythm_of(ctx.settings)
    if rhythm is None or ctx.settings.smtp is None or not ctx.clock.is_sure():
        return 0
    told = summaries.told_until(conn)
    if starts_anew(told, now):
        summaries.told(conn, now)
        return 0
    span = due(rhythm, told, now)
    if span is None:
        return 0
    since, until = span
    people = readers_of(ctx.settings)
    for person in people:
        notices.ask(
            conn, "summary", person.addresses[0], now, to_name=person.name,
            params={"since": since.isoformat(), "until": until.isoformat()},
        )  # fmt: skip
    summaries.told(conn, until)
    get_logger().info("summary.asked", people=len(people), since=since.isoformat(), until=until.isoformat())
    return len(people)


def rhythm_of(settings: Settings) -> Rhythm | None:
    summary = settings.summary
    if summary.every == "off":
        return None
    zone = ZoneInfo(settings.gateway.timezone)
    return Rhythm(summary.every, summary.at, _WEEKDAYS.index(summary.weekday), zone)


def readers_of(settings: Settings) -> list[Person]:
    """The people of [summary] to; by default everybody who decides a step."""
    ids = settings.summary.to or [id_ for step in settings.approval.steps for id_ in step.people]
    found = [person_by_id(settings, id_) for id_ in dict.fromkeys(ids)]
    return [person for person in found if person is not None]
