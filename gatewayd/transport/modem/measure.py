"""What a modem knows of its world: registration, operator, signal.

Each reading gives None or UNKNOWN where the modem says nothing that can be understood; never a guess, never zero.
"""

import re
from typing import Final

from gatewayd.core.health import Registration
from gatewayd.transport.modem.session import Session

_REGISTRATIONS: Final = {
    "0": Registration.IDLE, "1": Registration.HOME, "2": Registration.SEARCHING, "3": Registration.DENIED,
    "4": Registration.UNKNOWN, "5": Registration.ROAMING, "6": Registration.HOME, "7": Registration.ROAMING,
    "8": Registration.DENIED, "9": Registration.HOME, "10": Registration.ROAMING,
}  # fmt: skip
_REGISTERED: Final = frozenset({Registration.HOME, Registration.ROAMING})


async def registration(session: Session) -> Registration:
    """AT+CREG?, and AT+CEREG? where that says that there is no network: on LTE alone only the second one knows
    (TS 27.007 §7.2, §10.1.22)."""
    found = await _ask_registration(session, "CREG")
    if found in _REGISTERED:
        return found
    packet = await _ask_registration(session, "CEREG")
    return packet if packet in _REGISTERED else found


async def _ask_registration(session: Session, name: str) -> Registration:
    """The answer has two numbers, an indication one."""
    for line in (await session.command(f"AT+{name}?", f"+{name}:")).info:
        found = re.match(rf"\+{name}: *\d+ *, *(\d+)", line)
        if found:
            return _REGISTRATIONS.get(str(int(found[1])), Registration.UNKNOWN)
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
