"""One part on the air: what the client typed behind the prompt → verdict of the network → answer after the latency.

A part that leaves at t is taken by the service centre half-way through its latency, and answered at its end; so
unplugging in between gives both kinds of doubt. Faults of the verdict take hold here. Source: TS 27.005 §3.5.1,
§3.2.5; TS 24.011 §10 (how long a network may take).
"""

from collections import deque
from collections.abc import Callable
from functools import partial
from math import exp
from random import Random
from typing import Final

from gatewayd.clock import Clock
from gatewayd.sim.modem.centre import Centre
from gatewayd.sim.modem.device import Device
from gatewayd.sim.modem.network import SILENTLY
from gatewayd.sim.modem.session import cms
from gatewayd.sim.modem.timers import Timers
from gatewayd.sim.modem.values import Answer, Verdict
from gatewayd.wire import tpdu

_BAD_PDU: Final = 304
_NO_SERVICE_CENTRE: Final = 330
#: Spread of the radio's latency (of its logarithm), and the longest that a network allows itself.
_SPREAD: Final = 0.45
_LONGEST_S: Final = 45.0
_MINUTE_S: Final = 60.0
_SIM: Final = "SM"


class Transmitter:
    """`is_busy` while a part is on the air; `answered` gets what the modem says in the end."""

    def __init__(
        self, device: Device, centre: Centre, clock: Clock, timers: Timers, random: Random,
        answered: Callable[[Answer], None],
    ) -> None:  # fmt: skip
        self.is_busy = False
        self._device = device
        self._centre = centre
        self._clock = clock
        self._timers = timers
        self._random = random
        self._answered = answered
        self._left_at: deque[float] = deque()

    def submit(self, text: str, length: int) -> None:
        """Send the PDU `text`, announced with `length`; one that is none is answered at once."""
        part = tpdu.decode(text, incoming=False)
        if not isinstance(part, tpdu.SubmitPdu) or tpdu.tpdu_length(text) != length:
            self._answered(Answer(final=cms(self._device.session, _BAD_PDU)))
            return
        reference = self._device.take_reference()
        verdict = self._device.bench.verdict(self._judged(part, reference, names_centre=not text.startswith("00")))
        leaves_at = self._clock.monotonic()
        self._left_at.append(leaves_at)
        answered_at = leaves_at + verdict.latency_s
        taken = partial(self._centre.take, part, reference, verdict, answered_at)
        self.is_busy = True
        self._timers.at(leaves_at + verdict.latency_s / 2, taken, is_modems=True)
        self._timers.at(answered_at, partial(self._end, verdict), is_modems=True)

    def _judged(self, part: tpdu.SubmitPdu, reference: int, *, names_centre: bool) -> Verdict:
        device = self._device
        code = device.network.refusal(part, device.radio())
        if code is None and not names_centre and not device.session.service_centre:
            code = _NO_SERVICE_CENTRE
        is_told = code is None or code == SILENTLY
        answer = Answer((f"+CMGS: {reference}",)) if is_told else Answer(final=cms(device.session, code or 0))
        cause = "" if code is None else "unsaid" if code == SILENTLY else f"cms-{code}"
        return Verdict(
            code is None, answer, self._latency_s(), cause, part.concat.number if part.concat else 1,
            self._in_last_minute(), self._is_memory_full(),
        )  # fmt: skip

    def _in_last_minute(self) -> int:
        now = self._clock.monotonic()
        while self._left_at and now - self._left_at[0] >= _MINUTE_S:
            self._left_at.popleft()
        return len(self._left_at)

    def _is_memory_full(self) -> bool:
        memories = self._device.memories
        return _SIM in memories and memories[_SIM].is_full(self._device.room(_SIM))

    def _latency_s(self) -> float:
        fixed_ms = self._device.network.settings.latency_ms
        if fixed_ms is not None:
            return fixed_ms / 1000
        median_s = self._device.profile.latency_median_s
        return min(_LONGEST_S, median_s * exp(self._random.gauss(0, _SPREAD)))

    def _end(self, verdict: Verdict) -> None:
        self.is_busy = False
        self._answered(verdict.answer)
