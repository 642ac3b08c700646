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
    #: Wants no messages: left out of the list, or stopped before it was sent.
    OPTED_OUT = "opted_out"


#: The cause of a delivery that was stopped because its recipient wants no messages, and the fault of such an entry.
OPTED_OUT: Final = "opted-out"
_OPTED_OUT_ENTRY: Final = "row.opted_out"


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

    @property
    def result(self) -> Result:
        return result_of(self.state, self.cause_code)


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
class ModemShare:
    """What one modem sent: parts taken over or in doubt (they are paid for), their cost by its tariff, and the balance
    that should be left on its SIM since the reading of `credit_at`. None = not known."""

    name: str
    operator: str
    parts: int
    cost_idr: int | None = None
    credit_idr: int | None = None
    credit_at: datetime | None = None


class Stage(StrEnum):
    """When in the life of a request a report is made."""

    INTERIM = "interim"
    FINAL = "final"
    #: Something changed after the final one.
    CORRECTED = "corrected"


@dataclass(frozen=True, slots=True)
class DeliveryLog:
    """Everything a report says. `parts_*` count SMS parts (mails for e-mail); times aware UTC, None = not yet.
    `preapproved` names the rule that took the place of decisions; `before` is what an earlier report counted."""

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
    stage: Stage
    modems: tuple[ModemShare, ...] = ()
    preapproved: str = ""
    before: tuple[tuple[Result, int], ...] = ()
    #: "texts" and "numbers" that are over by their retention, and since when.
    removed: tuple[tuple[str, datetime], ...] = ()


#: Results that somebody may want to act on, the most pressing first.
_PRESSING: Final = (
    Result.FAILED,
    Result.IN_DOUBT,
    Result.EXPIRED,
    Result.CANCELLED,
    Result.OPTED_OUT,
    Result.UNREPORTED,
    Result.WAITING,
    Result.DELIVERED,
    Result.REFUSED,
)


def result_of(state: DeliveryState, cause_code: str = "") -> Result:
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
            return Result.OPTED_OUT if cause_code == OPTED_OUT else Result.CANCELLED
        case DeliveryState.HELD | DeliveryState.QUEUED | DeliveryState.SUBMITTING:
            return Result.WAITING
        case _:
            assert_never(state)


def totals(log: DeliveryLog) -> Mapping[Result, int]:
    """How many entries of the list came to each result; every result is a key, in the order of Result."""
    counted = Counter(row.result for row in log.rows)
    for refused in log.refused:
        counted[refusal(refused)] += 1
    return _in_order(counted)


def shares(log: DeliveryLog) -> Mapping[Result, int]:
    """The same of those only that were to be sent to."""
    return _in_order(Counter(row.result for row in log.rows))


def refusal(row: RefusedRow) -> Result:
    """The result under which an entry that never became a delivery is counted."""
    return Result.OPTED_OUT if row.code == _OPTED_OUT_ENTRY else Result.REFUSED


def _in_order(counted: Mapping[Result, int]) -> Mapping[Result, int]:
    return MappingProxyType({result: counted.get(result, 0) for result in Result})


def with_refused(counts: Mapping[Result, int], refused: Sequence[RefusedRow]) -> Mapping[Result, int]:
    """The totals from counts of the deliveries, for answers that need no rows."""
    return _in_order(Counter(counts) + Counter(refusal(row) for row in refused))


def cost_idr(log: DeliveryLog) -> int | None:
    """Rp for what was sent, by the tariffs of the SIMs that sent it; None while one of them is not known."""
    costs = [share.cost_idr for share in log.modems]
    known = [cost for cost in costs if cost is not None]
    return sum(known) if len(known) == len(costs) and log.cost_estimate_idr is not None else None


def chosen_rows(log: DeliveryLog, limit: int) -> tuple[ReportRow, ...]:
    """At most `limit` rows: all in their own order if they fit, else the pressing ones first."""
    if len(log.rows) <= limit:
        return log.rows
    order = {result: place for place, result in enumerate(_PRESSING)}
    return tuple(sorted(log.rows, key=lambda row: (order[row.result], row.row))[:limit])


def causes(log: DeliveryLog) -> tuple[tuple[str, str, int], ...]:
    """(code, text, how many) of everything that failed, expired or stays in doubt, the commonest first."""
    wanted = (Result.FAILED, Result.EXPIRED, Result.IN_DOUBT)
    troubled = [row for row in log.rows if row.result in wanted and row.cause_code]
    counted = Counter(row.cause_code for row in troubled)
    texts = {row.cause_code: row.cause_text for row in reversed(troubled)}
    return tuple(
        (code, texts[code], count) for code, count in sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    )
