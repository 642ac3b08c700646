"""`gatewayd optout list | add | remove`: who wants no messages from us any more."""

import argparse
import json

from gatewayd.cli.options import Verbs, add_verb, settings_of
from gatewayd.errors import GatewaydError
from gatewayd.intake import control
from gatewayd.store import optouts
from gatewayd.store.database import reading


def add_parser(verbs: Verbs) -> None:
    parser = add_verb(verbs, "optout", run, "The opt-out list: who wants no messages from us.")
    parser.add_argument("act", choices=("list", "add", "remove"))
    parser.add_argument("address", nargs="?", default="", metavar="NUMBER-OR-ADDRESS")
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.set_defaults(wrong=parser.error)


def run(args: argparse.Namespace) -> int:
    if (args.act == "list") == bool(args.address):
        args.wrong(f"{args.act} {'takes no' if args.act == 'list' else 'needs a'} number or address")
    state_dir = settings_of(args).gateway.state_dir
    if args.act == "list":
        with reading(state_dir) as conn:
            _show(optouts.all_of(conn), as_json=args.json)
        return 0
    reply = control.ask(state_dir, "optout", {"act": args.act, "address": args.address})
    if "error" in reply:
        raise GatewaydError(reply["error"])
    if args.json:
        print(json.dumps(reply))
        return 0
    done = {"add": "is on the opt-out list", "remove": "is not on the opt-out list"}[args.act]
    was = "" if reply["changed"] else " (as before)"
    stopped = f"; {reply['stopped']} waiting messages cancelled" if reply["stopped"] else ""
    print(f"{reply['address']} {done}{was}{stopped}")
    return 0


def _show(rows: list[optouts.OptOut], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps([{"address": r.address, "since": r.since.isoformat(), "source": r.source} for r in rows]))
        return
    for row in rows:
        print(f"{row.address:<32} {row.since:%Y-%m-%d}  {row.source}")
    if not rows:
        print("the opt-out list is empty")
