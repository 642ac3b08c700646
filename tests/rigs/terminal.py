"""A terminal of a given size with a program in it: what a person would see on it, line by line (pyte draws it)."""

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import pyte

PATIENCE_S: Final = 30.0


class Terminal:
    """The far side of the pty; `lines` is the screen as it is now."""

    def __init__(self, command: Sequence[str], columns: int, rows: int) -> None:
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self._master, slave = pty.openpty()
        self.heard = b""
        self._resize(columns, rows)
        self.modes_before = termios.tcgetattr(slave)
        unwanted = ("COLUMNS", "LINES", "NO_COLOR")
        environment = {name: value for name, value in os.environ.items() if name not in unwanted}
        self.process = subprocess.Popen(
            command, env={**environment, "TERM": "xterm-256color"},
            preexec_fn=lambda: os.login_tty(slave),  # noqa: PLW1509  # Ctrl-C reaches whoever has it as his own
        )  # fmt: skip
        self._slave = slave

    @property
    def lines(self) -> list[str]:
        return [line.rstrip() for line in self._screen.display]

    def modes(self) -> list[object]:
        return list(termios.tcgetattr(self._slave))

    def press(self, keys: bytes) -> None:
        os.write(self._master, keys)

    def resize(self, columns: int, rows: int) -> None:
        self._screen.resize(rows, columns)
        self._resize(columns, rows)

    def wait(self, seen: Callable[[list[str]], object], what: str) -> list[str]:
        """The screen once `seen` holds of it."""
        deadline = time.monotonic() + PATIENCE_S
        while not seen(self.lines):
            assert time.monotonic() < deadline, f"{what}:\n" + "\n".join(self.lines)
            self._listen(0.1)
        return self.lines

    def end(self) -> int:
        """The exit status, once the program ends."""
        deadline = time.monotonic() + PATIENCE_S
        while (status := self.process.poll()) is None:
            assert time.monotonic() < deadline, "it does not end"
            self._listen(0.1)
        self._listen(0)
        return status

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self._slave)
        os.close(self._master)

    def _listen(self, seconds: float) -> None:
        while select.select([self._master], [], [], seconds)[0]:
            data = os.read(self._master, 65536)
            self.heard += data
            self._stream.feed(data)
            seconds = 0

    def _resize(self, columns: int, rows: int) -> None:
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))


@contextmanager
def terminal(*command: str, columns: int = 80, rows: int = 24) -> Iterator[Terminal]:
    one = Terminal(command, columns, rows)
    try:
        yield one
    finally:
        one.close()
