"""What a report says in sentences and pairs: the same for text, page, picture, print and tables.

In: a cleaned DeliveryLog and a Voice. Out: plain text, not escaped; '' or nothing where there is nothing to say.
"""

from dataclasses import replace
from zoneinfo import ZoneInfo

from gatewayd.core.model import Channel
from gatewayd.core.report import DeliveryLog, ModemShare, Result, Stage, cost_idr, totals
from gatewayd.core.timeline import Slot, timeline
from gatewayd.render.voice import Voice

Pair = tuple[str, str]


def title(log: DeliveryLog, voice: Voice) -> str:
    """What the report is called."""
    match log.stage:
        case Stage.INTERIM:
            return voice.words.say("Interim delivery report")
        case Stage.CORRECTED:
            return voice.words.say("Delivery report (corrected)")
        case Stage.FINAL:
            return voice.words.say("Delivery report")


def headline(log: DeliveryLog, voice: Voice) -> str:
    """The outcome in one sentence."""
    return voice.words.say(
        "Delivery is confirmed for %(delivered)s of %(recipients)s.",
        delivered=voice.loc.number(totals(log)[Result.DELIVERED]), recipients=voice.recipients(len(log.rows)),
    )  # fmt: skip


def with_removals(log: DeliveryLog, voice: Voice) -> DeliveryLog:
    """The same log; where words or numbers are over by their retention, its text says so."""
    gone, say = dict(log.removed), voice.words.say
    lines = [log.text]
    if "texts" in gone:
        lines = [say("The text was removed on %(day)s, when its time was over.", day=voice.loc.day(gone["texts"]))]
    if "numbers" in gone:
        day = voice.loc.day(gone["numbers"])
        lines.append(say("Names and numbers were removed on %(day)s, when their time was over.", day=day))
    return replace(log, text="\n\n".join(lines)) if gone else log


def correction(log: DeliveryLog, voice: Voice) -> str:
    """What is different from the report before; '' in a first one."""
    if log.stage is not Stage.CORRECTED:
        return ""
    now, before, number = totals(log), dict(log.before), voice.loc.number
    news = [
        f"{voice.words.result(result)} {number(before[result])} → {number(count)}"
        for result, count in now.items()
        if before.get(result, count) != count
    ]
    if not news:
        return voice.words.say("This report takes the place of the earlier one.")
    return voice.words.say("This report takes the place of the earlier one. Changed: %(news)s.", news="; ".join(news))


def facts(log: DeliveryLog, voice: Voice) -> list[Pair]:
    """Who asked for what, and what it took."""
    say, loc = voice.words.say, voice.loc
    known = [
        (say("Unit"), log.unit), (say("Applicant"), log.applicant), (say("Purpose"), log.purpose),
        (say("Sent by"), voice.words.channel(log.channel)), (say("Subject"), log.subject),
        (say("Asked on"), loc.moment(log.asked_at)), (say("Sending"), _sending(log, voice)),
        (say("Parts"), _sent_parts(log, voice)), (say("Cost"), _spent(log, voice)),
        (say("Duplicates"), loc.number(log.duplicates) if log.duplicates else ""),
    ]  # fmt: skip
    return [(label, value) for label, value in known if value]


def _sent_parts(log: DeliveryLog, voice: Voice) -> str:
    """ "412 of 420 SMS parts"."""
    return voice.words.say(
        "%(sent)s of %(planned)s", sent=voice.loc.number(log.parts_sent),
        planned=voice.parts(log.channel, log.parts_planned),
    )  # fmt: skip


def _sending(log: DeliveryLog, voice: Voice) -> str:
    """From when to when; '' if nothing was sent."""
    if log.started_at is None:
        return ""
    if log.stage is Stage.INTERIM or log.ended_at is None:
        return voice.words.say("since %(moment)s", moment=voice.loc.moment(log.started_at))
    return voice.loc.span(log.started_at, log.ended_at)


def _spent(log: DeliveryLog, voice: Voice) -> str:
    """The real cost beside the estimate; '' for e-mail and where no tariff is known."""
    if log.channel is Channel.EMAIL or log.cost_estimate_idr is None:
        return ""
    real, estimate = cost_idr(log), voice.loc.rupiah(log.cost_estimate_idr)
    if real is None:
        return voice.words.say("estimate %(estimate)s", estimate=estimate)
    return voice.words.say("%(real)s (estimate %(estimate)s)", real=voice.loc.rupiah(real), estimate=estimate)


def modems(log: DeliveryLog, voice: Voice) -> list[Pair]:
    """(modem, what it sent and what is left on its SIM)."""
    return [
        (f"{share.name} ({share.operator})" if share.operator else share.name, _share(log, share, voice))
        for share in log.modems
    ]


def _share(log: DeliveryLog, share: ModemShare, voice: Voice) -> str:
    everything = sum(one.parts for one in log.modems)
    said = voice.parts(log.channel, share.parts)
    if len(log.modems) > 1:
        said += f" ({voice.loc.percent(share.parts, everything)})"
    if share.cost_idr is not None:
        said += f", {voice.loc.rupiah(share.cost_idr)}"
    if share.credit_idr is None or share.credit_at is None:
        return said
    return f"{said}; " + voice.words.say(
        "credit left about %(credit)s (read %(moment)s)", credit=voice.loc.rupiah(share.credit_idr),
        moment=voice.loc.brief(share.credit_at),
    )  # fmt: skip


def rule(log: DeliveryLog, voice: Voice) -> str:
    """Why nobody decided; '' where somebody did."""
    if log.decisions or not log.preapproved:
        return ""
    return voice.words.say("Allowed beforehand by the settings (%(rule)s); nobody had to decide.", rule=log.preapproved)


def slots(log: DeliveryLog, voice: Voice, most: int) -> tuple[Slot, ...]:
    """When the messages left."""
    return timeline(log.rows, ZoneInfo(voice.look.timezone), most)


def slot_labels(found: tuple[Slot, ...], voice: Voice) -> list[str]:
    """The beginning of each slot: its time, with the day where there are several."""
    days = {voice.loc.local(slot.start).date() for slot in found}
    return [voice.loc.clock(slot.start) if len(days) == 1 else voice.loc.brief(slot.start) for slot in found]


def explained(log: DeliveryLog, voice: Voice) -> list[Pair]:
    """(result, what it means) of those in this report that a reader may not know."""
    return [
        (voice.words.result(result), voice.words.explained(result))
        for result, count in totals(log).items()
        if count and voice.words.explained(result)
    ]
