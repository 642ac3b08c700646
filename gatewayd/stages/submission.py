"""Claimed part → Submission: the part's text for a modem, the whole mail for a mail server.

The concatenation reference comes from the delivery's id, so a long message that goes on after a crash keeps
its reference and the phone joins the parts.
"""

from gatewayd.core.model import Channel, Concat, MailBody, SmsBody, Submission
from gatewayd.stages.bulk_mail import BulkMail
from gatewayd.stages.context import Context
from gatewayd.stages.draft import segmented
from gatewayd.store import notices
from gatewayd.store.queue import Claimed


async def submission_of(ctx: Context, mails: BulkMail, claimed: Claimed) -> Submission:
    """What the transport gets for `claimed`."""
    body: SmsBody | MailBody
    if claimed.notice is not None and claimed.channel is Channel.EMAIL:
        body = MailBody(await ctx.db.run(notices.raw, claimed.notice), "")
    elif claimed.channel is Channel.EMAIL:
        body = await mails.body(claimed)
    else:
        body = _sms(claimed)
    return Submission(
        delivery=claimed.delivery, request=claimed.request, kind=claimed.kind, address=claimed.address,
        part=claimed.part, parts=claimed.parts, attempt=claimed.attempt, body=body, expires_at=claimed.expires_at,
    )  # fmt: skip


def _sms(claimed: Claimed) -> SmsBody:
    found = segmented(claimed.text)
    total = len(found.parts)
    concat = Concat(claimed.delivery & 0xFF, total, claimed.part) if total > 1 else None
    return SmsBody(found.parts[claimed.part - 1], found.encoding, concat)
