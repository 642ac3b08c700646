"""The e-mail transport against a scripted server: what each fault means, and which connection the next mail takes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from gatewayd.clock import Clock
from gatewayd.config import Secret, Smtp
from gatewayd.core.health import Health, IncomingSms, LinkState
from gatewayd.core.model import Channel, DeliveryId, Encoding, Kind, MailBody, SmsBody, Submission
from gatewayd.core.outcome import Accepted, Blame, Deferred, InDoubt, Outcome, Rejected, StatusReport
from gatewayd.errors import LinkError, ProtocolError
from gatewayd.transport.base import Transport
from gatewayd.transport.smtp import SmtpTransport
from tests.fakes.mail_smtp import PASSWORD, USER, Fault, Taken, fake_smtp

RAW = b"Subject: Undangan\r\n\r\nHalo Budi\r\n"
SENDER = "gateway@kampus.example"


class Heard:
    """A listener that keeps what it is told."""

    def __init__(self) -> None:
        self.healths: list[Health] = []

    async def health(self, health: Health) -> None:
        self.healths.append(health)

    async def status_report(self, report: StatusReport) -> None:
        raise AssertionError("mail has no status reports")

    async def incoming(self, message: IncomingSms) -> None:
        raise AssertionError("mail has no incoming SMS")


def smtp(port: int, **more: object) -> Smtp:
    return Smtp.model_validate(
        {"host": "127.0.0.1", "port": port, "tls": "none", "sender": SENDER, "timeout": 5, "data_timeout": 5, **more}
    )


def mail(raw: bytes = RAW, to: str = "budi@contoh.example", sender: str = SENDER) -> Submission:
    return Submission(
        DeliveryId(1), "UPSI-2026-000001", Kind.MESSAGE, to, part=1, parts=1, attempt=1, body=MailBody(raw, sender)
    )


@asynccontextmanager
async def running(transport: SmtpTransport) -> AsyncIterator[Heard]:
    """The transport, run until the block ends, and ready when it begins."""
    heard = Heard()
    task = asyncio.create_task(transport.run(heard))
    ready = asyncio.create_task(transport.ready())
    await asyncio.wait({task, ready}, return_when=asyncio.FIRST_COMPLETED)
    ready.cancel()
    try:
        yield heard
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError, LinkError, ProtocolError):
            await task


async def is_ready(transport: SmtpTransport) -> bool:
    """Whether `ready` returns within a moment."""
    try:
        await asyncio.wait_for(transport.ready(), 0.1)
    except TimeoutError:
        return False
    return True


async def send(port: int, *mails: Submission, **more: object) -> list[Outcome]:
    transport: Transport = SmtpTransport(smtp(port, **more), Clock())
    assert isinstance(transport, SmtpTransport)
    async with running(transport):
        return [await transport.submit(each) for each in mails]


def test_it_is_the_transport_named_smtp_of_the_email_channel() -> None:
    transport = SmtpTransport(smtp(2525), Clock())
    assert (transport.name, transport.channel) == ("smtp", Channel.EMAIL)


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(RAW, id="plain"),
        pytest.param(b"Subject: a\r\n\r\n.\r\n..\r\n.a\r\n\r\n.\r\n", id="lines that begin with a dot"),
        pytest.param(b".first\r\n\r\nx\r\n", id="a dot at the very beginning"),
        pytest.param(b"Subject: a\r\n\r\n" + b".\r\n" * 70_000, id="dots wherever a piece may begin"),
        pytest.param(b"Subject: a\r\n\r\n", id="no text"),
        pytest.param(b"Subject: a\r\n\r\n" + (b"x" * 900 + b"\r\n") * 200, id="longer than a buffer"),
        pytest.param(b"Subject: a\r\n\r\n\xc3\xa9\r\n", id="eight bits"),
    ],
)
async def test_exactly_the_octets_given_arrive(raw: bytes) -> None:
    async with fake_smtp() as server:
        assert await send(server.port, mail(raw)) == [Accepted()]
    assert server.taken == [Taken(SENDER, ("budi@contoh.example",), raw)]


async def test_the_null_sender_is_written_as_an_empty_path() -> None:
    async with fake_smtp() as server:
        assert await send(server.port, mail(sender="")) == [Accepted()]
    # aiosmtpd's way of writing it.
    assert server.taken[0].sender == "<>"


async def test_mails_share_one_connection() -> None:
    async with fake_smtp() as server:
        assert await send(server.port, *[mail()] * 5) == [Accepted()] * 5
    assert server.connections == 1
    assert len(server.taken) == 5


async def test_a_connection_takes_no_more_mails_than_allowed() -> None:
    async with fake_smtp() as server:
        assert await send(server.port, *[mail()] * 5, max_per_connection=2) == [Accepted()] * 5
    assert server.connections == 3


@pytest.mark.parametrize(
    ("stage", "reply", "kind", "code", "blame"),
    [
        ("mail", "451 4.3.0 try later", Deferred, "smtp-451-4.3.0", Blame.NETWORK),
        ("mail", "552 5.3.4 too large", Rejected, "smtp-552-5.3.4", Blame.MESSAGE),
        ("rcpt", "550 5.1.1 no such user", Rejected, "smtp-550-5.1.1", Blame.DESTINATION),
        ("rcpt", "450 4.2.1 mailbox busy", Deferred, "smtp-450-4.2.1", Blame.DESTINATION),
        ("data", "554 5.6.0 content refused", Rejected, "smtp-554-5.6.0", Blame.MESSAGE),
        ("data", "452 4.3.1 disk full", Deferred, "smtp-452-4.3.1", Blame.NETWORK),
    ],
)
@pytest.mark.parametrize("pipelining", [True, False], ids=["together", "one by one"])
async def test_a_refusal_is_an_outcome_and_the_next_mail_goes_on_the_same_connection(
    stage: str, reply: str, kind: type[Deferred | Rejected], code: str, blame: Blame, pipelining: bool
) -> None:
    async with fake_smtp(pipelining=pipelining) as server:
        server.script[stage] = [reply]
        refused, next_one = await send(server.port, mail(), mail())
    assert isinstance(refused, kind)
    assert (refused.cause.code, refused.cause.blame) == (code, blame)
    assert next_one == Accepted()
    assert server.connections == 1
    assert "RSET" in server.commands


@pytest.mark.parametrize("fault", list(Fault), ids=lambda fault: fault.name.lower())
async def test_no_answer_to_the_final_dot_is_in_doubt_and_nothing_is_sent_again(fault: Fault) -> None:
    async with fake_smtp() as server:
        server.script["data"] = [fault]
        doubtful, next_one = await send(server.port, mail(), mail(), data_timeout=0.3)
    assert isinstance(doubtful, InDoubt)
    assert doubtful.cause.code == ("smtp-lost" if fault is Fault.HANG_UP else "smtp-timeout")
    assert next_one == Accepted()
    assert len(server.taken) == 2
    assert server.connections == 2


async def test_nonsense_after_the_final_dot_is_in_doubt() -> None:
    async with fake_smtp() as server:
        server.script["data"] = ["what?"]
        (outcome,) = await send(server.port, mail())
    assert isinstance(outcome, InDoubt)


@pytest.mark.parametrize("stage", ["mail", "rcpt"])
@pytest.mark.parametrize("fault", list(Fault), ids=lambda fault: fault.name.lower())
@pytest.mark.parametrize("pipelining", [True, False], ids=["together", "one by one"])
async def test_a_connection_lost_before_the_text_is_replaced_once_and_then_the_mail_waits(
    stage: str, fault: Fault, pipelining: bool
) -> None:
    async with fake_smtp(pipelining=pipelining) as server:
        server.script[stage] = [fault, fault]
        transport = SmtpTransport(smtp(server.port, timeout=0.3), Clock())
        task = asyncio.create_task(transport.run(Heard()))
        await transport.ready()
        outcome = await transport.submit(mail())
        assert not await is_ready(transport)
        with pytest.raises(LinkError):
            await task
    assert isinstance(outcome, Deferred)
    assert (outcome.cause.code, outcome.cause.blame) == ("smtp-link", Blame.NETWORK)
    assert server.connections == 2
    assert server.taken == []


async def test_a_kept_connection_that_the_server_ended_does_not_cost_a_mail() -> None:
    async with fake_smtp() as server:
        transport = SmtpTransport(smtp(server.port), Clock())
        async with running(transport):
            assert await transport.submit(mail()) == Accepted()
            server.hang_up()
            assert await transport.submit(mail()) == Accepted()
    assert len(server.taken) == 2


async def test_a_server_that_closes_the_channel_at_mail_gets_a_new_connection() -> None:
    async with fake_smtp() as server:
        server.script["mail"] = ["250 OK", "421 4.4.2 idle too long"]
        assert await send(server.port, mail(), mail()) == [Accepted(), Accepted()]
    assert server.connections == 2


@pytest.mark.parametrize(
    ("submission", "code"),
    [
        pytest.param(mail(b"Subject: a\r\n\r\nx\n.\nMAIL FROM:<x@y>\r\n"), "smtp-line-end", id="bare LF"),
        pytest.param(mail(b"Subject: a\r\n\r\nx\r.\r\n"), "smtp-line-end", id="bare CR"),
        pytest.param(mail(b""), "smtp-line-end", id="no mail"),
        pytest.param(mail(to="budi@contoh.example>\r\nRCPT TO:<x@y"), "smtp-address", id="a command in the address"),
        pytest.param(mail(to="budi contoh@contoh.example"), "smtp-address", id="a space in the address"),
        pytest.param(mail(to=""), "smtp-address", id="no address"),
        pytest.param(mail(to="büdi@contoh.example"), "smtp-address", id="not ASCII"),
        pytest.param(mail(sender="a>b@contoh.example"), "smtp-sender", id="an angle in the sender"),
    ],
)
async def test_what_cannot_be_written_safely_never_leaves(submission: Submission, code: str) -> None:
    async with fake_smtp() as server:
        refused, next_one = await send(server.port, submission, mail())
    assert isinstance(refused, Rejected)
    assert refused.cause.code == code
    assert next_one == Accepted()
    assert len(server.taken) == 1


async def test_an_sms_is_rejected() -> None:
    sms = Submission(DeliveryId(1), "r", Kind.MESSAGE, "+6281200000101", 1, 1, 1, SmsBody("Halo", Encoding.GSM7))
    outcome = await SmtpTransport(smtp(2525), Clock()).submit(sms)
    assert isinstance(outcome, Rejected)


async def test_an_unreachable_server_ends_run_and_ready_waits() -> None:
    async with fake_smtp() as server:
        port = server.port
    transport = SmtpTransport(smtp(port), Clock())
    heard = Heard()
    with pytest.raises(LinkError):
        await transport.run(heard)
    assert [health.link for health in heard.healths] == [LinkState.STARTING, LinkState.ABSENT]
    assert heard.healths[-1].error
    assert not await is_ready(transport)


async def test_a_mail_that_finds_no_server_is_deferred() -> None:
    async with fake_smtp() as server:
        port = server.port
    outcome = await SmtpTransport(smtp(port), Clock()).submit(mail())
    assert isinstance(outcome, Deferred)
    assert outcome.cause.blame is Blame.NETWORK


async def test_the_link_comes_back_when_run_is_called_again() -> None:
    async with fake_smtp() as server:
        server.script["helo"] = ["421 4.3.2 not now"]
        transport = SmtpTransport(smtp(server.port), Clock())
        heard = Heard()
        with pytest.raises(ProtocolError, match="421"):
            await transport.run(heard)
        async with running(transport) as again:
            assert await transport.submit(mail()) == Accepted()
    assert [health.link for health in again.healths] == [LinkState.ABSENT, LinkState.READY]


def _secret(folder: Path, text: str) -> Secret:
    path = folder / "password"
    path.write_text(f"{text}\n", encoding="utf-8")
    return Secret(file=path)


async def test_it_logs_in(tmp_path: Path) -> None:
    async with fake_smtp(login=True) as server:
        outcomes = await send(server.port, mail(), user=USER, password=_secret(tmp_path, PASSWORD))
    assert outcomes == [Accepted()]


async def test_it_logs_in_with_an_access_token(tmp_path: Path) -> None:
    async with fake_smtp(login=True) as server:
        password = _secret(tmp_path, "token")
        assert await send(server.port, mail(), user=USER, password=password, auth="xoauth2") == [Accepted()]
    assert server.token == b"user=gateway\x01auth=Bearer token\x01\x01"


async def test_a_password_never_crosses_a_network_in_clear(tmp_path: Path) -> None:
    async with fake_smtp(login=True) as server:
        # Another way to write the same address, which does not count as this machine.
        settings = smtp(server.port, host="127.1", user=USER, password=_secret(tmp_path, PASSWORD))
        with pytest.raises(ProtocolError, match="TLS"):
            await SmtpTransport(settings, Clock()).run(Heard())


async def test_a_wrong_password_blames_the_account_and_fails_no_mail(tmp_path: Path) -> None:
    async with fake_smtp(login=True) as server:
        transport = SmtpTransport(smtp(server.port, user=USER, password=_secret(tmp_path, "salah")), Clock())
        heard = Heard()
        with pytest.raises(ProtocolError, match="auth"):
            await transport.run(heard)
        outcome = await transport.submit(mail())
    assert isinstance(outcome, Deferred)
    assert outcome.cause.blame is Blame.ACCOUNT
    assert "salah" not in heard.healths[-1].error


@pytest.mark.parametrize("content", [None, "", "\n"], ids=["missing", "empty", "a line end only"])
async def test_a_secret_file_without_a_secret_is_a_lost_link(tmp_path: Path, content: str | None) -> None:
    secret = tmp_path / "secret-file"
    if content is not None:
        secret.write_text(content)
    async with fake_smtp(login=True) as server:
        settings = smtp(server.port, user=USER, password=Secret(file=secret))
        with pytest.raises(LinkError, match="secret-file"):
            await SmtpTransport(settings, Clock()).run(Heard())


async def test_starttls_is_demanded_where_the_settings_say_so() -> None:
    async with fake_smtp() as server:
        with pytest.raises(ProtocolError, match="STARTTLS"):
            await SmtpTransport(smtp(server.port, tls="starttls"), Clock()).run(Heard())
    assert server.commands == []


async def test_ready_waits_out_the_gap_between_two_mails() -> None:
    now = [100.0]
    async with fake_smtp() as server:
        transport = SmtpTransport(smtp(server.port, gap=3600), Clock(monotonic=lambda: now[0]))
        async with running(transport):
            await transport.submit(mail())
            assert not await is_ready(transport)
            now[0] += 3600
            assert await is_ready(transport)


async def test_an_idle_connection_is_closed_without_being_an_error() -> None:
    async with fake_smtp() as server:
        transport = SmtpTransport(smtp(server.port), Clock(), idle_s=0.05)
        async with running(transport) as heard:
            await server.gone.wait()
            assert await transport.submit(mail()) == Accepted()
            assert [health.link for health in heard.healths] == [LinkState.STARTING, LinkState.READY]
    assert server.connections == 2


async def test_an_idle_link_is_probed_and_its_loss_is_told() -> None:
    async with fake_smtp() as server:
        server.script["noop"] = ["250 OK", "250 OK", "451 no"]
        transport = SmtpTransport(smtp(server.port), Clock(), probe_s=0.05)
        heard = Heard()
        with pytest.raises(LinkError):
            await transport.run(heard)
    assert server.commands.count("NOOP") == 3
    assert heard.healths[-1].link is LinkState.ABSENT


async def test_stopping_run_does_not_cut_the_mail_in_hand() -> None:
    async with fake_smtp() as server:
        transport = SmtpTransport(smtp(server.port), Clock())
        async with running(transport):
            gate = asyncio.Event()
            server.script["data"] = [gate]
            work = asyncio.create_task(transport.submit(mail()))
            await server.seen["data"].wait()
        gate.set()
        assert await work == Accepted()


async def test_a_mail_above_the_limit_is_not_offered() -> None:
    async with fake_smtp() as server:
        transport = SmtpTransport(smtp(server.port, max_bytes=65536), Clock())
        async with running(transport):
            outcome = await transport.submit(mail(raw=b"Subject: x\r\n\r\n" + b"a" * 70000 + b"\r\n"))
        assert isinstance(outcome, Rejected)
        assert (outcome.cause.code, outcome.cause.blame) == ("smtp-size", Blame.MESSAGE)
        assert not any(command.startswith("MAIL") for command in server.commands)
