"""The e-mail transport against a real Postfix that hands everything to a real Dovecot."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from gatewayd.clock import Clock
from gatewayd.config import Secret, Smtp
from gatewayd.core.model import DeliveryId, Kind, MailBody, Submission
from gatewayd.core.outcome import Accepted, Deferred, Outcome, Rejected
from gatewayd.errors import LinkError, ProtocolError
from gatewayd.transport.smtp import SmtpTransport
from gatewayd.wire.outmail import message
from tests.edges.test_smtp_transport import Heard, running
from tests.system.servers.authority import make_authority
from tests.system.servers.dovecot import Dovecot, running_dovecot
from tests.system.servers.postfix import BUSY, DOMAIN, REFUSED, Postfix, running_postfix

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def dovecot() -> Iterator[Dovecot]:
    with running_dovecot() as server:
        yield server


@pytest.fixture(scope="module")
def postfix(dovecot: Dovecot) -> Iterator[Postfix]:
    with running_postfix(dovecot) as server:
        yield server


def settings(postfix: Postfix, folder: Path, **more: object) -> Smtp:
    secret = folder / "password"
    secret.write_text(postfix.password, encoding="ascii")
    usual = {
        "host": "localhost", "port": postfix.starttls_port, "tls": "starttls", "ca_file": postfix.authority.ca,
        "user": postfix.user, "password": Secret(file=secret), "sender": f"gateway@{DOMAIN}", "timeout": 10,
    }  # fmt: skip
    return Smtp.model_validate(usual | more)


def mail(to: str, subject: str = "Undangan wisuda – Sabtu", message_id: str = "<1.1@kampus.example>") -> Submission:
    raw = message(
        sender=f"gateway@{DOMAIN}", sender_name="UPSI", to=to, to_name="Budi Contoh", subject=subject,
        text="Halo Budi,\n\n.\nsampai jumpa.\n", message_id=message_id, date=datetime(2026, 11, 23, 8, 0, tzinfo=UTC),
    )  # fmt: skip
    body = MailBody(raw, f"gateway@{DOMAIN}")
    return Submission(DeliveryId(1), "UPSI-2026-000001", Kind.MESSAGE, to, part=1, parts=1, attempt=1, body=body)


async def send(given: Smtp, *mails: Submission) -> list[Outcome]:
    transport = SmtpTransport(given, Clock())
    async with running(transport):
        return [await transport.submit(each) for each in mails]


@pytest.mark.parametrize("tls", ["starttls", "tls"])
async def test_a_mail_arrives_octet_for_octet(postfix: Postfix, dovecot: Dovecot, tmp_path: Path, tls: str) -> None:
    dovecot.empty("budi", "INBOX")
    port = postfix.starttls_port if tls == "starttls" else postfix.tls_port
    submission = mail(f"budi@{DOMAIN}")
    assert await send(settings(postfix, tmp_path, tls=tls, port=port), submission) == [Accepted()]
    (arrived,) = await asyncio.to_thread(dovecot.await_mails, "budi", 1)
    assert isinstance(submission.body, MailBody)
    assert arrived.endswith(submission.body.raw)


async def test_refused_and_busy_recipients_are_told_apart_and_the_next_mail_goes(
    postfix: Postfix, dovecot: Dovecot, tmp_path: Path
) -> None:
    dovecot.empty("siti", "INBOX")
    given = settings(postfix, tmp_path)
    refused, busy, sent = await send(given, mail(REFUSED), mail(BUSY), mail(f"siti@{DOMAIN}"))
    assert isinstance(refused, Rejected)
    assert refused.cause.code == "smtp-550-5.1.1"
    assert isinstance(busy, Deferred)
    assert busy.cause.code == "smtp-450-4.2.1"
    assert sent == Accepted()
    assert len(await asyncio.to_thread(dovecot.await_mails, "siti", 1)) == 1


@pytest.mark.parametrize("tls", ["starttls", "tls"])
async def test_a_server_whose_certificate_does_not_verify_gets_nothing(
    postfix: Postfix, tmp_path: Path, tls: str
) -> None:
    port = postfix.starttls_port if tls == "starttls" else postfix.tls_port
    stranger = make_authority(tmp_path).ca
    transport = SmtpTransport(settings(postfix, tmp_path, tls=tls, port=port, ca_file=stranger), Clock())
    with pytest.raises(ProtocolError, match="TLS"):
        await transport.run(Heard())
    assert isinstance(await transport.submit(mail(f"agus@{DOMAIN}")), Deferred)


async def test_a_certificate_for_another_name_is_refused(postfix: Postfix, tmp_path: Path) -> None:
    with pytest.raises(ProtocolError, match="TLS"):
        await SmtpTransport(settings(postfix, tmp_path, host="127.1"), Clock()).run(Heard())


async def test_a_wrong_password_is_refused(postfix: Postfix, tmp_path: Path) -> None:
    given = settings(postfix, tmp_path)
    (tmp_path / "password").write_text("salah", encoding="ascii")
    with pytest.raises(ProtocolError, match="535"):
        await SmtpTransport(given, Clock()).run(Heard())


async def test_the_server_may_restart_between_two_mails(postfix: Postfix, dovecot: Dovecot, tmp_path: Path) -> None:
    dovecot.empty("agus", "INBOX")
    transport = SmtpTransport(settings(postfix, tmp_path), Clock())
    async with running(transport):
        assert await transport.submit(mail(f"agus@{DOMAIN}")) == Accepted()
    postfix.stop()
    with pytest.raises(LinkError):
        await transport.run(Heard())
    postfix.start()
    async with running(transport):
        assert await transport.submit(mail(f"agus@{DOMAIN}", message_id="<1.2@kampus.example>")) == Accepted()
    assert len(await asyncio.to_thread(dovecot.await_mails, "agus", 2)) == 2
