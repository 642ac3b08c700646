"""The transports together: which modem can send now, and so who claims what (core/routing.py); which domains may get a
mail now. Kept in memory; each dispatcher says for itself whether it can send, and hears when another one no longer
can.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from gatewayd.config import Modem
from gatewayd.core.routing import ROUTES, Tariff, routes_for
from gatewayd.stages.bells import Bell, Bells


class Fleet:
    def __init__(self, tariffs: Mapping[str, Tariff], bells: Bells, lanes: "Lanes | None" = None) -> None:
        self._tariffs, self._bells = tariffs, bells
        self.lanes = lanes or Lanes({})
        self._able: dict[str, bool] = {}

    def routes(self, name: str) -> tuple[str, ...]:
        """What `name` may claim now; all of it for a transport that is no modem."""
        return routes_for(name, self._tariffs, self._able) if name in self._tariffs else ROUTES

    def tell(self, name: str, *, is_able: bool) -> None:
        """Whether `name` can send, apart from the pause between two parts."""
        if name in self._tariffs and self._able.get(name) is not is_able:
            self._able[name] = is_able
            self._bells.ring(Bell.DISPATCH)


class Lanes:
    """Domains with a pace of their own. The connections share them: while one claims, no other sees the same lane."""

    def __init__(self, gaps_s: Mapping[str, float]) -> None:
        self._gaps = {domain.lower(): timedelta(seconds=gap) for domain, gap in gaps_s.items()}
        self._free_at: dict[str, datetime] = {}
        self._taken: set[str] = set()

    def take(self, now: datetime) -> tuple[str, ...]:
        """The domains that may get a mail now; nobody else is given them until `leave`."""
        free = tuple(d for d in self._gaps if d not in self._taken and self._free_at.get(d, now) <= now)
        self._taken.update(free)
        return free

    def leave(self, taken: tuple[str, ...], used: str, now: datetime) -> None:
        """Give the domains back; `used` is the one that gets a mail, '' if none does."""
        self._taken.difference_update(taken)
        if used in taken:
            self._free_at[used] = now + self._gaps[used]

    def opening(self, now: datetime) -> datetime | None:
        """When the next domain that has to wait may get one; None while none has to."""
        return min((at for at in self._free_at.values() if at > now), default=None)


def tariffs_of(modems: tuple[Modem, ...]) -> dict[str, Tariff]:
    """The tariffs of the settings."""
    return {
        modem.name: Tariff(modem.price_idr, {str(route): price for route, price in modem.prices.items()},
                           frozenset(modem.carries))
        for modem in modems
    }  # fmt: skip
