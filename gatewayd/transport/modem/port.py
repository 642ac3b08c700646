"""A serial port as the kernel has it: opened exclusively and raw, or taken over open; nothing blocks.

Nothing that waits in it is ever thrown away (no TCIFLUSH, no TCSAFLUSH): it may be the answer to a submission of the
process before us. DTR and RTS are raised by the kernel at open, and nobody touches them after. Source: termios(3).
"""

import contextlib
import errno
import fcntl
import os
import termios
from pathlib import Path
from typing import Final

_CC: Final = 6


class Port:
    """Raises OSError or ValueError (no such rate) where the port refuses."""

    def __init__(self, descriptor: int, baud: int) -> None:
        """`descriptor` is ours from now on, also if this raises."""
        self._fd = descriptor
        try:
            os.set_inheritable(descriptor, False)
            os.set_blocking(descriptor, False)
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            self.set_baud(baud)
            with contextlib.suppress(OSError):
                fcntl.ioctl(descriptor, termios.TIOCEXCL)
        except BaseException:
            os.close(descriptor)
            raise

    @classmethod
    def open(cls, path: Path, baud: int) -> "Port":
        return cls(os.open(path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC), baud)

    def fileno(self) -> int:
        return self._fd

    def set_baud(self, baud: int) -> None:
        speed = getattr(termios, f"B{baud}", None)
        if speed is None:
            raise ValueError("no such rate")
        try:
            attributes = termios.tcgetattr(self._fd)
            flags = termios.CS8 | termios.CREAD | termios.CLOCAL | (attributes[2] & termios.HUPCL)
            attributes[:_CC] = [0, 0, flags, 0, speed, speed]
            attributes[_CC][termios.VMIN], attributes[_CC][termios.VTIME] = 1, 0
            termios.tcsetattr(self._fd, termios.TCSANOW, attributes)
        except termios.error as error:
            raise OSError(*error.args) from error

    def read(self, size: int) -> bytes | None:
        """None if nothing waits, b"" if the line is gone."""
        try:
            return os.read(self._fd, size)
        except BlockingIOError:
            return None

    def write(self, data: bytes) -> int:
        """How many bytes the port took."""
        try:
            return os.write(self._fd, data)
        except BlockingIOError:
            return 0

    def close(self, *, stays_open: bool = False) -> None:
        """`stays_open`: somebody else keeps it."""
        with contextlib.suppress(OSError):
            if not stays_open:
                # Else a pty keeps refusing the next process that is not root.
                fcntl.ioctl(self._fd, termios.TIOCNXCL)
            os.close(self._fd)


def is_taken(error: Exception) -> bool:
    """Whether another program has the port."""
    return isinstance(error, BlockingIOError) or (isinstance(error, OSError) and error.errno == errno.EBUSY)
