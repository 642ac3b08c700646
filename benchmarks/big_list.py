"""A form mail with a list of 10,000 recipients as XLSX: how long until the approval mail lies in Ka. UPSI's mailbox.

    .venv/bin/python -m benchmarks.big_list [RECIPIENTS]

With real Dovecot and Postfix; both a text for all and one with {nama} for each. Prints the median of five mails, and
the daemon's own peak memory (children apart). The figures in docs/performance.md come from here. Needs root.
"""

import statistics
import sys
import tempfile
import time
from pathlib import Path

from tests.fakes.spreadsheets import xlsx
from tests.system.campus import KA_UPSI, UNIT, Campus, form, make, running_campus
from tests.system.rig import peak_memory

ROUNDS = 5
_MIB = 1024 * 1024
_TYPE = {"maintype": "application", "subtype": "vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
_TEXTS = {
    "one text for all": "Kuliah umum Jumat pukul 09.00 di Auditorium.",
    "a text for each": "Sdr. {nama}: kuliah umum.",
}


def workbook(recipients: int) -> bytes:
    rows = [(f"21{row:06d}", f"Orang Contoh {row}", f"0812{row:08d}") for row in range(1, recipients + 1)]
    return xlsx({"Daftar": [("NPM", "Nama", "No HP"), *rows]})


def took_s(campus: Campus, words: str, listing: bytes) -> float:
    """From the mail's delivery to the question in the approver's mailbox."""
    mail = make(UNIT, "Permohonan", form(words))
    mail.add_attachment(listing, **_TYPE, filename="daftar.xlsx")
    known = len(campus.inbox(KA_UPSI))
    began = time.monotonic()
    campus.post(mail)
    while len(campus.inbox(KA_UPSI)) == known:
        campus.daemon.check_alive()
        time.sleep(0.02)
    return time.monotonic() - began


def main() -> None:
    recipients = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    listing = workbook(recipients)
    with tempfile.TemporaryDirectory() as folder, running_campus(Path(folder)) as campus:
        say(f"list of {recipients} recipients", f"{len(listing) / 1024:.0f} KiB")
        for name, words in _TEXTS.items():
            times = [took_s(campus, words, listing) for _ in range(ROUNDS)]
            say(f"mail to approval mail, {name}", f"{statistics.median(times):.2f} s (longest {max(times):.2f})")
        say("peak memory of the daemon", f"{peak_memory(campus.daemon.pid) / _MIB:.1f} MiB")


def say(what: str, value: str) -> None:
    sys.stdout.write(f"{what:<52} {value}\n")


if __name__ == "__main__":
    main()
