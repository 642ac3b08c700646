"""gatewayd beside gammu-smsd and smstools3 on the same simulated modem, in one run.

    .venv/bin/python -m benchmarks.peers                                everything, about an hour and a half
    .venv/bin/python -m benchmarks.peers --quick                        small numbers, to see that it works
    .venv/bin/python -m benchmarks.peers --only gatewayd,smstools-tuned --scenarios throughput,kill
    .venv/bin/python -m benchmarks.peers --show figures.json            the table of an earlier run

Says on stderr what it does, and prints a Markdown table at the end. A program that is not installed is left out, with
a line that says how to install it; nothing is installed from here. The figures in docs/performance.md come from here.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Final

from benchmarks.peers import gammu, gateway, smstools
from benchmarks.peers.peer import Candidate, PeerFailed
from benchmarks.peers.scenarios import QUICK, SCENARIOS, Figures, Sizes
from benchmarks.peers.table import table

CANDIDATES: Final = {one.key: one for one in (*gateway.CANDIDATES, *gammu.CANDIDATES, *smstools.CANDIDATES)}
#: What a failing scenario may raise: the program's fault or the rig's deadline; anything else is a fault of ours.
_FAILURES: Final = (PeerFailed, AssertionError)


def main(arguments: Sequence[str] | None = None) -> int:
    args = _parser().parse_args(arguments)
    if args.show:
        sys.stdout.write(table(_read(args.show)) + "\n")
        return 0
    chosen = _installed([CANDIDATES[key] for key in args.only])
    results = {candidate.title: Figures() for candidate in chosen}
    sizes, begun, failed = QUICK if args.quick else Sizes(), time.time(), 0
    for name in args.scenarios:
        for candidate in chosen:
            figures = _measure(name, candidate, args.dir, sizes, args.repeat)
            failed += figures is None
            results[candidate.title] |= figures or {}
            if args.json is not None:
                _write(args.json, results, begun)
    sys.stdout.write(table(results) + "\n")
    return 1 if failed else 0


def _measure(name: str, candidate: Candidate, base: Path, sizes: Sizes, repeat: int) -> Figures | None:
    """The medians of `repeat` runs; None, and a line that says why, if one could not be finished."""
    runs: list[Figures] = []
    for turn in range(1, repeat + 1):
        begun = time.monotonic()
        try:
            runs.append(SCENARIOS[name](candidate, base, sizes))
        except _FAILURES as error:
            _say(f"{name:<10} {candidate.title:<28} failed: {str(error).splitlines()[0]}")
            return None
        shown = ", ".join(
            f"{figure} {'never' if value is None else f'{value:.4g}'}" for figure, value in runs[-1].items()
        )
        _say(f"{name:<10} {candidate.title:<28} {turn}/{repeat}, {time.monotonic() - begun:.0f} s: {shown}")
    return {figure: _median([run[figure] for run in runs]) for figure in runs[0]}


def _median(values: Sequence[float | None]) -> float | None:
    """ "never" counts as longer than any time."""
    middle = statistics.median_high(float("inf") if value is None else value for value in values)
    return None if middle == float("inf") else middle


def _installed(candidates: Sequence[Candidate]) -> list[Candidate]:
    missing: set[str] = set()
    there: list[Candidate] = []
    for candidate in candidates:
        if lacking := candidate.missing():
            missing |= lacking
            _say(f"left out: {candidate.title} (not installed)")
        else:
            there.append(candidate)
    if missing:
        _say(f"to have them: apt-get install --no-install-recommends {' '.join(sorted(missing))}")
    return there


def _write(path: Path, results: Mapping[str, Figures], begun: float) -> None:
    """All that is known so far, so that a run cut short is worth something."""
    host = {"cpus": os.cpu_count(), "load": os.getloadavg(), "system": os.uname().release}
    when = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(begun))
    path.write_text(json.dumps({"begun": when, "host": host, "figures": results}, indent=1) + "\n", encoding="utf-8")


def _read(paths: Sequence[Path]) -> dict[str, Figures]:
    """The figures of earlier runs, as one."""
    results: dict[str, Figures] = {}
    for path in paths:
        for title, figures in json.loads(path.read_text(encoding="utf-8"))["figures"].items():
            results[title] = results.get(title, {}) | figures
    return results


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.peers", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", type=_names(CANDIDATES), default=list(CANDIDATES), metavar="NAME,…",
                        help=", ".join(CANDIDATES))  # fmt: skip
    parser.add_argument("--scenarios", type=_names(SCENARIOS), default=list(SCENARIOS), metavar="NAME,…",
                        help=", ".join(SCENARIOS))  # fmt: skip
    parser.add_argument("--quick", action="store_true", help="small numbers")
    parser.add_argument("--repeat", type=int, default=1, metavar="N", help="medians of N runs of each")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures as they come")
    parser.add_argument(
        "--show", type=Path, nargs="+", metavar="FILE", help="measure nothing, print the table of FILEs"
    )
    parser.add_argument("--dir", type=Path, default=Path(tempfile.gettempdir()), metavar="DIR",
                        help="folder for spools and databases, on the disk that is to be measured")  # fmt: skip
    return parser


def _names(known: Mapping[str, object]) -> Callable[[str], list[str]]:
    """Reads a list of known names with commas between them."""

    def read(text: str) -> list[str]:
        given = text.split(",")
        unknown = [name for name in given if name not in known]
        if unknown:
            raise argparse.ArgumentTypeError(f"unknown: {', '.join(unknown)} (known: {', '.join(known)})")
        return given

    return read


def _say(line: str) -> None:
    sys.stderr.write(f"{time.strftime('%H:%M:%S')} {line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
