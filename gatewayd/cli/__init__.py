"""The command line: one parser, one small file for each family of verbs. Each family adds its verbs to the parser.

Exit status: 0 done, 1 failed (one line on stderr says why), 2 wrong usage, 78 settings invalid.
"""

import argparse
import importlib
import sys
from collections.abc import Mapping, Sequence
from typing import Final

from gatewayd import __version__
from gatewayd.errors import GatewaydError, SettingsError

EX_CONFIG: Final = 78
#: Verb → the module of its family, in the order in which the help lists them.
_FAMILIES: Final[Mapping[str, str]] = {
    "run": "run", "demo": "demo", "check": "check", "status": "show", "requests": "show", "show": "show",
    "watch": "watch",
    "approve": "decide", "reject": "decide", "cancel": "decide", "hold": "decide", "release": "decide",
    "send": "send", "optout": "optout", "bounces": "bounces", "report": "report", "form": "form",
    "audit": "audit", "erase": "erase", "modem": "modem", "backup": "copies", "restore": "copies",
    "simulate-modem": "simulate",
}  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    args = build_parser(given[0] if given else "").parse_args(given)
    try:
        return int(args.run(args))
    except SettingsError as error:
        print(error, file=sys.stderr)
        return EX_CONFIG
    except GatewaydError as error:
        print(f"gatewayd {args.verb}: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        sys.stderr.close()
        return 1
    except KeyboardInterrupt:
        return 130


def build_parser(wanted: str = "") -> argparse.ArgumentParser:
    """The parser; with `wanted` only the family of that verb is loaded, so that the daemon carries nothing else."""
    parser = argparse.ArgumentParser(
        prog="gatewayd",
        description="Mass SMS and e-mail on request: form in, approvals, GSM modem and SMTP out, delivery log back.",
    )
    parser.add_argument("--version", action="version", version=f"gatewayd {__version__}")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="COMMAND")
    families = [_FAMILIES[wanted]] if wanted in _FAMILIES else list(dict.fromkeys(_FAMILIES.values()))
    for family in families:
        importlib.import_module(f"gatewayd.cli.{family}").add_parser(verbs)
    return parser
