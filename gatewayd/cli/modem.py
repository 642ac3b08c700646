"""`gatewayd modem list | probe NAME | ussd NAME CODE | reset NAME`: one modem, through the running daemon."""

import argparse
import sys
from typing import Any

from gatewayd.cli.options import Verbs, add_json, add_verb, print_json, print_table, settings_of
from gatewayd.config import Settings
from gatewayd.errors import GatewaydError
from gatewayd.intake import control
from gatewayd.log import escape
from gatewayd.store import health
from gatewayd.store.database import reading

#: A balance question may be on before it, and a modem that starts anew takes its time.
_LONGEST_S = 400.0
_NEEDS = {"list": (), "probe": ("NAME",), "ussd": ("NAME", "CODE"), "reset": ("NAME",)}


def add_parser(verbs: Verbs) -> None:
    parser = add_verb(
        verbs,
        "modem",
        run,
        "List the modems; ask one who it is, dial a USSD code, or start it anew, between two sends.",
    )
    parser.add_argument("act", choices=tuple(_NEEDS))
    parser.add_argument("name", nargs="?", default="", metavar="NAME", help="of the modem in the settings")
    parser.add_argument("code", nargs="?", default="", metavar="CODE", help="ussd: such as *888#; it may cost money")
    parser.add_argument("--yes", action="store_true", help="ussd, reset: do not ask first")
    add_json(parser)
    parser.set_defaults(wrong=parser.error)


def run(args: argparse.Namespace) -> int:
    needs = _NEEDS[args.act]
    if (bool(args.name), bool(args.code)) != ("NAME" in needs, "CODE" in needs):
        args.wrong(f"{args.act} needs {' and '.join(needs) or 'no name'}")
    settings = settings_of(args)
    if args.act == "list":
        return _list(settings, as_json=args.json)
    if args.act in ("ussd", "reset"):
        _confirm(args)
    asked = {"act": args.act, "name": args.name, "code": args.code}
    reply = control.ask(settings.gateway.state_dir, "modem", asked, _LONGEST_S)
    if "error" in reply:
        raise GatewaydError(reply["error"])
    if args.json:
        print_json(reply)
    else:
        _say(args.act, reply)
    return 0


def _list(settings: Settings, *, as_json: bool) -> int:
    with reading(settings.gateway.state_dir) as conn:
        known = {row.health.name: row for row in health.all_links(conn) if row.kind == "modem"}
    modems = [
        {
            "name": modem.name, "port": str(modem.port),
            "state": "unknown" if (row := known.get(modem.name)) is None else row.paused or "ready",
            "operator": row.health.operator if row else "", "registration": row.health.registration if row else "",
            "signal_dbm": row.health.signal_dbm if row else None, "imei": row.health.imei if row else "",
        }
        for modem in settings.modems
    ]  # fmt: skip
    if as_json:
        print_json(modems)
        return 0
    shown = ("name", "state", "operator", "registration", "signal_dbm", "port")
    rows = [tuple("" if modem[key] is None else escape(str(modem[key])) for key in shown) for modem in modems]
    print_table([key.upper().replace("_", " ") for key in shown], rows)
    return 0


def _confirm(args: argparse.Namespace) -> None:
    """A code may spend money, and a modem that starts anew is away for a while."""
    if args.yes:
        return
    if not sys.stdin.isatty():
        raise GatewaydError(f"{args.act}: give --yes where nobody can be asked")
    what = f"dial {args.code} (it may cost money)" if args.act == "ussd" else "start the modem anew"
    if input(f"{args.name}: {what}? [y/N] ").strip().lower() not in ("y", "yes"):
        raise GatewaydError("nothing was done")


def _say(act: str, reply: dict[str, Any]) -> None:
    if act == "ussd":
        print("\n".join(escape(line) for line in str(reply["text"]).splitlines()))
        if reply["is_menu"]:
            print("(a menu; it was closed without an answer)")
        return
    if act == "reset":
        print(f"{reply['modem']}: started anew and set up again")
        return
    for key, value in reply.items():
        said = "unknown" if value is None else {True: "yes", False: "no"}[value] if isinstance(value, bool) else value
        print(f"{key.replace('_', ' '):<22} {escape(str(said))}")
