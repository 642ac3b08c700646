"""Claimed part → Submission: the part's text for a modem, the whole mail for a mail server.

The concatenation reference comes from the delivery's id, so a long message that goes on after a crash keeps
its reference and the phone joins the parts. The Message-ID of a bulk mail comes from the delivery's id too:
every attempt carries the same one.
"""

from datetime import datetime

from gatewayd.config import Settings, Smtp
from gatewayd.core.model import Channel, Concat, DeliveryId, MailBody, SmsBody, Submission
from gatewayd.stages.context import Context
from gatewayd.stages.draft import segmented
from gatewayd.store import notices
from gatewayd.store.queue import Claimed
from gatewayd.wire.outmail import message


async def submission_of(ctx: Context, claimed: Claimed) -> Submission:
    """What the transport gets for `claimed`."""
    body: SmsBody | MailBody
    if claimed.notice is not None and claimed.channel is Channel.EMAIL:
        body = MailBody(await ctx.db.run(notices.raw, claimed.notice), "")
    elif claimed.channel is Channel.EMAIL:
        body = _mail(claimed, ctx.settings, ctx.clock.now())
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


def _mail(claimed: Claimed, settings: Settings, now: datetime) -> MailBody:
    smtp = settings.smtp
    if smtp is None:
        raise AssertionError("an e-mail was claimed without [smtp]")
    raw = message(
        sender=smtp.sender, sender_name=smtp.sender_name, to=claimed.address, to_name=claimed.name,
        subject=claimed.subject, text=claimed.text, message_id=_message_id(claimed.delivery, claimed.request, smtp),
        date=now,
    )  # fmt: skip
    return MailBody(raw, smtp.sender)


def _message_id(delivery: DeliveryId, request: str, smtp: Smtp) -> str:
    return f"<{request.lower()}.{delivery}@{smtp.sender.rpartition('@')[2]}>"
