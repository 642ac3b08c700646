"""Everybody involved in a request: the applicant, the people of every step, the contact of a publishing system."""

import sqlite3
from collections.abc import Mapping
from datetime import datetime

from gatewayd.core.model import Source
from gatewayd.core.request import Request
from gatewayd.stages.context import Context
from gatewayd.stages.people import person_by_id
from gatewayd.stages.rules import deciding
from gatewayd.store import notices


def applicant_address(ctx: Context, request: Request) -> str:
    """Where the applicant reads mail: his own address, or the contact of his system. '' if there is none."""
    if request.source is Source.MQTT:
        client = next(
            (c for c in (ctx.settings.mqtt.clients if ctx.settings.mqtt else ()) if c.name == request.client), None
        )
        return client.contact or "" if client else ""
    return request.applicant.address if "@" in request.applicant.address else ""


def deciders(ctx: Context, request: Request, now: datetime) -> dict[str, str]:
    """Address → name of everybody who decides on requests like this one."""
    ids = () if request.preapproved else deciding(ctx.settings, request.recipients, now)
    people = [person for person in (person_by_id(ctx.settings, id_) for id_ in ids) if person is not None]
    return {person.addresses[0]: person.name for person in people}


def tell(
    conn: sqlite3.Connection, ctx: Context, request: Request, kind: str, params: Mapping[str, object], now: datetime
) -> None:
    """Ask for a notice of `kind` to everybody involved, each address once."""
    everybody = deciders(ctx, request, now)
    applicant = applicant_address(ctx, request)
    if applicant:
        everybody.pop(applicant, None)
        notices.ask(
            conn, kind, applicant, now, request=request.id, to_name=request.applicant.name, params=params,
            in_reply_to=request.thread,
        )  # fmt: skip
    for address, name in everybody.items():
        notices.ask(conn, kind, address, now, request=request.id, to_name=name, params=params)
