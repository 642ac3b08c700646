"""A disk that loses and tears what was not synced, and the states it may be in after a power cut.

In: events of a tape (tape.py). Out: images. Each 512-byte sector of each write that no sync followed survives or not by
chance; one in ten is torn in the middle; a truncation, and a name that was made or taken away, count by chance,
too, until their file or their folder is synced. Source: sqlite.org/psow.html, src/test6.c.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.rigs.tape import Event, Linked, Synced, Truncated, Unlinked, Written

SECTOR = 512
_TORN = 0.1


@dataclass
class File:
    safe: bytearray = field(default_factory=bytearray)
    #: What no sync followed: (offset, bytes), or (size, None) for a truncation.
    loose: list[tuple[int, bytes | None]] = field(default_factory=list)
    #: Where a write without a place goes: a new file is written from its beginning.
    at: int = 0

    def write(self, offset: int | None, data: bytes) -> None:
        self.loose.append((self.at if offset is None else offset, data))
        self.at += len(data) if offset is None else 0

    def sync(self) -> None:
        for offset, data in self.loose:
            _apply(self.safe, offset, data)
        self.loose.clear()

    def after_cut(self, rng: random.Random, kept: float) -> bytes:
        content = bytearray(self.safe)
        for offset, data in self.loose:
            if data is None:
                if rng.random() < kept:
                    _apply(content, offset, None)
                continue
            for start, sector in _sectors(offset, data):
                if rng.random() < kept:
                    torn = rng.random() < _TORN
                    _apply(content, start, sector[: rng.randrange(len(sector))] if torn else sector)
        return bytes(content)


def _apply(content: bytearray, offset: int, data: bytes | None) -> None:
    if data is None:
        del content[offset:]
        content.extend(bytes(offset - len(content)))
        return
    if len(content) < offset:
        content.extend(bytes(offset - len(content)))
    content[offset : offset + len(data)] = data


def _sectors(offset: int, data: bytes) -> Iterator[tuple[int, bytes]]:
    place = 0
    while place < len(data):
        room = SECTOR - (offset + place) % SECTOR
        yield offset + place, data[place : place + room]
        place += room


class Disk:
    """The files below one folder: those of `before`, and what events change at `folder`."""

    def __init__(self, before: Path, folder: Path) -> None:
        self._folder = f"{folder}/"
        #: What a name may stand for after a cut; the last one is what it stands for now.
        self._names: dict[str, list[File | None]] = {}
        if before.exists():
            for path in before.iterdir():
                if path.is_file():
                    self._names[path.name] = [File(bytearray(path.read_bytes()))]

    def take(self, event: Event) -> bool:
        """Whether it changed the disk."""
        path = event.path
        if isinstance(event, Synced) and f"{path}/" == self._folder:
            for name, known in self._names.items():
                self._names[name] = known[-1:]
            return True
        if not path.startswith(self._folder) or path.endswith("-shm"):
            return False
        name = path.removeprefix(self._folder)
        if "/" in name or (isinstance(event, Synced) and name not in self._names):
            # A folder in it, and what is there: copies of the store, which it does not need to open.
            return False
        known = self._names.setdefault(name, [None])
        match event:
            case Linked(_, ""):
                if known[-1] is None:
                    known.append(File())
            case Linked(_, source):
                moved = self._names[source.removeprefix(self._folder)]
                known.append(moved[-1])
                moved.append(None)
            case Unlinked():
                known.append(None)
            case Written(_, data, offset):
                self._file(known).write(offset, data)
            case Truncated(_, size):
                self._file(known).loose.append((size, None))
            case Synced():
                self._file(known).sync()
                self._names[name] = known[-1:]
        return True

    def _file(self, known: list[File | None]) -> File:
        file = known[-1]
        assert file is not None, "a file without a name"
        return file

    def image(self, folder: Path, rng: random.Random) -> None:
        """One state after a power cut at this moment, in an empty `folder`."""
        kept = rng.choice((0.1, 0.5, 0.9))
        for name, known in self._names.items():
            file = rng.choice(known)
            if file is not None:
                (folder / name).write_bytes(file.after_cut(rng, kept))
