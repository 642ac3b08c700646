"""The self-test of the broker's access list, at start and daily.

Out: a row for `status` beside that of the broker; its code, while there is a gap, is an alarm to the staff
(stages/watch.py). A test that cannot be made (no broker, a wrong password) says so once, changes nothing and is made
again soon.
"""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

from gatewayd.config import Mqtt, MqttSelftest
from gatewayd.core.health import Health, LinkState
from gatewayd.errors import LinkError, ProtocolError
from gatewayd.intake.mqtt_selftest import Gaps, find_gaps
from gatewayd.log import get_logger
from gatewayd.stages.context import Context
from gatewayd.store import health

ROW: Final = "broker access"
CODE: Final = "broker.open"
_RETRY_S: Final = 60.0


async def run(ctx: Context, settings: Mqtt, test: MqttSelftest) -> None:
    """For ever."""
    told = ""
    while True:
        why = await once(ctx, partial(find_gaps, settings, test))
        if why and why != told:
            get_logger().warning("broker.untested", why=why)
        told = why
        await asyncio.sleep(_RETRY_S if why else test.every)


async def once(ctx: Context, find: Callable[[], Awaitable[Gaps]]) -> str:
    """Make the test and write down what it found; why it could not be made, or ''."""
    try:
        gaps = await find()
    except (LinkError, ProtocolError) as error:
        return str(error)
    now, words = ctx.clock.now(), str(gaps)
    if gaps:
        get_logger().warning("broker.open", why=words)
    else:
        get_logger().info("broker.tested")
    facts = Health(ROW, LinkState.READY, now, words)
    await ctx.db.run(health.put, "access", facts, CODE if gaps else "", words, now)
    return ""
