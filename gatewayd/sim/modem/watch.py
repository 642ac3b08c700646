"""What the modem says with nobody asking: changes of registration, a SIM that goes, and its make's own chatter.

It looks only while a fault may change what there is to see or to say, once a second, and tells of registration only
who asked by AT+CREG=. Source: TS 27.007 §7.2.
"""

from collections.abc import Callable
from functools import partial
from typing import Final

from gatewayd.clock import Clock
from gatewayd.sim.modem.device import Device
from gatewayd.sim.modem.timers import Timers

_EVERY_S: Final = 1.0


class Watch:
    """`begin` at each start of the modem, `keep` at any time it is up."""

    def __init__(
        self, device: Device, timers: Timers, clock: Clock, tell: Callable[[tuple[str, ...]], None]
    ) -> None:  # fmt: skip
        self._device = device
        self._timers = timers
        self._clock = clock
        self._tell = tell
        self._is_set = False
        self._registration: int | None = None
        self._had_card: bool | None = None

    def begin(self) -> None:
        self._is_set = False
        self._registration = None
        self._had_card = None
        for line, every_s in self._device.profile.chatter:
            self._later(every_s, partial(self._chat, line, every_s))

    def keep(self) -> None:
        """See to it that there will be a look."""
        if not self._is_set and self._device.bench.wants_looks():
            self._is_set = True
            self._later(_EVERY_S, self._look)

    def registration_changed(self, registration: int) -> None:
        """Tell of it whoever asked for that."""
        self._registration = registration
        if self._device.session.creg:
            self._tell((f"+CREG: {registration}",))

    def _look(self) -> None:
        self._is_set = False
        registration, before = self._device.radio().registration, self._registration
        self._registration = registration
        if before not in (None, registration):
            self.registration_changed(registration)
        has_card = not self._device.card().trouble
        if self._had_card and not has_card:
            self._tell(("+CPIN: NOT READY",))
        self._had_card = has_card
        self._tell(self._device.bench.chatter())
        self.keep()

    def _chat(self, line: str, every_s: float) -> None:
        if self._device.session.is_hushed:
            return
        self._tell((line.format(csq=self._device.network.settings.csq),))
        self._later(every_s, partial(self._chat, line, every_s))

    def _later(self, after_s: float, action: Callable[[], None]) -> None:
        self._timers.at(self._clock.monotonic() + after_s, action, is_modems=True)
