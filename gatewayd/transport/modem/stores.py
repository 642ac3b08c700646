"""Messages that the modem holds: status reports and incoming messages, taken out once they are committed.

In: places from +CMTI and +CDSI, or a sweep over every store. Out: PDUs to `take`; a message is deleted only after
`take` returned. What cannot be decoded is `take`'s to keep; it is deleted like the rest, so that it frees its place.
A message that is still there after its deletion is not offered again. Source: TS 27.005 §3.2, §3.5; docs/modems.md.
"""

import re
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

from gatewayd.log import get_logger
from gatewayd.transport.modem.session import NoAnswer, Session

Take: TypeAlias = Callable[[str], Awaitable[None]]
_LISTED: Final = re.compile(r"\+CMGL: *(\d+)", re.IGNORECASE)
_PLACE: Final = re.compile(r'\+C(?:MT|DS)I: *"?(\w*)"?, *(-?\d+)')
_COUNTS: Final = re.compile(r"(\d+) *, *(\d+)")
#: Deletions of the same message before the modem is asked to delete everything that was read.
_STUBBORN: Final = 3
#: Places looked at one by one where a listing gets no answer.
_MOST: Final = 255


class Stores:
    """The stores of one session. `own` is where new messages go; `names` are all that are swept."""

    def __init__(self, session: Session, own: str, names: tuple[str, ...], take: Take) -> None:
        self._session, self._own, self._take = session, own, take
        self._names = tuple(dict.fromkeys((own, *names)))
        self._current = own
        self._capacity: dict[str, int] = {}
        #: Messages that were taken and would not go: (store, index, PDU) → deletions.
        self._stubborn: Counter[tuple[str, int, str]] = Counter()

    async def indicated(self, line: str) -> bool:
        """Take what +CMTI or +CDSI names. False if that place is empty or no place: then a sweep is due."""
        found = _PLACE.match(line)
        if found is None or int(found[2]) < 0:
            return False
        store = found[1] or self._own
        if not await self._select(store):
            return False
        taken = await self._take_place(store, int(found[2]))
        await self._select(self._own)
        return taken

    async def sweep(self) -> int:
        """Everything in every store; returns how many were taken."""
        taken = 0
        for store in self._names:
            if await self._select(store):
                taken += await self._sweep_one(store)
        await self._select(self._own)
        return taken

    async def _select(self, store: str) -> bool:
        """Whether `store` is now the one that is read."""
        if store == self._current:
            return True
        try:
            answered = await self._session.command(f'AT+CPMS="{store}"', "+CPMS:", 10)
            is_there, info = answered.is_ok, answered.info
        except NoAnswer as error:
            # Some leave out the OK.
            is_there, info = bool(error.info), error.info
        if is_there:
            self._current = store
            found = _COUNTS.search(" ".join(info))
            if found:
                self._capacity[store] = int(found[2])
        return is_there

    async def _sweep_one(self, store: str) -> int:
        try:
            answered = await self._session.command("AT+CMGL=4", "+CMGL:", 60)
        except NoAnswer:
            get_logger().warning("modem.store_not_listed", store=store)
            return await self._one_by_one(store)
        taken, index = 0, -1
        for line in answered.info:
            found = _LISTED.match(line)
            if found:
                index = int(found[1])
            elif index >= 0 and _is_pdu(line):
                taken += await self._take_pdu(store, index, line)
                index = -1
        return taken

    async def _one_by_one(self, store: str) -> int:
        last = min(self._capacity.get(store, 50), _MOST)
        return sum([await self._take_place(store, index) for index in range(last + 1)])

    async def _take_place(self, store: str, index: int) -> bool:
        """The message at `index` of the current store, if there is one."""
        try:
            answered = await self._session.command(f"AT+CMGR={index}", "+CMGR:", 10)
        except NoAnswer:
            return False
        pdus = [line for line in answered.info if _is_pdu(line)]
        for pdu in pdus[:1]:
            await self._take_pdu(store, index, pdu)
        return bool(pdus)

    async def _take_pdu(self, store: str, index: int, pdu: str) -> bool:
        """Take and delete; False for one that was taken before and would not go."""
        key = (store, index, pdu)
        is_new = key not in self._stubborn
        if is_new:
            await self._take(pdu)
        self._stubborn[key] += 1
        command = "AT+CMGD=1,1" if self._stubborn[key] > _STUBBORN else f"AT+CMGD={index}"
        try:
            await self._session.command(command, timeout_s=10)
        except NoAnswer:
            get_logger().warning("modem.not_deleted", store=store, index=index)
        while len(self._stubborn) > _MOST:
            del self._stubborn[next(iter(self._stubborn))]
        return is_new


def _is_pdu(line: str) -> bool:
    return len(line) >= 8 and re.fullmatch(r"[0-9A-Fa-f]+", line) is not None
