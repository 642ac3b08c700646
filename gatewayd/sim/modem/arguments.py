"""The options of the simulated modem, for `gatewayd simulate-modem` and `python -m gatewayd.sim.modem` alike."""

import argparse
import asyncio
import sys
from pathlib import Path

from gatewayd.errors import LinkError
from gatewayd.sim.modem.faults import FAULTS, listing
from gatewayd.sim.modem.hooks import parse
from gatewayd.sim.modem.knobs import set_one, set_recipient
from gatewayd.sim.modem.network import Behaviour, Settings
from gatewayd.sim.modem.operators import OPERATORS
from gatewayd.sim.modem.profiles import PROFILES
from gatewayd.sim.modem.serve import Options, serve
from gatewayd.sim.modem.tcp import place_of

DESCRIPTION = "A simulated GSM modem on a pseudo terminal and, if wanted, a TCP port, for rehearsals and tests."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options; `run` reads what they give."""
    shown = parser.add_mutually_exclusive_group(required=True)
    shown.add_argument(
        "--link", type=Path, metavar="PATH", help="symbolic link to the port; PATH.ctl is its control socket"
    )
    shown.add_argument("--list-faults", action="store_true", help="say what can go wrong, and end")
    parser.add_argument(
        "--tcp", type=_place, metavar="[HOST:]PORT", help="listen there too (HOST: 127.0.0.1; PORT 0: any free one)"
    )
    parser.add_argument("--profile", choices=sorted(PROFILES), default="generic", help="make of the modem")
    parser.add_argument("--operator", choices=sorted(OPERATORS), default="telkomsel", help="operator of the SIM")
    parser.add_argument(
        "--latency-ms", type=int, metavar="N", help="Ctrl-Z to +CMGS (default: as the profile's radio, varying)"
    )
    parser.add_argument("--report-delay-ms", type=int, default=3000, metavar="N", help="+CMGS to status report")
    parser.add_argument("--credit", type=int, default=100_000, metavar="IDR", help="credit of the SIM")
    parser.add_argument("--price", type=int, default=350, metavar="IDR", help="price of a part")
    parser.add_argument(
        "--recipient", type=_recipient, action="append", default=[], metavar="NUMBER=BEHAVIOUR",
        help=f"{', '.join(Behaviour)}; * and ? stand for any digits",
    )  # fmt: skip
    parser.add_argument(
        "--fault", type=_fault, action="append", default=[], metavar="NAME[:ARGS]", help="see --list-faults"
    )  # fmt: skip
    parser.add_argument("--ledger", type=Path, metavar="FILE", help="append what the network really did, as JSON lines")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="fixes chance, IMEI and IMSI")


def run(args: argparse.Namespace) -> int:
    """Run the modem until a signal comes. Raises LinkError if its port or its ledger cannot be made."""
    if args.list_faults:
        sys.stdout.write(f"{listing()}\n")
        return 0
    try:
        asyncio.run(serve(options_of(args), _say))
    except (OSError, ValueError) as error:
        raise LinkError(f"{args.link}: {error}") from error
    return 0


def options_of(args: argparse.Namespace) -> Options:
    """Raises ValueError for a number outside its limits."""
    settings = Settings()
    for name in ("operator", "latency_ms", "report_delay_ms", "credit", "price"):
        set_one(settings, name, getattr(args, name))
    for number, behaviour in args.recipient:
        set_recipient(settings, number, behaviour)
    return Options(args.link, args.profile, settings, tuple(args.fault), args.ledger, args.seed, args.tcp)


def _recipient(text: str) -> tuple[str, str]:
    number, equals, behaviour = text.partition("=")
    if not equals or behaviour not in tuple(Behaviour):
        raise argparse.ArgumentTypeError(f"{text!r} is not NUMBER=({'|'.join(Behaviour)})")
    return number, behaviour


def _place(text: str) -> tuple[str, int]:
    try:
        return place_of(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def _fault(text: str) -> str:
    try:
        parse(text, FAULTS)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return text


def _say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()
