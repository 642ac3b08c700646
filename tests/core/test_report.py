"""The sums of a delivery log: every recipient counted once, nothing called delivered that is not known to be."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewayd.core.model import Channel, RefusedRow
from gatewayd.core.report import (
    DeliveryLog,
    ModemShare,
    ReportRow,
    Result,
    Stage,
    causes,
    chosen_rows,
    cost_idr,
    result_of,
    shares,
    totals,
    with_refused,
)
from gatewayd.core.states import DeliveryState

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def row(number: int, state: DeliveryState, cause: str = "", modem: str = "gsm1") -> ReportRow:
    return ReportRow(
        number, f"+62812000001{number:02d}", "Siti Contoh", "", "telkomsel", 1, state, NOW, NOW, cause, cause, modem
    )


def log_of(*rows: ReportRow) -> DeliveryLog:
    return DeliveryLog(
        number="UPSI-2026-000001", unit="BAA", applicant="Budi Contoh", purpose="", channel=Channel.SMS, subject="",
        text="Halo", encoding="gsm7", asked_at=NOW, decisions=(), started_at=NOW, ended_at=NOW, rows=rows,
        refused=(RefusedRow(9, "08", "row.too_short"),), duplicates=0, parts_planned=len(rows), parts_sent=len(rows),
        cost_estimate_idr=350 * len(rows), stage=Stage.FINAL,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("state", "result"),
    [
        (DeliveryState.DELIVERED, Result.DELIVERED),
        (DeliveryState.ACCEPTED, Result.UNREPORTED),
        (DeliveryState.UNDELIVERED_UNKNOWN, Result.UNREPORTED),
        (DeliveryState.FAILED, Result.FAILED),
        (DeliveryState.IN_DOUBT, Result.IN_DOUBT),
        (DeliveryState.EXPIRED, Result.EXPIRED),
        (DeliveryState.CANCELLED, Result.CANCELLED),
        (DeliveryState.HELD, Result.WAITING),
        (DeliveryState.QUEUED, Result.WAITING),
        (DeliveryState.SUBMITTING, Result.WAITING),
    ],
)
def test_each_state_counts_as_one_result(state: DeliveryState, result: Result) -> None:
    assert result_of(state) is result
    assert totals(log_of(row(1, state)))[result] == 1


@given(st.lists(st.sampled_from(list(DeliveryState)), max_size=60))
def test_every_row_counts_once(states: list[DeliveryState]) -> None:
    found = totals(log_of(*(row(number, state) for number, state in enumerate(states))))
    assert list(found) == list(Result)
    assert sum(found.values()) == len(states) + 1
    assert found[Result.REFUSED] == 1
    assert found[Result.DELIVERED] == states.count(DeliveryState.DELIVERED)


def test_counts_come_to_the_same_totals() -> None:
    rows = [row(1, DeliveryState.ACCEPTED), row(2, DeliveryState.UNDELIVERED_UNKNOWN), row(3, DeliveryState.FAILED)]
    counts = {Result.UNREPORTED: 2, Result.FAILED: 1}
    assert with_refused(counts, (RefusedRow(9, "08", "row.too_short"),)) == totals(log_of(*rows))


def share(cost: int | None, name: str = "gsm1") -> ModemShare:
    return ModemShare(name, "Telkomsel", 10, cost)


@pytest.mark.parametrize(
    ("estimate", "modems", "cost"),
    [
        pytest.param(3_500, (share(3_500),), 3_500, id="one SIM"),
        pytest.param(3_500, (share(3_500), share(2_000, "gsm2")), 5_500, id="each by its own tariff"),
        pytest.param(3_500, (), 0, id="nothing sent"),
        pytest.param(3_500, (share(3_500), share(None, "gsm2")), None, id="a SIM without a tariff"),
        pytest.param(None, (), None, id="no tariff"),
    ],
)
def test_cost_is_what_the_sims_that_sent_cost(
    estimate: int | None, modems: tuple[ModemShare, ...], cost: int | None
) -> None:
    assert cost_idr(replace(log_of(), cost_estimate_idr=estimate, modems=modems)) == cost


def test_who_wants_nothing_is_counted_apart() -> None:
    stopped = row(1, DeliveryState.CANCELLED, "opted-out")
    log = replace(log_of(stopped), refused=(RefusedRow(2, "0812", "row.opted_out"), RefusedRow(3, "08", "row.short")))
    assert (totals(log)[Result.OPTED_OUT], totals(log)[Result.REFUSED], totals(log)[Result.CANCELLED]) == (2, 1, 0)
    assert shares(log)[Result.OPTED_OUT] == 1


def test_rows_that_fit_stay_in_their_order() -> None:
    log = log_of(row(1, DeliveryState.DELIVERED), row(2, DeliveryState.FAILED))
    assert [one.row for one in chosen_rows(log, 2)] == [1, 2]


def test_where_room_is_short_trouble_comes_first() -> None:
    log = log_of(
        row(1, DeliveryState.DELIVERED), row(2, DeliveryState.ACCEPTED), row(3, DeliveryState.DELIVERED),
        row(4, DeliveryState.IN_DOUBT), row(5, DeliveryState.FAILED), row(6, DeliveryState.FAILED),
    )  # fmt: skip
    assert [one.row for one in chosen_rows(log, 5)] == [5, 6, 4, 2, 1]


def test_causes_are_counted_the_commonest_first_and_only_for_trouble() -> None:
    log = log_of(
        row(1, DeliveryState.FAILED, "cms-1"), row(2, DeliveryState.FAILED, "st-43"),
        row(3, DeliveryState.EXPIRED, "st-43"), row(4, DeliveryState.DELIVERED, "cms-38"),
        row(5, DeliveryState.FAILED),
    )  # fmt: skip
    assert causes(log) == (("st-43", "st-43", 2), ("cms-1", "cms-1", 1))
