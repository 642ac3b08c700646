"""The balance between two readings, and a reading against what was reckoned."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewayd.core.health import Credit
from gatewayd.core.reckoning import Forecast, carried, forecast, misfit_idr, reckoned

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)
SIM, OTHER_SIM = "510100000000001", "510100000000002"
KNOWN = Credit(NOW, 20_000, date(2027, 1, 1), "Sisa pulsa Rp 20.000", sim=SIM)
LATER = replace(KNOWN, at=NOW + HOUR, balance_idr=15_000, raw="Sisa pulsa Rp 15.000")
UNREAD = Credit(NOW + HOUR, None, None, "System Busy", sim=SIM)
IN_GRACE = Credit(NOW + HOUR, None, None, "Masa tenggang", grace_until=date(2027, 1, 9), sim=SIM)
NOTED = replace(KNOWN, unread="System Busy", unread_at=NOW + HOUR)


@pytest.mark.parametrize(
    ("known", "told", "sim", "holds"),
    [
        pytest.param(None, None, SIM, None, id="nothing"),
        pytest.param(None, KNOWN, SIM, KNOWN, id="the first reading"),
        pytest.param(None, UNREAD, SIM, UNREAD, id="the first answer, not understood"),
        pytest.param(KNOWN, None, SIM, KNOWN, id="not asked yet after a restart"),
        pytest.param(KNOWN, None, "", KNOWN, id="modem lost"),
        pytest.param(KNOWN, None, OTHER_SIM, None, id="another SIM"),
        pytest.param(KNOWN, LATER, SIM, LATER, id="a new reading"),
        pytest.param(LATER, KNOWN, SIM, KNOWN, id="a new reading after the clock was set back"),
        pytest.param(replace(KNOWN, misfit_idr=-9), replace(KNOWN, at=NOW + timedelta(microseconds=9)), SIM,
                     replace(KNOWN, misfit_idr=-9), id="the same reading told again"),
        pytest.param(KNOWN, UNREAD, SIM, NOTED, id="an answer that is not understood keeps the good one"),
        pytest.param(NOTED, UNREAD, SIM, NOTED, id="the same answer told again"),
        pytest.param(UNREAD, replace(UNREAD, at=NOW + 2 * HOUR), SIM, replace(UNREAD, at=NOW + 2 * HOUR),
                     id="a newer one, not understood either"),
        pytest.param(KNOWN, IN_GRACE, SIM, IN_GRACE, id="a SIM in grace does not send, whatever was left"),
        pytest.param(replace(KNOWN, sim=OTHER_SIM), UNREAD, SIM, UNREAD, id="nothing is carried to another SIM"),
    ],
)  # fmt: skip
def test_the_reading_that_holds(known: Credit | None, told: Credit | None, sim: str, holds: Credit | None) -> None:
    assert carried(known, told, sim) == holds


@pytest.mark.parametrize(
    ("balance", "parts", "price", "left", "is_reckoned"),
    [
        pytest.param(20_000, 0, 350, 20_000, False, id="nothing sent: as read"),
        pytest.param(20_000, 10, 350, 16_500, True, id="less the tariff"),
        pytest.param(1_000, 10, 350, 0, True, id="never below nothing"),
        pytest.param(20_000, 10, 0, 20_000, False, id="no tariff: as read"),
        pytest.param(None, 10, 350, None, False, id="unknown stays unknown"),
    ],
)
def test_the_balance_falls_by_tariff_and_parts(
    balance: int | None, parts: int, price: int, left: int | None, is_reckoned: bool
) -> None:
    found = reckoned(replace(KNOWN, balance_idr=balance), parts, price)
    assert (found.left_idr, found.reckoned_idr is not None, found.parts_since) == (left, is_reckoned, parts)


def test_a_reading_is_reckoned_anew_each_time() -> None:
    assert reckoned(reckoned(KNOWN, 10, 350), 2, 350).left_idr == 19_300


@pytest.mark.parametrize(
    ("read", "parts", "price", "misfit"),
    [
        pytest.param(16_500, 10, 350, 0, id="as reckoned"),
        pytest.param(15_000, 10, 350, 0, id="within tolerance, parts on their way, and a tenth"),
        pytest.param(14_000, 10, 350, -2_500, id="more is gone"),
        pytest.param(10_000, 0, 350, -10_000, id="gone without a part"),
        pytest.param(19_500, 0, 350, 0, id="a little gone without a part"),
        pytest.param(20_000, 100, 350, 35_000, id="a package pays"),
        pytest.param(70_000, 10, 350, 53_500, id="a top-up"),
        pytest.param(21_200, 2, 350, 1_900, id="a small increase"),
        pytest.param(5_000, 10, 0, 0, id="no tariff: a drop cannot be judged"),
        pytest.param(70_000, 10, 0, 50_000, id="no tariff: an increase can"),
        pytest.param(5_000, 0, 0, -15_000, id="no tariff, no part: a drop can"),
    ],
)
def test_a_reading_that_does_not_fit(read: int, parts: int, price: int, misfit: int) -> None:
    assert misfit_idr(KNOWN, replace(LATER, balance_idr=read), parts, price, 1_000) == misfit


@pytest.mark.parametrize(
    "after",
    [
        pytest.param(replace(LATER, balance_idr=None), id="not understood"),
        pytest.param(replace(LATER, balance_idr=1, sim=OTHER_SIM), id="another SIM"),
        pytest.param(replace(LATER, balance_idr=1, at=NOW - HOUR), id="the clock was set back"),
    ],
)
def test_what_cannot_be_compared_is_no_misfit(after: Credit) -> None:
    assert misfit_idr(KNOWN, after, 0, 350, 1_000) == 0


@given(st.integers(0, 10**7), st.integers(0, 10**4), st.integers(1, 2_000), st.integers(0, 10**5))
def test_what_was_reckoned_always_fits(balance: int, parts: int, price: int, tolerance: int) -> None:
    before = replace(KNOWN, balance_idr=balance)
    after = replace(LATER, balance_idr=balance - parts * price)
    assert misfit_idr(before, after, parts, price, tolerance) == 0


def test_a_forecast_says_what_is_known() -> None:
    today = date(2026, 12, 23)
    assert forecast(replace(KNOWN, reckoned_idr=149_200), 350, 5_000, today) == Forecast(412, 9)
    assert forecast(replace(KNOWN, balance_idr=4_000), 350, 5_000, today) == Forecast(0, 9)
    assert forecast(KNOWN, 0, 5_000, date(2027, 1, 3)) == Forecast(None, -2)
    assert forecast(UNREAD, 350, 0, today) == Forecast()
    assert forecast(None, 350, 0, today) == Forecast()
