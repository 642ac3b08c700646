"""A forged Authentication-Results header sent to ourselves, through a real Postfix into a real Dovecot."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from gatewayd.cli import probe_forgery
from gatewayd.cli.probe_forgery import forgery
from gatewayd.config import Mailbox
from gatewayd.errors import LinkError, ProtocolError
from gatewayd.intake.imap import MailIntake
from tests.edges.test_imap_dovecot import Offered, mailbox, watching
from tests.edges.test_smtp_postfix import settings as smtp_settings
from tests.system.servers.dovecot import Dovecot, running_dovecot
from tests.system.servers.postfix import DOMAIN, Postfix, running_postfix

pytestmark = pytest.mark.system

TRUSTED = {"trusted_authserv_ids": [f"mail.{DOMAIN}"]}


@pytest.fixture(scope="module")
def dovecot() -> Iterator[Dovecot]:
    with running_dovecot() as server:
        yield server


def postfix(dovecot: Dovecot, *, strips: bool) -> AbstractContextManager[Postfix]:
    return running_postfix(dovecot, strips_results=strips)


def trusting(dovecot: Dovecot, folder: Path) -> Mailbox:
    return mailbox(dovecot, folder, **TRUSTED)


def probes(dovecot: Dovecot) -> list[bytes]:
    """The forged mails that still lie in the mailbox; a bounce of one is not one."""
    mails = dovecot.mails("gateway")
    return [mail for mail in mails if b"<gatewayd.probe." in mail.partition(b"\r\n\r\n")[0]]


async def test_a_server_that_strips_the_header_is_trusted_and_the_mail_is_gone(
    dovecot: Dovecot, tmp_path: Path
) -> None:
    with postfix(dovecot, strips=True) as server:
        said = await forgery(trusting(dovecot, tmp_path), smtp_settings(server, tmp_path))
    assert said == "a forged Authentication-Results header proves nothing here"
    assert not probes(dovecot)


async def test_a_server_that_lets_it_through_is_refused(dovecot: Dovecot, tmp_path: Path) -> None:
    with postfix(dovecot, strips=False) as server:
        with pytest.raises(ProtocolError, match="anybody can forge a sender"):
            await forgery(trusting(dovecot, tmp_path), smtp_settings(server, tmp_path))
        with pytest.raises(ProtocolError, match="anybody can forge a sender"):
            await forgery(trusting(dovecot, tmp_path), smtp_settings(server, tmp_path))
    assert not probes(dovecot)


async def test_beside_a_running_daemon_it_is_found_where_the_daemon_put_it(dovecot: Dovecot, tmp_path: Path) -> None:
    box = trusting(dovecot, tmp_path)
    with postfix(dovecot, strips=False) as server:
        async with watching(MailIntake(box), Offered().accept):
            with pytest.raises(ProtocolError, match="anybody can forge a sender"):
                await forgery(box, smtp_settings(server, tmp_path))


async def test_an_address_that_is_not_the_mailboxs_is_named(
    dovecot: Dovecot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probe_forgery, "_WAIT_S", 1.0)
    with postfix(dovecot, strips=True) as server:
        smtp = smtp_settings(server, tmp_path, reply_to=f"lain@{DOMAIN}")
        with pytest.raises(LinkError, match=f"lain@{DOMAIN} did not arrive"):
            await forgery(trusting(dovecot, tmp_path), smtp)
