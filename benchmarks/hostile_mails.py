"""What hostile mails cost in the sandbox child: seconds, CPU, peak memory.

    .venv/bin/python -m benchmarks.hostile_mails

The bombs of tests/wire/test_hostile_mails.py, CPython's own test mails, and the mail behind them. The figures in
docs/performance.md come from here.
"""

import asyncio
import sys

from tests.rigs.hostile import MIB, MOST_BYTES, MOST_SECONDS, Cost, library_mails, read_measured, repository_on_path
from tests.vectors import raw_mail
from tests.wire.test_hostile_mails import BOMBS


async def measured() -> dict[str, Cost]:
    costs: dict[str, Cost] = {}
    for name, make in BOMBS.items():
        costs[name] = (await read_measured(make()))[1]
    for name, raw in library_mails().items():
        costs[f"CPython {name}"] = (await read_measured(raw))[1]
    costs["the next mail"] = (await read_measured(raw_mail("text-equals-signs")))[1]
    return costs


def main() -> None:
    with repository_on_path():
        costs = asyncio.run(measured())
    for name, cost in sorted(costs.items(), key=lambda item: -item[1].cpu):
        over = " OVER" if cost.cpu > MOST_SECONDS or cost.peak > MOST_BYTES else ""
        sys.stdout.write(f"{name:<44} {cost.seconds:6.2f} s {cost.cpu:6.2f} s CPU {cost.peak / MIB:7.1f} MiB{over}\n")


if __name__ == "__main__":
    main()
