"""Which SIM carries which number: by the operator of the number, the cheapest first, then any. Pure.

A route is the operator of a number (core/operators.py), OTHER where it has none of them. In: each modem's tariff and
whether it can send now. Out: the routes that one modem may claim. Invariants: a modem never claims what it does not
carry; a route that some modem carries is claimed by at least one of those that can send; equal prices share.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from gatewayd.core.operators import OPERATORS, operator_of

OTHER: Final = "other"
ROUTES: Final = (*OPERATORS, OTHER)


@dataclass(frozen=True, slots=True)
class Tariff:
    """One SIM: Rp a part by route (`price_idr` for one not named; 0: not known), and what it carries at all."""

    price_idr: int = 0
    prices: Mapping[str, int] = field(default_factory=dict)
    carries: frozenset[str] = frozenset(ROUTES)

    def price(self, route: str) -> int:
        return self.prices.get(route, self.price_idr)


def route_of(e164: str) -> str:
    """The route of a number; OTHER for foreign numbers, short codes and unknown prefixes."""
    return operator_of(e164) or OTHER


def routes_for(name: str, tariffs: Mapping[str, Tariff], able: Mapping[str, bool]) -> tuple[str, ...]:
    """The routes that modem `name` claims now: those that no able modem carries for less."""
    own = tariffs[name]
    others = [tariff for other, tariff in tariffs.items() if other != name and able.get(other, False)]
    return tuple(
        route
        for route in ROUTES
        if route in own.carries
        and all(own.price(route) <= tariff.price(route) for tariff in others if route in tariff.carries)
    )


def cost_idr(parts: Mapping[str, int], tariffs: Mapping[str, Tariff]) -> int | None:
    """Rp for so many parts a route, each by the cheapest SIM that carries it; None while a price is not known."""
    total = 0
    for route, count in parts.items():
        prices = [tariff.price(route) for tariff in tariffs.values() if route in tariff.carries]
        if not prices or min(prices) <= 0:
            return None
        total += count * min(prices)
    return total
