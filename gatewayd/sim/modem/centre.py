"""The service centre: takes parts, reports on them, and keeps for the modem what it cannot be given yet.

Everything here outlives the modem's restarts. It writes the ledger before it lets the modem know anything.
What cannot be handed over (modem away, not registered, memory full) waits in order and goes at the next
`flush`. Source: TS 23.040 §9.2.2, TS 27.005 §3.4 (+CMT, +CMTI, +CDS, +CDSI).
"""

import hashlib
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from functools import partial
from itertools import count
from typing import Final, TypeAlias

from gatewayd.clock import Clock
from gatewayd.core.model import Concat
from gatewayd.sim.modem.device import Device
from gatewayd.sim.modem.ledger import Journal
from gatewayd.sim.modem.memory import Stored
from gatewayd.sim.modem.timers import Timers
from gatewayd.sim.modem.values import Report, Verdict
from gatewayd.wire.segment import segment
from gatewayd.wire.tpdu import Pdu, SubmitPdu, encode_deliver, encode_status_report

_LOCAL: Final = timezone(timedelta(hours=7))
_HANDED_OVER: Final = (2,)
_RECEIVED: Final = 2


@dataclass(frozen=True, slots=True)
class _Inbound:
    sender: str
    pdu: Pdu


@dataclass(frozen=True, slots=True)
class _Due:
    report: Report
    submitted_at: datetime


_Waiting: TypeAlias = _Inbound | _Due


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
        self._tell = tell
        self._is_modem_up = is_modem_up
        self._waiting: deque[_Waiting] = deque()
        self._references = count()

    def take(self, part: SubmitPdu, reference: int, verdict: Verdict, answered_at: float) -> None:
        """Act on `verdict`: charge and report, or not; reports count from `answered_at` (monotonic)."""
        if not verdict.is_taken:
            self._journal.note("refused", recipient=part.recipient, mr=reference, cause=verdict.cause)
            return
        network = self._device.network
        credit_after = network.charge()
        self._journal.note(
            "accepted", recipient=part.recipient, mr=reference,
            text_sha256=hashlib.sha256(part.text.encode("utf-8", "surrogatepass")).hexdigest(),
            text=part.text, concat=_place(part.concat), credit_after=credit_after,
        )  # fmt: skip
        submitted_at = self._now()
        for report in self._device.bench.reports(network.reports(part, reference)):
            due = _Due(report, submitted_at)
            if report.is_early:
                self._hand_over_or_keep(due)
            else:
                at = answered_at + report.after_s
                self._timers.at(at, partial(self._hand_over_or_keep, due), is_modems=False)

    def inbound(self, sender: str, text: str) -> int:
        """Somebody sends to this SIM; the number of parts. Raises ValueError for what no address or part holds."""
        parts = segment(text).parts
        reference = next(self._references) % 256
        places = [Concat(reference, len(parts), number) for number in range(1, len(parts) + 1)]
        for part, place in zip(parts, places, strict=True):
            pdu = encode_deliver(sender, part, self._now(), place if len(parts) > 1 else None)
            self._waiting.append(_Inbound(sender, pdu))
        self.flush()
        return len(parts)

    def flush(self) -> None:
        """Hand over what waits, oldest first, as far as the modem takes it."""
        while self._waiting and self._hand_over(self._waiting[0]):
            self._waiting.popleft()

    def _hand_over_or_keep(self, item: _Waiting) -> None:
        self._waiting.append(item)
        self.flush()

    def _hand_over(self, item: _Waiting) -> bool:
        if not self._is_modem_up() or not self._device.is_attached:
            return False
        if isinstance(item, _Due):
            return self._hand_over_report(item)
        return self._hand_over_message(item)

    def _hand_over_report(self, due: _Due) -> bool:
        report, session = due.report, self._device.session
        pdu = encode_status_report(
            report.reference, report.recipient, due.submitted_at, self._now(), report.tp_status
        )  # fmt: skip
        lines: tuple[str, ...] = ()
        if session.report_route == 1:
            lines = (f"+CDS: {pdu.length}\r\n{pdu.hex}",)
        elif session.report_route == 2:
            name = "SR" if "SR" in self._device.memories else session.memories[_RECEIVED]
            index = self._device.memories[name].add(Stored(pdu.hex, pdu.length))
            if index is None:
                return False
            lines = (f'+CDSI: "{name}",{index}',)
        self._journal.note("report", recipient=report.recipient, mr=report.reference, tp_status=report.tp_status)
        self._tell(lines)
        return True

    def _hand_over_message(self, message: _Inbound) -> bool:
        session, pdu = self._device.session, message.pdu
        if session.message_route in _HANDED_OVER:
            line = f"+CMT: ,{pdu.length}\r\n{pdu.hex}"
        else:
            name = session.memories[_RECEIVED]
            index = self._device.memories[name].add(Stored(pdu.hex, pdu.length))
            if index is None:
                return False
            line = f'+CMTI: "{name}",{index}' if session.message_route else ""
        self._journal.note("inbound", sender=message.sender)
        self._tell((line,) if line else ())
        return True

    def _now(self) -> datetime:
        return self._clock.now().astimezone(_LOCAL)


def _place(concat: Concat | None) -> list[int] | None:
    return [concat.reference, concat.total, concat.number] if concat else None
