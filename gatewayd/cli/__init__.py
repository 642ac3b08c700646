"""The command line: one parser, one small file for each family of verbs. Each family adds its verbs to the parser.

Exit status: 0 done, 1 failed (one line on stderr says why), 2 wrong usage, 78 settings invalid.
"""

import argparse
import sys
from collections.abc import Sequence
from typing import Final

from gatewayd import __version__
from gatewayd.errors import GatewaydError, SettingsError

EX_CONFIG: Final = 78


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    args = build_parser().parse_args(arguments)
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


def build_parser() -> argparse.ArgumentParser:
    from gatewayd.cli import check, decide, demo, report, run, send, show, simulate

    parser = argparse.ArgumentParser(
        prog="gatewayd",
        description="Mass SMS and e-mail on request: form in, approvals, GSM modem and SMTP out, delivery log back.",
    )
    parser.add_argument("--version", action="version", version=f"gatewayd {__version__}")
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="COMMAND")
    for family in (run, demo, check, show, decide, send, report, simulate):
        family.add_parser(verbs)
    return parser
