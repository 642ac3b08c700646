"""`gatewayd watch`: modems, queue, progress and the last events, live in a terminal; q or Ctrl-C ends it.

It reads the store, so it works over SSH, beside any number of others, and without a daemon (which it says). Where the
output is no terminal it prints one view and ends.
"""

import argparse
import os
import select
import sys
import termios
import time
import tty
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from rich.console import Console, RenderableType
from rich.live import Live

from gatewayd.cli.options import Verbs, add_verb, settings_of
from gatewayd.cli.show import is_running
from gatewayd.cli.watch_view import view
from gatewayd.config import Settings
from gatewayd.intake import control
from gatewayd.stages.underway import glance
from gatewayd.store.database import reading

#: Lines of the view that are neither a link, a request nor an event.
_FRAME = 7
_LEAST_EVENTS = 3


def add_parser(verbs: Verbs) -> None:
    parser = add_verb(verbs, "watch", watch, "Watch modems, queue and progress live; q ends it.")
    parser.add_argument(
        "--every", type=_seconds, default=2.0, metavar="S", help="seconds between two looks (default 2)"
    )


def watch(args: argparse.Namespace) -> int:
    settings = settings_of(args)
    console = Console(highlight=False)
    if not (console.is_terminal and sys.stdin.isatty()):
        console.print(_look(settings, console))
        return 0
    with _keys(), Live(_look(settings, console), console=console, screen=True, auto_refresh=False) as live:
        while not _quits(args.every):
            live.update(_look(settings, console), refresh=True)
    return 0


def _look(settings: Settings, console: Console) -> RenderableType:
    """One view that fits the window."""
    height = console.size.height
    with reading(settings.gateway.state_dir) as conn:
        seen = glance(conn, settings, datetime.now(UTC), max(1, height // 3), height)
    running = is_running(settings.gateway.state_dir / control.FILE)
    room = height - _FRAME - len(seen.links) - max(1, len(seen.requests))
    zone = ZoneInfo(settings.gateway.timezone)
    return view(seen, settings.gateway.name, zone, is_running=running, events=max(_LEAST_EVENTS, room))


@contextmanager
def _keys() -> Iterator[None]:
    """Keys come one by one and unechoed; the terminal is as it was behind it."""
    before = termios.tcgetattr(sys.stdin)
    tty.setcbreak(sys.stdin)
    try:
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)


def _quits(within_s: float) -> bool:
    """Wait for the next look; whether q, Escape or Ctrl-D was pressed, or the terminal is gone."""
    until = time.monotonic() + within_s
    while (left := until - time.monotonic()) > 0:
        if select.select([sys.stdin], [], [], left)[0]:
            pressed = os.read(sys.stdin.fileno(), 64)
            if not pressed or pressed[:1] in (b"q", b"Q", b"\x04") or pressed == b"\x1b":
                return True
    return False


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0.2 <= seconds <= 3600:
        raise argparse.ArgumentTypeError("between 0.2 and 3600")
    return seconds
