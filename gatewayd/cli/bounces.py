"""`gatewayd bounces`: the e-mail addresses that servers call dead, by directory, so that somebody can mend it."""

import argparse

from gatewayd.cli.options import Verbs, add_json, add_verb, print_json, print_table, settings_of
from gatewayd.render import safe
from gatewayd.store import bounces
from gatewayd.store.bounces import BadAddress
from gatewayd.store.database import reading


def add_parser(verbs: Verbs) -> None:
    parser = add_verb(verbs, "bounces", run, "E-mail addresses that do not exist any more, by directory.")
    parser.add_argument("--group", default="", metavar="NAME", help="only those of one directory of [groups]")
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    with reading(settings_of(args).gateway.state_dir) as conn:
        rows = [row for row in bounces.bad_addresses(conn) if not args.group or args.group in row.groups]
    if args.json:
        print_json([_as_json(row) for row in rows])
        return 0
    if rows:
        print_table(
            ("directory", "address", "since", "code", "request", "said"),
            [
                (
                    ",".join(row.groups) or "-", row.address, f"{row.at:%Y-%m-%d}", row.status, row.request,
                    safe.line(row.why)[:60],
                )
                for row in rows
            ],
        )  # fmt: skip
    else:
        print("no address is known to be dead")
    return 0


def _as_json(row: BadAddress) -> dict[str, object]:
    return {
        "address": row.address, "name": row.name, "groups": list(row.groups), "at": row.at.isoformat(),
        "status": row.status, "why": row.why, "times": row.times, "request": row.request,
    }  # fmt: skip
