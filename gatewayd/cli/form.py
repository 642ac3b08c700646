"""`gatewayd form [--format F] -o FILE`: the blank FM-UPSI-01-01, ready to fill. It needs no settings file."""

import argparse
from pathlib import Path

from gatewayd.cli.options import Verbs
from gatewayd.errors import GatewaydError

_DESCRIPTION = "Write the blank form FM-UPSI-01-01, ready to fill."


def add_parser(verbs: Verbs) -> None:
    parser = verbs.add_parser("form", help=_DESCRIPTION, description=_DESCRIPTION)
    parser.add_argument("--format", choices=("docx", "xlsx", "txt"), default="docx", help="kind of file")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="F", help="file to write")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    from gatewayd.render.blank_form import blank_form  # Jinja2 is loaded for this verb only

    try:
        args.output.write_bytes(blank_form(args.format))
    except OSError as error:
        raise GatewaydError(f"cannot write {args.output}: {error.strerror}") from error
    print(args.output)
    return 0
