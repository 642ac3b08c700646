"""Which operator a SIM belongs to, and how it is asked."""

import pytest

from gatewayd.core.credit_recipes import RECIPES, Recipe, recipes_for
from gatewayd.core.operators import OPERATORS


def test_every_operator_of_the_prefix_table_has_a_recipe() -> None:
    assert set(RECIPES) == set(OPERATORS)


@pytest.mark.parametrize(
    ("operator", "imsi", "network", "name"),
    [
        pytest.param("telkomsel", "", "", "telkomsel", id="settings"),
        pytest.param("Telkomsel simPATI", "", "", "telkomsel", id="settings, as people write it"),
        pytest.param("indosat", "510110000000001", "XL", "indosat", id="settings go before the SIM"),
        pytest.param("", "510110000000001", "TELKOMSEL", "xl", id="the SIM goes before the network"),
        pytest.param("", "510890000000001", "", "tri", id="Tri by IMSI"),
        pytest.param("", "510080000000001", "", "axis", id="AXIS by IMSI"),
        pytest.param("", "510210000000001", "", "indosat", id="Indosat's second code"),
        pytest.param("", "510280000000001", "", "smartfren", id="Smartfren's second code"),
        pytest.param("", "", "IND TELKOMSEL", "telkomsel", id="network's name"),
        pytest.param("", "", "51010", "telkomsel", id="network's number"),
        pytest.param("", "", "3", "tri", id="network called 3"),
        pytest.param("Operator Contoh", "510100000000001", "", "telkomsel", id="an unknown name says nothing"),
        pytest.param("by.U", "510100000000001", "TELKOMSEL", "", id="balance in the app only"),
        pytest.param("", "460000000000001", "CHINA MOBILE", "", id="foreign SIM"),
        pytest.param("", "", "", "", id="nothing known"),
    ],
)
def test_the_operator_is_found_by_the_surest_word(operator: str, imsi: str, network: str, name: str) -> None:
    assert recipes_for(operator, imsi, network) == RECIPES.get(name, ())


def test_no_shipped_recipe_answers_a_menu() -> None:
    assert [recipe for recipes in RECIPES.values() for recipe in recipes if recipe.follow] == []


@pytest.mark.parametrize(
    ("sender", "believed"),
    [("999", True), ("+999", True), ("smartfren", True), ("SMARTFREN ", True), ("9990", False), ("", False)],
)
def test_an_sms_is_believed_from_the_named_senders_only(sender: str, believed: bool) -> None:
    assert RECIPES["smartfren"][0].comes_from(sender) is believed
    assert not Recipe("*888#").comes_from(sender)
