"""The delivery log of a request: what became of each recipient, and the sums that people ask for first.

In: rows as the store keeps them, one a recipient. Out: counts by result, the cost of what was sent, the rows
that a page with little room should show. Pure: no words for people here (render/ has them), no clock.
Invariants: every row counts in exactly one result; accepted without a report is never counted as delivered.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Final, assert_never

from gatewayd.core.model import Channel, RefusedRow
from gatewayd.core.states import DeliveryState


class Result(StrEnum):
    """What became of one recipient, in the order in which a report names them."""

    DELIVERED = "delivered"
    #: Taken over by the network or the mail server; nothing says that the recipient has it.
    UNREPORTED = "unreported"
    FAILED = "failed"
    IN_DOUBT = "in_doubt"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    #: Not sent yet; only an interim report has these.
    WAITING = "waiting"
    #: Refused before sending: never became a delivery.
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class ReportRow:
    """One recipient. `row` as a person counts; `operator` and `modem` '' where there is none; times aware UTC."""

    row: int
    address: str
    name: str
    id_number: str
    operator: str
    parts: int
    state: DeliveryState
    submitted_at: datetime | None
    final_at: datetime | None
    cause_code: str
    cause_text: str
    modem: str


@dataclass(frozen=True, slots=True)
class DecisionLine:
    """One decision: who, on which step, "approve", "reject" or "cancel", why, when, by "mail" or "cli"."""

    step: str
    person: str
    verdict: str
    reason: str
    at: datetime
    via: str


@dataclass(frozen=True, slots=True)
class DeliveryLog:
    """Everything a report says. `parts_*` count SMS parts (mails for e-mail); times aware UTC, None = not yet."""

    number: str
    unit: str
    applicant: str
    purpose: str
    channel: Channel
    subject: str
    text: str
    encoding: str
    asked_at: datetime
    decisions: tuple[DecisionLine, ...]
    started_at: datetime | None
    ended_at: datetime | None
    rows: tuple[ReportRow, ...]
    refused: tuple[RefusedRow, ...]
    duplicates: int
    parts_planned: int
    parts_sent: int
    cost_estimate_idr: int | None
    interim: bool


#: Results that somebody may want to act on, the most pressing first.
_PRESSING: Final = (
    Result.FAILED,
    Result.IN_DOUBT,
    Result.EXPIRED,
    Result.CANCELLED,
    Result.UNREPORTED,
    Result.WAITING,
    Result.DELIVERED,
    Result.REFUSED,
)


def result_of(state: DeliveryState) -> Result:
    """The result under which a delivery in `state` is counted."""
    match state:
        case DeliveryState.DELIVERED:
            return Result.DELIVERED
        case DeliveryState.ACCEPTED | DeliveryState.UNDELIVERED_UNKNOWN:
            return Result.UNREPORTED
        case DeliveryState.FAILED:
            return Result.FAILED
        case DeliveryState.IN_DOUBT:
            return Result.IN_DOUBT
        case DeliveryState.EXPIRED:
            return Result.EXPIRED
        case DeliveryState.CANCELLED:
            return Result.CANCELLED
        case DeliveryState.HELD | DeliveryState.QUEUED | DeliveryState.SUBMITTING:
            return Result.WAITING
        case _:
            assert_never(state)


def totals(log: DeliveryLog) -> Mapping[Result, int]:
    """How many recipients came to each result; every result is a key, in the order of Result."""
    counted = Counter(result_of(row.state) for row in log.rows)
    counted[Result.REFUSED] = len(log.refused)
    return MappingProxyType({result: counted[result] for result in Result})


def totals_of_states(counts: Mapping[DeliveryState, int], refused: int = 0) -> Mapping[Result, int]:
    """The same from counts by state, for answers that need no rows."""
    counted: Counter[Result] = Counter()
    for state, count in counts.items():
        counted[result_of(state)] += count
    counted[Result.REFUSED] += refused
    return MappingProxyType({result: counted[result] for result in Result})


def cost_idr(log: DeliveryLog) -> int | None:
    """Rp for the parts that were sent, at the tariff of the estimate; None while no tariff is known."""
    if log.cost_estimate_idr is None or log.parts_planned <= 0:
        return log.cost_estimate_idr
    return round(log.cost_estimate_idr * log.parts_sent / log.parts_planned)


def chosen_rows(log: DeliveryLog, limit: int) -> tuple[ReportRow, ...]:
    """At most `limit` rows: all in their own order if they fit, else the pressing ones first."""
    if len(log.rows) <= limit:
        return log.rows
    order = {result: place for place, result in enumerate(_PRESSING)}
    return tuple(sorted(log.rows, key=lambda row: (order[result_of(row.state)], row.row))[:limit])


def causes(log: DeliveryLog) -> tuple[tuple[str, str, int], ...]:
    """(code, text, how many) of everything that failed, expired or stays in doubt, the commonest first."""
    wanted = (Result.FAILED, Result.EXPIRED, Result.IN_DOUBT)
    troubled = [row for row in log.rows if result_of(row.state) in wanted and row.cause_code]
    counted = Counter(row.cause_code for row in troubled)
    texts = {row.cause_code: row.cause_text for row in reversed(troubled)}
    return tuple(
        (code, texts[code], count) for code, count in sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    )


def share_by_modem(rows: Sequence[ReportRow]) -> tuple[tuple[str, int], ...]:
    """(modem, recipients) by the modem's name; rows that no modem carried are left out."""
    return tuple(sorted(Counter(row.modem for row in rows if row.modem).items()))
