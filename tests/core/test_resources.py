"""Facts that allow sending, and facts that do not. Unknown is not zero."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from gatewayd.core.health import Credit, Health, LinkState, Registration
from gatewayd.core.resources import active_period_ends, alarms_due, modem_pause

NOW = datetime(2026, 11, 23, tzinfo=UTC)
FINE = Health(
    "gsm1", LinkState.READY, NOW, registration=Registration.HOME, credit=Credit(NOW, 20_000, date(2027, 1, 1), "raw")
)


def with_balance(balance: int | None) -> Health:
    return replace(FINE, credit=Credit(NOW, balance, None, "raw"))


@pytest.mark.parametrize(
    ("health", "code"),
    [
        pytest.param(FINE, None, id="all well"),
        pytest.param(replace(FINE, link=LinkState.ABSENT, error="unplugged"), "modem.lost", id="no modem"),
        pytest.param(replace(FINE, registration=Registration.DENIED), "modem.not_registered", id="denied"),
        pytest.param(replace(FINE, registration=Registration.UNKNOWN), None, id="registration unknown"),
        pytest.param(replace(FINE, registration=Registration.ROAMING), None, id="roaming"),
        pytest.param(with_balance(4_999), "modem.no_credit", id="below the floor"),
        pytest.param(with_balance(5_000), None, id="at the floor"),
        pytest.param(with_balance(0), "modem.no_credit", id="nothing left"),
        pytest.param(with_balance(None), None, id="balance not understood"),
        pytest.param(replace(FINE, credit=None, signal_dbm=None), None, id="never measured"),
    ],
)
def test_modem_pause(health: Health, code: str | None) -> None:
    pause = modem_pause(health, floor_idr=5_000, price_idr=350)
    assert (pause.code if pause else None) == code


def test_without_a_floor_one_part_must_be_paid() -> None:
    pause = modem_pause(with_balance(100), floor_idr=0, price_idr=350)
    assert pause is not None
    assert pause.code == "modem.no_credit"


def test_active_period_is_warned_about_in_time() -> None:
    assert active_period_ends(FINE, datetime(2026, 12, 20, tzinfo=UTC), 14 * 86400) == date(2027, 1, 1)
    assert active_period_ends(FINE, NOW, 14 * 86400) is None


def test_a_reckoned_balance_pauses_and_says_so() -> None:
    low = replace(FINE, credit=Credit(NOW, 20_000, None, "raw", parts_since=50, reckoned_idr=2_500))
    pause = modem_pause(low, floor_idr=5_000, price_idr=350)
    assert pause is not None
    assert (pause.code, "50 parts" in pause.why, "2500" in pause.why) == ("modem.no_credit", True, True)


def test_a_sim_in_its_grace_period_does_not_send() -> None:
    grace = replace(FINE, credit=Credit(NOW, None, None, "raw", grace_until=date(2026, 12, 31)))
    pause = modem_pause(grace, floor_idr=0, price_idr=0)
    assert pause is not None
    assert (pause.code, "2026-12-31" in pause.why) == ("modem.no_credit", True)


def test_a_grace_date_beside_an_active_one_is_no_reason() -> None:
    both = replace(FINE, credit=Credit(NOW, 20_000, date(2027, 1, 1), "raw", grace_until=date(2027, 1, 31)))
    assert modem_pause(both, floor_idr=5_000, price_idr=350) is None


LOW = with_balance(100)
RECKONED_LOW = replace(FINE, credit=Credit(NOW, 20_000, None, "raw", parts_since=50, reckoned_idr=2_500))
DROPPED = replace(FINE, credit=Credit(NOW, 20_000, date(2027, 1, 1), "raw", misfit_idr=-9_000))
ENDING = date(2027, 1, 1)


@pytest.mark.parametrize(
    ("health", "paused", "lasted_s", "told", "ending", "due", "over"),
    [
        pytest.param(FINE, "", 9, "", None, "", "", id="all well"),
        pytest.param(LOW, "modem.no_credit", 0, "", None, "modem.no_credit", "", id="no credit, as read: at once"),
        pytest.param(RECKONED_LOW, "modem.no_credit", 60, "", None, "", "", id="only reckoned: the reading decides"),
        pytest.param(RECKONED_LOW, "modem.no_credit", 120, "", None, "modem.no_credit", "", id="no reading comes"),
        pytest.param(LOW, "modem.no_credit", 9999, "modem.no_credit", None, "", "", id="told once"),
        pytest.param(FINE, "modem.lost", 119, "", None, "", "", id="a short loss"),
        pytest.param(FINE, "modem.lost", 120, "", None, "modem.lost", "", id="a loss that lasts"),
        pytest.param(LOW, "modem.lost", 0, "modem.no_credit", None, "", "", id="lost: the credit is out of sight"),
        pytest.param(LOW, "modem.lost", 120, "modem.no_credit", None, "modem.lost", "", id="lost on top of it"),
        pytest.param(
            LOW, "modem.no_credit", 0, "modem.no_credit modem.lost", None, "", "modem.lost", id="back, and poor"
        ),
        pytest.param(FINE, "", 0, "modem.no_credit", None, "", "modem.no_credit", id="topped up"),
        pytest.param(FINE, "", 0, "", ENDING, "active_period", "", id="active period ends"),
        pytest.param(FINE, "", 0, "active_period", ENDING, "", "", id="told of it once"),
        pytest.param(FINE, "modem.lost", 0, "active_period", None, "", "active_period", id="renewed"),
        pytest.param(LOW, "", 0, "active_period", None, "", "", id="active period not known any more"),
        pytest.param(DROPPED, "", 0, "", None, "modem.credit_drop", "", id="credit dropped"),
        pytest.param(DROPPED, "", 0, "modem.credit_drop", None, "", "", id="told of it once, too"),
        pytest.param(FINE, "", 0, "modem.credit_drop", None, "", "modem.credit_drop", id="the next reading fits"),
        pytest.param(FINE, "modem.sim", 0, "", None, "modem.sim", "", id="SIM trouble: at once"),
        pytest.param(FINE, "", 0, "smtp.lost", None, "", "smtp.lost", id="a pause of another kind is over"),
    ],
)
def test_each_warning_is_given_once_for_each_crossing(
    health: Health, paused: str, lasted_s: float, told: str, ending: date | None, due: str, over: str
) -> None:
    found = alarms_due(health, paused, lasted_s, frozenset(told.split()), ending)
    assert found == (frozenset(due.split()), frozenset(over.split()))
