"""USSD on one modem: a code, answers to menus, the end of the session.

In: codes and answers from a recipe, every +CUSD line of the port (`heard`). Out: replies, decoded by wire/ussd.py.
Encodings are tried in turn and the one that worked is kept: what a modem understands is not told by anything it says
beforehand. One session at a time, never while a part is submitted; a session that the network keeps open is closed.
Source: TS 27.007 §7.15; habits of modems: docs/modems.md.
"""

import asyncio
import re
from collections.abc import Callable, Sequence
from typing import Final

from gatewayd.transport.modem.session import NoAnswer, Session, first_of
from gatewayd.wire import ussd
from gatewayd.wire.ussd import UssdReply

#: Seconds to the final result, to the network's reply, and after a reply that may be followed by the real one.
_OK_S: Final = 15.0
_REPLY_S: Final = 90.0
_LINGER_S: Final = 3.0
#: So many times longer where the reply had no text.
_PATIENCE: Final = 5
#: Another session is on: wait so long and try once more.
_BUSY_S: Final = 10.0
_BUSY: Final = re.compile(r"\+CME ERROR: *(?:3|256|258)")


class Dialler:
    """`styles` are the encodings of this modem, the likeliest first. A reply that is not `wanted` may be somebody
    else's, or the first of two: the next one is waited for. `busy_s`, `linger_s` and `reply_s` are seconds."""

    def __init__(
        self, styles: Sequence[ussd.Style], wanted: Callable[[UssdReply], bool], *, reply_s: float = _REPLY_S,
        linger_s: float = _LINGER_S, busy_s: float = _BUSY_S,
    ) -> None:  # fmt: skip
        self._styles, self._wanted = tuple(styles), wanted
        self._reply_s, self._linger_s, self._busy_s = reply_s, linger_s, busy_s
        self._lines: asyncio.Queue[str] = asyncio.Queue()
        self._worked: ussd.Style | None = None
        #: The encoding of the open session.
        self._style: ussd.Style = "plain"

    def heard(self, line: str) -> None:
        self._lines.put_nowait(line)

    async def dial(self, session: Session, code: str, styles: Sequence[ussd.Style] = ()) -> UssdReply | None:
        """The reply to `code`; None if none came. `styles` go before those of the modem. Raises LinkError."""
        wanted = (self._worked,) if self._worked and not styles else (*styles, *self._styles)
        last: UssdReply | None = None
        for style in dict.fromkeys(wanted):
            reply, is_final = await self._open(session, code, style)
            last = reply or last
            if is_final:
                self._worked = style if reply is not None else None
                break
            self._worked = None
        return last

    async def answer(self, session: Session, text: str) -> UssdReply | None:
        """The reply to an answer in the open session; None if none came."""
        return (await self._say(session, text))[0]

    async def close(self, session: Session) -> None:
        """End the session; a modem that has none says ERROR, which is harmless."""
        await _attempt(session, "AT+CUSD=2")
        if self._style == "ucs2":
            await _attempt(session, 'AT+CSCS="GSM"')
            self._style = "plain"

    async def _open(self, session: Session, code: str, style: ussd.Style) -> tuple[UssdReply | None, bool]:
        """The reply in one encoding, and whether another one need not be tried."""
        await self.close(session)
        if style == "ucs2" and not await _attempt(session, 'AT+CSCS="UCS2"'):
            return None, False
        self._style = style
        reply, is_final = await self._say(session, code)
        if reply is not None and reply.mode == ussd.NOT_SUPPORTED:
            # Some firmware says so until its presentation of results is turned on.
            await _attempt(session, "AT+CUSD=1")
            reply, is_final = await self._say(session, code)
        if reply is None or reply.mode != ussd.REPLY_WANTED:
            await self.close(session)
        return reply, is_final and (reply is None or reply.mode != ussd.NOT_SUPPORTED)

    async def _say(self, session: Session, text: str) -> tuple[UssdReply | None, bool]:
        """Write `text` and wait for the reply. False: the modem refused what was written."""
        for _ in range(2):
            self._lines = asyncio.Queue()
            try:
                written = ussd.encode_text(text, self._style)
                answered = await session.command(f'AT+CUSD=1,"{written}",15', timeout_s=_OK_S)
            except (NoAnswer, ValueError):
                return None, True
            if answered.is_ok:
                return await self._reply(session), True
            if not _BUSY.match(answered.final):
                return None, False
            await _attempt(session, "AT+CUSD=2")
            await asyncio.wait((session.lost,), timeout=self._busy_s)
        return None, True

    async def _reply(self, session: Session) -> UssdReply | None:
        """The first reply that is wanted, or a menu, or else the last one that has a text.

        "Initiating Release" may come before the text, the end of an earlier session, which has no text, before
        anything, and what the network sends to everybody at any time.
        """
        reply = await self._line(session, self._reply_s)
        while reply is not None and not self._is_last(reply):
            following = await self._line(session, self._linger_s * (1 if reply.text else _PATIENCE))
            if following is None:
                break
            reply = following if following.text or not reply.text else reply
        return reply

    def _is_last(self, reply: UssdReply) -> bool:
        is_failure = reply.mode in (ussd.NOT_SUPPORTED, ussd.TIMEOUT, ussd.OTHER_CLIENT)
        return is_failure or reply.mode == ussd.REPLY_WANTED or self._wanted(reply)

    async def _line(self, session: Session, seconds: float) -> UssdReply | None:
        getting = asyncio.ensure_future(self._lines.get())
        try:
            async with asyncio.timeout(seconds):
                await first_of(getting, session.lost)
        except TimeoutError:
            return None
        finally:
            getting.cancel()
        if session.lost.done():
            session.lost.result()
        return ussd.parse(getting.result())


async def _attempt(session: Session, command: str) -> bool:
    try:
        return (await session.command(command)).is_ok
    except NoAnswer:
        return False
