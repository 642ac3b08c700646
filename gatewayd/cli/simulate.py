"""`gatewayd simulate-modem`: the simulated modem on a pseudo terminal. It needs no settings file."""

import argparse

from gatewayd.cli.options import Verbs
from gatewayd.sim.modem import arguments


def add_parser(subparsers: Verbs) -> None:
    parser = subparsers.add_parser(
        "simulate-modem", help=arguments.DESCRIPTION, description=arguments.DESCRIPTION
    )  # fmt: skip
    arguments.add_arguments(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the modem until SIGTERM or SIGINT; 0, or LinkError if its port cannot be made."""
    return arguments.run(args)
