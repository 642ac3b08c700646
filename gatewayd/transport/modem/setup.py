"""From an open port to a modem that may send: the init ladder. Nothing but SIM and PDU mode is mandatory.

In: a session that answers. Out: who the modem is and what it agreed to, or LinkError/ProtocolError with what is wrong.
What is chosen is chosen from the modem's own test answers where it gives any, and read back. The PIN is typed once in
the life of the process, and never again after a refusal: a third wrong one locks the SIM.
Source: TS 27.005 §3, TS 27.007; docs/modems.md.
"""

import asyncio
import re
from dataclasses import dataclass
from typing import Final

from gatewayd.config import AUTO, Modem, Profile, load_profile, recognised
from gatewayd.errors import ProtocolError
from gatewayd.log import get_logger
from gatewayd.transport.modem.locate import digits
from gatewayd.transport.modem.session import Confused, Manners, NoAnswer, Session
from gatewayd.transport.modem.unlock import PinOnce, unlock
from gatewayd.wire.at import Answered

_TRIES: Final = 5
_TRY_WAIT_S: Final = 1.0
#: Never chosen by themselves: MT is the others together, BM holds broadcasts, SR is read for reports only.
_SWEPT: Final = ("SM", "ME", "SR")


@dataclass(frozen=True, slots=True)
class Agreed:
    """Who is at the port, and what it agreed to. `acknowledges`: +CDS and +CMT want AT+CNMA; `indications` is the
    setting of AT+CNMI that took, '' if none did; new messages go to `store`, and `stores` may hold some; `centre` is
    the service centre's number."""

    imei: str
    imsi: str
    profile: Profile
    acknowledges: bool
    indications: str
    store: str
    stores: tuple[str, ...]
    centre: str


async def set_up(session: Session, settings: Modem, pin: PinOnce) -> Agreed:
    """Raises Mute when the modem falls silent, Confused where it takes no PDU mode, ProtocolError without a SIM."""
    for command in ("ATE0", "AT+CMEE=1", "AT&D0"):
        await attempt(session, command)
        if command == "ATE0":
            session.forget_echo()
    profile = await _profile(session, settings)
    session.manners = _manners(settings, profile)
    imei = digits(" ".join((await attempt(session, "AT+CGSN")).info))
    await _radio_on(session)
    await unlock(session, settings, pin)
    imsi = digits(" ".join((await attempt(session, "AT+CIMI", timeout_s=10)).info))
    if settings.imsi and imsi != settings.imsi:
        raise ProtocolError(f"another SIM is here (…{imsi[-4:]}, the settings say …{settings.imsi[-4:]})")
    for command in ("AT+CREG=1", *profile.init):
        await attempt(session, command)
    if not await _insist(session, "AT+CMGF=0"):
        raise Confused("the modem refuses PDU mode (AT+CMGF=0)")
    acknowledges = (await attempt(session, "AT+CSMS=1", "+CSMS:")).is_ok
    store, stores = await _choose_store(session, profile)
    indications = await choose_indications(session, profile)
    centre = await service_centre(session, settings.smsc)
    if profile.more_messages:
        await attempt(session, f"AT+CMMS={profile.more_messages}")
    session.settle()
    return Agreed(imei, imsi, profile, acknowledges, indications, store, stores, centre)


async def attempt(session: Session, command: str, prefix: str = "", timeout_s: float = 5.0) -> Answered:
    """A command whose refusal changes little; silence counts as one, with what came before it."""
    try:
        return await session.command(command, prefix, timeout_s)
    except NoAnswer as error:
        return Answered("", error.info)


async def _insist(session: Session, command: str) -> bool:
    """A command that a SIM still being read refuses at first."""
    for _ in range(_TRIES):
        if (await attempt(session, command, timeout_s=10)).is_ok:
            return True
        await asyncio.sleep(_TRY_WAIT_S)
    return False


async def _profile(session: Session, settings: Modem) -> Profile:
    if settings.profile != AUTO:
        return load_profile(settings.profile)
    said = [line for command in ("AT+CGMI", "AT+CGMM") for line in (await attempt(session, command)).info]
    name = recognised(" ".join(said))
    get_logger().info("modem.recognised", modem=settings.name, profile=name, said=" ".join(said)[:80])
    return load_profile(name)


def _manners(settings: Modem, profile: Profile) -> Manners:
    gap = max(settings.command_gap, profile.gap)
    return Manners(gap, profile.prompt_gap, profile.piece, profile.piece_gap)


async def _radio_on(session: Session) -> None:
    answered = await attempt(session, "AT+CFUN?", timeout_s=10)
    if any(re.match(r"\+CFUN: *[02-9]", line) for line in answered.info):
        await attempt(session, "AT+CFUN=1", timeout_s=30)


async def _choose_store(session: Session, profile: Profile) -> tuple[str, tuple[str, ...]]:
    """The first store of the profile that the modem takes for everything, and the others it offers to be read."""
    said = " ".join((await attempt(session, "AT+CPMS=?", timeout_s=10)).info)
    offered = re.findall(r'"?\b(SM|ME|MT|SR|BM)\b"?', said)
    wanted = [store for store in profile.stores if store in offered] or list(profile.stores)
    readable = tuple(store for store in _SWEPT if store in offered)
    for _ in range(_TRIES):
        for store in wanted:
            for names in (f'"{store}","{store}","{store}"', f'"{store}","{store}"', f'"{store}"'):
                answered = await attempt(session, f"AT+CPMS={names}", "+CPMS:", 10)
                if answered.is_ok or answered.info:
                    return store, readable or (store,)
        await asyncio.sleep(_TRY_WAIT_S)
    get_logger().warning("modem.no_store", why="the modem takes no AT+CPMS setting")
    return profile.stores[0], (profile.stores[0],)


async def choose_indications(session: Session, profile: Profile) -> str:
    """The first setting of AT+CNMI that reads back; '' if none does (then stored messages are polled)."""
    offered = _choices((await attempt(session, "AT+CNMI=?")).info)
    for wanted in dict.fromkeys(_fitted(setting, offered) for setting in profile.indications):
        if wanted and (await attempt(session, f"AT+CNMI={wanted}")).is_ok and await reads_back(session, wanted):
            return wanted
    get_logger().warning("modem.no_indications", why="the modem takes no AT+CNMI setting")
    return ""


async def reads_back(session: Session, wanted: str) -> bool:
    """Whether AT+CNMI is still as set."""
    answered = await attempt(session, "AT+CNMI?")
    said = [line.partition(":")[2].replace(" ", "") for line in answered.info]
    return any(line.startswith(wanted) for line in said)


def _choices(info: tuple[str, ...]) -> list[frozenset[int]]:
    """The numbers that each place of AT+CNMI may have; [] where the answer does not say."""
    groups = re.findall(r"\(([\d,\- ]*)\)", " ".join(info))
    return [frozenset(number for item in group.split(",") for number in _span(item)) for group in groups]


def _span(item: str) -> range:
    first, _, last = item.strip().partition("-")
    if not first.isdigit():
        return range(0)
    return range(int(first), int(last if last.isdigit() else first) + 1)


def _fitted(setting: str, offered: list[frozenset[int]]) -> str:
    """`setting` as the modem can have it: the last place (what becomes of old indications) as offered; '' if not."""
    places = [int(place) for place in setting.split(",")]
    if len(offered) < len(places):
        return setting
    if len(places) == 5 and offered[4] and places[4] not in offered[4]:
        places[4] = min(offered[4])
    if any(choice and place not in choice for place, choice in zip(places, offered, strict=False)):
        return ""
    return ",".join(map(str, places))


async def service_centre(session: Session, known: str) -> str:
    """The service centre's number in the SIM; `known` is written where the SIM lost it. '' if there is none."""
    answered = await attempt(session, "AT+CSCA?", timeout_s=10)
    found = re.search(r'"(\+?\d+)"', " ".join(answered.info))
    if found:
        return found[1]
    if known:
        await attempt(session, f'AT+CSCA="{known}",{145 if known.startswith("+") else 129}', timeout_s=10)
    return known
