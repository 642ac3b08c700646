"""The credit keys of [[modems]]: what they mean, and what cannot be meant."""

from typing import Any

import pytest
from pydantic import ValidationError

from gatewayd.config import Modem
from gatewayd.core.credit_recipes import RECIPES, Recipe

TELKOMSEL_SIM = "510100000000001"


def modem(**given: Any) -> Modem:
    return Modem.model_validate({"name": "gsm1"} | given)


@pytest.mark.parametrize(
    ("given", "recipes"),
    [
        pytest.param({}, RECIPES["telkomsel"], id="by the SIM"),
        pytest.param({"operator": "xl"}, RECIPES["xl"], id="by the settings"),
        pytest.param({"credit": True, "operator": "tri"}, RECIPES["tri"], id="yes"),
        pytest.param({"credit": False}, (), id="no"),
        pytest.param({"credit_code": "*999#"}, (Recipe("*999#"),), id="the short form"),
        pytest.param({"credit": {"code": "*999#"}}, (Recipe("*999#"),), id="the long form of it"),
        pytest.param(
            {
                "credit": {
                    "code": "*123#",
                    "follow": ["cek pulsa"],
                    "by": "sms",
                    "sender": ["XL"],
                    "encodings": ["ucs2"],
                }
            },
            (Recipe("*123#", ("cek pulsa",), "", "sms", ("XL",), ("ucs2",)),),
            id="asked by USSD, answered by SMS",
        ),
        pytest.param(
            {"credit": {"code": "CEK", "to": "999", "by": "sms"}},
            (Recipe("CEK", (), "999", "sms", ("999",)),),
            id="asked and answered by SMS",
        ),
    ],
)
def test_the_keys_say_how_the_balance_is_asked(given: dict[str, Any], recipes: tuple[Recipe, ...]) -> None:
    assert modem(**given).recipes(TELKOMSEL_SIM, "") == recipes


@pytest.mark.parametrize(
    ("given", "key"),
    [
        pytest.param({"credit": {"code": "CEK"}}, "code:", id="words need a number to go to"),
        pytest.param({"credit": {"code": "*" * 21}}, "code:", id="a code that is too long"),
        pytest.param({"credit": {"code": "*1#", "by": "sms"}}, "sender:", id="an SMS of nobody"),
        pytest.param({"credit": {"code": "CEK", "to": "999"}}, "by:", id="a question by SMS is answered by SMS"),
        pytest.param({"credit": {"code": "*1#", "encodings": ["utf8"]}}, "encodings", id="no such encoding"),
        pytest.param({"credit": {"code": "*1#", "menu": ["1"]}}, "menu", id="no such key"),
        pytest.param({"credit_code": "*1#", "credit": False}, "credit_code:", id="one of the two"),
        pytest.param({"credit_code": "*1#", "credit": {"code": "*2#"}}, "credit_code:", id="only one recipe"),
        pytest.param({"credit_tolerance_idr": -1}, "credit_tolerance_idr", id="less than nothing"),
    ],
)
def test_what_cannot_be_meant_is_said_with_its_key(given: dict[str, Any], key: str) -> None:
    with pytest.raises(ValidationError, match=key):
        modem(**given)
