"""The forecast of a request in words, for its receipt and the question to its approvers.

In: a Plan (core/forecast.py). Out: a ShownPlan, plain text in one language. The templates call it a forecast.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from gatewayd.core.forecast import Budget, Delay, Plan, Share
from gatewayd.core.model import Channel
from gatewayd.core.routing import OTHER
from gatewayd.render.catalogue import N_
from gatewayd.render.voice import Voice

_DELAYS: Final[Mapping[Delay, str]] = MappingProxyType(
    {
        Delay.PAUSED: N_("at the earliest, for %(names)s cannot send at the moment"),
        Delay.SEND_AFTER: N_("not before the time that was asked for"),
        Delay.HOURS: N_("only within the sending hours"),
        Delay.QUEUE: N_("after %(ahead)s that are queued already"),
        Delay.CAP: N_("with waiting times, since a SIM sends only so many a day or hour"),
    }
)


@dataclass(frozen=True, slots=True)
class ShownShare:
    operator: str
    count: str
    parts: str
    price: str
    by: str


@dataclass(frozen=True, slots=True)
class ShownBudget:
    """`queued` is '' where nothing is queued before."""

    name: str
    need: str
    queued: str
    have: str
    after: str
    is_short: bool


@dataclass(frozen=True, slots=True)
class ShownPlan:
    """`when` from when to when, `why` each reason why not at once, `credit` whether it is enough ('' for e-mail)."""

    when: str
    why: tuple[str, ...]
    shares: tuple[ShownShare, ...]
    budgets: tuple[ShownBudget, ...]
    credit: str
    is_short: bool
    is_late: bool


def shown_plan(plan: Plan | None, channel: Channel, voice: Voice) -> ShownPlan | None:
    """None where there is no forecast."""
    if plan is None:
        return None
    is_sms = channel is Channel.SMS
    return ShownPlan(
        when=_when(plan, channel, voice),
        why=tuple(_why(delay, plan, channel, voice) for delay in plan.delays),
        shares=tuple(_share(share, channel, voice) for share in plan.shares) if is_sms else (),
        budgets=tuple(_budget(budget, voice) for budget in plan.budgets),
        credit=_credit(plan, voice) if is_sms else "",
        is_short=bool(plan.short_idr), is_late=plan.end is None,
    )  # fmt: skip


def _when(plan: Plan, channel: Channel, voice: Voice) -> str:
    say = voice.words.say
    if plan.start is not None and plan.end is not None:
        return say("Sending: %(span)s", span=voice.loc.span(plan.start, plan.end))
    if plan.start is None:
        return say("Nothing of it could be sent before the request expires.")
    late = voice.parts(channel, plan.late)
    return say(
        "From %(start)s; %(late)s would not be sent before the request expires.", start=voice.loc.moment(plan.start),
        late=late,
    )  # fmt: skip


def _why(delay: Delay, plan: Plan, channel: Channel, voice: Voice) -> str:
    sentence = _DELAYS[delay]
    match delay:
        case Delay.PAUSED:
            return voice.words.say(sentence, names=", ".join(plan.paused))
        case Delay.QUEUE:
            return voice.words.say(sentence, ahead=voice.parts(channel, plan.ahead))
        case _:
            return voice.words.say(sentence)


def _share(share: Share, channel: Channel, voice: Voice) -> ShownShare:
    operator = voice.words.say("other numbers") if share.route == OTHER else voice.words.operator(share.route)
    by = ", ".join(share.carriers) or voice.words.say("no SIM")
    return ShownShare(
        operator, voice.loc.number(share.parts), voice.parts(channel, share.parts), _money(share.price_idr, voice), by
    )


def _budget(budget: Budget, voice: Voice) -> ShownBudget:
    return ShownBudget(
        budget.name, _money(budget.need_idr, voice), _money(budget.queued_idr, voice) if budget.queued_idr else "",
        _money(budget.have_idr, voice), _after(budget, voice), bool(budget.short_idr),
    )  # fmt: skip


def _after(budget: Budget, voice: Voice) -> str:
    """What is left, or what has to be topped up so that the floor stays."""
    if budget.short_idr:
        return voice.words.say("short of %(short)s", short=voice.loc.rupiah(budget.short_idr))
    return _money(budget.after_idr, voice)


def _money(amount: int | None, voice: Voice) -> str:
    return "?" if amount is None else voice.loc.rupiah(amount)


def _credit(plan: Plan, voice: Voice) -> str:
    say = voice.words.say
    if plan.short_idr is None:
        return say("Whether the credit is enough is not known.")
    if not plan.short_idr:
        return say("The credit is enough.")
    return say("THE CREDIT IS NOT ENOUGH: %(short)s are missing.", short=voice.loc.rupiah(plan.short_idr))
