"""An operator's errands on one modem that is set up: asked between two sends, with the radio to themselves.

In: the service of the modem's session. Out: facts, or why not, in one line. Invariants: nothing is asked while a part
is submitted; a menu that the network leaves open is closed, never answered.
"""

import asyncio
import re
from collections.abc import Callable
from typing import Final, assert_never

from gatewayd.core.errand import Done, Errand, Fact, NotDone, Probe, Reset, Ussd
from gatewayd.errors import LinkError
from gatewayd.transport.modem import measure
from gatewayd.transport.modem.service import Service
from gatewayd.transport.modem.session import NoAnswer, Session
from gatewayd.transport.modem.setup import Agreed, attempt, service_centre
from gatewayd.wire import ussd

#: The longest wait for the radio (a balance question may be on), and for a modem that was started anew.
_RADIO_S: Final = 180.0
_BACK_S: Final = 120.0
_ABSENT: Final = "it does not answer now (`gatewayd status` says why); the gateway keeps trying to bring it back"
#: What the network's mode in a reply means where there is no text.
_MODES: Final = {
    ussd.NOT_SUPPORTED: "the network does not know this code",
    ussd.TIMEOUT: "the network took too long; try again",
    ussd.OTHER_CLIENT: "another program on the modem uses USSD",
}


class Errands:
    """`service` is what the modem has now: None while it is not set up; `ready` is set while it may send."""

    def __init__(self, radio: asyncio.Lock, ready: asyncio.Event, service: Callable[[], Service | None]) -> None:
        self._radio, self._ready, self._service = radio, ready, service

    async def perform(self, errand: Errand) -> Done | NotDone:
        try:
            async with asyncio.timeout(_RADIO_S):
                await self._radio.acquire()
        except TimeoutError:
            return NotDone("it is busy; try again in some minutes")
        try:
            service = self._service()
            if service is None:
                return NotDone(_ABSENT)
            done = await self._perform(errand, service)
        except (LinkError, NoAnswer) as error:
            return NotDone(f"{error}; the gateway brings it back by itself, then try again")
        finally:
            self._radio.release()
        if isinstance(errand, Reset) and isinstance(done, Done):
            return await self._back(service)
        return done

    async def _perform(self, errand: Errand, service: Service) -> Done | NotDone:
        match errand:
            case Probe():
                return Done(await _probe(service.session, service.agreed))
            case Ussd(code):
                return await _ask(service, code)
            case Reset():
                return await _reset(service)
            case other:
                assert_never(other)

    async def _back(self, before: Service) -> Done | NotDone:
        """Wait until it is set up again."""
        try:
            async with asyncio.timeout(_BACK_S):
                await before.over.wait()
                await self._ready.wait()
        except TimeoutError:
            return NotDone(f"it was started anew, and did not come back within {_BACK_S:g} s (`gatewayd status`)")
        return Done({"back": True})


async def _probe(session: Session, agreed: Agreed) -> dict[str, Fact]:
    centre = await service_centre(session, agreed.centre)
    return {
        "model": " ".join([await _said(session, "AT+CGMI"), await _said(session, "AT+CGMM")]).strip(),
        "firmware": await _said(session, "AT+CGMR"),
        "imei": agreed.imei, "imsi": agreed.imsi,
        "sim": (await _said(session, "AT+CPIN?")).partition(":")[2].strip() or None,
        "operator": await measure.operator(session) or None,
        "registration": str(await measure.registration(session)),
        "signal_dbm": await measure.signal_dbm(session),
        "smsc": centre or None,
        "stores": " ".join(agreed.stores), "new_messages_in": agreed.store,
        "tells_of_messages": bool(agreed.indications), "wants_acknowledgement": agreed.acknowledges,
        "pdu_mode": bool(re.search(r"\+CMGF: *0", await _said(session, "AT+CMGF?"))),
        "ussd": (await attempt(session, "AT+CUSD=?")).is_ok,
        "resets": bool(agreed.profile.reset),
    }  # fmt: skip


async def _said(session: Session, command: str) -> str:
    """The answer as one line; '' where the modem refuses."""
    answered = await attempt(session, command, timeout_s=10)
    return " ".join(" ".join(answered.info).split())[:120]


async def _ask(service: Service, code: str) -> Done | NotDone:
    reply = await service.dial(code)
    if reply is None:
        return NotDone("no answer came; the code may be wrong, or the network busy")
    if not reply.text:
        return NotDone(_MODES.get(reply.mode, "the answer has no text"))
    is_menu = reply.mode == ussd.REPLY_WANTED
    return Done({"text": reply.text, "is_menu": is_menu, "raw": reply.raw})


async def _reset(service: Service) -> Done | NotDone:
    if not service.agreed.profile.reset:
        return NotDone("its profile has no command that starts it anew; pull it and plug it in again")
    await service.reset("started anew at the command line")
    return Done({})
