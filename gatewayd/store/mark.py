"""How far the store has come, kept in a file beside it: what a store copied back, or a lost end of the log, is noticed by.

In: SQLite's own index of its write-ahead log (`-shm`), whose head names the log (salt), its last frame and the checksum of
all frames up to there. Out: `gatewayd.mark`, a record written after each commit, in one of two sectors: never over the last
one that was synced, so that a power cut that tears a sector leaves a whole record. Invariants: it is never ahead of the
store, since it is written after the commit; it reaches the disk when a log begins and when one ends, in between it may
be older than the store, and never younger.
Source: SQLite "WAL-mode File Format" §2 (the WAL-index header).
"""

import os
import struct
import zlib
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import IntEnum
from pathlib import Path
from typing import Final

FILE: Final = "gatewayd.mark"
#: iVersion, unused, iChange, isInit, bigEndCksum, szPage, mxFrame, nPage, aFrameCksum, aSalt, aCksum.
_INDEX: Final = struct.Struct("=III2BHII8s8s8s")
_RECORD: Final = struct.Struct(">4sB3xIQ8s8s")
_CRC: Final = struct.Struct(">I")
_MAGIC: Final = b"GWMK"
_SECTOR: Final = 512
_NO_SALT: Final = bytes(8)
_WRAP: Final = 1 << 32


@dataclass(frozen=True, slots=True)
class Position:
    """A place in the log: `frames` of the log named `salt`, with the checksum of them all. `pages`: of the store, 0 where
    the log is empty."""

    frames: int = 0
    salt: bytes = _NO_SALT
    checksum: bytes = bytes(8)
    pages: int = 0


class Phase(IntEnum):
    #: The store is being made: nothing can be in it that anybody was told of.
    NEW = 0
    #: Committed, and what is in the log is nowhere else.
    OPEN = 1
    #: The ledger (pages.py) knows every page in the log: it may be there or in the store.
    LEDGERED = 2
    #: Closed in order: there is no log.
    CLOSED = 3


@dataclass(frozen=True, slots=True)
class Mark:
    phase: Phase
    at: Position = Position()

    def fits(self, found: Position) -> bool:
        """Whether a log that ends at `found` can be the one that this mark was made of, or what came of it."""
        if self.phase is Phase.NEW:
            return True
        if self.phase is Phase.CLOSED:
            return found.frames == 0
        if found.frames == 0:
            return self.at.frames == 0 or self.phase is Phase.LEDGERED
        if found.salt == self.at.salt:
            is_same = found.frames > self.at.frames or found.checksum == self.at.checksum
            return found.frames >= self.at.frames and is_same
        return self._may_begin(found)

    def _may_begin(self, found: Position) -> bool:
        """Another log: the first one of a run, or the next one after all of this was copied into the store."""
        if self.at.frames == 0 and self.at.salt == _NO_SALT:
            return True
        began = (int.from_bytes(self.at.salt[:4], "big") + 1) % _WRAP
        is_next = int.from_bytes(found.salt[:4], "big") == began
        return is_next and (self.phase is Phase.LEDGERED or self.at.frames == 0)


def position(shm: int) -> Position:
    """Where the log ends, by the open `-shm` file. Only for who holds the lock to write, or is the first to open."""
    head = os.pread(shm, _INDEX.size, 0)
    if len(head) < _INDEX.size:
        return Position()
    *_, frames, pages, checksum, salt, _ = _INDEX.unpack(head)
    return Position(frames, salt, checksum, pages)


class MarkFile:
    """The open file of an open store. Raises OSError only when it is made."""

    def __init__(self, state_dir: Path) -> None:
        self._fd = os.open(state_dir / FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        # What a killed process wrote last may not be on the disk yet, and the next record goes over the other one.
        os.fdatasync(self._fd)
        newest = _newest(os.pread(self._fd, 2 * _SECTOR, 0))
        self._turn, self._synced = (newest[0], newest[1]) if newest else (0, 1)
        self._last: Mark | None = None

    def write(self, phase: Phase, at: Position) -> None:
        """A mark that cannot be written stays older than the store, which is the safe side."""
        mark = Mark(phase, replace(at, pages=0))
        if mark == self._last:
            return
        last, self._last = self._last, mark
        self._turn, slot = self._turn + 1, 1 - self._synced
        record = _RECORD.pack(_MAGIC, phase, at.frames, self._turn, at.salt, at.checksum)
        with suppress(OSError):
            os.pwrite(self._fd, record + _CRC.pack(zlib.crc32(record)), slot * _SECTOR)
            if last is None or last.at.salt != at.salt or phase is not Phase.OPEN:
                os.fdatasync(self._fd)
                self._synced = slot

    def close(self) -> None:
        os.close(self._fd)


def read(state_dir: Path) -> Mark | None:
    """None where there is no mark, or none that can be read."""
    try:
        newest = _newest((state_dir / FILE).read_bytes())
    except OSError:
        return None
    return newest[2] if newest else None


def _newest(data: bytes) -> tuple[int, int, Mark] | None:
    """The newest whole record: its turn, its sector, what it says."""
    found = ((slot, _unpacked(data[slot * _SECTOR :])) for slot in (0, 1))
    return max(((known[0], slot, known[1]) for slot, known in found if known), key=lambda one: one[0], default=None)


def _unpacked(data: bytes) -> tuple[int, Mark] | None:
    record, crc = data[: _RECORD.size], data[_RECORD.size : _RECORD.size + _CRC.size]
    if len(crc) < _CRC.size or _CRC.unpack(crc)[0] != zlib.crc32(record):
        return None
    magic, phase, frames, turn, salt, checksum = _RECORD.unpack(record)
    if magic != _MAGIC or phase not in list(Phase):
        return None
    return turn, Mark(Phase(phase), Position(frames, salt, checksum))
