"""From an open port to a modem that may send: the init ladder. Nothing but SIM and PDU mode is mandatory.

In: a session. Out: who the modem is, or LinkError/ProtocolError with what is wrong. The PIN is typed once in the
life of the process, and never again after a refusal: a third wrong one locks the SIM.
"""

import asyncio
import re
from dataclasses import dataclass
from typing import Final

from gatewayd.config import Modem
from gatewayd.errors import ProtocolError
from gatewayd.log import get_logger
from gatewayd.transport.modem.profiles import Profile
from gatewayd.transport.modem.session import NoAnswer, Session
from gatewayd.wire.at import Answered

_SIM_TRIES: Final = 30
_SIM_WAIT_S: Final = 1.0
_STORE_TRIES: Final = 5


@dataclass(frozen=True, slots=True)
class Identity:
    """Who is at the port. `acknowledges`: +CDS and +CMT want AT+CNMA; `cnmi` is the setting that took."""

    imei: str
    imsi: str
    acknowledges: bool
    cnmi: str


class PinOnce:
    """Remembers whether the PIN was typed already."""

    def __init__(self) -> None:
        self.typed = False


async def set_up(session: Session, settings: Modem, profile: Profile, pin: PinOnce) -> Identity:
    """Raises LinkError when the modem stays mute, ProtocolError when it cannot send (no SIM, PIN, no PDU mode)."""
    await session.wake()
    for command in ("ATE0", "AT+CMEE=1"):
        await _try(session, command)
    imei = _digits(await _try(session, "AT+CGSN"))
    await _radio_on(session)
    await _unlock(session, settings, pin)
    imsi = _digits(await _try(session, "AT+CIMI", timeout_s=10))
    for command in ("AT+CREG=1", *profile.init):
        await _try(session, command)
    if not await _retry(session, "AT+CMGF=0"):
        raise ProtocolError("the modem refuses PDU mode (AT+CMGF=0)")
    acknowledges = (await _try(session, "AT+CSMS=1")).is_ok
    await _retry(session, 'AT+CPMS="SM","SM","SM"')
    cnmi = await _report_settings(session, profile)
    await _service_centre(session, settings)
    return Identity(imei, imsi, acknowledges, cnmi)


async def _try(session: Session, command: str, timeout_s: float = 5.0) -> Answered:
    """A command whose refusal changes little; silence counts as one."""
    try:
        return await session.command(command, timeout_s=timeout_s)
    except NoAnswer:
        return Answered("ERROR", ())


async def _retry(session: Session, command: str) -> bool:
    """A command that a SIM still being read refuses at first."""
    for _ in range(_STORE_TRIES):
        if (await _try(session, command, 10)).is_ok:
            return True
        await asyncio.sleep(_SIM_WAIT_S)
    return False


def _digits(answered: Answered) -> str:
    found = re.search(r"\d{10,20}", " ".join(answered.info))
    return found[0] if found else ""


async def _radio_on(session: Session) -> None:
    answered = await _try(session, "AT+CFUN?", 10)
    if any(line.startswith("+CFUN:") and line.split(":")[1].strip().split(",")[0] != "1" for line in answered.info):
        await _try(session, "AT+CFUN=1", 30)


async def _unlock(session: Session, settings: Modem, pin: PinOnce) -> None:
    for _ in range(_SIM_TRIES):
        answered = await _try(session, "AT+CPIN?", 10)
        state = " ".join(answered.info).replace('"', "").partition("+CPIN:")[2].strip()
        if state == "READY" or (answered.is_ok and not state):
            return
        if state == "SIM PIN":
            await _type_pin(session, settings, pin)
        elif state:
            raise ProtocolError(f"the SIM asks for {state}: unlock it in a phone")
        elif re.search(r": *1[035]$", answered.final):
            raise ProtocolError(f"no usable SIM ({answered.final})")
        await asyncio.sleep(_SIM_WAIT_S)
    raise ProtocolError("the SIM does not become ready")


async def _type_pin(session: Session, settings: Modem, pin: PinOnce) -> None:
    if settings.pin is None:
        raise ProtocolError("the SIM asks for its PIN: set [[modems]] pin")
    if pin.typed:
        raise ProtocolError("the SIM refused its PIN; it is not typed again (check it, then restart)")
    pin.typed = True
    code = settings.pin.read()
    if not re.fullmatch(r"\d{4,8}", code):
        raise ProtocolError("the SIM's PIN must be 4 to 8 digits")
    if not (await _try(session, f'AT+CPIN="{code}"', 30)).is_ok:
        raise ProtocolError("the SIM refused its PIN; it is not typed again (check it, then restart)")


async def _report_settings(session: Session, profile: Profile) -> str:
    """The first setting of the ladder that reads back; '' if none does (then stored messages are polled)."""
    for wanted in profile.cnmi:
        if not (await _try(session, f"AT+CNMI={wanted}")).is_ok:
            continue
        answered = await _try(session, "AT+CNMI?")
        if any(line.replace(" ", "") == f"+CNMI:{wanted}" for line in answered.info):
            return wanted
    get_logger().warning("modem.no_indications", why="the modem takes no AT+CNMI setting")
    return ""


async def _service_centre(session: Session, settings: Modem) -> None:
    """Normally the SIM holds it; the settings' one is written only where it is empty."""
    answered = await _try(session, "AT+CSCA?", 10)
    if settings.smsc and not re.search(r'"\+?\d', " ".join(answered.info)):
        await _try(session, f'AT+CSCA="{settings.smsc}",145', 10)
