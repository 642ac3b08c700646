"""The port of the simulated modem: a pseudo terminal whose name a symbolic link gives.

The link is replaced in one step and taken away with the port, like the entries in /dev/serial. Clients may
open, close and be killed as they like: while none has the port open, what the modem says is lost, as with a
USB stick, and what was not read is dropped. Nobody tells a pseudo terminal's owner that it was opened, so
while it is closed this looks every few milliseconds (POLLHUP stands exactly that long); a client that comes
within a moment of the last one's end may be taken for the same.

Another program that has the port is this process itself, with TIOCEXCL and flock, as ModemManager or gammu have it;
a client whose writes wait is one whose terminal is stopped (TCOOFF), as it is without a clear-to-send.
"""

import asyncio
import errno
import fcntl
import os
import select
import termios
import tty
from collections.abc import Callable
from pathlib import Path
from typing import Final

_LOOK_EVERY_S: Final = 0.01
_READ_SIZE: Final = 4096
#: Unread output beyond this is dropped: the client has stopped reading.
_MOST_UNREAD: Final = 256 * 1024
#: What tcgetattr says of a speed → bits a second.
_SPEEDS: Final = {
    getattr(termios, f"B{speed}"): speed
    for speed in (1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600)
}
_OUTPUT_SPEED: Final = 5


class PtyPort:
    """`received` gets what the client typed, `opened` is called when one opens the port."""

    def __init__(self, link: Path, received: Callable[[bytes], None], opened: Callable[[], None]) -> None:
        self.link = link
        self._received = received
        self._opened = opened
        self._loop = asyncio.get_running_loop()
        self._master = -1
        self._slave_name = ""
        self._is_open = False
        self._looking: asyncio.TimerHandle | None = None
        self._unsent = bytearray()
        self._is_waiting_to_send = False
        self._occupied = -1

    @property
    def is_plugged(self) -> bool:
        return self._master >= 0

    @property
    def is_open(self) -> bool:
        """Whether a client has the port open, as far as seen."""
        return self._is_open

    @property
    def speed(self) -> int:
        """Bits a second of the client's side; 0 if it is none that serial ports have."""
        return _SPEEDS.get(termios.tcgetattr(self._master)[_OUTPUT_SPEED], 0) if self.is_plugged else 0

    def plug_in(self, link: Path | None = None) -> None:
        """Make the port, under another name if `link` is given. Raises OSError."""
        if link and link != self.link:
            _unlink(self.link, self._slave_name)
            self.link = link
        self._make()
        self._look()

    def unplug(self, *, leaves_name: bool = False) -> None:
        """Take the port away: an open client reads end of file and writes EIO. The link stays if it `leaves_name`."""
        if not self.is_plugged:
            return
        self._close_occupied()
        self._stop_watching()
        self._stop_looking()
        if not leaves_name:
            _unlink(self.link, self._slave_name)
        os.close(self._master)
        self._master = -1

    def close(self) -> None:
        """Take away port and link for good."""
        self.unplug()
        _unlink(self.link, self._slave_name)

    def stall(self) -> None:
        """Let the client's writes wait, until `resume`."""
        try:
            self._set_flow(termios.TCOOFF)
        except OSError:
            # It has the port for itself, against all but root: its writes wait once the kernel's buffer is full.
            self._loop.remove_reader(self._master)

    def resume(self) -> None:
        try:
            self._set_flow(termios.TCOON)
        except OSError:
            self._loop.add_reader(self._master, self._readable)

    def occupy(self) -> None:
        """Have the port for somebody else, until `release`, unless a client has it for itself by now."""
        if not self.is_plugged or self._occupied >= 0:
            return
        slave = self._locked_slave()
        if slave < 0:
            return
        fcntl.ioctl(slave, termios.TIOCEXCL)
        self._stop_watching()
        self._stop_looking()
        self._occupied = slave

    def release(self) -> None:
        """The other program is gone, and with it what clients wrote meanwhile."""
        if self._occupied < 0:
            return
        termios.tcflush(self._master, termios.TCIFLUSH)
        self._close_occupied()
        self._look()

    def write(self, data: bytes) -> None:
        """Give `data` to the client, or to nobody."""
        if not self._is_open or len(self._unsent) + len(data) > _MOST_UNREAD:
            return
        if self._unsent:
            self._unsent += data
            return
        self._unsent += data[self._write_now(data) :]
        if self._unsent:
            self._loop.add_writer(self._master, self._writable)
            self._is_waiting_to_send = True

    def _make(self) -> None:
        self._master, slave = os.openpty()
        try:
            tty.setraw(slave)
            os.set_blocking(self._master, False)
            self._slave_name = os.ttyname(slave)
            _link(self.link, self._slave_name)
        except OSError:
            os.close(self._master)
            self._master = -1
            raise
        finally:
            # Closed again, so that POLLHUP stands until a client opens it.
            os.close(slave)

    def _write_now(self, data: bytes | bytearray) -> int:
        try:
            return os.write(self._master, data)
        except BlockingIOError:
            return 0

    def _writable(self) -> None:
        del self._unsent[: self._write_now(self._unsent)]
        if not self._unsent:
            self._loop.remove_writer(self._master)
            self._is_waiting_to_send = False

    def _look(self) -> None:
        """Is the port open by now?"""
        poll = select.poll()
        poll.register(self._master, select.POLLIN)
        events = poll.poll(0)
        if any(seen & select.POLLIN or not seen & select.POLLHUP for _, seen in events) or not events:
            self._is_open = True
            self._opened()
            self._loop.add_reader(self._master, self._readable)
        else:
            self._looking = self._loop.call_later(_LOOK_EVERY_S, self._look)

    def _readable(self) -> None:
        try:
            data = os.read(self._master, _READ_SIZE)
        except BlockingIOError:
            return
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            self._closed()
            return
        self._received(data)

    def _closed(self) -> None:
        self._stop_watching()
        try:
            self._drop_unread()
        except OSError:
            # TIOCEXCL outlives its client on a pseudo terminal, for all but root; a serial port would be free.
            os.close(self._master)
            self._make()
        self._looking = self._loop.call_later(_LOOK_EVERY_S, self._look)

    def _stop_looking(self) -> None:
        if self._looking:
            self._looking.cancel()
            self._looking = None

    def _stop_watching(self) -> None:
        if self._is_open:
            self._loop.remove_reader(self._master)
        if self._is_waiting_to_send:
            self._loop.remove_writer(self._master)
        self._is_open = self._is_waiting_to_send = False
        self._unsent.clear()

    def _drop_unread(self) -> None:
        slave = self._open_slave()
        termios.tcflush(slave, termios.TCIFLUSH)
        os.close(slave)

    def _set_flow(self, action: int) -> None:
        if not self.is_plugged:
            return
        slave = self._open_slave()
        termios.tcflow(slave, action)
        os.close(slave)

    def _close_occupied(self) -> None:
        if self._occupied >= 0:
            # The terminal would stay exclusive while its master is open.
            fcntl.ioctl(self._occupied, termios.TIOCNXCL)
            os.close(self._occupied)
            self._occupied = -1

    def _locked_slave(self) -> int:
        try:
            slave = self._open_slave()
        except OSError:
            return -1
        try:
            fcntl.flock(slave, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(slave)
            return -1
        return slave

    def _open_slave(self) -> int:
        return os.open(self._slave_name, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK | os.O_CLOEXEC)


def _link(link: Path, target: str) -> None:
    fresh = link.with_name(f".{link.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(target)
    fresh.replace(link)


def _unlink(link: Path, target: str) -> None:
    """Remove the link, unless somebody else's port has it by now."""
    try:
        if str(link.readlink()) == target:
            link.unlink()
    except OSError:
        return
