"""The line that `systemctl status gatewayd` shows: each link with what keeps it from sending, and refused settings.

In: the facts of every link in the store. Out: STATUS= to systemd whenever the line changes.
"""

import asyncio
from typing import Final

from gatewayd.core.health import LinkState
from gatewayd.notify import notify
from gatewayd.stages import room
from gatewayd.stages.context import Context
from gatewayd.store import health
from gatewayd.store.health import LinkRow

_ROUND_S: Final = 5.0
#: What a row that is no link is called when it is bad.
_BAD: Final = {"clock": "doubted", "disk": "low"}


class StatusLine:
    """`note` is said first until it is taken back."""

    def __init__(self, ctx: Context) -> None:
        self._ctx = ctx
        self._said, self._note = "", ""
        self._links = "running"

    def note(self, text: str) -> None:
        """Said at once: the daemon goes on with what it has."""
        self._note = text
        self._say("READY=1")

    async def run(self) -> None:
        while True:
            rows = await self._ctx.db.run(health.all_links)
            # That there is room is no news.
            self._links = "; ".join(_link(row) for row in rows if row.kind != room.ROW or row.paused) or "running"
            self._say()
            await asyncio.sleep(_ROUND_S)

    def _say(self, *lines: str) -> None:
        line = "; ".join(filter(None, (self._note, self._links)))
        if line != self._said or lines:
            self._said = line
            notify(*lines, f"STATUS={line}")


def _link(row: LinkRow) -> str:
    """One link, such as "gsm1 ready (TELKOMSEL, -71 dBm)" or "gsm1 paused: no credit"."""
    health = row.health
    if row.paused:
        return f"{health.name} {_BAD.get(row.kind, 'paused')}: {_plain(row.paused_why or row.paused)}"
    facts = [health.operator, f"{health.signal_dbm} dBm" if health.signal_dbm is not None else ""]
    about = ", ".join(filter(None, facts))
    state = "ready" if health.link is LinkState.READY else str(health.link)
    return f"{health.name} {state}" + (f" ({_plain(about)})" if about else "")


def _plain(text: str) -> str:
    """Operators' names come from outside, and the line is one line."""
    return "".join(char if char.isprintable() else " " for char in text)[:100]
