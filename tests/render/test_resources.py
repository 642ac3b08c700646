"""The credit of a modem as the approver reads it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from gatewayd.core.reckoning import Forecast
from gatewayd.render import views
from gatewayd.render.compose import compose
from gatewayd.render.example_data import LOOK, NOW, examples
from tests.render.reading import body, parse

VIEW = examples()["approval"]


def text_with(lasts: Forecast, days: int = 9) -> str:
    assert isinstance(VIEW, views.ApprovalQuestion)
    facts = VIEW.modems[0]
    assert facts.health.credit is not None
    until = (NOW + timedelta(days=days)).date()
    known = replace(facts.health, credit=replace(facts.health.credit, active_until=until))
    mail = compose(replace(VIEW, modems=(replace(facts, health=known, lasts=lasts),)), LOOK)
    return " ".join(body(parse(mail)).split())


def test_a_reckoned_balance_is_called_so() -> None:
    text = text_with(Forecast(412, 9))
    assert "pulsa Rp 96.500 (dibaca 12 menit yang lalu)" in text
    assert "kini kira-kira Rp 93.000 menurut pengiriman sejak itu" in text


@pytest.mark.parametrize(
    ("lasts", "said", "unsaid"),
    [
        pytest.param(Forecast(1_412, 9), "cukup untuk 1.412 bagian SMS lagi", "", id="parts"),
        pytest.param(Forecast(412, 9), "2 Desember 2026 (9 hari lagi)", "", id="days"),
        pytest.param(Forecast(None, 9), "(9 hari lagi)", "bagian SMS lagi", id="no tariff"),
        pytest.param(Forecast(412, -3), "masa aktif sampai", "hari lagi", id="over"),
    ],
)
def test_how_long_it_lasts_is_said_where_it_is_known(lasts: Forecast, said: str, unsaid: str) -> None:
    text = text_with(lasts)
    assert said in text
    assert not unsaid or unsaid not in text
