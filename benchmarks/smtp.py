"""E-mail: 1,000 mails over STARTTLS to a real Postfix, by gatewayd and by a bare aiosmtplib loop, in one run.

`python -m benchmarks.smtp [COUNT]`, as root (Postfix wants it). Both hand the same texts to the same server; the
loop keeps one connection and waits for each answer, as the shortest program would. gatewayd does what it always
does: it makes each mail, writes the intent to the store before it and the outcome after it (synchronous=FULL), with
its two connections. Turns alternate, so that a busy machine is busy for both; the figure is the median of their ratios.
Postfix holds what it took: on a machine where it also delivers into mailboxes meanwhile, that takes the larger part of
the processors, and the ratio tells of its queue. `python -m benchmarks.smtp COUNT deliver` measures it so.
"""

import asyncio
import sqlite3
import ssl
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import aiosmtplib

from gatewayd.store.database import FILE
from gatewayd.wire.outmail import message
from tests.system.rig import daemon, wait_for
from tests.system.servers.dovecot import running_dovecot
from tests.system.servers.postfix import DOMAIN, Postfix, running_postfix

TURNS = 7
GOAL = 1.3
TEXT = "Yth. {nama},\n\nwisuda hari Sabtu pukul 08.00 di Auditorium. Lihat **jadwal** di laman kampus."


def address(number: int) -> str:
    return f"orang+{number}@{DOMAIN}"


async def bare(postfix: Postfix, count: int) -> float:
    """Seconds of the loop."""
    context = ssl.create_default_context(cafile=str(postfix.authority.ca))
    began = time.monotonic()
    client = aiosmtplib.SMTP(hostname="localhost", port=postfix.starttls_port, start_tls=True, tls_context=context)
    await client.connect()
    await client.login(postfix.user, postfix.password)
    for number in range(count):
        raw = message(
            sender=f"gateway@{DOMAIN}", sender_name="UPSI", to=address(number), to_name=f"Orang {number}",
            subject="Wisuda", text=TEXT, message_id=f"<{number}.{began}@{DOMAIN}>", date=datetime.now(UTC),
        )  # fmt: skip
        await client.sendmail(f"gateway@{DOMAIN}", [address(number)], raw)
    await client.quit()
    return time.monotonic() - began


def ours(postfix: Postfix, count: int, folder: Path) -> float:
    """Seconds from the first intent to the last outcome, by the store."""
    (folder / "password").write_text(postfix.password, encoding="ascii")
    listed = folder / "daftar.csv"
    listed.write_text("nama,email\n" + "".join(f"Orang {n},{address(n)}\n" for n in range(count)), encoding="utf-8")
    settings = {
        "gateway": {"state_dir": folder / "state"},
        "smtp": {
            "host": "localhost", "port": postfix.starttls_port, "ca_file": postfix.authority.ca,
            "user": postfix.user, "password": {"file": folder / "password"}, "sender": f"gateway@{DOMAIN}",
        },
        "approval": {"steps": []},
        "sending": {"windows": [{"start": "00:00", "end": "23:59"}]},
        "log": {"format": "json"},
    }  # fmt: skip
    with daemon(folder, settings) as running:
        running.start()
        running.wait_event("smtp.ready")
        words = ("--channel", "email", "--subject", "Wisuda", "--text", TEXT)
        number = running.json("send", "--list", str(listed), *words)["request"]
        wait_for("the last mail", lambda: _accepted(folder / "state" / FILE) >= count, 300)
        sent = running.show(number)["deliveries"]
        running.stop()
    assert all(one["state"] == "accepted" for one in sent)
    return _span(folder / "state" / FILE)


def _accepted(store: Path) -> int:
    """By the store: who reads the growing log again and again takes a core from the two that are measured."""
    with sqlite3.connect(f"file:{store}?mode=ro", uri=True) as conn:
        return int(conn.execute("SELECT count(*) FROM attempts WHERE state = 'accepted'").fetchone()[0])


def _span(store: Path) -> float:
    with sqlite3.connect(f"file:{store}?mode=ro", uri=True) as conn:
        began, ended = conn.execute(
            "SELECT min(a.began_at), max(a.ended_at) FROM attempts a JOIN deliveries d ON d.id = a.delivery"
            " WHERE d.kind = 'message'"
        ).fetchone()
    return float(ended - began) / 1000


def main(count: int, *, delivers: bool) -> int:
    turns: list[tuple[float, float]] = []
    with running_dovecot(("gateway", "orang")) as dovecot, running_postfix(dovecot, holds=not delivers) as postfix:
        for _ in range(TURNS):
            loop_s = asyncio.run(bare(postfix, count))
            with tempfile.TemporaryDirectory() as folder:
                turns.append((loop_s, ours(postfix, count, Path(folder))))
    ratio = statistics.median(ours_s / loop_s for loop_s, ours_s in turns)
    seconds = ", ".join(f"{loop_s:.1f}/{ours_s:.1f}" for loop_s, ours_s in turns)
    sys.stdout.write(f"{count} mails, seconds of loop/gatewayd: {seconds}; ratio {ratio:.2f} (goal {GOAL})\n")
    return 0 if ratio <= GOAL else 1


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1000, delivers="deliver" in sys.argv))
