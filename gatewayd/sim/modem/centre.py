"""The service centre: takes parts, reports on them, and keeps for the modem what it cannot be given yet.

Everything here outlives the modem's restarts. It writes the ledger before it lets the modem know anything.
What cannot be handed over (modem away, not registered, memory full) waits in order and goes at the next
`flush`. Parts for a recipient that is switched off wait until it is on, or their validity is over.
Source: TS 23.040 §9.2.2.
"""

import hashlib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import partial
from itertools import count
from typing import Final

from gatewayd.clock import Clock
from gatewayd.core.model import Concat
from gatewayd.sim.modem.device import Device
from gatewayd.sim.modem.handover import HandOver, Item
from gatewayd.sim.modem.ledger import Journal
from gatewayd.sim.modem.network import Behaviour
from gatewayd.sim.modem.timers import Timers
from gatewayd.sim.modem.values import Arrival, Report, Verdict
from gatewayd.wire.segment import segment
from gatewayd.wire.tpdu import Pdu, SubmitPdu, encode_deliver, encode_status_report, tpdu_length

_LOCAL: Final = timezone(timedelta(hours=7))
_DELIVERED: Final = 0x00
_EXPIRED: Final = 0x46


@dataclass(frozen=True, slots=True)
class _Off:
    """A part whose recipient is switched off."""

    part: SubmitPdu
    reference: int
    submitted_at: datetime
    until: float | None


class Centre:
    """`tell` lets the modem say lines; `is_modem_up` says whether it hears anything."""

    def __init__(
        self, device: Device, journal: Journal, clock: Clock, timers: Timers,
        tell: Callable[[tuple[str, ...]], None], is_modem_up: Callable[[], bool],
    ) -> None:  # fmt: skip
        self._device = device
        self._journal = journal
        self._clock = clock
        self._timers = timers
        self._is_modem_up = is_modem_up
        self._hand_over = HandOver(device, journal, clock, timers, tell)
        self._waiting: deque[Item] = deque()
        self._off: list[_Off] = []
        self._recipients_seen: tuple[tuple[str, Behaviour], ...] = ()
        self._references = count()

    def take(self, part: SubmitPdu, reference: int, verdict: Verdict, answered_at: float) -> None:
        """Act on `verdict`: charge and report, or not; reports count from `answered_at` (monotonic)."""
        if not verdict.is_taken:
            self._journal.note("refused", recipient=part.recipient, mr=reference, cause=verdict.cause)
            return
        network = self._device.network
        credit_after = network.charge(part)
        self._journal.note(
            "accepted", recipient=part.recipient, mr=reference,
            text_sha256=hashlib.sha256(part.text.encode("utf-8", "surrogatepass")).hexdigest(),
            text=part.text, concat=_place(part.concat), credit_after=credit_after,
        )  # fmt: skip
        submitted_at = self._now()
        self._report(network.reports(part, reference), submitted_at, answered_at)
        if part.status_report and network.is_off(part.recipient):
            self._keep_for_later(part, reference, submitted_at)
        answer = network.service_answer(part)
        if answer is not None:
            at = answered_at + network.settings.answer_ms / 1000
            self._timers.at(at, partial(self._answer, part.recipient, answer), is_modems=False)

    def inbound(self, sender: str, text: str, message_class: int | None = None) -> int:
        """Somebody sends to this SIM; the number of parts. Raises ValueError for what no address or part holds."""
        parts = segment(text).parts
        reference = next(self._references) % 256
        places = [Concat(reference, len(parts), number) for number in range(1, len(parts) + 1)]
        arrivals = tuple(
            Arrival(sender, part, place if len(parts) > 1 else None, message_class)
            for part, place in zip(parts, places, strict=True)
        )
        for arrival in self._device.bench.arrivals(arrivals):
            self._waiting.append(_message(arrival, self._now()))
        self.flush()
        return len(parts)

    def flush(self) -> None:
        """Hand over what waits, oldest first, as far as the modem takes it."""
        self._look_who_is_on()
        while self._waiting and self._is_modem_up() and self._device.is_attached:
            if not self._hand_over.try_(self._waiting[0]):
                break
            self._waiting.popleft()

    def _answer(self, sender: str, text: str) -> None:
        self.inbound(sender, text)

    def _keep_for_later(self, part: SubmitPdu, reference: int, submitted_at: datetime) -> None:
        now = self._clock.monotonic()
        until = None if part.validity_s is None else now + part.validity_s
        self._off.append(_Off(part, reference, submitted_at, until))
        self._recipients_seen = self._recipients()
        if until is not None:
            self._timers.at(until, self.flush, is_modems=False)

    def _look_who_is_on(self) -> None:
        if not self._off:
            return
        now, recipients = self._clock.monotonic(), self._recipients()
        is_changed, self._recipients_seen = recipients != self._recipients_seen, recipients
        if not is_changed and not any(kept.until is not None and now >= kept.until for kept in self._off):
            return
        still_off, self._off = self._off, []
        for kept in still_off:
            if kept.until is not None and now >= kept.until:
                self._report((self._last_word(kept, _EXPIRED),), kept.submitted_at, now)
            elif self._device.network.is_off(kept.part.recipient):
                self._off.append(kept)
            else:
                self._report((self._last_word(kept, _DELIVERED),), kept.submitted_at, now)

    def _recipients(self) -> tuple[tuple[str, Behaviour], ...]:
        return tuple(self._device.network.settings.recipients.items())

    def _last_word(self, kept: _Off, tp_status: int) -> Report:
        after_s = 0.0 if tp_status == _EXPIRED else self._device.network.settings.report_delay_ms / 1000
        return Report(kept.reference, kept.part.recipient, tp_status, after_s)

    def _report(self, planned: tuple[Report, ...], submitted_at: datetime, since: float) -> None:
        for report in self._device.bench.reports(planned):
            if report.is_early:
                self._add_report(report, submitted_at)
            else:
                add = partial(self._add_report, report, submitted_at)
                self._timers.at(since + report.after_s, add, is_modems=False)

    def _add_report(self, report: Report, submitted_at: datetime) -> None:
        pdu = _report_pdu(report, submitted_at, self._now())
        note = {"recipient": report.recipient, "mr": report.reference, "tp_status": report.tp_status}
        self._waiting.append(Item(pdu, "report", note))
        self.flush()

    def _now(self) -> datetime:
        return self._clock.now().astimezone(_LOCAL)


def _message(arrival: Arrival, sent_at: datetime) -> Item:
    if arrival.hex:
        length = tpdu_length(arrival.hex)
        pdu = Pdu(arrival.hex, len(arrival.hex) // 2 if length is None else length)
        return Item(pdu, "malformed", {"sender": arrival.sender, "pdu": arrival.hex})
    pdu = encode_deliver(arrival.sender, arrival.text, sent_at, arrival.concat)
    note = {"sender": arrival.sender, "text": arrival.text, "concat": _place(arrival.concat)}
    if arrival.message_class is None:
        return Item(pdu, "inbound", note)
    return Item(_with_class(pdu, arrival.message_class), "inbound", note, arrival.message_class)


def _with_class(pdu: Pdu, message_class: int) -> Pdu:
    """The DELIVER with this class in its data coding scheme, which stands behind sender and protocol."""
    octets = bytearray.fromhex(pdu.hex)
    sender_at = 1 + octets[0] + 1
    coding_at = sender_at + 2 + (octets[sender_at] + 1) // 2 + 1
    octets[coding_at] |= 0x10 | message_class
    return Pdu(octets.hex().upper(), pdu.length)


def _report_pdu(report: Report, submitted_at: datetime, now: datetime) -> Pdu:
    """The STATUS-REPORT as it shows itself; its discharge is now."""
    reference = report.reference if report.shown_reference is None else report.shown_reference
    pdu = encode_status_report(
        reference, report.shown_recipient or report.recipient, submitted_at, now, report.tp_status,
        report.service_centre,
    )  # fmt: skip
    return Pdu(pdu.hex + "FF" * report.padding, pdu.length)


def _place(concat: Concat | None) -> list[int] | None:
    return [concat.reference, concat.total, concat.number] if concat else None
