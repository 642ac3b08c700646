"""Draft → NewRequest, with what the store knows of its recipients: who opted out, and what others sent them lately.

All intakes go through here. The work on long lists is done in a thread: ten thousand messages take a second or more
on a small machine, and the modems want their loop meanwhile.
"""

import asyncio

from gatewayd.core.model import Draft, RequestId
from gatewayd.stages.context import Context
from gatewayd.stages.draft import Origin, addresses_of, build, moment_of, texts_of
from gatewayd.store import limits, optouts
from gatewayd.store.requests import NewRequest


async def assemble(
    ctx: Context, draft: Draft, origin: Origin, form: dict[str, object] | None = None, corrects: RequestId | None = None
) -> NewRequest:
    """`form` as read, where one came; `corrects` is the request that this one takes the place of."""
    now = ctx.clock.now()
    opted_out = await ctx.db.run(optouts.among, addresses_of(draft))
    texts = await asyncio.to_thread(texts_of, draft)
    recent = await ctx.db.run(limits.recent, texts, moment_of(draft, now), corrects)
    return await asyncio.to_thread(build, draft, ctx.settings, now, origin, form or {}, opted_out, recent)
