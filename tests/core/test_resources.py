"""Facts that allow sending, and facts that do not. Unknown is not zero."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from gatewayd.core.health import Credit, Health, LinkState, Registration
from gatewayd.core.resources import active_period_ends, credit_suffices, modem_pause

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


def test_enough_is_only_said_when_everything_is_known() -> None:
    assert credit_suffices([FINE, with_balance(1_000)], 21_000) is True
    assert credit_suffices([FINE], 21_000) is False
    assert credit_suffices([FINE, with_balance(None)], 100) is None
    assert credit_suffices([FINE], None) is None
