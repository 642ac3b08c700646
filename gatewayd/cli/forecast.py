"""The forecast of a request (core/forecast.py) as `gatewayd show` has it: facts for JSON, lines for people."""

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any

from gatewayd.core.forecast import Plan


def forecast_facts(plan: Plan | None) -> dict[str, Any] | None:
    """What would become of it if it were approved now; None where nothing is left to send."""
    if plan is None:
        return None
    return {
        "start": plan.start, "end": plan.end, "delays": plan.delays, "queued_ahead": plan.ahead, "late": plan.late,
        "paused": plan.paused, "price_idr": plan.price_idr, "short_idr": plan.short_idr,
        "operators": [
            {"operator": share.route, "parts": share.parts, "price_idr": share.price_idr, "by": share.carriers}
            for share in plan.shares
        ],
        "sims": [
            {
                "modem": budget.name, "parts": budget.parts, "credit_idr": budget.have_idr, "need_idr": budget.need_idr,
                "queued_idr": budget.queued_idr, "after_idr": budget.after_idr, "short_idr": budget.short_idr,
            }
            for budget in plan.budgets
        ],
    }  # fmt: skip


def forecast_lines(facts: dict[str, Any], when: Callable[[datetime], str]) -> list[str]:
    """The same facts, readable; `when` writes a time."""
    head, *rest = _lines(facts, when)
    return [f"{'forecast':<12} {head}", *(f"{'':<12} {line}" for line in rest)]


def _lines(facts: dict[str, Any], when: Callable[[datetime], str]) -> Iterator[str]:
    start, end = (when(facts[key]) if facts[key] else "never" for key in ("start", "end"))
    why = f" ({', '.join(facts['delays'])})" if facts["delays"] else ""
    yield f"from {start} to {end} if approved now{why}"
    if facts["late"]:
        yield f"{facts['late']} parts would expire unsent"
    for one in facts["operators"]:
        by = ", ".join(one["by"]) or "nobody"
        yield f"{one['operator'] or 'e-mail'}: {one['parts']} parts, {_known(one['price_idr'])}, by {by}"
    for one in facts["sims"]:
        need, queued = _known(one["need_idr"]), _known(one["queued_idr"])
        short = f", short of {rupiah(one['short_idr'])}" if one["short_idr"] else ""
        yield (
            f"credit of {one['modem']}: {_known(one['credit_idr'])}, needs {need}, the queue before {queued},"
            f" then left {_known(one['after_idr'])}{short}"
        )


def _known(amount: int | None) -> str:
    return "not known" if amount is None else rupiah(amount)


def rupiah(amount: int) -> str:
    return "Rp " + f"{amount:,}".replace(",", ".")
