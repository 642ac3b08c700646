"""The modems together: who can send now, and so who claims what (core/routing.py). Kept in memory; each dispatcher
says for itself whether it can send, and hears when another one no longer can."""

from collections.abc import Mapping

from gatewayd.config import Modem
from gatewayd.core.routing import ROUTES, Tariff, routes_for
from gatewayd.stages.bells import Bell, Bells


class Fleet:
    def __init__(self, tariffs: Mapping[str, Tariff], bells: Bells) -> None:
        self._tariffs, self._bells = tariffs, bells
        self._able: dict[str, bool] = {}

    def routes(self, name: str) -> tuple[str, ...]:
        """What `name` may claim now; all of it for a transport that is no modem."""
        return routes_for(name, self._tariffs, self._able) if name in self._tariffs else ROUTES

    def tell(self, name: str, *, is_able: bool) -> None:
        """Whether `name` can send, apart from the pause between two parts."""
        if name in self._tariffs and self._able.get(name) is not is_able:
            self._able[name] = is_able
            self._bells.ring(Bell.DISPATCH)


def tariffs_of(modems: tuple[Modem, ...]) -> dict[str, Tariff]:
    """The tariffs of the settings."""
    return {
        modem.name: Tariff(modem.price_idr, {str(route): price for route, price in modem.prices.items()},
                           frozenset(modem.carries))
        for modem in modems
    }  # fmt: skip
