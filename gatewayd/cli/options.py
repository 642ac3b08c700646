"""Options that several verbs share, and how data is printed."""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from gatewayd.config import DEFAULT_PATH, Settings, load

Verbs = Any  # argparse's own action type has no public name


def add_verb(verbs: Verbs, name: str, run: Callable[[argparse.Namespace], int], help_: str) -> argparse.ArgumentParser:
    """A verb with --config, and `run` as what it does."""
    parser: argparse.ArgumentParser = verbs.add_parser(name, help=help_, description=help_)
    parser.add_argument(
        "--config", type=Path, default=DEFAULT_PATH, metavar="F", help=f"settings (default {DEFAULT_PATH})"
    )
    parser.set_defaults(run=run)
    return parser


def add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print JSON")


def settings_of(args: argparse.Namespace) -> Settings:
    """The settings named on the command line. Raises SettingsError."""
    return load(args.config)


def print_json(value: Any) -> None:
    json.dump(value, sys.stdout, ensure_ascii=False, indent=2, default=str)
    print()


def print_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Columns as wide as their widest cell, two blanks apart."""
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    for row in (head, *rows):
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
