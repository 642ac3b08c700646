"""The summary in words: what text and page of its mail have in common, and the sums of a month as a table.

In: SummaryFacts, cleaned. Out: sentences, rows, and for each SIM its signal as steps from 0 to 8.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final

from gatewayd.core.model import Channel
from gatewayd.core.progress import RequestState
from gatewayd.core.summary import Incident, SimFacts, SummaryFacts, UnitSum, Waiting
from gatewayd.render.csv import cell
from gatewayd.render.views import ModemFacts, Summary
from gatewayd.render.voice import Voice

#: dBm of an empty and of a full bar: 0 and 31 of +CSQ.
_WEAKEST: Final = -113
_STRONGEST: Final = -51
STEPS: Final = 8
_SPARKS: Final = "▁▂▃▄▅▆▇█"
#: Lines of a kind that one mail lists.
_MOST: Final = 30


@dataclass(frozen=True, slots=True)
class ShownUnit:
    unit: str
    channel: str
    messages: str
    delivered: str
    failed: str
    in_doubt: str
    parts: str
    cost: str
    has_trouble: bool


@dataclass(frozen=True, slots=True)
class ShownSim:
    """`bars`: height of each step of the time, 1 to 8, 0 where the modem was not heard; `spark` the same as a line."""

    line: str
    bars: tuple[int, ...]
    spark: str
    has_trouble: bool


def summary_values(view: Summary, voice: Voice) -> dict[str, object]:
    facts = view.facts
    return {
        "period": voice.loc.span(facts.since, facts.until),
        "headline": _headline(facts, voice),
        "sent": _sent(facts, voice),
        "states": [(voice.words.state(one), facts.states[one]) for one in RequestState if facts.states.get(one)],
        "units": [_unit(one, voice) for one in facts.units[:_MOST]],
        "more_units": max(0, len(facts.units) - _MOST),
        "sims": [_sim(one, view, voice) for one in facts.sims],
        "incidents": [_incident(one, voice) for one in facts.incidents[:_MOST]],
        "waiting": [_waiting(one, voice) for one in facts.waiting[:_MOST]],
        "more_waiting": max(0, len(facts.waiting) - _MOST),
        "month": _month(facts.month, voice),
        "full": STEPS,
    }  # fmt: skip


def month_csv(sums: tuple[UnitSum, ...], voice: Voice) -> bytes:
    """A row for each unit and channel, for spreadsheets."""
    say = voice.words.say
    titles = [
        say("Unit"), say("Sent by"), say("Requests"), say("Messages"), say("Delivered"), say("Failed"), say("In doubt"),
        say("Parts"), say("Cost (Rp)"),
    ]  # fmt: skip
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(titles)
    for one in sums:
        numbers = (one.requests, one.messages, one.delivered, one.failed, one.in_doubt, one.parts)
        cost = "" if one.cost_idr is None else one.cost_idr
        writer.writerow([cell(one.unit), voice.words.channel(one.channel), *numbers, cost])
    return b"\xef\xbb\xbf" + out.getvalue().encode("utf-8", "replace")


def month_file(month: date) -> str:
    return f"rekap-{month:%Y-%m}.csv"


def _headline(facts: SummaryFacts, voice: Voice) -> str:
    """Whether anybody must do anything, in one line."""
    needs = list(_needs(facts, voice))
    if not needs:
        return voice.words.say("Nothing needs your attention.")
    return voice.words.say("Needs attention: %(what)s.", what="; ".join(needs))


def _needs(facts: SummaryFacts, voice: Voice) -> Iterator[str]:
    plural, number = voice.words.plural, voice.loc.number
    if count := sum(bool(one.for_whom) for one in facts.waiting):
        yield plural("%(n)s request waits for a decision", "%(n)s requests wait for a decision", count, n=number(count))
    if count := sum(sim.pause is not None for sim in facts.sims):
        yield plural("%(n)s modem does not send", "%(n)s modems do not send", count, n=number(count))
    if count := facts.in_doubt:
        yield plural("%(n)s message in doubt", "%(n)s messages in doubt", count, n=number(count))
    if count := len(facts.incidents):
        yield plural("%(n)s incident", "%(n)s incidents", count, n=number(count))
    if count := sum(not one.for_whom for one in facts.waiting):
        yield plural("%(n)s request waits for its unit", "%(n)s requests wait for their units", count, n=number(count))


def _sent(facts: SummaryFacts, voice: Voice) -> str:
    sms = [one for one in facts.units if one.channel is Channel.SMS]
    mails = [one for one in facts.units if one.channel is Channel.EMAIL]
    costs = [one.cost_idr for one in sms]
    return voice.words.say(
        "Sent: %(sms)s SMS (%(cost)s) and %(mails)s e-mails; failed: %(failed)s.",
        sms=voice.loc.number(sum(one.messages for one in sms)),
        mails=voice.loc.number(sum(one.messages for one in mails)),
        cost=voice.money(None if None in costs else sum(cost or 0 for cost in costs)),
        failed=voice.loc.number(sum(one.failed for one in facts.units)),
    )  # fmt: skip


def _unit(one: UnitSum, voice: Voice) -> ShownUnit:
    number = voice.loc.number
    is_sms = one.channel is Channel.SMS
    return ShownUnit(
        one.unit, voice.words.channel(one.channel), number(one.messages), number(one.delivered), number(one.failed),
        number(one.in_doubt), number(one.parts) if is_sms else "–",
        number(one.cost_idr) if is_sms and one.cost_idr is not None else "–", bool(one.failed or one.in_doubt),
    )  # fmt: skip


def _sim(one: SimFacts, view: Summary, voice: Voice) -> ShownSim:
    bars = tuple(_height(dbm) for dbm in one.signal)
    spark = "".join(_SPARKS[height - 1] if height else "·" for height in bars)
    line = voice.resource(ModemFacts(one.health, one.pause, one.lasts), view.head.date)
    return ShownSim(line, bars if any(bars) else (), spark if any(bars) else "", one.pause is not None)


def _height(dbm: int | None) -> int:
    if dbm is None:
        return 0
    share = (dbm - _WEAKEST) / (_STRONGEST - _WEAKEST)
    return min(STEPS, max(1, round(share * STEPS)))


def _incident(one: Incident, voice: Voice) -> str:
    name = f": {one.name}" if one.name else ""
    times = voice.words.plural("%(n)s time", "%(n)s times", one.count, n=voice.loc.number(one.count))
    last = voice.words.say("%(times)s, last on %(when)s", times=times, when=voice.loc.brief(one.last))
    return f"{voice.words.alarm(one.code)}{name} ({last})"


def _waiting(one: Waiting, voice: Voice) -> str:
    since = voice.loc.brief(one.since)
    if one.for_whom:
        return voice.words.say(
            "%(number)s (%(unit)s) waits for %(whom)s since %(since)s", number=one.number, unit=one.unit,
            whom=voice.then(one.for_whom), since=since,
        )  # fmt: skip
    return voice.words.say(
        "%(number)s waits for a correction by %(unit)s since %(since)s", number=one.number, unit=one.unit, since=since
    )


def _month(month: date | None, voice: Voice) -> str:
    if month is None:
        return ""
    return voice.words.say("The sums of %(month)s by unit are attached (CSV).", month=voice.loc.month(month))
