"""The campus: everything the daemon needs, real, on one machine, and the people who use it.

Mails to the request mailbox are delivered by LMTP with the Authentication-Results header that the university's
mail server would write; mails of the daemon go through Postfix into Dovecot, where the people read them.
"""

import csv
import io
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from tests.system.rig import Daemon, SimModem, daemon, sim_modem, wait_for
from tests.system.servers.dovecot import Dovecot, running_dovecot
from tests.system.servers.mosquitto import Mosquitto, running_mosquitto
from tests.system.servers.ports import free_port
from tests.system.servers.postfix import DOMAIN, Postfix, running_postfix

AUTHSERV = f"mail.{DOMAIN}"
UNIT, KA_UPSI, KA_BPSI, STAFF = (f"{name}@{DOMAIN}" for name in ("unit", "kaupsi", "kabpsi", "staf"))
GATEWAY = f"gateway@{DOMAIN}"
UNREACHABLE, SILENT, INVALID = "+6281200000113", "+6281200000114", "+6281200000115"
_serial = itertools.count(1)


@dataclass
class Campus:
    folder: Path
    dovecot: Dovecot
    postfix: Postfix
    mosquitto: Mosquitto
    modem: SimModem
    daemon: Daemon
    seen: dict[str, int] = field(default_factory=dict)

    def post(self, mail: EmailMessage, *, proven: bool = True) -> None:
        """Deliver a mail to the request mailbox, as the university's server would."""
        sender = str(mail["From"]).rpartition("<")[2].rstrip(">")
        verdict = "pass" if proven else "fail"
        header = f"Authentication-Results: {AUTHSERV}; dmarc={verdict} header.from={sender.rpartition('@')[2]}\r\n"
        raw = header.encode() + mail.as_bytes(policy=policy.SMTP)
        self.dovecot.deliver(raw, GATEWAY, sender)

    def inbox(self, address: str) -> list[EmailMessage]:
        mails = self.dovecot.mails(address.partition("@")[0])
        return [message_from_bytes(raw, policy=policy.default) for raw in mails]

    def wait_mail(self, address: str, wanted: Callable[[EmailMessage], bool], timeout_s: float = 30.0) -> EmailMessage:
        def probe() -> EmailMessage | None:
            self.daemon.check_alive()
            return next((mail for mail in self.inbox(address) if wanted(mail)), None)

        return wait_for(f"a mail to {address}", probe, timeout_s)

    def wait_about(self, address: str, number: str, words: str, timeout_s: float = 30.0) -> EmailMessage:
        """The mail about request `number` whose text has `words`."""
        return self.wait_mail(address, lambda m: f"[{number}]" in str(m["Subject"]) and words in text(m), timeout_s)

    def answer_to(self, mail: EmailMessage, address: str, timeout_s: float = 30.0) -> EmailMessage:
        """Our mail that answers `mail`."""
        wanted = str(mail["Message-ID"])
        return self.wait_mail(address, lambda m: wanted in str(m["In-Reply-To"] or ""), timeout_s)

    def number_of(self, mail: EmailMessage) -> str:
        return str(mail["Subject"]).partition("[")[2].partition("]")[0]

    def approve(self, number: str) -> None:
        """Ka. UPSI and then Ka. BPSI answer SETUJU."""
        for person in (KA_UPSI, KA_BPSI):
            question = self.wait_about(person, number, "Kode:")
            self.post(reply(person, question, "Setuju."))


def text(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    return "" if body is None else str(body.get_content())


def make(sender: str, subject: str, body: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = f"Orang Contoh <{sender}>"
    mail["To"] = GATEWAY
    mail["Subject"] = subject
    mail["Message-ID"] = f"<{next(_serial)}.uji@{DOMAIN}>"
    mail["Date"] = "Mon, 23 Nov 2026 09:00:00 +0700"
    mail.set_content(body)
    return mail


def reply(person: str, question: EmailMessage, words: str) -> EmailMessage:
    """A reply as mail programs write it: own words on top, the question quoted below."""
    quoted = "\n".join(f"> {line}" for line in text(question).splitlines())
    mail = make(person, f"Re: {question['Subject']}", f"{words}\n\nPada Sen, 23 Nov 2026, UPSI menulis:\n{quoted}\n")
    mail["In-Reply-To"] = str(question["Message-ID"])
    mail["References"] = str(question["Message-ID"])
    return mail


def form(words: str = "Kuliah umum Jumat pukul 09.00 di Auditorium.", *, recipients: str = "", **changes: str) -> str:
    """The form as a typed text; `changes` replace lines by label (underscores for blanks), '' leaves one out."""
    lines = {
        "NAMA UNIT": "Biro Administrasi Akademik",
        "NAMA LENGKAP": "Budi Contoh, M.T.",
        "NIP / NPM / NIDN": "0101010101",
        "EMAIL": UNIT,
        "NOMOR TELEPON SELULAR": "0812-0000-0199",
        "TANGGAL PENGAJUAN": "23 November 2026",
        "SMS MASSAL": "[x] MAHASISWA [ ] PEGAWAI [ ] DOSEN [ ] LAINNYA",
        "KETERANGAN": f'Mohon dikirim, isi: "{words}"',
    }
    lines |= {label.replace("_", " "): value for label, value in changes.items()}
    body = "".join(f"{label}: {value}\n" for label, value in lines.items() if value)
    return body + (f"\nPENERIMA:\n{recipients}\n" if recipients else "")


def list_csv(rows: list[tuple[str, str, str]]) -> bytes:
    out = io.StringIO()
    csv.writer(out, delimiter=";").writerows([("NPM", "Nama", "No HP"), *rows])
    return b"\xef\xbb\xbf" + out.getvalue().encode()


@contextmanager
def running_campus(
    folder: Path,
    *,
    modem_words: Sequence[str] = (),
    environment: Mapping[str, str] | None = None,
    wrap: tuple[str, ...] = (),
    **changes: Any,
) -> Iterator[Campus]:
    """Everything up, the daemon ready; `changes` replace whole sections of the settings, or with
    the name SECTION_more some of their keys; `modem_words` go to the
    simulated modem, `environment` to the daemon; `wrap` goes before every command of gatewayd."""
    with ExitStack() as stack:
        dovecot = stack.enter_context(running_dovecot())
        postfix = stack.enter_context(running_postfix(dovecot, strips_results=True))
        mosquitto = stack.enter_context(running_mosquitto(users={"gatewayd": "g-rahasia", "siakad": "s-rahasia"}))
        modem = stack.enter_context(
            sim_modem(
                folder, "gsm1", "--latency-ms", "30", "--report-delay-ms", "100", "--credit", "90000", "--price", "350",
                "--recipient", f"{UNREACHABLE}=unreachable", "--recipient", f"{SILENT}=silent",
                "--recipient", f"{INVALID}=invalid", *modem_words,
            )
        )  # fmt: skip
        settings = campus_settings(folder, dovecot, postfix, mosquitto, modem)
        for name, change in changes.items():
            if name.endswith("_more"):
                settings[name.removesuffix("_more")] |= change
            else:
                settings[name] = change
        gateway = stack.enter_context(daemon(folder, settings))
        gateway.environment.update(environment or {})
        gateway.wrap = gateway.wrap_cli = wrap
        gateway.start()
        gateway.wait_event("modem.ready")
        yield Campus(folder, dovecot, postfix, mosquitto, modem, gateway)


def campus_settings(
    folder: Path, dovecot: Dovecot, postfix: Postfix, mosquitto: Mosquitto, modem: SimModem
) -> dict[str, Any]:
    (folder / "mail-password").write_text(dovecot.password, encoding="ascii")
    (folder / "mqtt-password").write_text("g-rahasia", encoding="ascii")
    password = {"file": folder / "mail-password"}
    return {
        "gateway": {"state_dir": folder / "state", "organisation": "UPSI Universitas Contoh", "staff": [STAFF]},
        "mailbox": {
            "host": "localhost", "port": dovecot.imaps_port, "tls": "tls", "ca_file": dovecot.authority.ca,
            "user": "gateway", "password": password, "poll": "5s", "trusted_authserv_ids": [AUTHSERV],
        },
        "smtp": {
            "host": "localhost", "port": postfix.starttls_port, "tls": "starttls", "ca_file": postfix.authority.ca,
            "user": postfix.user, "password": password, "sender": GATEWAY, "sender_name": "UPSI Layanan Pesan",
            "enclosures_max_bytes": 1_000_000,
        },
        "mqtt": {
            "host": "127.0.0.1", "port": mosquitto.port, "tls": "none", "user": "gatewayd",
            "password": {"file": folder / "mqtt-password"},
            "clients": [{
                "name": "siakad", "unit": "SIAKAD", "priorities": ["urgent", "normal", "bulk"],
                "preapproved_channels": ["sms"], "preapproved_recipients": 3, "contact": STAFF,
            }],
        },
        "modems": [{
            "name": "gsm1", "port": modem.link, "price_idr": 350, "pause": ["0s", "0s"], "parts_per_day": 100000,
            "credit_code": "*888#", "credit_floor_idr": 5000, "signal_every": "1s", "credit_every": "2s",
        }],
        "units": [{"name": "Biro Administrasi Akademik", "senders": [UNIT]}],
        "people": [
            {"id": "ka-upsi", "name": "Rina Contoh", "title": "Ka. UPSI", "addresses": [KA_UPSI]},
            {"id": "ka-bpsi", "name": "Andi Contoh", "title": "Ka. BPSI", "addresses": [KA_BPSI]},
        ],
        "approval": {"steps": [
            {"name": "Ka. UPSI", "people": ["ka-upsi"]}, {"name": "Ka. BPSI", "people": ["ka-bpsi"]},
        ]},
        "sending": {
            "windows": [{"start": "00:00", "end": "23:59"}], "retry": ["1s", "2s"],
            "per_recipient_hour": 1000, "per_recipient_day": 1000,
        },
        "report": {"status_report_wait": "4s"},
        "metrics": {"listen": f"127.0.0.1:{free_port()}"},
        "log": {"format": "json"},
    }  # fmt: skip
