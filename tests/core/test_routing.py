"""Which SIM claims which number: the cheapest that can, alone or shared, never one that does not carry it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gatewayd.core.routing import OTHER, ROUTES, Tariff, cost_idr, route_of, routes_for

ON_NET = {"t": Tariff(350, {"telkomsel": 150}), "i": Tariff(300, {"indosat": 100})}
BOTH = {"t": True, "i": True}


@pytest.mark.parametrize(
    ("number", "route"), [("+6281200000101", "telkomsel"), ("+6285700000101", "indosat"), ("+60123456789", OTHER)]
)
def test_a_number_goes_by_its_operator(number: str, route: str) -> None:
    assert route_of(number) == route


def test_each_operator_goes_to_the_sim_that_is_cheapest_for_it() -> None:
    assert routes_for("t", ON_NET, BOTH) == ("telkomsel",)
    assert "telkomsel" not in routes_for("i", ON_NET, BOTH)
    assert {"indosat", OTHER} <= set(routes_for("i", ON_NET, BOTH))


def test_equal_prices_share() -> None:
    tariffs, able = {"a": Tariff(350), "b": Tariff(350)}, {"a": True, "b": True}
    assert routes_for("a", tariffs, able) == routes_for("b", tariffs, able) == ROUTES


def test_when_the_cheapest_cannot_send_any_other_takes_over() -> None:
    assert routes_for("t", ON_NET, {"t": True, "i": False}) == ROUTES


def test_what_a_sim_does_not_carry_it_never_claims() -> None:
    tariffs = {"a": Tariff(350, {}, frozenset({"telkomsel"})), "b": Tariff(500)}
    assert routes_for("a", tariffs, {"a": True, "b": False}) == ("telkomsel",)
    assert "telkomsel" not in routes_for("b", tariffs, {"a": True, "b": True})
    assert set(routes_for("b", tariffs, {"a": True, "b": True})) == set(ROUTES) - {"telkomsel"}


PRICES = st.integers(0, 500)
TARIFFS = st.dictionaries(
    st.sampled_from("abcd"),
    st.builds(
        Tariff, PRICES, st.dictionaries(st.sampled_from(ROUTES), PRICES),
        st.frozensets(st.sampled_from(ROUTES), min_size=1),
    ),
    min_size=1,
)  # fmt: skip


@given(TARIFFS, st.dictionaries(st.sampled_from("abcd"), st.booleans()))
def test_what_somebody_able_carries_somebody_able_claims(tariffs: dict[str, Tariff], able: dict[str, bool]) -> None:
    ready = [name for name in tariffs if able.get(name)]
    claimed = {route for name in ready for route in routes_for(name, tariffs, able)}
    assert claimed == {route for name in ready for route in tariffs[name].carries}


def test_the_cost_is_that_of_the_cheapest_sim_for_each_operator() -> None:
    assert cost_idr({"telkomsel": 10, "indosat": 2, OTHER: 1}, ON_NET) == 10 * 150 + 2 * 100 + 300


def test_an_unknown_price_makes_an_unknown_cost() -> None:
    assert cost_idr({"telkomsel": 1}, {"a": Tariff(0)}) is None
    assert cost_idr({"tri": 1}, {"a": Tariff(350, {}, frozenset({"xl"}))}) is None
