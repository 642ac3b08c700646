"""What a modem knows of its world: registration, operator, signal, and the balance by USSD.

Each reading gives None or UNKNOWN where the modem says nothing that can be understood; never a guess, never zero.
"""

import asyncio
import re
from datetime import datetime
from typing import Final

from gatewayd.core.health import Credit, Registration
from gatewayd.transport.modem.session import NoAnswer, Session, first_of
from gatewayd.wire import ussd
from gatewayd.wire.credit import parse_credit

_REGISTRATIONS: Final = {
    "0": Registration.IDLE, "1": Registration.HOME, "2": Registration.SEARCHING, "3": Registration.DENIED,
    "4": Registration.UNKNOWN, "5": Registration.ROAMING, "6": Registration.HOME, "7": Registration.ROAMING,
    "8": Registration.DENIED, "9": Registration.HOME, "10": Registration.ROAMING,
}  # fmt: skip
_USSD_S: Final = 90.0
_CREG_ANSWER: Final = re.compile(r"\+CREG: *\d+ *, *(\d+)")


async def registration(session: Session) -> Registration:
    """AT+CREG? (TS 27.007 §7.2): the answer has two numbers, an indication one."""
    for line in (await session.command("AT+CREG?", "+CREG:")).info:
        found = _CREG_ANSWER.match(line)
        if found:
            return _REGISTRATIONS.get(found[1], Registration.UNKNOWN)
    return Registration.UNKNOWN


async def signal_dbm(session: Session) -> int | None:
    """AT+CSQ (TS 27.007 §8.5): 99 is unknown, and so is no line at all."""
    for line in (await session.command("AT+CSQ", "+CSQ:")).info:
        found = re.search(r"(\d+) *,", line)
        if found and int(found[1]) <= 31:
            return 2 * int(found[1]) - 113
    return None


async def operator(session: Session) -> str:
    """AT+COPS?: the operator's name, '' while there is none."""
    for line in (await session.command("AT+COPS?", "+COPS:", 10)).info:
        found = re.search(r'"([^"]*)"', line)
        if found:
            return found[1]
    return ""


class BalanceDesk:
    """Asks the balance by USSD. `heard` gets every +CUSD line of the port."""

    def __init__(self) -> None:
        self._reply: asyncio.Future[str] | None = None

    def heard(self, line: str) -> None:
        if self._reply is not None and not self._reply.done():
            self._reply.set_result(line)

    async def ask(self, session: Session, code: str) -> tuple[str, int] | None:
        """The operator's text and the session's mode; None if none came. A menu is never answered, only closed."""
        self._reply = asyncio.get_running_loop().create_future()
        try:
            answered = await session.command(f'AT+CUSD=1,"{ussd.encode_request(code, "plain")}",15', timeout_s=15)
            if not answered.is_ok:
                return None
            async with asyncio.timeout(_USSD_S):
                await first_of(self._reply, session.lost)
            if session.lost.done():
                session.lost.result()
            reply = ussd.parse(self._reply.result())
        except (NoAnswer, TimeoutError):
            await _close(session)
            return None
        finally:
            self._reply = None
        if reply.mode == 1:
            await _close(session)
        return reply.text, reply.mode


async def _close(session: Session) -> None:
    """End the USSD session; a modem that has none says ERROR, which is harmless."""
    try:
        await session.command("AT+CUSD=2")
    except NoAnswer:
        return


def reading(reply: tuple[str, int], at: datetime) -> Credit:
    """A USSD reply as a reading; what does not parse keeps its words and has no balance."""
    text, mode = reply
    found = parse_credit(text, mode)
    return Credit(at, found.balance_idr, found.active_until, text)
