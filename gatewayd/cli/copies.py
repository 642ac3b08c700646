"""`gatewayd backup FILE`, `gatewayd restore FILE`: a copy of the store, and a copy put in the store's place."""

import argparse
import sys
from pathlib import Path

from gatewayd.cli.options import Verbs, add_json, add_verb, print_json, settings_of
from gatewayd.errors import GatewaydError
from gatewayd.stages import hold
from gatewayd.store import restoring
from gatewayd.store.database import FILE, copying

_MB = 1_000_000


def add_parser(verbs: Verbs) -> None:
    parser = add_verb(verbs, "backup", backup, "Copy the store to a new file, also while the daemon runs.")
    parser.add_argument("file", type=Path, metavar="FILE", help="the new file; it is never overwritten")
    add_json(parser)
    parser = add_verb(verbs, "restore", restore, "Put a copy in the place of the store; the daemon must not run.")
    parser.add_argument("file", type=Path, metavar="FILE", help="a copy made by `backup`, or by the gateway itself")
    add_json(parser)


def backup(args: argparse.Namespace) -> int:
    told = 0

    def progress(size: int) -> None:
        nonlocal told
        if sys.stderr.isatty() and size >= told + _MB:
            told = size
            print(f"\r{size // _MB} MB", end="", file=sys.stderr, flush=True)

    try:
        size = copying(settings_of(args).gateway.state_dir, args.file, progress)
    except OSError as error:
        raise GatewaydError(f"{args.file}: {error.strerror}") from None
    finally:
        if told:
            print(file=sys.stderr)
    if args.json:
        print_json({"file": str(args.file), "bytes": size})
    else:
        print(f"{args.file}: {size} bytes, checked. It holds texts and numbers: keep it as safe as the store")
    return 0


def restore(args: argparse.Namespace) -> int:
    path = settings_of(args).gateway.state_dir / FILE
    try:
        kept = restoring.restore(path, args.file)
    except OSError as error:
        raise GatewaydError(f"{error.filename or args.file}: {error.strerror}") from None
    if args.json:
        print_json({"store": str(path), "kept": kept and str(kept), "release": hold.COMMAND})
        return 0
    before = f"; the store before it is kept in {kept}" if kept else ""
    print(f"{path}: put back from {args.file}{before}")
    print(f"It opens on hold: start the daemon, look at `gatewayd status`, then: {hold.COMMAND}")
    return 0
