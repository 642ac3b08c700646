"""What `gatewayd watch` draws: a Glance as lines for a terminal of 80×24 or more, with or without colours.

Names of units, operators and causes come from outside: every control character in them is escaped (log.escape), and no
markup is read.
"""

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Final
from zoneinfo import ZoneInfo

from rich.console import Group, RenderableType
from rich.table import Column, Table
from rich.text import Text

from gatewayd.cli.forecast import rupiah
from gatewayd.core.model import Priority
from gatewayd.core.progress import RequestState
from gatewayd.core.underway import Underway
from gatewayd.log import escape
from gatewayd.stages.underway import Glance
from gatewayd.store.health import LinkRow
from gatewayd.store.live import Happened, InHand

_PRIORITIES: Final = {
    Priority.NOTICE: "own mails", Priority.URGENT: "urgent", Priority.NORMAL: "normal", Priority.BULK: "bulk",
}  # fmt: skip
#: dBm from which on a step of the signal is filled: about 2, 7, 12 and 17 of +CSQ.
_STEPS: Final = (-109, -99, -89, -79)
_BAR: Final = 16
_column: Final = partial(Column, no_wrap=True, overflow="ellipsis")


def view(seen: Glance, name: str, zone: ZoneInfo, *, is_running: bool, events: int) -> RenderableType:
    """`events`: how many of the last events there is room for."""
    held = [Text(escape(seen.held), "bold red")] if seen.held else []
    more = [_plain(f"and {seen.more} more", "dim")] if seen.more else []
    return Group(
        _head(seen, name, zone, is_running), *held, Text(), _links(seen), Text(), _queue(seen, zone),
        _requests(seen, zone), *more, Text(), *_events(seen.events[:events], zone),
    )  # fmt: skip


def _head(seen: Glance, name: str, zone: ZoneInfo, is_running: bool) -> RenderableType:
    head = Table.grid(expand=True)
    head.add_column(no_wrap=True, overflow="ellipsis", ratio=1)
    head.add_column(justify="right", no_wrap=True)
    state = (" running", "green") if is_running else (" not running: start it with `gatewayd run`", "bold red")
    head.add_row(_line((name, "bold"), state), _plain(f"{seen.at.astimezone(zone):%d %b %Y %H:%M:%S}  q: quit", "dim"))
    return head


def _links(seen: Glance) -> RenderableType:
    table = _table(
        _column(min_width=5), _column(min_width=4), _column(min_width=8), _column(justify="right"), _column(ratio=1)
    )
    for row in seen.links:
        table.add_row(_plain(row.health.name, "bold"), *_signal(row), _credit(row), _doing(row, seen))
    if not seen.links:
        table.add_row("", "", "", "", _plain("no link was ever up", "dim"))
    return table


def _signal(row: LinkRow) -> tuple[Text, Text]:
    """A bar of four steps, and the figure."""
    if row.kind != "modem":
        return Text(), Text()
    dbm = row.health.signal_dbm
    if dbm is None:
        return _plain("----", "dim"), _plain("no signal", "dim")
    filled = sum(dbm >= step for step in _STEPS)
    return Text("|" * filled, "green" if filled > 1 else "yellow") + Text("." * (4 - filled), "dim"), Text(f"{dbm} dBm")


def _credit(row: LinkRow) -> Text:
    credit = row.health.credit
    if row.kind != "modem":
        return Text()
    left = credit.left_idr if credit else None
    return _plain("credit ?", "dim") if left is None else Text(rupiah(left))


def _doing(row: LinkRow, seen: Glance) -> Text:
    """What it does, or why it does nothing."""
    if row.kind in ("access", "clock", "disk"):
        return _plain(row.paused_why, "red") if row.paused else _plain("in order", "dim")
    if row.paused:
        return _plain(row.paused_why, "red")
    if row.rests_until is not None and row.rests_until > seen.at:
        return _plain(f"rests: {row.rests_why}", "yellow")
    hand = seen.in_hand.get(row.health.name)
    if hand is not None:
        return _plain(_sending(hand), "cyan")
    return _plain(row.health.error, "yellow") if row.health.error else _plain("ready", "dim")


def _sending(hand: InHand) -> str:
    part = f" part {hand.part}/{hand.parts}" if hand.parts > 1 else ""
    return f"sends {hand.request or 'a mail of our own'}{part}"


def _queue(seen: Glance, zone: ZoneInfo) -> Text:
    waiting = ", ".join(f"{count} {_PRIORITIES[rank]}" for rank, count in sorted(seen.queued.items()))
    since = f" (since {seen.oldest.astimezone(zone):%d %b %H:%M})" if seen.oldest else ""
    return _line(("queue  ", "bold"), ((waiting + since) if waiting else "empty", ""))


def _requests(seen: Glance, zone: ZoneInfo) -> RenderableType:
    if not seen.requests:
        return _plain("no request is being sent", "dim")
    table = _table(_column(), _column(width=_BAR), _column(justify="right"), _column(justify="right"), _column(ratio=1))
    for one in seen.requests:
        table.add_row(
            _plain(one.number, "bold"), _bar(one), f"{one.handled}/{one.total}", _rate(one), _rest(one, seen, zone)
        )
    return table


def _bar(one: Underway) -> Text:
    """Tells done from not done without colours and without more than ASCII; full only when all is done."""
    done = _BAR * one.handled // max(1, one.total)
    return Text("#" * done, "cyan") + Text("." * (_BAR - done), "dim")


def _rate(one: Underway) -> Text:
    return Text() if one.per_minute is None else Text(f"{one.per_minute:.0f}/min")


def _rest(one: Underway, seen: Glance, zone: ZoneInfo) -> Text:
    words = [_end(one, seen.at, zone)]
    words += [f"{one.failed} failed"] if one.failed else []
    words += [f"{one.in_doubt} in doubt"] if one.in_doubt else []
    return _plain(", ".join([*words, one.unit]), "yellow" if one.failed or one.in_doubt else "")


def _end(one: Underway, now: datetime, zone: ZoneInfo) -> str:
    if one.state is RequestState.ON_HOLD:
        return "on hold"
    if one.handled == one.total:
        return "waits for status reports"
    if one.ends_at is None:
        return "end not known"
    end = one.ends_at.astimezone(zone)
    return f"until {end:%H:%M}" if end.date() == now.astimezone(zone).date() else f"until {end:%d %b %H:%M}"


def _events(events: tuple[Happened, ...], zone: ZoneInfo) -> Iterator[Text]:
    for one in events:
        words = " ".join(word for word in (one.name, one.request, one.actor) if word)
        yield _line((f"{one.at.astimezone(zone):%H:%M:%S} ", "dim"), (words, ""))


def _line(*pieces: tuple[str, str]) -> Text:
    """Pieces of text and style as one line that is cut where it does not fit; never markup."""
    line = Text(no_wrap=True, overflow="ellipsis")
    for text, style in pieces:
        line.append(escape(text), style)
    return line


def _plain(text: str, style: str) -> Text:
    return _line((text, style))


def _table(*columns: Column) -> Table:
    return Table(*columns, box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0), expand=True)
