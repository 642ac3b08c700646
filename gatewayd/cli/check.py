"""`gatewayd check`: every fault of the settings at once; with --probe it also talks to each part, one line for each."""

import argparse
import asyncio
from collections.abc import Awaitable, Callable

from gatewayd.cli.options import Verbs, add_json, add_verb, print_json, settings_of
from gatewayd.config import Settings
from gatewayd.config.files import file_faults
from gatewayd.errors import GatewaydError, SettingsError, StoreError
from gatewayd.render import fonts
from gatewayd.stages import hold
from gatewayd.store import hold as hold_store
from gatewayd.store.database import reading


def add_parser(verbs: Verbs) -> None:
    parser = add_verb(verbs, "check", run, "Check the settings; every fault is named with its key.")
    parser.add_argument("--probe", action="store_true", help="also talk to modem, mailbox, SMTP and broker")
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    settings = settings_of(args)
    faults = list(file_faults(settings))
    if faults:
        raise SettingsError("\n".join([f"{args.config}: {len(faults)} faults", *(f"  {fault}" for fault in faults)]))
    lines = [(part, True, "left out") for part in _left_out(settings)]
    problem = fonts.problem()
    if problem:
        lines.append(("report", True, problem))
    lines += _store(settings)
    if args.probe:
        lines += asyncio.run(_probe(settings))
    failed = [line for line in lines if not line[1]]
    if args.json:
        print_json([{"part": part, "ok": ok, "says": says} for part, ok, says in lines])
    else:
        print(f"{args.config}: valid")
        for part, ok, says in lines:
            print(f"  {part:<10} {'ok' if ok else 'FAILED'}: {says}")
    return 1 if failed else 0


def _left_out(settings: Settings) -> list[str]:
    parts = {"mailbox": settings.mailbox, "smtp": settings.smtp, "mqtt": settings.mqtt, "modems": settings.modems}
    return [name for name, part in parts.items() if not part]


def _store(settings: Settings) -> list[tuple[str, bool, str]]:
    """Whether the store is on hold; nothing where there is none yet, or none for our eyes."""
    try:
        with reading(settings.gateway.state_dir) as conn:
            held = hold_store.held(conn)
    except (StoreError, OSError):
        return []
    return [] if held is None else [("store", False, hold.line(held))]


async def _probe(settings: Settings) -> list[tuple[str, bool, str]]:
    """Talk to every part once."""
    from gatewayd.cli import probe  # the daemon's parts are loaded for --probe only

    found: list[tuple[str, bool, str]] = []
    for name, question in probe.questions(settings):
        found.append(await _ask(name, question))
    return found


async def _ask(name: str, question: Callable[[], Awaitable[str]]) -> tuple[str, bool, str]:
    try:
        async with asyncio.timeout(60):
            return name, True, await question()
    except TimeoutError:
        return name, False, "no answer within 60 s"
    except GatewaydError as error:
        return name, False, str(error)
