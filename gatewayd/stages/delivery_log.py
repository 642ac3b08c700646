"""Rows → the delivery log of a request. Runs in the composing child, on a read-only connection.

In: a request, the decisions on it, the settings. Out: a core/report.DeliveryLog. The cost is that of the parts which
left, each by the tariff of the SIM it left by; parts in doubt count, since they were most likely paid for.
"""

import sqlite3
from collections.abc import Mapping
from typing import Final

from gatewayd.config import Settings
from gatewayd.core.health import Health
from gatewayd.core.model import Channel
from gatewayd.core.operators import operator_of
from gatewayd.core.report import DecisionLine, DeliveryLog, ModemShare, ReportRow, Result, Stage
from gatewayd.core.request import Request
from gatewayd.core.routing import Tariff
from gatewayd.core.states import DeliveryState
from gatewayd.stages.fleet import tariffs_of
from gatewayd.store import deliveries, health, retention
from gatewayd.store.deliveries import DeliveryRow, SentParts
from gatewayd.store.notices import Params

_ID_COLUMNS: Final = ("npm", "nim", "nip", "nidn", "npm/nim", "no induk")


def log_of(
    conn: sqlite3.Connection, settings: Settings, request: Request, decisions: tuple[DecisionLine, ...], params: Params
) -> DeliveryLog:
    """Everything a report says of `request`; `params` are those of the report's notice (stages/report.py)."""
    rows = deliveries.of_request(conn, request.id)
    began = [row.submitted_at for row in rows if row.submitted_at is not None]
    ended = [at for row in rows for at in (row.submitted_at, row.accepted_at) if at is not None]
    return DeliveryLog(
        number=request.number, unit=request.applicant.unit, applicant=request.applicant.name, purpose=request.purpose,
        channel=request.channel, subject=request.subject, text=request.text, encoding=request.encoding,
        asked_at=request.created_at, decisions=decisions, started_at=min(began, default=None),
        ended_at=max(ended, default=None), rows=tuple(_row(row, request.channel) for row in rows),
        refused=request.refused, duplicates=len(request.duplicates), parts_planned=request.total_parts,
        parts_sent=sum(row.parts_accepted for row in rows), cost_estimate_idr=request.cost_idr,
        stage=_stage(request, params), modems=_modems(conn, settings, request), preapproved=request.preapproved,
        before=_before(params.get("before")), removed=tuple(retention.removed(conn, request.id).items()),
    )  # fmt: skip


def _stage(request: Request, params: Params) -> Stage:
    if request.settled_at is None:
        return Stage.INTERIM
    return Stage.CORRECTED if params.get("stage") == Stage.CORRECTED else Stage.FINAL


def _before(counts: object) -> tuple[tuple[Result, int], ...]:
    """What an earlier report counted, as the notice keeps it."""
    return tuple((Result(name), int(count)) for name, count in counts.items()) if isinstance(counts, dict) else ()


def _row(row: DeliveryRow, channel: Channel) -> ReportRow:
    """The end of a message without a report is when it was taken over, not when the waiting was over."""
    id_number = next((v for k, v in row.fields.items() if k.casefold().strip() in _ID_COLUMNS), "")
    ended = None if row.state is DeliveryState.UNDELIVERED_UNKNOWN else row.final_at
    return ReportRow(
        row=row.row, address=row.address, name=row.name, id_number=id_number,
        operator=operator_of(row.address) if channel is Channel.SMS else "", parts=row.parts, state=row.state,
        submitted_at=row.submitted_at, final_at=ended or row.accepted_at, cause_code=row.cause_code,
        cause_text=row.cause_text, modem=row.transport,
    )  # fmt: skip


def _modems(conn: sqlite3.Connection, settings: Settings, request: Request) -> tuple[ModemShare, ...]:
    if request.channel is not Channel.SMS:
        return ()
    sent = deliveries.sent_parts(conn, request.id)
    known = {row.health.name: row.health for row in health.all_links(conn) if row.kind == "modem"}
    tariffs = tariffs_of(settings.modems)
    names = dict.fromkeys(one.transport for one in sent)
    return tuple(_share(name, [one for one in sent if one.transport == name], known, tariffs) for name in names)


def _share(name: str, sent: list[SentParts], known: Mapping[str, Health], tariffs: Mapping[str, Tariff]) -> ModemShare:
    facts = known.get(name)
    credit = facts.credit if facts else None
    return ModemShare(
        name=name, operator=facts.operator if facts else "", parts=sum(one.parts for one in sent),
        cost_idr=_cost(sent, tariffs.get(name)), credit_idr=credit.left_idr if credit else None,
        credit_at=credit.at if credit else None,
    )  # fmt: skip


def _cost(sent: list[SentParts], tariff: Tariff | None) -> int | None:
    prices = [tariff.price(one.route) if tariff else 0 for one in sent]
    return None if 0 in prices else sum(price * one.parts for price, one in zip(prices, sent, strict=True))
