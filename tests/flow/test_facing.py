"""Two gateways that write to each other: what one sends is automatic mail to the other, whatever it says."""

import re
from pathlib import Path

import pytest

from gatewayd.intake.base import Disposition, IncomingMail
from gatewayd.render.examples import write
from gatewayd.stages.accept import MailDesk
from gatewayd.stages.context import Context
from gatewayd.store import notices, requests

PROVEN = b"Authentication-Results: mail.kampus.example; dmarc=pass header.from=kampus.example\r\n"
#: What a relay may take off: either of the two tells that it is a gateway's mail.
SIGNS = {
    "its headers": re.compile(rb"^(Auto-Submitted|X-Auto-Response-Suppress|Precedence): .*\r?\n", re.MULTILINE),
    "its Message-ID": re.compile(rb"^Message-ID: .*\r?\n", re.MULTILINE),
}


def of_another_gateway(sender: bytes, folder: Path) -> list[bytes]:
    """Every kind of mail that we send, as one from a gateway with a registered address."""
    write(folder)
    mails = [file.read_bytes() for file in sorted(folder.glob("*.eml"))]
    assert len(mails) > 15
    own = re.compile(rb"^From: .*$", re.MULTILINE)
    return [PROVEN + own.sub(b"From: " + sender + b"\r", raw, count=1) for raw in mails]


@pytest.mark.parametrize(
    ("sender", "lost"), [(b"baa@kampus.example", "its headers"), (b"ka.upsi@kampus.example", "its Message-ID")]
)
async def test_a_gateway_answers_no_gateway(ctx: Context, tmp_path: Path, sender: bytes, lost: str) -> None:
    for uid, raw in enumerate(of_another_gateway(sender, tmp_path), 1):
        left = SIGNS[lost].sub(b"", raw)
        mail = IncomingMail("INBOX", 1, uid, len(left), left)
        assert await MailDesk(ctx).accept(mail) is Disposition.PROCESSED
    assert await ctx.db.run(notices.uncomposed, ctx.clock.now(), 1000) == []
    assert await ctx.db.run(requests.all_numbers, 10) == []
