"""`gatewayd report REQUEST -o DIR`: the delivery log as files. `--month 2026-10`: the sums of that month by unit."""

import argparse
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path

from gatewayd.cli.options import Verbs, add_verb, settings_of
from gatewayd.errors import GatewaydError


def add_parser(verbs: Verbs) -> None:
    parser = add_verb(verbs, "report", run, "Write the delivery log of a request, or the sums of a month by unit.")
    about = parser.add_mutually_exclusive_group(required=True)
    about.add_argument("request", nargs="?", help="number of the request: html, png, pdf, csv and xlsx")
    about.add_argument("--month", type=_month, metavar="YYYY-MM", help="what was sent for each unit: csv")
    parser.add_argument("-o", "--output", type=Path, required=True, metavar="DIR", help="folder for the files")
    parser.add_argument("--full-numbers", action="store_true", help="full numbers in the CSV")


def run(args: argparse.Namespace) -> int:
    files = _files(args)
    args.output.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        path = args.output / name
        path.write_bytes(data)
        print(path)
    return 0


def _files(args: argparse.Namespace) -> Mapping[str, bytes]:
    from gatewayd.stages import compose_child  # Pillow and Jinja2 are loaded for this verb only

    settings = settings_of(args)
    if args.month is not None:
        return compose_child.month_files(settings, args.month)
    files = compose_child.report_files(settings, args.request, full_numbers=args.full_numbers)
    if files is None:
        raise GatewaydError(f"there is no request {args.request!r}")
    return files


def _month(text: str) -> date:
    try:
        return datetime.strptime(text, "%Y-%m").date()  # noqa: DTZ007  # a month has no zone
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a month such as 2026-10") from None
