"""`gatewayd erase NUMBER-OR-ADDRESS`: one person's data out of the store, now; asked for twice."""

import argparse
import sys

from gatewayd.cli.options import Verbs, add_json, add_verb, print_json, settings_of
from gatewayd.errors import GatewaydError
from gatewayd.intake import control

#: Writing a big store anew takes its time.
_WAIT_S = 600.0
_NOT_REACHED = """not reached from here:
  mails and messages that were sent, and their copies at the mail servers and phones
  mails in the folders of the mailbox: deleted after [retention] mails, or by hand now
  mails in files of other requests that never became one (stored mails whose attachments name the person)
  copies of the store made elsewhere, free blocks of the disk, directories of [groups]"""


def add_parser(verbs: Verbs) -> None:
    parser = add_verb(verbs, "erase", run, "Take everything about one person out of the store, now.")
    parser.add_argument("address", metavar="NUMBER-OR-ADDRESS")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    state_dir = settings_of(args).gateway.state_dir
    if not args.yes and not _confirmed(args.address):
        raise GatewaydError("nothing was done")
    reply = control.ask(state_dir, "erase", {"address": args.address}, timeout_s=_WAIT_S)
    if "error" in reply:
        raise GatewaydError(reply["error"])
    if args.json:
        print_json(reply)
        return 0
    removed = ", ".join(f"{count} {what.replace('_', ' ')}" for what, count in reply["removed"].items())
    print(f"removed from: {removed or 'nothing, it is not known here'}")
    print("kept: a keyed hash, in the record" + (" and on the opt-out list" if reply["opted_out"] else ""))
    if not reply["scrubbed"]:
        print("the bytes leave the files later: something reads the store; see the journal (retention.not_scrubbed)")
    print(_NOT_REACHED)
    if reply["copies_left"]:
        print(f"  copies of the store in its folder: {', '.join(reply['copies_left'])}")
    return 0


def _confirmed(address: str) -> bool:
    if not sys.stdin.isatty():
        raise GatewaydError("--yes is needed where nobody can be asked")
    return input(f"Erase everything about {address}? It cannot be taken back. [yes/no] ").strip().lower() == "yes"
