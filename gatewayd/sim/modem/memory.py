"""The stores for short messages, in the SIM and in the modem. They survive a restart of the modem.

Slots have holes after deletions, a new message takes the lowest free one, and a full store takes nothing:
the network keeps the message until there is room. How much room there is, and how slots are counted, is said by
a values.Room, in which faults may take hold. Source: TS 27.005 §3.1, §4.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from gatewayd.sim.modem.values import Room

UNREAD: Final = 0
READ: Final = 1
#: <stat> of +CMGL that means all of them.
ALL: Final = 4


@dataclass(frozen=True, slots=True)
class Stored:
    hex: str
    length: int
    status: int = UNREAD


class Store:
    """One memory, e.g. "SM"."""

    def __init__(self, capacity: int, first_index: int) -> None:
        self.capacity: Final = capacity
        self.first_index: Final = first_index
        self._slots: dict[int, Stored] = {}

    def __len__(self) -> int:
        return len(self._slots)

    def is_full(self, room: Room) -> bool:
        return len(self._slots) >= room.capacity

    def add(self, message: Stored, room: Room) -> int | None:
        """The index it got, or None if there is no room."""
        if self.is_full(room):
            return None
        free = next((index for index in room.indexes if index not in self._slots), None)
        if free is not None:
            self._slots[free] = message
        return free

    def read(self, index: int) -> Stored | None:
        """The message, with the status it had; from now on it counts as read."""
        message = self._slots.get(index)
        if message is not None:
            self._slots[index] = replace(message, status=READ)
        return message

    def list(self, status: int) -> Iterator[tuple[int, Stored]]:
        """Index and message of each with that status; they count as read from now on."""
        for index in sorted(self._slots):
            message = self._slots[index]
            if status in (ALL, message.status):
                self._slots[index] = replace(message, status=READ)
                yield index, message

    def delete(self, index: int) -> None:
        self._slots.pop(index, None)

    def delete_read(self) -> None:
        self._slots = {index: message for index, message in self._slots.items() if message.status == UNREAD}

    def clear(self) -> None:
        self._slots.clear()

    @property
    def used(self) -> tuple[int, ...]:
        return tuple(sorted(self._slots))


def stores(memories: Iterable[tuple[str, int]], first_index: int) -> dict[str, Store]:
    return {name: Store(capacity, first_index) for name, capacity in memories}
