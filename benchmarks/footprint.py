"""Start-up and memory of `gatewayd run` with every part connected: Dovecot, Postfix, Mosquitto, a modem on a pty.

    .venv/bin/python -m benchmarks.footprint

Prints import time (median of 5), time until READY, peak memory at rest, after a request of 200 recipients with its
report, and CPU at rest. The figures in docs/performance.md come from here. Needs root, like the system tests.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.system.campus import UNIT, Campus, form, list_csv, make, running_campus
from tests.system.rig import peak_memory

RECIPIENTS = 200
REST_S = 30
_MIB = 1024 * 1024


def import_ms() -> float:
    """Median of five imports of everything the daemon loads, each in a new process."""
    took: list[float] = []
    for _ in range(5):
        done = subprocess.run(
            [sys.executable, "-X", "importtime", "-c", "import gatewayd.app"],
            capture_output=True,
            text=True,
            check=True,
        )
        last = [line for line in done.stderr.splitlines() if line.rstrip().endswith("| gatewayd.app")][-1]
        took.append(int(last.split("|")[1]) / 1000)
    return statistics.median(took)


def cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def play(campus: Campus) -> None:
    """One request with a list, approved, sent and reported."""
    rows = [(f"21{index:05d}", f"Orang {index}", f"0812001{index:05d}") for index in range(RECIPIENTS)]
    mail = make(UNIT, "Permohonan", form("Uji memori."))
    mail.add_attachment(list_csv(rows), maintype="text", subtype="csv", filename="daftar.csv")
    campus.post(mail)
    number = campus.number_of(campus.answer_to(mail, UNIT))
    campus.approve(number)
    campus.daemon.wait_state(number, "done", 120)
    campus.wait_mail(UNIT, lambda m: number in str(m["Subject"]) and "image/png" in m.as_string())


def say(what: str, value: str) -> None:
    sys.stdout.write(f"{what:<52} {value}\n")


def main() -> None:
    say("import of everything the daemon loads (median of 5)", f"{import_ms():.0f} ms")
    with tempfile.TemporaryDirectory() as folder, running_campus(Path(folder)) as campus:
        pid = campus.daemon.pid
        say("peak memory, all parts connected", f"{peak_memory(pid) / _MIB:.1f} MiB")
        play(campus)
        say(f"peak memory after a request of {RECIPIENTS} with its report", f"{peak_memory(pid) / _MIB:.1f} MiB")
        before = cpu_s(pid)
        time.sleep(REST_S)
        say(f"CPU at rest over {REST_S} s (signal read every second)", f"{(cpu_s(pid) - before) / REST_S:.2%}")


if __name__ == "__main__":
    main()
