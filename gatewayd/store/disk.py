"""What the disk does, apart from what is wrong with the store: full, read-only, failing.

A store that could not be written is closed and opened anew: after a failed fsync nobody knows which pages are on the
disk (Rebello et al., USENIX ATC 2020).
"""

import errno
import os
import sqlite3
from contextlib import suppress
from pathlib import Path
from typing import Final

from gatewayd.errors import StoreError, StoreUnwritable

#: SQLITE_FULL, IOERR, READONLY, CANTOPEN: the low octet of the code.
_CODES: Final = frozenset({13, 10, 8, 14})
_ERRNOS: Final = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO})
_PROBE: Final = "probe"
_OCTETS: Final = 512 * 1024


def fault(words: str, error: BaseException) -> StoreError:
    """The error of ours for one of SQLite's or the system's."""
    if isinstance(error, sqlite3.Error):
        is_disk = getattr(error, "sqlite_errorcode", 0) & 0xFF in _CODES
    else:
        is_disk = isinstance(error, OSError) and error.errno in _ERRNOS
    return StoreUnwritable(words) if is_disk else StoreError(words)


def is_writable(state_dir: Path) -> bool:
    """Whether the disk takes some more, to the last octet and as far as fsync."""
    probe = state_dir / _PROBE
    try:
        descriptor = os.open(probe, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        try:
            written = os.write(descriptor, bytes(_OCTETS))
            os.fsync(descriptor)
            return written == _OCTETS
        finally:
            os.close(descriptor)
    except OSError:
        return False
    finally:
        with suppress(OSError):
            probe.unlink()
