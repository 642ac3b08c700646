"""The mail intake against a real Dovecot, restarted, cut and deceived."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from imapclient import IMAPClient

from gatewayd.config import Mailbox, Secret
from gatewayd.errors import LinkError, ProtocolError
from gatewayd.intake.base import Disposition, IncomingMail
from gatewayd.intake.imap import MailIntake
from gatewayd.intake.imap_session import HEAD_BYTES
from tests.fakes.mail_accept import Offered, watching
from tests.system.servers.authority import make_authority
from tests.system.servers.dovecot import Dovecot, running_dovecot
from tests.system.servers.ports import await_true

pytestmark = pytest.mark.system

USER = "gateway"
RAW = b"From: unit@kampus.example\r\nSubject: Permohonan\r\n\r\nHalo\r\n"


@pytest.fixture(scope="module")
def server() -> Iterator[Dovecot]:
    with running_dovecot() as dovecot:
        yield dovecot


@pytest.fixture
def dovecot(server: Dovecot) -> Dovecot:
    server.empty(USER, "INBOX", "Processed", "Quarantine", "Forms")
    return server


def mailbox(dovecot: Dovecot, secrets: Path, **more: object) -> Mailbox:
    secret = secrets / "password"
    secret.write_text(dovecot.password, encoding="ascii")
    usual = {
        "host": "localhost", "port": dovecot.imaps_port, "ca_file": dovecot.authority.ca, "user": USER,
        "password": Secret(file=secret), "timeout": 10,
    }  # fmt: skip
    return Mailbox.model_validate(usual | more)


async def lies_in(dovecot: Dovecot, folder: str, count: int) -> list[bytes]:
    return await asyncio.to_thread(dovecot.await_mails, USER, count, folder)


@pytest.mark.parametrize("tls", ["tls", "starttls", "none"])
async def test_new_mail_is_seen_in_idle_and_moved_once_it_is_accepted(
    dovecot: Dovecot, tmp_path: Path, tls: str
) -> None:
    port = dovecot.imaps_port if tls == "tls" else dovecot.imap_port
    offered = Offered()
    async with watching(MailIntake(mailbox(dovecot, tmp_path, tls=tls, port=port)), offered.accept):
        for number in range(3):
            dovecot.deliver(RAW, USER)
            mail = await offered.next()
            assert mail.raw.endswith(RAW)
            assert not mail.too_big
            assert len(await lies_in(dovecot, "Processed", number + 1)) == number + 1
    assert dovecot.mails(USER) == []


async def test_a_mail_that_arrives_while_another_is_handled_does_not_wait_for_the_next_poll(
    dovecot: Dovecot, tmp_path: Path
) -> None:
    offered = Offered()

    async def accept(mail: IncomingMail) -> Disposition:
        if b"Kedua" not in mail.raw:
            await asyncio.to_thread(dovecot.deliver, RAW + b"Kedua\r\n", USER)
        return await offered.accept(mail)

    async with watching(MailIntake(mailbox(dovecot, tmp_path, idle="60s", poll="60s")), accept):
        dovecot.deliver(RAW, USER)
        await offered.next()
        assert b"Kedua" in (await offered.next()).raw


async def test_the_folder_is_that_of_the_disposition(dovecot: Dovecot, tmp_path: Path) -> None:
    for subject in (b"satu", b"dua", b"tiga"):
        dovecot.deliver(b"Subject: " + subject + b"\r\n\r\nx\r\n", USER)
    offered = Offered(Disposition.QUARANTINE, Disposition.LATER, Disposition.PROCESSED)
    async with watching(MailIntake(mailbox(dovecot, tmp_path)), offered.accept):
        for _ in range(3):
            await offered.next()
        (quarantined,) = await lies_in(dovecot, "Quarantine", 1)
        (processed,) = await lies_in(dovecot, "Processed", 1)
        (left,) = await lies_in(dovecot, "INBOX", 1)
    assert b"Subject: satu" in quarantined
    assert b"Subject: dua" in left
    assert b"Subject: tiga" in processed
    assert offered.nothing_more


async def test_a_crash_between_commit_and_move_offers_the_mail_again(dovecot: Dovecot, tmp_path: Path) -> None:
    dovecot.deliver(RAW, USER)
    committed: list[IncomingMail] = []
    stored = asyncio.Event()

    async def never_returns(mail: IncomingMail) -> Disposition:
        committed.append(mail)
        stored.set()
        await asyncio.Event().wait()
        return Disposition.PROCESSED

    async with watching(MailIntake(mailbox(dovecot, tmp_path)), never_returns):
        await stored.wait()
    assert dovecot.mails(USER, "Processed") == []
    offered = Offered()
    async with watching(MailIntake(mailbox(dovecot, tmp_path)), offered.accept):
        again = await offered.next()
        await lies_in(dovecot, "Processed", 1)
    assert again == committed[0]


async def test_a_new_uidvalidity_makes_a_new_key_for_the_same_uid(dovecot: Dovecot, tmp_path: Path) -> None:
    # A folder of its own: one that was only emptied does not begin at 1 again.
    given = mailbox(dovecot, tmp_path, folder="Renumbered")
    keys = []
    for _ in range(2):
        dovecot.append(USER, "Renumbered", RAW)
        offered = Offered(Disposition.LATER)
        async with watching(MailIntake(given), offered.accept):
            mail = await offered.next()
        keys.append((mail.uidvalidity, mail.uid))
        dovecot.remove_folder(USER, "Renumbered")
    (first_validity, first_uid), (second_validity, second_uid) = keys
    assert first_uid == second_uid
    assert first_validity != second_validity


async def test_a_server_that_restarts_loses_no_mail(dovecot: Dovecot, tmp_path: Path) -> None:
    intake, offered = MailIntake(mailbox(dovecot, tmp_path)), Offered()
    async with watching(intake, offered.accept) as task:
        dovecot.deliver(RAW, USER)
        await offered.next()
        await lies_in(dovecot, "Processed", 1)
        await asyncio.to_thread(dovecot.stop)
        with pytest.raises(LinkError):
            await asyncio.wait_for(asyncio.shield(task), 10)
    assert not intake.state.connected
    with pytest.raises(LinkError):
        await intake.run(offered.accept)
    await asyncio.to_thread(dovecot.start)
    dovecot.deliver(RAW, USER)
    async with watching(intake, offered.accept):
        await offered.next()
        assert len(await lies_in(dovecot, "Processed", 2)) == 2


async def test_a_mail_above_the_limit_is_offered_by_its_head(dovecot: Dovecot, tmp_path: Path) -> None:
    head = b"From: unit@kampus.example\r\nSubject: Lampiran besar\r\n\r\n"
    dovecot.deliver(head + (b"x" * 76 + b"\r\n") * 147_900, USER)
    offered = Offered()
    async with watching(MailIntake(mailbox(dovecot, tmp_path)), offered.accept):
        mail = await offered.next()
        await lies_in(dovecot, "Processed", 1)
    assert mail.too_big
    assert mail.size > 11_000_000
    assert len(mail.raw) == HEAD_BYTES
    assert b"Subject: Lampiran besar" in mail.raw


async def test_a_mail_just_below_the_limit_comes_whole(dovecot: Dovecot, tmp_path: Path) -> None:
    raw = b"Subject: besar\r\n\r\n" + (b"x" * 76 + b"\r\n") * 100_000
    dovecot.deliver(raw, USER)
    offered = Offered()
    async with watching(MailIntake(mailbox(dovecot, tmp_path)), offered.accept):
        mail = await offered.next(30)
    assert mail.raw.endswith(raw)
    assert mail.size == len(mail.raw)


@pytest.mark.parametrize("tls", ["tls", "starttls"])
async def test_a_server_whose_certificate_does_not_verify_gets_no_password(
    dovecot: Dovecot, tmp_path: Path, tls: str
) -> None:
    port = dovecot.imaps_port if tls == "tls" else dovecot.imap_port
    stranger = make_authority(tmp_path).ca
    intake = MailIntake(mailbox(dovecot, tmp_path, tls=tls, port=port, ca_file=stranger))
    with pytest.raises(ProtocolError, match="TLS"):
        await intake.run(Offered().accept)
    assert "CERTIFICATE_VERIFY_FAILED" in intake.state.error


async def test_a_wrong_password_is_refused(dovecot: Dovecot, tmp_path: Path) -> None:
    given = mailbox(dovecot, tmp_path)
    (tmp_path / "password").write_text("salah", encoding="ascii")
    with pytest.raises(ProtocolError, match="login"):
        await MailIntake(given).run(Offered().accept)


async def test_a_mail_that_somebody_takes_away_meanwhile_is_no_error(dovecot: Dovecot, tmp_path: Path) -> None:
    dovecot.deliver(RAW, USER)
    offered = Offered()

    async def taken_away(mail: IncomingMail) -> Disposition:
        await asyncio.to_thread(dovecot.empty, USER, "INBOX")
        return await offered.accept(mail)

    async with watching(MailIntake(mailbox(dovecot, tmp_path)), taken_away) as task:
        await offered.next()
        dovecot.deliver(RAW, USER)
        await offered.next()
        assert not task.done()


async def test_a_mail_that_somebody_marked_as_deleted_is_not_offered(dovecot: Dovecot, tmp_path: Path) -> None:
    dovecot.deliver(b"Subject: batal\r\n\r\nx\r\n", USER)
    with dovecot.login(USER) as client:
        client.select("INBOX")
        client.store("1", "+FLAGS", "\\Deleted")
    dovecot.deliver(RAW, USER)
    offered = Offered()
    async with watching(MailIntake(mailbox(dovecot, tmp_path)), offered.accept):
        assert (await offered.next()).raw.endswith(RAW)
    assert offered.nothing_more


async def test_stopping_in_idle_is_prompt_over_tls(dovecot: Dovecot, tmp_path: Path) -> None:
    intake = MailIntake(mailbox(dovecot, tmp_path))
    task = asyncio.create_task(intake.run(Offered().accept))
    await asyncio.to_thread(await_true, lambda: intake.state.last_poll is not None, "the first look")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asyncio.wait_for(task, 1.0)


@pytest.mark.parametrize("within", [True, False])
async def test_what_was_dealt_with_long_ago_is_deleted(
    dovecot: Dovecot, tmp_path: Path, within: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    has = IMAPClient.has_capability
    monkeypatch.setattr(
        IMAPClient, "has_capability", lambda self, name: has(self, name) and (within or name != "WITHIN")
    )
    old, young = time.time() - 100 * 86400, time.time() - 80 * 86400
    for folder in ("Processed", "Quarantine", "INBOX", "Forms"):
        for at in (old, young):
            dovecot.append(USER, folder, RAW + str(at).encode(), at)
    offered = Offered(*[Disposition.LATER] * 4)
    given = mailbox(dovecot, tmp_path, processed_folder="Processed", quarantine_folder="Quarantine")
    async with watching(MailIntake(given, keep_s=90 * 86400.0), offered.accept):
        await offered.next()
        await offered.next()
        for folder in ("Processed", "Quarantine"):
            await asyncio.to_thread(
                await_true, lambda folder=folder: len(dovecot.mails(USER, folder)) == 1, f"one mail in {folder}"
            )
            (left,) = await lies_in(dovecot, folder, 1)
            assert str(young).encode() in left
        dovecot.deliver(RAW, USER)
        assert (await offered.next()).folder == "INBOX"
    # Nothing else is ours to delete.
    assert len(await lies_in(dovecot, "INBOX", 3)) == 3
    assert len(await lies_in(dovecot, "Forms", 2)) == 2
