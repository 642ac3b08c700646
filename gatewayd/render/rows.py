"""Rows of the delivery log as people see them: masked, named and worded once, for text, page and picture alike.

In: a cleaned DeliveryLog and a Voice. Out: ShownRow values; at most as many as the Look allows.
"""

from dataclasses import dataclass

from gatewayd.core.model import RefusedRow
from gatewayd.core.report import DeliveryLog, ReportRow, Result, causes, chosen_rows
from gatewayd.log import mask
from gatewayd.render import safe
from gatewayd.render.voice import Voice


@dataclass(frozen=True, slots=True)
class ShownRow:
    """One recipient: `who` is his name, else his number as student or staff; `at` when it ended."""

    row: int
    address: str
    who: str
    operator: str
    result: Result
    outcome: str
    at: str
    cause: str


def shown_rows(log: DeliveryLog, voice: Voice) -> tuple[list[ShownRow], int]:
    """The rows to show, and how many more there are."""
    chosen = chosen_rows(log, voice.look.picture_rows)
    return [_shown(row, voice) for row in chosen], len(log.rows) - len(chosen)


def _shown(row: ReportRow, voice: Voice) -> ShownRow:
    result = row.result
    at = row.final_at or row.submitted_at
    cause = voice.words.cause(row.cause_code, row.cause_text)
    return ShownRow(
        row=row.row, address=mask(row.address), who=row.name or row.id_number,
        operator=voice.words.operator(row.operator), result=result, outcome=voice.words.result(result),
        at=voice.loc.brief(at) if at else "", cause="" if result is Result.DELIVERED else safe.shorten(cause, 120),
    )  # fmt: skip


def shown_causes(log: DeliveryLog, voice: Voice) -> list[tuple[str, int]]:
    """(sentence, how many) of what did not arrive, equal sentences together."""
    counted: dict[str, int] = {}
    for code, text, count in causes(log):
        sentence = safe.shorten(voice.words.cause(code, text), 120)
        counted[sentence] = counted.get(sentence, 0) + count
    return sorted(counted.items(), key=lambda item: -item[1])


def masked_refusals(log: DeliveryLog) -> list[RefusedRow]:
    """The refused rows for pages that many people read."""
    return [RefusedRow(row.row, safe.typed(row.typed), row.code, row.name) for row in log.refused]
