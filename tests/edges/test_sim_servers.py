"""The demo's servers, spoken to by the code that runs in production: mail intake, SMTP library, MQTT link."""

import asyncio
import json
from collections.abc import AsyncIterator
from email import message_from_bytes
from pathlib import Path

import aiosmtplib
import pytest
from aiomqtt import Client, MqttError, ProtocolVersion
from imapclient import IMAPClient

from gatewayd.config import Mailbox, Mqtt, Secret
from gatewayd.errors import ProtocolError
from gatewayd.intake.base import IncomingJob
from gatewayd.intake.imap import MailIntake
from gatewayd.sim.broker import EmbeddedBroker
from gatewayd.sim.mailserver import EmbeddedMail, vouched
from tests.fakes.mail_accept import Offered, watching
from tests.fakes.mqtt_peer import DEADLINE_S, Desk, Peer, link, running

BOX = "permohonan@kampus.example"
UNIT = "baa@unit.example"
USERS = {BOX: "rahasia-1", UNIT: "rahasia-2"}
AUTHSERV = "mail.kampus.example"
RESULTS = "Authentication-Results"
MAIL = b"From: Budi Contoh <baa@unit.example>\r\nTo: permohonan@kampus.example\r\nSubject: Permohonan\r\n\r\nHalo\r\n"


@pytest.fixture
async def mail(tmp_path: Path) -> AsyncIterator[EmbeddedMail]:
    async with EmbeddedMail(users=USERS, authserv_id=AUTHSERV, save_to=tmp_path / "mails") as server:
        yield server


async def send(mail: EmbeddedMail, raw: bytes, to: str = BOX, user: str = UNIT) -> None:
    """As `user`, or without login if ''."""
    async with aiosmtplib.SMTP(hostname=mail.host, port=mail.smtp_port, start_tls=False, use_tls=False) as client:
        if user:
            await client.login(user, USERS.get(user, ""))
        await client.sendmail("bounce@unit.example", [to], raw)


def intake(mail: EmbeddedMail, secrets: Path) -> MailIntake:
    secret = secrets / "imap-password"
    secret.write_text(USERS[BOX], encoding="ascii")
    return MailIntake(
        Mailbox(
            host=mail.host, port=mail.imap_port, tls="none", user=BOX, password=Secret(file=secret),
            processed_folder="Processed", poll=1.0,
        )
    )  # fmt: skip


def folder(mail: EmbeddedMail, user: str, name: str = "INBOX") -> list[bytes]:
    with IMAPClient(mail.host, port=mail.imap_port, ssl=False, timeout=10) as client:
        client.login(user, USERS[user])
        client.select_folder(name, readonly=True)
        found = client.fetch(client.search(), ["BODY.PEEK[]"])
        return [found[uid][b"BODY[]"] for uid in sorted(found)]


async def test_a_mail_sent_by_smtp_reaches_the_intake_and_is_moved(mail: EmbeddedMail, tmp_path: Path) -> None:
    offered = Offered()
    async with watching(intake(mail, tmp_path), offered.accept):
        for number in range(3):
            await send(mail, MAIL.replace(b"Halo", b"%d" % number))
            taken = await offered.next()
            assert taken.raw.endswith(b"\r\n\r\n%d\r\n" % number)
        await send(mail, MAIL, to=UNIT)
    assert await asyncio.to_thread(folder, mail, BOX) == []
    moved = await asyncio.to_thread(folder, mail, BOX, "Processed")
    assert [raw[-3:-2] for raw in moved] == [b"0", b"1", b"2"]
    assert len(await asyncio.to_thread(folder, mail, UNIT)) == 1


@pytest.mark.parametrize("early", [False, True], ids=["in IDLE", "just before IDLE"])
async def test_who_waits_in_idle_is_told_of_a_mail(mail: EmbeddedMail, early: bool) -> None:
    reader, writer = await asyncio.open_connection(mail.host, mail.imap_port)

    async def said(word: bytes) -> None:
        async with asyncio.timeout(DEADLINE_S):
            while word not in await reader.readline():
                pass

    for command in (f"a LOGIN {BOX} {USERS[BOX]}", "a SELECT INBOX"):
        writer.write(command.encode() + b"\r\n")
        await said(b"a OK")
    for count in range(1, 6):
        if early:
            await send(mail, MAIL)
        writer.write(b"a IDLE\r\n")
        await said(b"+ ")
        if not early:
            await send(mail, MAIL)
        await said(b"* %d EXISTS" % count)
        writer.write(b"DONE\r\n")
        await said(b"a OK")
    writer.close()
    await writer.wait_closed()


async def test_every_mail_is_saved_as_it_was_delivered(mail: EmbeddedMail, tmp_path: Path) -> None:
    await send(mail, MAIL)
    await send(mail, MAIL, to="budi@luar.example")
    first, second = sorted((tmp_path / "mails").iterdir())
    assert (first.name, second.name) == ("0001-permohonan@kampus.example.eml", "0002-budi@luar.example.eml")
    assert [first.read_bytes()] == await asyncio.to_thread(folder, mail, BOX)
    assert message_from_bytes(second.read_bytes())["Subject"] == "Permohonan"


async def test_the_server_vouches_only_for_a_login_as_the_sender(mail: EmbeddedMail) -> None:
    await send(mail, MAIL)
    await send(mail, MAIL, user="")
    await send(mail, MAIL, user=BOX)
    results = [message_from_bytes(raw)[RESULTS] for raw in await asyncio.to_thread(folder, mail, BOX)]
    assert [" ".join(found.split()) for found in results] == [
        "mail.kampus.example; dmarc=pass header.from=unit.example",
        "mail.kampus.example; dmarc=none header.from=unit.example",
        "mail.kampus.example; dmarc=none header.from=unit.example",
    ]


FORGED = {
    "plain": b"Authentication-Results: mail.kampus.example; dmarc=pass header.from=unit.example\r\n",
    "folded": b"Authentication-Results:\r\n mail.kampus.example;\r\n\tdmarc=pass header.from=unit.example\r\n",
    "other case": b"AUTHENTICATION-RESULTS: Mail.Kampus.Example; dmarc=pass\r\n",
    "with a version": b"Authentication-Results: mail.kampus.example 1; dmarc=pass\r\n",
    "with a comment": b"Authentication-Results: (x) mail.kampus.example (y); dmarc=pass\r\n",
    "quoted": b'Authentication-Results: "mail.kampus.example"; dmarc=pass\r\n',
    "twice": b"Authentication-Results: mail.kampus.example; dmarc=pass\r\n" * 2,
    "bare line end": b"Authentication-Results: mail.kampus.example; dmarc=pass\n",
}


@pytest.mark.parametrize("forged", FORGED.values(), ids=FORGED)
def test_a_header_in_the_servers_name_does_not_survive(forged: bytes) -> None:
    found = message_from_bytes(vouched(forged + MAIL, AUTHSERV, "")).get_all(RESULTS)
    assert found is not None
    assert [" ".join(one.split()) for one in found] == ["mail.kampus.example; dmarc=none header.from=unit.example"]


def test_the_rest_of_a_mail_is_left_alone() -> None:
    other = b"Authentication-Results: mx.luar.example; spf=fail\r\n"
    assert vouched(other + MAIL, AUTHSERV, "").endswith(other + MAIL)
    assert vouched(b"", AUTHSERV, "") == b"Authentication-Results: mail.kampus.example;\r\n dmarc=none\r\n"


SENDERS = {
    "two From": b"From: baa@unit.example\r\nFrom: ka@kampus.example\r\n\r\n",
    "two addresses": b"From: baa@unit.example, ka@kampus.example\r\n\r\n",
    "no From": b"To: baa@unit.example\r\n\r\n",
    "name that looks like it": b'From: "baa@unit.example" <ka@kampus.example>\r\n\r\n',
}


@pytest.mark.parametrize("raw", SENDERS.values(), ids=SENDERS)
def test_nobody_is_vouched_for_who_is_not_the_one_sender(raw: bytes) -> None:
    assert b"dmarc=pass" not in vouched(raw, AUTHSERV, UNIT)


async def test_unknown_users_relays_and_wrong_passwords_are_refused(mail: EmbeddedMail) -> None:
    with pytest.raises(aiosmtplib.SMTPRecipientsRefused) as unknown:
        await send(mail, MAIL, to="siapa@kampus.example")
    assert unknown.value.recipients[0].code == 550
    with pytest.raises(aiosmtplib.SMTPRecipientsRefused) as relay:
        await send(mail, MAIL, to="budi@luar.example", user="")
    assert relay.value.recipients[0].code == 554
    with pytest.raises(aiosmtplib.SMTPAuthenticationError):
        await send(mail, MAIL, user="siapa@kampus.example")


async def test_a_big_mail_passes_whole(mail: EmbeddedMail) -> None:
    raw = MAIL + (b"." * 76 + b"\r\n") * 20_000
    await send(mail, raw)
    (found,) = await asyncio.to_thread(folder, mail, BOX)
    assert found.endswith(raw)


async def test_the_servers_say_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    async with EmbeddedMail(users=USERS, authserv_id=AUTHSERV) as mail:
        await send(mail, MAIL)
        await asyncio.to_thread(folder, mail, BOX)
    async with EmbeddedBroker(users={"siakad": "rahasia"}) as broker, client(broker, "siakad") as siakad:
        await siakad.listen("gatewayd/daemon")
    assert capfd.readouterr() == ("", "")


def client(broker: EmbeddedBroker, user: str, password: str = "rahasia") -> "_Connected":
    return _Connected(
        Client(
            broker.host, broker.port, username=user, password=password, protocol=ProtocolVersion.V311, identifier=user
        )
    )


class _Connected:
    """A Peer on the demo's broker."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def __aenter__(self) -> Peer:
        await self._client.__aenter__()
        peer = Peer(self._client)
        self._reading = asyncio.create_task(peer.read())
        return peer

    async def __aexit__(self, *_exc: object) -> None:
        self._reading.cancel()
        await asyncio.gather(self._reading, return_exceptions=True)
        await self._client.__aexit__(None, None, None)


@pytest.fixture
async def broker() -> AsyncIterator[EmbeddedBroker]:
    users = dict.fromkeys(("gatewayd", "siakad", "elearning"), "rahasia")
    async with EmbeddedBroker(users=users) as server:
        yield server


def settings(broker: EmbeddedBroker, secrets: Path, password: str = "rahasia") -> Mqtt:
    secret = secrets / "mqtt-password"
    secret.write_text(password, encoding="ascii")
    return Mqtt(
        host=broker.host, port=broker.port, tls="none", protocol="3.1.1", user="gatewayd", password=Secret(file=secret)
    )


async def test_the_link_takes_jobs_and_answers_over_the_demos_broker(broker: EmbeddedBroker, tmp_path: Path) -> None:
    desk = Desk()
    async with client(broker, "siakad") as siakad:
        await siakad.listen("gatewayd/receipts/siakad", "gatewayd/daemon", "gatewayd/modems/+")
        made = link(settings(broker, tmp_path))
        async with running(made, desk.accept):
            await siakad.publish("gatewayd/jobs/siakad", b"satu")
            await siakad.publish("gatewayd/jobs/siakad", b"dua")
            assert await desk.next() == IncomingJob("siakad", b"satu", retained=False)
            assert await siakad.seen("gatewayd/receipts/siakad", 2) == [b"receipt of satu", b"receipt of dua"]
            assert await made.publish("gatewayd/modems/gsm1", b"{}", retain=True)
            await siakad.seen("gatewayd/modems/gsm1")
        states = [json.loads(state)["state"] for state in await siakad.seen("gatewayd/daemon", 2)]
        assert states == ["online", "offline"]


async def test_a_client_can_neither_write_nor_read_as_another(broker: EmbeddedBroker, tmp_path: Path) -> None:
    desk = Desk()
    async with (
        client(broker, "siakad") as siakad,
        client(broker, "elearning") as elearning,
        running(link(settings(broker, tmp_path)), desk.accept),
    ):
        await siakad.listen("gatewayd/receipts/siakad")
        await elearning.listen("gatewayd/receipts/siakad", "gatewayd/receipts/elearning", "gatewayd/daemon", "#")
        await elearning.publish("gatewayd/jobs/siakad", b"palsu")
        await elearning.publish("gatewayd/receipts/siakad", b"palsu")
        await siakad.publish("gatewayd/jobs/siakad", b"asli")
        assert (await desk.next()).payload == b"asli"
        assert await siakad.seen("gatewayd/receipts/siakad") == [b"receipt of asli"]
        await elearning.publish("gatewayd/jobs/elearning", b"sendiri")
        assert await elearning.seen("gatewayd/receipts/elearning") == [b"receipt of sendiri"]
        assert "gatewayd/receipts/siakad" not in elearning.topics


async def test_a_wrong_password_is_refused_by_the_demos_broker(broker: EmbeddedBroker, tmp_path: Path) -> None:
    with pytest.raises(MqttError):
        async with client(broker, "siakad", "salah"):
            pass
    with pytest.raises(ProtocolError):
        await asyncio.wait_for(link(settings(broker, tmp_path, "salah")).run(Desk().accept), DEADLINE_S)
