"""`gatewayd demo`: the whole system on embedded parts, played once from the form to the report.

Embedded mail server, broker and simulated modem are spoken to over their real protocols by a real
`gatewayd run`, a process of its own. The story is told line by line; `--once` ends after it with status 0
only if everything that should have happened did.
"""

import argparse
import asyncio
import os
import sys
from pathlib import Path

from gatewayd.cli.options import Verbs
from gatewayd.errors import GatewaydError

_TIMEOUT_S = 120.0


def add_parser(verbs: Verbs) -> None:
    help_ = "Play the whole procedure on embedded parts: no server, no modem, no settings needed."
    parser = verbs.add_parser("demo", help=help_, description=help_)
    parser.add_argument(
        "--dir", type=Path, default=Path("gatewayd-demo"), metavar="D", help="folder for everything it leaves behind"
    )
    parser.add_argument("--once", action="store_true", help="end after the story; status 0 only if all of it happened")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    try:
        from gatewayd.cli import demo_story  # the embedded servers are an extra
    except ImportError as error:
        raise GatewaydError(
            f"the demo's parts are not installed ({error.name}): pip install 'gatewayd[demo]'"
        ) from error
    args.dir.mkdir(parents=True, exist_ok=True)
    if any(args.dir.iterdir()):
        if not (args.dir / demo_story.MARK).exists():
            raise GatewaydError(f"{args.dir} is not empty and not an earlier demo's folder; choose another with --dir")
        demo_story.clear(args.dir)
    progress = sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
    return asyncio.run(demo_story.play(args.dir.resolve(), once=args.once, progress=progress, timeout_s=_TIMEOUT_S))
