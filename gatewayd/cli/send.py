"""`gatewayd send`: a request from the command line, audited; it is approved like any other."""

import argparse
import base64
from pathlib import Path
from typing import Any

from gatewayd.cli.options import Verbs, add_json, add_verb, print_json, settings_of
from gatewayd.errors import GatewaydError
from gatewayd.intake import control


def add_parser(verbs: Verbs) -> None:
    parser = add_verb(verbs, "send", run, "Make a request from the command line; it is approved like any other.")
    to = parser.add_mutually_exclusive_group(required=True)
    to.add_argument("--to", nargs="+", metavar="N", help="numbers or addresses")
    to.add_argument("--list", type=Path, metavar="F", help="CSV, XLSX or ODS file of recipients")
    parser.add_argument(
        "--text", required=True, metavar="T", help="the message; {column} is filled in for each recipient"
    )
    parser.add_argument("--channel", choices=("sms", "email"), default="sms")
    parser.add_argument("--subject", default="", metavar="S", help="subject of an e-mail")
    parser.add_argument("--priority", choices=("urgent", "normal", "bulk"), default="normal")
    parser.add_argument(
        "--transliterate", action="store_true", help="replace characters outside the SMS alphabet by ones inside"
    )
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    arguments: dict[str, Any] = {
        "text": args.text, "channel": args.channel, "subject": args.subject, "priority": args.priority,
        "transliterate": args.transliterate,
    }  # fmt: skip
    if args.list is not None:
        try:
            arguments["list"] = base64.b64encode(args.list.read_bytes()).decode("ascii")
        except OSError as error:
            raise GatewaydError(f"{args.list}: {error.strerror}") from error
        arguments["list_name"] = args.list.name
    else:
        arguments["to"] = args.to
    reply = control.ask(settings_of(args).gateway.state_dir, "send", arguments)
    if "error" in reply:
        raise GatewaydError(reply["error"])
    if args.json:
        print_json(reply)
        return 0
    print(f"{reply['request']}: {reply['recipients']} recipients, {reply['parts']} parts; waits for approval")
    for row in reply["refused"]:
        print(f"  row {row['row']}: {row['typed']!r} is refused ({row['code']})")
    return 0
