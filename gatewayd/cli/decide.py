"""`gatewayd approve | reject | cancel | hold | release | resend REQUEST`: an operator's word, audited with his name."""

import argparse

from gatewayd.cli.options import Verbs, add_verb, settings_of
from gatewayd.errors import GatewaydError
from gatewayd.intake import control

_HELP = {
    "approve": "Approve the step of a request that waits for a decision.",
    "reject": "Reject a request that waits for a decision.",
    "hold": "Keep back what has not left yet of an approved request.",
    "release": "Let go what is held of an approved request.",
    "resend": "Send again what failed or ran out of time, or what is in doubt (who has it may get it twice).",
    "cancel": "Take a request back; what is sent stays sent and is reported.",
}
_DONE = {
    "approve": "approved", "reject": "rejected", "cancel": "cancelled", "hold": "held", "release": "released",
    "resend": "queued again",
}  # fmt: skip


def add_parser(verbs: Verbs) -> None:
    for verb, help_ in _HELP.items():
        parser = add_verb(verbs, verb, run, help_)
        said = "number of the request, such as UPSI-2026-000123"
        if verb != "release":
            parser.add_argument("request", help=said)
        else:
            parser.add_argument("request", nargs="?", default="", help=said)
            parser.add_argument(
                "--store", action="store_true", help="end the hold of a store that was put back or damaged"
            )
            parser.set_defaults(wrong=parser.error)
        if verb == "resend":
            what = parser.add_mutually_exclusive_group(required=True)
            what.add_argument("--failed", dest="what", action="store_const", const="failed")
            what.add_argument("--in-doubt", dest="what", action="store_const", const="in_doubt")
            continue
        parser.add_argument("--reason", default="", metavar="R", help="told to everybody involved")


def run(args: argparse.Namespace) -> int:
    if args.verb == "release" and bool(args.request) == args.store:
        args.wrong("give the number of a request, or --store")
    if args.verb == "release" and args.store:
        return _release_store(args)
    said = {"what": args.what} if args.verb == "resend" else {"reason": args.reason}
    arguments = {"request": args.request, **said}
    reply = control.ask(settings_of(args).gateway.state_dir, args.verb, arguments)
    if "error" in reply:
        raise GatewaydError(reply["error"])
    told = f", {reply['stopped']} not sent any more" if "stopped" in reply else ""
    told = f", {reply['messages']} messages" if "messages" in reply else told
    print(f"{reply['request']}: {_DONE[args.verb]}{told}")
    return 0


def _release_store(args: argparse.Namespace) -> int:
    reply = control.ask(settings_of(args).gateway.state_dir, "release_store", {"reason": args.reason})
    if "error" in reply:
        raise GatewaydError(reply["error"])
    print(f"the store is released; {reply['in_doubt']} messages stay in doubt (gatewayd resend REQUEST --in-doubt)")
    return 0
