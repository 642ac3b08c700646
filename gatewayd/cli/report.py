"""`gatewayd report REQUEST -o DIR`: the delivery log as files."""

import argparse
from pathlib import Path

from gatewayd.cli.options import Verbs, add_verb, settings_of
from gatewayd.errors import GatewaydError


def add_parser(verbs: Verbs) -> None:
    parser = add_verb(verbs, "report", run, "Write the delivery log of a request: html, png and csv.")
    parser.add_argument("request", help="number of the request")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="DIR", help="folder for the files")
    parser.add_argument("--full-numbers", action="store_true", help="full numbers in the CSV")


def run(args: argparse.Namespace) -> int:
    from gatewayd.stages.compose_child import report_files  # Pillow and Jinja2 are loaded for this verb only

    files = report_files(settings_of(args), args.request, full_numbers=args.full_numbers)
    if files is None:
        raise GatewaydError(f"there is no request {args.request!r}")
    args.output.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        path = args.output / name
        path.write_bytes(data)
        print(path)
    return 0
