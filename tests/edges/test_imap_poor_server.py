"""The mail intake against servers that lack extensions, refuse commands, lie about sizes or fall silent."""

import asyncio
import time
from pathlib import Path

import pytest

from gatewayd.config import Mailbox, Secret
from gatewayd.errors import LinkError, ProtocolError
from gatewayd.intake.base import Disposition
from gatewayd.intake.imap import MailboxState, MailIntake
from gatewayd.intake.imap_session import HEAD_BYTES
from tests.fakes.mail_accept import Offered, watching
from tests.fakes.mail_imap import FakeImap, fake_imap

RAW = b"Subject: Permohonan\r\n\r\nHalo\r\n"


def mailbox(server: FakeImap, secrets: Path, **more: object) -> Mailbox:
    secret = secrets / "password"
    secret.write_text("rahasia", encoding="ascii")
    usual = {
        "host": "127.0.0.1", "port": server.port, "tls": "none", "user": "gateway", "password": Secret(file=secret),
        "poll": 300, "timeout": 5,
    }  # fmt: skip
    return Mailbox.model_validate(usual | more)


class States:
    """Waits for a state that the intake reports."""

    def __init__(self) -> None:
        self.all: list[MailboxState] = []
        self._changed = asyncio.Condition()

    async def take(self, state: MailboxState) -> None:
        async with self._changed:
            self.all.append(state)
            self._changed.notify_all()

    async def polls(self, count: int) -> None:
        """Until the mailbox was looked through `count` times."""
        async with asyncio.timeout(10), self._changed:
            await self._changed.wait_for(lambda: len({state.last_poll for state in self.all} - {None}) >= count)


async def offered_once(server: FakeImap, given: Mailbox, *dispositions: Disposition) -> None:
    """Run until every mail was offered and a second look found nothing new."""
    offered, states = Offered(*dispositions), States()
    count = len(server.mails)
    async with watching(MailIntake(given, on_state=states.take), offered.accept):
        for _ in range(count):
            await offered.next()
        await states.polls(2)
    assert offered.nothing_more


@pytest.mark.parametrize(
    ("capabilities", "left"),
    [
        pytest.param("IMAP4rev1 MOVE UIDPLUS", {}, id="MOVE"),
        pytest.param("IMAP4rev1 UIDPLUS", {}, id="COPY and EXPUNGE by UID"),
        pytest.param("IMAP4rev1", {3: RAW}, id="COPY, and the mark only"),
    ],
)
async def test_a_mail_ends_in_the_folder_by_what_the_server_can(
    tmp_path: Path, capabilities: str, left: dict[int, bytes]
) -> None:
    with fake_imap(capabilities=capabilities, mails={3: RAW}) as server:
        await offered_once(server, mailbox(server, tmp_path, poll=0.05))
    assert server.folders == {"Processed": [RAW], "Quarantine": []}
    assert server.mails == left
    assert "EXPUNGE" not in server.commands


async def test_without_idle_the_poll_finds_new_mail(tmp_path: Path) -> None:
    with fake_imap() as server:
        offered = Offered()
        async with watching(MailIntake(mailbox(server, tmp_path, poll=0.05)), offered.accept):
            server.mails[9] = RAW
            mail = await offered.next()
    assert (mail.uidvalidity, mail.uid, mail.raw, mail.size) == (7, 9, RAW, len(RAW))


async def test_mails_are_offered_oldest_first_and_never_marked_as_read(tmp_path: Path) -> None:
    with fake_imap(mails={12: RAW, 3: RAW, 8: RAW}) as server:
        offered = Offered()
        async with watching(MailIntake(mailbox(server, tmp_path)), offered.accept):
            assert [(await offered.next()).uid for _ in range(3)] == [3, 8, 12]
    assert not [command for command in server.commands if "BODY[" in command]


async def test_folders_are_made_below_the_prefix_where_the_server_wants_one(tmp_path: Path) -> None:
    with fake_imap(capabilities="IMAP4rev1 MOVE NAMESPACE", prefix="INBOX.", mails={1: RAW}) as server:
        await offered_once(server, mailbox(server, tmp_path, poll=0.05))
    assert server.folders == {"INBOX.Processed": [RAW], "INBOX.Quarantine": []}


async def test_later_waits_for_the_next_poll(tmp_path: Path) -> None:
    with fake_imap(capabilities="IMAP4rev1 MOVE", mails={1: RAW, 2: RAW}) as server:
        offered = Offered(Disposition.LATER, Disposition.PROCESSED, Disposition.PROCESSED)
        async with watching(MailIntake(mailbox(server, tmp_path, poll=0.05)), offered.accept):
            assert [(await offered.next()).uid for _ in range(3)] == [1, 2, 1]
            async with asyncio.timeout(5):
                while server.mails:  # noqa: ASYNC110
                    await asyncio.sleep(0.01)


async def test_later_is_not_asked_again_at_a_mere_wake_up(tmp_path: Path) -> None:
    # The news comes in one piece with the "+": if it were not seen, IDLE would last its whole 110 s.
    idle = ["+ idling\r\n* 1 EXISTS"]
    with fake_imap(capabilities="IMAP4rev1 MOVE IDLE", mails={1: RAW}, answers={"IDLE": idle}) as server:
        offered, states = Offered(Disposition.LATER), States()
        async with watching(MailIntake(mailbox(server, tmp_path), on_state=states.take), offered.accept):
            await offered.next()
            await states.polls(3)
    assert offered.nothing_more
    assert "DONE" in server.commands


@pytest.mark.parametrize("command", ["UID MOVE", "UID FETCH"])
async def test_one_refused_mail_does_not_hold_up_the_others(tmp_path: Path, command: str) -> None:
    with fake_imap(mails={1: RAW}, answers={command: ["{tag} NO [OVERQUOTA] not now"]}) as server:
        states = States()
        intake = MailIntake(mailbox(server, tmp_path, poll=0.05), on_state=states.take)
        async with watching(intake, Offered().accept) as task:
            await states.polls(3)
            assert not task.done()
    assert server.mails == {1: RAW}


async def test_a_mail_that_vanished_is_passed_over(tmp_path: Path) -> None:
    with fake_imap(mails={2: RAW}, answers={"UID SEARCH": ["* SEARCH 1 2", "{tag} OK done"]}) as server:
        offered = Offered()
        async with watching(MailIntake(mailbox(server, tmp_path)), offered.accept):
            assert (await offered.next()).uid == 2


@pytest.mark.parametrize(
    "answer",
    [
        pytest.param("* 1 FETCH (UID 1 BODY[]<0> {{99999999999}}\r\nx", id="a literal of 100 GB"),
        pytest.param("* 1 FETCH (UID 1 RFC822.SIZE {{12345678}}\r\nx", id="a literal above the limit"),
        pytest.param("* BYE shutting down", id="the end"),
        pytest.param("what?", id="nonsense"),
    ],
)
async def test_a_hostile_answer_ends_the_connection(tmp_path: Path, answer: str) -> None:
    with fake_imap(mails={1: RAW}, answers={"UID FETCH": [answer]}) as server:
        offered = Offered()
        with pytest.raises(LinkError):
            await MailIntake(mailbox(server, tmp_path, max_bytes=65536, timeout=0.5)).run(offered.accept)
    assert offered.nothing_more


async def test_a_size_that_is_a_lie_does_not_bring_in_more_than_the_limit(tmp_path: Path) -> None:
    raw = b"Subject: besar\r\n\r\n" + b"x" * 100_000
    with fake_imap(mails={1: raw}, sizes={1: 10}) as server:
        offered = Offered()
        async with watching(MailIntake(mailbox(server, tmp_path, max_bytes=65536)), offered.accept):
            mail = await offered.next()
    assert mail.too_big
    assert mail.size == 65537
    assert mail.raw == raw[:HEAD_BYTES]


@pytest.mark.parametrize("command", ["LOGIN", "SELECT", "LIST", "UID SEARCH", "UID FETCH", "IDLE"])
async def test_a_server_that_falls_silent_is_given_up(tmp_path: Path, command: str) -> None:
    with fake_imap(capabilities="IMAP4rev1 MOVE IDLE", mails={1: RAW}, answers={command: []}) as server:
        intake = MailIntake(mailbox(server, tmp_path, timeout=0.3, idle=0.1))
        with pytest.raises(LinkError):
            await intake.run(Offered(*[Disposition.LATER] * 9).accept)
        assert not intake.state.connected
        assert intake.state.error


@pytest.mark.parametrize("command", ["LOGIN", "SELECT", "UID FETCH", "IDLE"])
async def test_stopping_takes_no_longer_than_a_moment_whatever_it_waits_for(tmp_path: Path, command: str) -> None:
    with fake_imap(capabilities="IMAP4rev1 MOVE IDLE", mails={1: RAW}, answers={command: []}) as server:
        task = asyncio.create_task(MailIntake(mailbox(server, tmp_path, timeout=60)).run(Offered().accept))
        await asyncio.to_thread(server.silent.wait, 10)
        began = time.monotonic()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert time.monotonic() - began < 1.0


@pytest.mark.parametrize(
    ("answers", "error"),
    [
        ({"LOGIN": ["{tag} NO [AUTHENTICATIONFAILED] no"]}, "login"),
        ({"SELECT": ["{tag} NO no such mailbox"]}, "select"),
        ({"SELECT": ["* 0 EXISTS", "{tag} OK [READ-ONLY] only to look at"]}, "select"),
        ({"CREATE": ["{tag} NO permission denied"]}, "folders"),
    ],
)
async def test_a_server_that_refuses_us_is_a_protocol_error_without_the_password(
    tmp_path: Path, answers: dict[str, list[str]], error: str
) -> None:
    with fake_imap(answers=answers) as server:
        intake = MailIntake(mailbox(server, tmp_path))
        with pytest.raises(ProtocolError, match=error):
            await intake.run(Offered().accept)
    assert "rahasia" not in intake.state.error


async def test_a_password_never_crosses_a_network_in_clear(tmp_path: Path) -> None:
    # Another way to write the same address, which does not count as this machine.
    with fake_imap() as server, pytest.raises(ProtocolError, match="TLS"):
        await MailIntake(mailbox(server, tmp_path, host="127.1")).run(Offered().accept)
    assert server.commands == ["CAPABILITY"]


@pytest.mark.parametrize(
    ("capabilities", "auth", "sent"),
    [
        ("IMAP4rev1 AUTH=PLAIN", "password", b"\0gateway\0rahasia"),
        ("IMAP4rev1 AUTH=XOAUTH2", "xoauth2", b"user=gateway\x01auth=Bearer rahasia\x01\x01"),
    ],
)
async def test_it_logs_in_by_the_mechanism_of_the_settings(
    tmp_path: Path, capabilities: str, auth: str, sent: bytes
) -> None:
    with fake_imap(capabilities=capabilities) as server:
        states = States()
        async with watching(MailIntake(mailbox(server, tmp_path, auth=auth), on_state=states.take), Offered().accept):
            await states.polls(1)
    assert server.credentials == sent


async def test_an_unreachable_server_is_a_lost_link(tmp_path: Path) -> None:
    with fake_imap() as server:
        given = mailbox(server, tmp_path)
    with pytest.raises(LinkError, match="connect"):
        await MailIntake(given).run(Offered().accept)


async def test_the_state_tells_the_story_of_a_connection(tmp_path: Path) -> None:
    with fake_imap(mails={1: RAW}) as server:
        states = States()
        intake = MailIntake(mailbox(server, tmp_path, poll=0.05), on_state=states.take)
        seen = [intake.state]
        async with watching(intake, Offered().accept):
            await states.polls(2)
        seen += [*states.all[:2], intake.state]
    assert [state.connected for state in seen] == [False, True, True, False]
    assert [state.last_poll is None for state in seen] == [True, True, False, False]
