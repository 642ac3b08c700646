"""What a report costs: time and memory of the daemon and of the child that makes it, for 1 to 20,000 recipients.

    .venv/bin/python -m benchmarks.report [ROWS …]

A request that was sent and settled is put into the store; then the real daemon starts, with Dovecot, Postfix, Mosquitto
and a modem on a pty, and mails its report to Ka. UPSI. Printed: how long the files take (`gatewayd report`, all five)
and the peak memory of that process, the size of the mail, and the daemon's peak memory before and after. The figures in
docs/performance.md come from here. Needs root, like the system tests.
"""

import asyncio
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from gatewayd.core.model import Applicant
from gatewayd.store import requests
from gatewayd.store.database import open_store
from gatewayd.store.instants import to_ms
from tests.fakes.requests import new_request
from tests.system.campus import KA_UPSI, Campus, running_campus
from tests.system.rig import peak_memory, wait_for

_MIB = 1024 * 1024
_ROWS = (1, 40, 2_000, 20_000)


async def seed(state_dir: Path, rows: int) -> str:
    """A settled request of so many recipients, put into the store while no daemon has it; its number."""
    async with open_store(state_dir) as db:
        return await db.run(_fill, rows, datetime.now(UTC))


def _fill(conn: sqlite3.Connection, rows: int, now: datetime) -> str:
    number = requests.next_number(conn, "UPSI", now.year)
    new = new_request(count=rows, applicant=Applicant("BAA", "Budi Contoh", ""))
    request = requests.insert(conn, new, number, now)
    begun = to_ms(now - timedelta(hours=3))
    conn.execute(
        "UPDATE deliveries SET state = CASE WHEN row % 50 = 0 THEN 'failed' ELSE 'delivered' END, transport = 'gsm1',"
        " cause_code = CASE WHEN row % 50 = 0 THEN 'st-43' ELSE '' END, submitted_at = ?1 + row * 500,"
        " accepted_at = ?1 + row * 500 + 400, final_at = ?1 + row * 500 + 900 WHERE request = ?2",
        (begun, request),
    )
    conn.execute("INSERT INTO runs (boot, version, started_at) VALUES ('seed', '0', ?)", (begun,))
    conn.execute(
        "INSERT INTO attempts (delivery, part, attempt, state, transport, run, began_at) SELECT id, 1, 1, 'accepted',"
        " 'gsm1', (SELECT max(id) FROM runs), submitted_at FROM deliveries WHERE request = ?",
        (request,),
    )
    conn.execute("UPDATE requests SET approved_at = ?1, settled_at = ?1 WHERE id = ?2", (to_ms(now), request))
    return number


def files(campus: Campus, number: str, folder: Path) -> tuple[float, float]:
    """Seconds and peak MiB of a process that writes all files of a report."""
    command = [
        sys.executable, "-m", "gatewayd", "report", number, "-o", str(folder), "--config", str(campus.daemon.config),
    ]  # fmt: skip
    began = time.monotonic()
    measured = (
        "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL);"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    done = subprocess.run([sys.executable, "-c", measured, *command], check=True, capture_output=True, text=True)
    return time.monotonic() - began, int(done.stdout) / 1024


def measure(folder: Path, rows: int) -> None:
    with running_campus(folder) as campus:
        campus.daemon.stop()
        number = asyncio.run(seed(folder / "state", rows))
        campus.daemon.start()
        before = peak_memory(campus.daemon.pid) / _MIB
        began = time.monotonic()
        mail = wait_for(
            "the report", lambda: next((m for m in campus.inbox(KA_UPSI) if number in str(m["Subject"])), None), 120
        )
        took, after = time.monotonic() - began, peak_memory(campus.daemon.pid) / _MIB
        seconds, child = files(campus, number, folder / "files")
        size = len(mail.as_bytes())
        sys.stdout.write(
            f"{rows:>6} rows: all files {seconds:.1f} s, {child:.0f} MiB; mail of {size / 1e6:.1f} MB after"
            f" {took:.1f} s; daemon {before:.1f} MiB, then {after:.1f} MiB\n"
        )
        sys.stdout.flush()


def main(arguments: list[str]) -> None:
    os.environ["MALLOC_ARENA_MAX"] = "1"  # as the unit sets it
    for rows in [int(argument) for argument in arguments] or _ROWS:
        with tempfile.TemporaryDirectory() as folder:
            measure(Path(folder), rows)


if __name__ == "__main__":
    main(sys.argv[1:])
