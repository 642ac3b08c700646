"""The links of the intakes, as `status` and the metrics show them: written when they change.

In: what an intake says of its link (intake/imap.py, intake/mqtt.py), and its loss (stages/supervise.py). Out: a row of
health, as a transport's link has one (stages/watch.py).
"""

import asyncio
from typing import Final

from gatewayd.core.health import Health, LinkState
from gatewayd.intake.imap import MailboxState
from gatewayd.intake.mqtt import MqttLink
from gatewayd.stages.context import Context
from gatewayd.store import health as health_store

#: How soon after a loss `status` shows that the broker is back.
_BROKER_ROUND_S: Final = 2.0


class LinkFacts:
    """One link."""

    def __init__(self, ctx: Context, name: str) -> None:
        self._ctx, self._name = ctx, name
        self._said: tuple[LinkState, str] | None = None

    async def lost(self, why: str) -> None:
        await self._put(LinkState.ABSENT, why)

    async def of_mailbox(self, state: MailboxState) -> None:
        await self._put(LinkState.READY if state.connected else LinkState.ABSENT, state.error)

    async def of_broker(self, link: MqttLink) -> None:
        """Write each return of the broker, for ever."""
        while True:
            await link.wait_connected()
            await self._put(LinkState.READY, "")
            await asyncio.sleep(_BROKER_ROUND_S)

    async def _put(self, state: LinkState, error: str) -> None:
        if self._said == (state, error):
            return
        self._said = (state, error)
        if state is LinkState.READY:
            self._ctx.tally.connected(self._name)
        now = self._ctx.clock.now()
        pause = "" if state is LinkState.READY else f"{self._name}.lost"
        await self._ctx.db.run(health_store.put, self._name, Health(self._name, state, now, error), pause, error, now)
