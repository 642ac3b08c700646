"""What a sending will cost, by the tariffs in the settings. An estimate, checked later against the balance
(core/reckoning.py)."""

from collections.abc import Sequence


def estimate_idr(total_parts: int, prices_idr: Sequence[int]) -> int | None:
    """Rp for `total_parts` at the dearest SIM that may carry them; None while no tariff is set."""
    known = [price for price in prices_idr if price > 0]
    return total_parts * max(known) if known else None
