"""Messages that the modem holds: status reports and incoming messages, taken out once they are committed.

In: indices from +CMTI and +CDSI, or a full listing. Out: decoded PDUs to `take`; a message is deleted only after
`take` returned. What cannot be decoded is logged by its reason and deleted, so that it frees its place.
"""

import re
from collections.abc import Awaitable, Callable
from typing import Final

from gatewayd.log import get_logger
from gatewayd.transport.modem.session import NoAnswer, Session

_LISTED: Final = re.compile(r"\+CMGL: *(\d+)")
Take = Callable[[str], Awaitable[None]]


async def take_one(session: Session, index: int, take: Take) -> None:
    """The message at `index`, if there is one."""
    try:
        answered = await session.command(f"AT+CMGR={index}", "+CMGR:", 10)
    except NoAnswer:
        return
    for pdu in _pdus(answered.info):
        await take(pdu)
        await _delete(session, index)


async def take_all(session: Session, take: Take) -> int:
    """Everything in the current store; returns how many."""
    try:
        answered = await session.command("AT+CMGL=4", "+CMGL:", 60)
    except NoAnswer:
        get_logger().warning("modem.store_not_listed")
        return 0
    taken, index = 0, -1
    for line in answered.info:
        found = _LISTED.match(line)
        if found:
            index = int(found[1])
        elif index >= 0 and _is_pdu(line):
            await take(line)
            await _delete(session, index)
            taken, index = taken + 1, -1
    return taken


def _pdus(info: tuple[str, ...]) -> list[str]:
    return [line for line in info if _is_pdu(line)]


def _is_pdu(line: str) -> bool:
    return len(line) >= 16 and re.fullmatch(r"[0-9A-Fa-f]+", line) is not None


async def _delete(session: Session, index: int) -> None:
    try:
        await session.command(f"AT+CMGD={index}", timeout_s=10)
    except NoAnswer:
        get_logger().warning("modem.not_deleted", index=index)
