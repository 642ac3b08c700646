"""One language, one zone, one gateway's name: what every renderer speaks with.

In: a Look. Out: sentences that need counting or choosing, so that the templates stay texts. The amounts and
times in them are already written as this language writes them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from gatewayd.core.model import Channel
from gatewayd.log import mask
from gatewayd.render import safe
from gatewayd.render.locale import Locale
from gatewayd.render.views import ApprovalQuestion, Look, Merged, ModemFacts, Receipt, Size
from gatewayd.render.words import Words


@dataclass(frozen=True, slots=True)
class Voice:
    look: Look
    words: Words
    loc: Locale

    # Counting things.

    def recipients(self, count: int) -> str:
        return self.words.plural("%(n)s recipient", "%(n)s recipients", count, n=self.loc.number(count))

    def parts(self, channel: Channel, count: int) -> str:
        n = self.loc.number(count)
        if channel is Channel.EMAIL:
            return self.words.plural("%(n)s mail", "%(n)s mails", count, n=n)
        return self.words.plural("%(n)s SMS part", "%(n)s SMS parts", count, n=n)

    def money(self, amount: int | None) -> str:
        """ "Rp 12.500", or that it is not known."""
        return self.words.say("not known (no tariff is set)") if amount is None else self.loc.rupiah(amount)

    def then(self, steps: Sequence[str]) -> str:
        """ "Ka. UPSI, then Ka. BPSI"."""
        return self.words.say(", then ").join(steps)

    # What a request is.

    def measure(self, channel: Channel, size: Size) -> str:
        """The line above the exact text."""
        characters = self.words.plural(
            "%(n)s character", "%(n)s characters", size.characters, n=self.loc.number(size.characters)
        )
        if channel is Channel.EMAIL:
            return self.words.say("Text of the e-mail (%(characters)s):", characters=characters)
        return self.words.say(
            "Text of the SMS (%(characters)s, %(parts)s, %(alphabet)s):", characters=characters,
            parts=self.parts(channel, size.parts), alphabet=self.words.encoding(size.encoding),
        )  # fmt: skip

    def merged(self, channel: Channel, one: Merged) -> str:
        """The line above the text of one recipient."""
        who = one.name or mask(one.address)
        if channel is Channel.EMAIL:
            example, longest = (
                self.words.say("As %(who)s gets it:", who=who),
                self.words.say("The longest, to %(who)s:", who=who),
            )
            return longest if one.is_longest else example
        parts = self.parts(channel, one.parts)
        if one.is_longest:
            return self.words.say("The longest, to %(who)s (%(parts)s):", who=who, parts=parts)
        return self.words.say("As %(who)s gets it (%(parts)s):", who=who, parts=parts)

    def audience(self, valid: int, groups: Sequence[str], refused: int, duplicates: int) -> str:
        """ "Recipients: 412 (mahasiswa); refused: 2; …"."""
        found = self.words.say("Recipients: %(n)s", n=self.loc.number(valid))
        if groups:
            found += f" ({', '.join(groups)})"
        if refused:
            found += "; " + self.words.say("not sent to because of the entry: %(n)s", n=self.loc.number(refused))
        if duplicates:
            found += "; " + self.words.say("named twice, sent once: %(n)s", n=self.loc.number(duplicates))
        return found + "."

    def cost(self, channel: Channel, size: Size) -> str:
        """The line about parts and cost."""
        total = self.parts(channel, size.total_parts)
        if channel is Channel.EMAIL:
            return self.words.say("Altogether %(parts)s, without cost.", parts=total)
        return self.words.say(
            "Altogether %(parts)s; cost estimate: %(cost)s.", parts=total, cost=self.money(size.cost_idr)
        )

    def summary(self, view: ApprovalQuestion) -> str:
        """One line that says what is to be decided."""
        return self.words.say(
            "%(unit)s asks to send by %(channel)s to %(recipients)s (%(parts)s, about %(cost)s).",
            unit=view.what.unit, channel=self.words.channel(view.what.channel),
            recipients=self.recipients(view.what.recipients),
            parts=self.parts(view.what.channel, view.size.total_parts), cost=self.money(view.size.cost_idr),
        )  # fmt: skip

    def audience_of(self, view: Receipt | ApprovalQuestion) -> str:
        refused = len(view.refused) if isinstance(view, Receipt) else view.refused
        return self.audience(view.what.recipients, view.what.groups, refused, view.duplicates)

    def enclosures(self, files: Sequence[tuple[str, int]]) -> str:
        """ "undangan.pdf (240 KB), peta.png (31 KB)"."""
        return ", ".join(f"{name} ({self.loc.number(-(-size // 1024))} KB)" for name, size in files)

    # What it is sent with.

    def resource(self, facts: ModemFacts, now: datetime) -> str:
        """A modem in one line: state, signal, registration, credit and its age, active period, why it pauses."""
        health = facts.health
        name = f"{health.name} ({health.operator})" if health.operator else health.name
        known = [
            self.words.readiness(health, facts.pause), self.words.registration(health.registration),
            self.words.signal(health.signal_dbm), *self._credit(facts, now),
        ]  # fmt: skip
        return f"{name}: {'; '.join(known)}"

    def _credit(self, facts: ModemFacts, now: datetime) -> list[str]:
        credit = facts.health.credit
        if credit is None:
            return [self.words.say("credit not known")]
        age = self.loc.age(credit.at, now)
        if credit.balance_idr is None:
            raw = safe.shorten(credit.raw, 80)
            known = [self.words.say('credit not understood: "%(raw)s" (%(age)s)', raw=raw, age=age)]
        else:
            known = [self.words.say("credit %(credit)s (%(age)s)", credit=self.loc.rupiah(credit.balance_idr), age=age)]
        if credit.reckoned_idr is not None:
            left = self.loc.rupiah(credit.reckoned_idr)
            known.append(self.words.say("about %(credit)s now, reckoned by what was sent since", credit=left))
        return known + self._lasts(facts)

    def _lasts(self, facts: ModemFacts) -> list[str]:
        """How long the credit and the active period last."""
        known: list[str] = []
        parts, days = facts.lasts.parts, facts.lasts.days
        if parts is not None:
            known.append(
                self.words.plural(
                    "enough for %(n)s more part", "enough for %(n)s more parts", parts, n=self.loc.number(parts)
                )
            )
        until = facts.health.credit.active_until if facts.health.credit else None
        if until is None:
            return known
        day = self.loc.day(until)
        if days is None or days < 0:
            return [*known, self.words.say("active until %(day)s", day=day)]
        return [
            *known,
            self.words.plural(
                "active until %(day)s (%(n)s more day)", "active until %(day)s (%(n)s more days)", days,
                day=day, n=self.loc.number(days),
            ),
        ]  # fmt: skip


@lru_cache(maxsize=8)
def voice_of(look: Look) -> Voice:
    """The voice of a look; its catalogue is read once."""
    return Voice(look, Words(look.language), Locale(look.language, look.timezone))
