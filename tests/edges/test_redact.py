"""What crashes and libraries say holds no value; the AT trace holds no number, text or PIN, and ends by itself."""

import subprocess
import sys
import textwrap
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from gatewayd import sandbox
from gatewayd.clock import Clock
from gatewayd.errors import SandboxError
from gatewayd.redact import at_line, redact
from gatewayd.transport.modem.line_trace import LineTrace

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
SECRET = "kenari 0812-0000-0111 kode 4815"

CRASHES = textwrap.dedent('''
    import asyncio, gc, logging, sys, threading, warnings
    from gatewayd import log
    SECRET = sys.argv[1]

    def fail(text):
        inner = {"text": text}
        raise ValueError(f"cannot read {inner}")

    async def stray():
        fail(SECRET)

    async def main():
        log.setup_hooks(asyncio.get_running_loop())
        task = asyncio.create_task(stray())
        await asyncio.sleep(0)
        del task
        gc.collect()
        thread = threading.Thread(target=fail, args=(SECRET,))
        thread.start()
        thread.join()
        log.get_logger().warning("smtp.refused", why="550 <kenari@x.example>, " + SECRET[7:21])
        logging.getLogger("paho").warning("odd packet: %s", SECRET)
        try:
            try:
                fail(SECRET)
            except ValueError as error:
                raise RuntimeError(SECRET) from error
        except RuntimeError:
            log.get_logger().critical("daemon.crashed", exc_info=True)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(stray())
        except ExceptionGroup as error:
            log.get_logger().critical("daemon.crashed", exc_info=error)
        raise KeyError(SECRET)

    log.setup("debug", "json")
    asyncio.run(main())
''')  # fmt: skip


def test_no_crash_says_what_it_stumbled_over() -> None:
    done = subprocess.run([sys.executable, "-c", CRASHES, SECRET], capture_output=True, text=True, timeout=30)
    assert done.returncode == 1
    shown = done.stdout + done.stderr
    for word in SECRET.split():
        assert word not in shown
    # And still tells what is needed: the kinds, and where.
    assert shown.count("daemon.crashed") == 2
    assert shown.count("daemon.stray") == 3
    for told in ("ValueError", "RuntimeError", "KeyError", "ExceptionGroup", "paho", " fail"):
        assert told in shown


def stumble(payload: bytes) -> bytes:
    raise ValueError(payload.decode())


async def test_a_child_that_crashes_says_where_and_not_over_what(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path.cwd()))
    with pytest.raises(SandboxError, match=r"ValueError at edges/test_redact.py:\d+") as caught:
        await sandbox.call("tests.edges.test_redact:stumble", SECRET.encode())
    assert "kenari" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("550 5.1.1 <siti.contoh@kampus.example>: refused", "550 5.1.1 <s***@kampus.example>: refused"),
        ("to 0812-0000-0111, +62 812 0000 0112 and 6281200000113", "to 0812****111, 0812****112 and 0812****113"),
        ("UPSI-2026-000123 at 2026-11-23T02:00:00", "UPSI-2026-000123 at 2026-11-23T02:00:00"),
        ("/dev/serial/by-id/usb-HUAWEI_0812345678901-if00", "/dev/serial/by-id/usb-HUAWEI_0812345678901-if00"),
    ],
)
def test_words_from_elsewhere_are_masked(text: str, shown: str) -> None:
    assert redact(text) == shown


@given(st.from_regex(r"08[0-9]{8,11}", fullmatch=True), st.sampled_from(["", " ", "-", "."]))
def test_every_way_to_write_a_number_is_masked(number: str, between: str) -> None:
    written = f"{number[:4]}{between}{number[4:8]}{between}{number[8:]}"
    assert redact(f"failed: {written}.") == f"failed: {number[:4]}****{number[-3:]}."


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("AT+CMGS=23", "AT+CMGS=23"),
        ("+CMGS: 12", "+CMGS: 12"),
        ("OK", "OK"),
        ("+CMS ERROR: 38", "+CMS ERROR: 38"),
        ('AT+CPIN="1234"', "AT+CPIN=<PIN>"),
        ("AT+CPIN=1234,5678", "AT+CPIN=<PIN>"),
        ('AT+CUSD=1,"*888*48151623#",15', 'AT+CUSD=1,"…",15'),
        ('+CLIP: "081200000111",129', '+CLIP: "…",129'),
        ('+CUSD: 0,"Pulsa Rp', "+CUSD:<18 characters>"),
        ("0011000B912618000010F1", "<11 octets>"),
        ("510108120000111", "<7 octets>"),
        ("Pulsa anda Rp 5000", "<18 characters>"),
        ("ATAS NAMA SITI", "<14 characters>"),
        ("KODE ANDA 4815", "<14 characters>"),
    ],
)
def test_a_line_is_told_without_its_values(line: str, shown: str) -> None:
    assert at_line(line) == shown


@given(st.text(min_size=4, max_size=60))
def test_no_line_gives_five_digits_or_a_small_letter_away(line: str) -> None:
    shown = at_line(line)
    for part in ("<", "octets", "characters", "hex", "PIN"):
        shown = shown.replace(part, " ")
    assert not any(char.islower() for char in shown if line not in ("Call Ready", "SMS Ready"))
    assert "00000" not in shown


def test_the_trace_ends_at_its_time_and_is_never_longer_than_a_day() -> None:
    now = NOW
    clock = Clock(now=lambda: now)
    with capture_logs() as logs:
        tracing = LineTrace("gsm1", NOW + timedelta(minutes=10), clock)
        tracing.sent(b"AT+CSQ\r")
        tracing.heard(b"\r\n+CSQ: 18,")
        tracing.heard(b"99\r\n\r\nOK\r\n")
        tracing.sent(b"0011000B912618000010F1\x1a")
        now += timedelta(minutes=10)
        tracing.sent(b"AT+CREG?\r")
        LineTrace("gsm1", now + timedelta(days=2), clock).sent(b"AT\r")
    assert [(entry["way"], entry["line"]) for entry in logs] == [
        (">", "AT+CSQ"), ("<", "+CSQ: 18,99"), ("<", "OK"), (">", "<23 characters>"),
    ]  # fmt: skip
