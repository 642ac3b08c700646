"""No secret, number, text, code, name or address of a person is seen outside the store (promise 29).

Canaries go through every path at log level debug with the AT trace on: a form mail with its approvals, an MQTT job, the
command line, an SMS that comes in, USSD, a bounce, refusals, children and a daemon that crash over them. Then the
journal, arguments and environments of the daemon and of every child, and temporary files are searched.

Seen red with: `at_line` returning its line; a listener and a file of mode 0644 planted in app.py. In
tests/edges/test_redact.py: str(error) told by sandbox._complain; structlog's own format_exc_info in log.py; `redact`
left out of log._escape_values.
"""

import json
import os
import re
import signal
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.rigs.canaries import Watcher, found_in, listening_ports, too_open, watching
from tests.system.campus import KA_BPSI, KA_UPSI, STAFF, UNIT, Campus, form, make, reply, running_campus, text
from tests.system.rig import wait_for
from tests.system.servers.dovecot import PASSWORD
from tests.system.servers.ports import free_port
from tests.system.servers.postfix import DOMAIN
from tests.system.systems import system

CANARIES = {
    "PIN": "48151623", "number": "81200004711", "number of a job": "81200004722", "number of a sender": "81200004733",
    "number of a command": "81200004744", "refused number": "81200004755", "applicant's phone": "81200004766",
    "text": "kenaritext", "text of a job": "kenarijob", "text of a command": "kenaricli",
    "incoming text": "kenarimasuk",
    "code": "773915", "name": "Kenarita", "recipient's name": "Kenarindra", "address": "kenari.alamat",
    "mailbox password": PASSWORD, "broker password": "g-rahasia",
}  # fmt: skip
#: The number that the modem's network refuses, and with words of its own.
_REFUSED = f"+62{CANARIES['refused number']}"
pytestmark = [pytest.mark.system, pytest.mark.timeout(240)]


def modems(folder: Path) -> list[dict[str, object]]:
    (folder / "pin").write_text(CANARIES["PIN"], encoding="ascii")
    until = datetime.now(UTC) + timedelta(hours=1)
    return [{
        "name": "gsm1", "port": folder / "gsm1", "price_idr": 350, "pause": ["0s", "0s"], "parts_per_day": 100000,
        "pin": {"file": folder / "pin"}, "credit_code": "*888#", "credit_every": "2s", "forward_to": [STAFF],
        "trace_until": until,
    }]  # fmt: skip


def test_nothing_is_seen_outside(tmp_path: Path) -> None:
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    page = free_port()
    words = ("--fault", f"sim_pin:{CANARIES['PIN']}", "--recipient", f"{_REFUSED}=invalid")
    old = os.umask(0o022)
    try:
        with running_campus(
            tmp_path, modem_words=words, environment={"TMPDIR": str(temporary), "PYTHONPATH": str(Path.cwd())},
            modems=modems(tmp_path), log={"format": "json", "level": "debug"},
            metrics={"listen": f"127.0.0.1:{page}"},
        ) as campus, watching(campus.daemon.pid, temporary) as watcher:  # fmt: skip
            tokens = live(campus)
            assert listening_ports(campus.daemon.pid) == [f"0100007F:{page:04X}"], "more than the page for Prometheus"
            with urllib.request.urlopen(f"http://127.0.0.1:{page}/metrics", timeout=30) as answer:
                assert found_in(answer.read(), CANARIES | tokens) == [], "on the page for Prometheus"
            assert too_open(tmp_path / "state") == []
            os.kill(campus.daemon.pid, signal.SIGABRT)
            campus.daemon.wait_end()
            check(campus, watcher, tokens, temporary)
    finally:
        os.umask(old)


def live(campus: Campus) -> dict[str, str]:
    """Every path; returns the one-time codes that were in the mails."""
    tokens = by_form(campus)
    by_job(campus)
    by_command(campus)
    comes_in(campus)
    wait_for("the trace", lambda: len(campus.daemon.events("modem.trace")) > 20)
    wait_for("USSD", lambda: [e for e in campus.daemon.events("modem.trace") if "+CUSD" in e["GW_LINE"]])
    return tokens


def by_form(campus: Campus) -> dict[str, str]:
    recipients = "0812-0000-4711, " + CANARIES["recipient's name"] + "\n0812 0000 4755"
    body = form(
        f"Nomor antrean {CANARIES['code']} untuk {CANARIES['text']}.", recipients=recipients,
        NAMA_LENGKAP=f"{CANARIES['name']} Contoh", NOMOR_TELEPON_SELULAR="0812-0000-4766",
    )  # fmt: skip
    mail = make(UNIT, f"Permohonan {CANARIES['text']}", body)
    mail.replace_header("From", f"{CANARIES['name']} <{UNIT}>")
    campus.post(mail)
    number = campus.number_of(campus.answer_to(mail, UNIT))
    tokens = {}
    for person in (KA_UPSI, KA_BPSI):
        question = campus.wait_about(person, number, "Kode:")
        tokens[f"code of {person}"] = re.findall(r"Kode:\s*(\S+)", text(question))[0]
        campus.post(reply(person, question, "Setuju."))
    shown = campus.daemon.wait_state(number, "done")
    assert shown["totals"] == {"delivered": 1, "failed": 1}
    return tokens


def by_job(campus: Campus) -> None:
    job = {
        "v": 1, "id": "kenari-1", "created": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "expires": "2099-01-01T00:00:00Z",
        "channel": "sms", "to": ["+6281200004722"], "text": CANARIES["text of a job"], "priority": "urgent",
    }  # fmt: skip
    with system(campus.mosquitto, "siakad", "s-rahasia") as siakad:
        siakad.subscribe("gatewayd/receipts/siakad")
        for body in (
            json.dumps(job),
            json.dumps(job | {"text": CANARIES["text"], "to": "kenarijob 081200004722"}),
            "{kenarijob",
        ):
            siakad.publish("gatewayd/jobs/siakad", body)
        wait_for("the job", lambda: [e for e in campus.modem.ledger() if CANARIES["text of a job"] in e["text"]])


def by_command(campus: Campus) -> None:
    texts = ("--to", "0812-0000-4744", "--text", CANARIES["text of a command"], "--priority", "urgent")
    nobody = f"{CANARIES['address']}@{DOMAIN}"
    mails = ("--channel", "email", "--to", nobody, "--subject", CANARIES["text"], "--text", CANARIES["text"])
    for given in (texts, mails):
        number = campus.daemon.json("send", *given)["request"]
        campus.approve(number)
    wait_for("the command's", lambda: [e for e in campus.modem.ledger() if CANARIES["text of a command"] in e["text"]])
    campus.daemon.wait_state(number, "done")


def comes_in(campus: Campus) -> None:
    words = f"{CANARIES['incoming text']} {CANARIES['code']}"
    campus.modem.tell({"inbound": {"from": f"+62{CANARIES['number of a sender']}", "text": words}})
    campus.wait_mail(STAFF, lambda m: CANARIES["incoming text"] in text(m))


def check(campus: Campus, watcher: Watcher, tokens: dict[str, str], temporary: Path) -> None:
    canaries = CANARIES | tokens
    journal = campus.daemon.log_path.read_bytes()
    assert found_in(journal, canaries) == [], "in the journal"
    assert len(watcher.children) > 4, "the watcher saw the children"
    for shown in watcher.seen:
        assert found_in(shown, canaries) == [], shown[:300]
    assert list(temporary.iterdir()) == []
    assert not [*Path.cwd().glob("core*"), *campus.folder.glob("state/core*")]
