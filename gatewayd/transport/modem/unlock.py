"""The SIM: there, unlocked, ready; or why not.

The PIN is typed once in the life of the process, and never again after a refusal: a third wrong one locks the SIM. A
PUK is never typed. Source: TS 27.007 §8.3 (AT+CPIN), §9.2 (errors 10 to 18).
"""

import asyncio
import re
from typing import Final

from gatewayd.config import Modem
from gatewayd.errors import ProtocolError, SettingsError
from gatewayd.transport.modem.session import NoAnswer, Session
from gatewayd.wire.at import Answered

_TRIES: Final = 30
_WAIT_S: Final = 1.0
#: +CME ERROR: SIM not inserted, failure, wrong.
_NO_SIM: Final = re.compile(r": *(10|13|15)$|SIM not inserted|SIM failure|SIM wrong", re.IGNORECASE)
_REFUSED: Final = "the SIM refused its PIN; it is not typed again (check it, then restart)"


class PinOnce:
    """Remembers whether the PIN was typed already."""

    def __init__(self) -> None:
        self.typed = False


async def unlock(session: Session, settings: Modem, pin: PinOnce) -> None:
    """Return once the SIM is ready. Raises ProtocolError: it is not there, or locked."""
    for _ in range(_TRIES):
        answered = await _ask(session, "AT+CPIN?", 10)
        state = " ".join(answered.info).replace('"', "").partition("+CPIN:")[2].strip()
        if state == "READY" or (answered.is_ok and not state):
            return
        if state == "SIM PIN":
            await _type_pin(session, settings, pin)
        elif state:
            raise ProtocolError(f"the SIM asks for {state}: unlock it in a phone")
        elif _NO_SIM.search(answered.final):
            raise ProtocolError(f"no usable SIM ({answered.final})")
        await asyncio.sleep(_WAIT_S)
    raise ProtocolError("the SIM does not become ready")


async def _type_pin(session: Session, settings: Modem, pin: PinOnce) -> None:
    if settings.pin is None:
        raise ProtocolError("the SIM asks for its PIN: set [[modems]] pin")
    if pin.typed:
        raise ProtocolError(_REFUSED)
    try:
        code = settings.pin.read()
    except SettingsError as error:
        raise ProtocolError(str(error)) from None
    if not re.fullmatch(r"\d{4,8}", code):
        raise ProtocolError("the SIM's PIN must be 4 to 8 digits")
    pin.typed = True
    if not (await _ask(session, f'AT+CPIN="{code}"', 30)).is_ok:
        raise ProtocolError(_REFUSED)


async def _ask(session: Session, command: str, timeout_s: float) -> Answered:
    try:
        return await session.command(command, "+CPIN:", timeout_s)
    except NoAnswer as error:
        # Some leave out the OK.
        return Answered("", error.info)
