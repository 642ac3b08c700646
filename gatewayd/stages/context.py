"""What every stage is given: settings, store, clock, bells, pulse. Made once, in app.py."""

from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from gatewayd.clock import Clock
from gatewayd.config import Settings
from gatewayd.core.model import Channel
from gatewayd.core.tally import Tally
from gatewayd.stages.bells import Bells
from gatewayd.stages.pulse import Pulse
from gatewayd.store.database import Database


@dataclass(frozen=True, slots=True)
class Context:
    """`run` is this run's id in the store; `transports` names every transport with its channel."""

    settings: Settings
    db: Database
    clock: Clock
    bells: Bells
    pulse: Pulse
    run: int
    channels: frozenset[Channel] = field(default_factory=frozenset)
    tally: Tally = field(default_factory=Tally)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.settings.gateway.timezone)
