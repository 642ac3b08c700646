"""The ledger of the store's pages: a checksum of each, in a file of its own. What bit rot, a torn write, a card that
lies or a page of an older copy is noticed by; SQLite itself has no checksum of what lies in its tables.

In: the frames of the write-ahead log, before they are copied into the store. Out: `gatewayd.pages`, four bytes a page.
Invariants: an entry is on the disk before its page is copied, and pages that a whole log holds are not looked up, so that
a crash or a power cut in between leaves nothing that does not fit; only the writing connection's thread works here.
Source: SQLite "Database File Format" §4 (the write-ahead log).
"""

import os
import sys
import zlib
from array import array
from collections.abc import Set
from pathlib import Path
from typing import Final

from gatewayd.store.mark import Position

FILE: Final = "gatewayd.pages"
_ENTRY: Final = 4
#: Of a page that was never in a log: nothing ever wrote it, and nothing reads it.
_UNWRITTEN: Final = 1
_FRAME_HEAD: Final = 24
_LOG_HEAD: Final = 32
_CHUNK_PAGES: Final = 64


def checksum(page: bytes | memoryview) -> int:
    """Never 0, so that a ledger of zeros fits nothing."""
    return max(zlib.crc32(page), _UNWRITTEN + 1)


class Ledger:
    def __init__(self, state_dir: Path, page_size: int) -> None:
        self._fd = os.open(state_dir / FILE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._page_size = page_size
        #: The frames of the log named so that are in the ledger already.
        self._taken = (b"", 0)

    def take(self, log: Path, at: Position) -> None:
        """Put in what the log holds up to `at`. Raises OSError, and is then to be done again."""
        done = self._taken[1] if self._taken[0] == at.salt else 0
        found: dict[int, int] = {}
        with log.open("rb") as file:
            file.seek(_LOG_HEAD + done * (_FRAME_HEAD + self._page_size))
            for _ in range(at.frames - done):
                frame = memoryview(file.read(_FRAME_HEAD + self._page_size))
                found[int.from_bytes(frame[:4], "big")] = checksum(frame[_FRAME_HEAD:])
        if at.pages:
            self._resize(at.pages)
        for page, sum_ in sorted(found.items()):
            if page <= at.pages:
                os.pwrite(self._fd, sum_.to_bytes(_ENTRY, "little"), (page - 1) * _ENTRY)
        os.fdatasync(self._fd)
        self._taken = (at.salt, at.frames)

    def _resize(self, pages: int) -> None:
        have = os.fstat(self._fd).st_size // _ENTRY
        if have > pages:
            os.ftruncate(self._fd, pages * _ENTRY)
        elif have < pages:
            os.pwrite(self._fd, _UNWRITTEN.to_bytes(_ENTRY, "little") * (pages - have), have * _ENTRY)

    def rebuild(self, store: Path) -> None:
        """Take the store as it is, with no log beside it."""
        sums = array("I")
        with store.open("rb") as file:
            while page := file.read(self._page_size):
                sums.append(checksum(page))
        os.ftruncate(self._fd, 0)
        os.pwrite(self._fd, _little(sums), 0)
        os.fsync(self._fd)

    def close(self) -> None:
        os.close(self._fd)


def pages_in(log: Path, page_size: int, at: Position) -> Set[int]:
    """The pages that the log holds up to `at`."""
    if at.frames == 0:
        return frozenset()
    with log.open("rb") as file:
        heads = (os.pread(file.fileno(), 4, _LOG_HEAD + n * (_FRAME_HEAD + page_size)) for n in range(at.frames))
        return {int.from_bytes(head, "big") for head in heads}


def first_wrong(store: Path, page_size: int, in_log: Set[int]) -> int | None:
    """The first page of the store that is not as the ledger has it, those in the log left out; 0 where there is no ledger."""
    try:
        data = (store.parent / FILE).read_bytes()
    except OSError:
        return 0
    # A power cut may have torn the last entry: then its page is in the log.
    sums = array("I", data[: len(data) // _ENTRY * _ENTRY])
    if sys.byteorder == "big":
        sums.byteswap()
    page = 0
    with store.open("rb") as file:
        while chunk := memoryview(file.read(page_size * _CHUNK_PAGES)):
            for start in range(0, len(chunk), page_size):
                page += 1
                if page > len(sums):
                    return None if in_log else page
                wanted = sums[page - 1]
                if wanted != _UNWRITTEN and wanted != checksum(chunk[start : start + page_size]) and page not in in_log:
                    return page
    missing = (number for number in range(page + 1, len(sums) + 1) if number not in in_log)
    return next((number for number in missing if sums[number - 1] != _UNWRITTEN), None)


def _little(sums: "array[int]") -> bytes:
    if sys.byteorder == "big":
        sums.byteswap()
    return sums.tobytes()
