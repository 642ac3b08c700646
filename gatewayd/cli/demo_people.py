"""The people of the demo: they send and read mail as anybody would, and one system publishes a job."""

import asyncio
import json
import smtplib
from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import make_msgid

import aiomqtt
from imapclient import IMAPClient

from gatewayd.cli.demo_parts import DOMAIN, KA_BPSI, KA_UPSI, MAILBOX, PASSWORD, UNIT, Parts

_TICK_S = 0.1
NAMES = {UNIT: "Budi Contoh", KA_UPSI: "Rina Contoh", KA_BPSI: "Andi Contoh"}

FORM = """\
Yth. Ka. UPSI,

Bersama ini kami ajukan permohonan pengiriman pesan.

NAMA UNIT: Biro Administrasi Akademik
NAMA LENGKAP: Budi Contoh, S.Kom., M.T.
NIP / NPM / NIDN: 0101010101
EMAIL: baa@kampus.example
NOMOR TELEPON SELULAR: 0812-0000-0199
TANGGAL PENGAJUAN: 23 November 2026
TANGGAL ESTIMASI PENYELESAIAN: secepatnya
SMS MASSAL: [x] MAHASISWA  [ ] PEGAWAI  [ ] DOSEN  [ ] LAINNYA
KETERANGAN: Mohon dikirim SMS kepada mahasiswa pada daftar terlampir, isi:
"Kuliah Umum Jumat 27 Nov pukul 09.00 WIB di Auditorium. Hadir tepat waktu. -BAA Universitas Contoh"

Demikian kami sampaikan, terima kasih.
"""

_STUDENTS = [
    "Siti Contoh", "Tono Contoh", "Dewi Contoh", "Agus Contoh", "Rini Contoh", "Joko Contoh", "Maya Contoh",
    "Hadi Contoh", "Wati Contoh", "Eko Contoh", "Lina Contoh", "Bayu Contoh", "Nina Contoh", "Rudi Contoh",
    "Sari Contoh", "Doni Contoh", "Putri Contoh", "Yudi Contoh",
]  # fmt: skip


def student_list() -> bytes:
    """A list as offices make them: semicolons, a title row, numbers in every shape, one bad, one twice."""
    rows = ["Daftar Mahasiswa Kuliah Umum;;", "NPM;Nama;No HP/WA"]
    for index, name in enumerate(_STUDENTS, start=1):
        digits = f"81200000{100 + index}"
        shape = (f"0{digits}", f"+62 {digits}", f"0{digits[:3]}-{digits[3:7]}-{digits[7:]}")[index % 3]
        rows.append(f"21100{index:02d};{name};{shape}")
    rows.append("2110098;Nomor Salah;061-4567890")
    rows.append("2110099;Siti Contoh;081200000101")
    return b"\xef\xbb\xbf" + "\r\n".join(rows).encode() + b"\r\n"


def form_mail() -> EmailMessage:
    mail = _mail(UNIT, "Permohonan SMS massal - Kuliah Umum", FORM)
    mail.add_attachment(student_list(), maintype="text", subtype="csv", filename="daftar-mahasiswa.csv")
    return mail


def reply(person: str, question: EmailMessage, words: str) -> EmailMessage:
    """A reply as mail programs write it: own words on top, the question quoted below."""
    body = question.get_body(("plain",))
    quoted = "\n".join(f"> {line}" for line in (body.get_content() if body else "").splitlines())
    mail = _mail(person, f"Re: {question['Subject']}", f"{words}\n\nPada hari ini, UPSI menulis:\n{quoted}\n")
    mail["In-Reply-To"] = question["Message-ID"]
    mail["References"] = question["Message-ID"]
    return mail


def _mail(sender: str, subject: str, text: str) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = f"{NAMES[sender]} <{sender}>"
    mail["To"] = MAILBOX
    mail["Subject"] = subject
    mail["Message-ID"] = make_msgid(domain=DOMAIN)
    mail.set_content(text)
    return mail


async def send(parts: Parts, mail: EmailMessage) -> None:
    sender = str(mail["From"]).rpartition("<")[2].rstrip(">")

    def work() -> None:
        with smtplib.SMTP("127.0.0.1", parts.smtp_port, timeout=20) as server:
            server.login(sender, PASSWORD)
            server.send_message(mail)

    await asyncio.to_thread(work)


async def wait_mail(parts: Parts, person: str, wanted: Callable[[EmailMessage], bool]) -> EmailMessage:
    """The first mail in `person`'s INBOX that is `wanted`."""
    while True:
        for mail in await asyncio.to_thread(_inbox, parts, person):
            if wanted(mail):
                return mail
        await asyncio.sleep(_TICK_S)


def _inbox(parts: Parts, person: str) -> list[EmailMessage]:
    with IMAPClient("127.0.0.1", port=parts.imap_port, ssl=False, timeout=20) as client:
        client.login(person, PASSWORD)
        client.select_folder("INBOX", readonly=True)
        fetched = client.fetch(client.search("ALL"), ["BODY.PEEK[]"])
    return [message_from_bytes(item[b"BODY[]"], policy=policy.default) for _, item in sorted(fetched.items())]


async def publish_job(parts: Parts, job: dict[str, object]) -> dict[str, object]:
    """SIAKAD publishes a job and waits for its receipt."""
    client = aiomqtt.Client(
        "127.0.0.1", parts.mqtt_port, username="siakad", password=PASSWORD, identifier="siakad",
        protocol=aiomqtt.ProtocolVersion.V311,
    )  # fmt: skip
    async with client:
        await client.subscribe("gatewayd/receipts/siakad", qos=1)
        await client.publish("gatewayd/jobs/siakad", json.dumps(job), qos=1)
        async for message in client.messages:
            receipt: dict[str, object] = json.loads(bytes(message.payload))
            if receipt.get("job") == job["id"]:
                return receipt
    raise AssertionError("the broker ended")
